// The top strip of trust: how fresh the data are, which mode, which profile. It is on every view.

import { clockTime, parse, shortTime, span } from "../format";
import { useTopics } from "../hooks";
import { store } from "../store";
import { type Trust, type TrustState, clockWarning, silentWords, trust } from "../trust";

const PATHS: Record<TrustState, string> = {
  current: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-1 10L4 8l1.4-1.4L7 8.2l3.6-3.6L12 6Z",
  quiet: "M2 1h4v14H2Zm8 0h4v14h-4Z",
  stale: "M8 .8 15.6 15H.4ZM7 5.5v5h2v-5Zm0 6V13.4h2v-1.9Z",
  partial: "M1 2h14v12H1Zm2 2v8h4V4Z",
  no_data: "M2 2h12v12H2Zm2 2v8h8V4Z",
  replay: "M15 2v12L8.5 8Zm-7 0v12L1.5 8Z",
  connecting: "M2 2h12v12H2Zm2 2v8h8V4Z",
};

/** The shape of a silence: a speaker crossed out. */
const SILENT = "M1 5.5h3L8 2v12l-4-3.5H1Zm8.5.9 1.1-1.1L12.5 7l1.9-1.7 1.1 1.1L13.6 8l1.9 1.6-1.1 1.1L12.5 9l-1.9 1.7-1.1-1.1L11.4 8Z";

const MODES = { live: "Live", replay: "Replay", demo: "Demo: simulated data" } as const;

export function currentTrust(): Trust {
  return trust(store.heardState());
}

export function Strip({ onDemo }: { onDemo: () => void }) {
  useTopics("service", "tick", "me", "sites");
  const heard = store.heardState();
  const said = trust(heard);
  const service = store.service;
  const asOf = parse(service?.as_of ?? null);
  const warning = clockWarning(service, heard.serviceAge, Date.now());
  const sameDay = asOf !== null && new Date(asOf).toDateString() === new Date(store.now()).toDateString();
  return (
    <div class={`strip ${said.state}`} data-trust={said.state} data-testid="strip">
      <div class="strip-state">
        <svg class="shape" viewBox="0 0 16 16" aria-hidden="true"><path fill-rule="evenodd" d={PATHS[said.state]} /></svg>
        <strong>{said.word}</strong>
        <span class="strip-as-of">
          <span class="strip-data">Data </span>as of <b>{asOf === null ? "–" : sameDay ? clockTime(asOf) : shortTime(asOf)}</b>
          <span class="strip-age">{said.age === null ? "" : `, ${span(said.age)} ago`}</span>
        </span>
      </div>
      {/* Only a change of state is spoken; the age changes each second. */}
      <span class="unseen" role="status">{said.state === "current" ? "Data are current" : `${said.word}. ${said.state === "stale" ? "Data stopped; what is shown is old." : ""}`}</span>
      <div class="strip-facts">
        {service !== null && (
          <>
            <span class={`strip-sites${heard.sites.silent > 0 ? " strip-warn" : ""}`}>
              {heard.sites.silent > 0 && <svg class="shape" viewBox="0 0 16 16" aria-hidden="true"><path d={SILENT} /></svg>}{silentWords(heard.sites)}
            </span>
            {service.mode === "demo" ? <button type="button" class="chip" onClick={onDemo}>{MODES.demo}</button> : <span>{MODES[service.mode] ?? service.mode}</span>}
            <span title={`SHA-256 begins ${service.profile.hash}`}>Profile {service.profile.version}</span>
          </>
        )}
        {store.me !== null && <span class="strip-me">{store.me.name ?? store.me.actor}</span>}
      </div>
      {said.state !== "current" && said.state !== "connecting" && <p class="strip-why">{said.sentence}</p>}
      {warning !== null && <p class="strip-why">{warning}</p>}
    </div>
  );
}
