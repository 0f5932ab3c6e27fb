// What the alerts cost people: how many, how soon they were acknowledged, how many were dismissed and why. By concern, never
// by person.

import { useEffect, useState } from "preact/hooks";
import { get } from "../api";
import type { Burden } from "../contract";
import { number, span, when } from "../format";
import { useLoad, useNow } from "../hooks";
import { Bar, Fact, Fault, Loading, Section, Wide } from "../parts/note";
import { store } from "../store";
import { concernWords, dismissWords } from "../words";
import { SpanChoice, windowOf } from "./trends";

const SHORT_SPAN = (seconds: number | null): string => (seconds === null ? "none yet" : span(seconds));

export function BurdenView() {
  const [days, setDays] = useState(14);
  const [subject, setSubject] = useState("");
  const { since, until } = windowOf(days, useNow());
  const [shown, setShown] = useState<Burden | null>(null);
  const loaded = useLoad(() => get<Burden>("burden", { since, until, subject }), [days, subject, until]);
  useEffect(() => {
    if (loaded.data !== null) setShown(loaded.data);
  }, [loaded.data]);
  const data = loaded.data ?? shown;
  const limits = store.vocabulary?.escalate_minutes ?? {};
  const dismissed = data?.by_concern.reduce((sum, row) => sum + row.dismissed, 0) ?? 0;
  return (
    <>
      <div class="filters" role="group" aria-label="Window">
        <SpanChoice days={days} onChange={setDays} />
        <label class="choice"><span>Desk</span>
          <select value={subject} onChange={(event) => setSubject(event.currentTarget.value)}>
            <option value="">all</option><option value="patient">bedside</option><option value="case">reports</option>
          </select>
        </label>
      </div>
      <Fault words={loaded.fault} />
      {data === null ? loaded.fault === null && <Loading of="Burden is being loaded" /> : (
        <>
          <Section title="Burden" note={<>From {when(data.since)} to {when(data.until)} ({number(Math.round(data.days * 10) / 10)} days), as of {when(data.as_of)}.</>}>
            <dl class="facts">
              <Fact name="Alerts raised">{data.raised.toLocaleString("en-GB")}</Fact>
              <Fact name="Raised a day, over the window">{data.days <= 0 ? "not known" : number(Math.round((data.raised / data.days) * 10) / 10)}</Fact>
              <Fact name="Calls for attention">{data.notified.toLocaleString("en-GB")}</Fact>
              <Fact name="Watched patients now">{data.watched_patients ?? "not known"}</Fact>
              <Fact name="Dismissed">{dismissed} of {data.raised.toLocaleString("en-GB")} raised</Fact>
            </dl>
          </Section>
          <Section title="By concern" note="Time to acknowledge is from the call for attention to the first acknowledgement. No figure here is of a person.">
            <Wide label="Burden by concern">
              <table>
                <thead><tr><th scope="col">Concern</th><th scope="col" class="num">Raised</th><th scope="col" class="num">Acknowledged</th><th scope="col" class="num">Not yet</th><th scope="col" class="num">Half within</th><th scope="col" class="num">9 in 10 within</th><th scope="col" class="num">Escalates after</th><th scope="col" class="num">Escalated</th><th scope="col" class="num">Dismissed</th></tr></thead>
                <tbody>
                  {data.by_concern.map((row) => (
                    <tr key={row.concern}>
                      <th scope="row">{concernWords(row.concern)}</th>
                      <td class="num">{row.raised}</td><td class="num">{row.acknowledged}</td><td class="num">{row.unacknowledged}</td>
                      <td class="num">{SHORT_SPAN(row.seconds_to_acknowledge.p50)}</td><td class="num">{SHORT_SPAN(row.seconds_to_acknowledge.p90)}</td>
                      <td class="num">{limits[row.concern] === undefined ? "–" : span((limits[row.concern] ?? 0) * 60)}</td>
                      <td class="num">{row.escalated}</td><td class="num">{row.dismissed} of {row.raised}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Wide>
          </Section>
          <Section title="Why alerts were dismissed" count={dismissed}>
            {data.dismiss_reasons.length === 0 ? <p class="empty">None was dismissed in this window, as of {when(data.as_of)}.</p> : (
              <Wide label="Why alerts were dismissed"><table>
                <thead><tr><th scope="col">Reason</th><th scope="col" class="num">Count</th><th scope="col" class="bar-head">Share of {dismissed}</th></tr></thead>
                <tbody>{[...data.dismiss_reasons].sort((a, b) => b.count - a.count).map((row) => <tr key={row.code}><th scope="row">{dismissWords(row.code)}</th><td class="num">{row.count}</td><td class="bar-cell"><Bar part={row.count} of={dismissed} /></td></tr>)}</tbody>
              </table></Wide>
            )}
          </Section>
        </>
      )}
    </>
  );
}
