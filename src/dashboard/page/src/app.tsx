// The frame of every view: strip, views, intended use.

import { useEffect, useRef, useState } from "preact/hooks";
import { when } from "./format";
import { useRoute, useTopics } from "./hooks";
import { DemoWords, Dialog, KeyWords } from "./parts/dialog";
import { type Theme, isLarge, setLarge, setTheme, theme } from "./parts/display";
import { Nav } from "./parts/nav";
import { Fault } from "./parts/note";
import { enterRows } from "./parts/rows";
import { Strip, currentTrust } from "./parts/strip";
import type { Route } from "./route";
import { store } from "./store";
import { AlertView } from "./views/alert";
import { AuditView } from "./views/audit";
import { AlertsView } from "./views/alerts";
import { BurdenView } from "./views/burden";
import { EngineerView } from "./views/engineer";
import { PatientView } from "./views/patient";
import { RejectsView } from "./views/rejects";
import { SafetyView } from "./views/safety";
import { TrendsView } from "./views/trends";
import { WardView } from "./views/ward";

/** Said until the server has told its own sentence. */
const INTENDED_USE =
  "Surveillance and decision support for review by qualified staff; not a certified medical device, not for clinical use outside an approved evaluation, and no order to treat.";

const GO: Record<string, string> = { w: "ward", s: "safety", e: "engineer", a: "alerts", t: "trends", b: "burden", r: "rejects" };
const TITLES: Record<string, string> = {
  ward: "Ward", safety: "Safety", engineer: "Engineer", alerts: "Alerts", patients: "Patient", trends: "Trends", burden: "Burden", rejects: "Rejects", audit: "Audit",
};
const DEMO_SEEN = "vigil-demo-seen";

function View({ route }: { route: Route }) {
  if (route.view === "alerts" && route.id !== null) return <AlertView key={route.id} id={route.id} />;
  if (route.view === "patients" && route.id !== null) return <PatientView key={route.id} id={route.id} query={route.query} />;
  switch (route.view) {
    case "":
    case "ward":
      return <WardView query={route.query} />;
    case "safety":
      return <SafetyView />;
    case "engineer":
      return <EngineerView />;
    case "alerts":
      return <AlertsView query={route.query} />;
    case "trends":
      return <TrendsView />;
    case "burden":
      return <BurdenView />;
    case "rejects":
      return <RejectsView query={route.query} />;
    case "audit":
      return <AuditView />;
    default:
      return <Fault words="There is no such view." />;
  }
}

function Display() {
  const [now, setNow] = useState<Theme>(theme());
  const [large, setLargeNow] = useState(isLarge());
  return (
    <div class="display">
      <label>
        Colours
        <select value={now} onChange={(event) => {
          const to = event.currentTarget.value as Theme;
          setTheme(to);
          setNow(to);
        }}>
          <option value="system">as the device</option>
          <option value="light">light</option>
          <option value="dark">dark</option>
        </select>
      </label>
      <label>
        <input type="checkbox" checked={large} onChange={(event) => {
          setLarge(event.currentTarget.checked);
          setLargeNow(event.currentTarget.checked);
        }} />
        Large, for a wall
      </label>
    </div>
  );
}

/** What a sheet of paper must say of itself: it has no strip that changes, and is read far from here. */
function PrintHead() {
  useTopics("service", "me", "tick");
  const { service, me, vocabulary } = store;
  const said = currentTrust();
  return (
    <div class="print-only print-head">
      {service?.simulated === true && <p class="print-simulated">SIMULATED DATA: no patient, ward or report in this exists.</p>}
      <p>
        <b>Vigil{vocabulary === null ? "" : ` · ${vocabulary.product}`}</b> · printed {when(new Date(store.now()).toISOString())}{me === null ? "" : ` by ${me.name ?? me.actor}`} · Data as of {when(service?.as_of ?? null)}: {said.word.toLowerCase()}
        {service === null ? "" : ` · ${service.mode} · profile ${service.profile.version}, ${service.profile.hash} · vigil ${service.version}`}
      </p>
      {said.state !== "current" && <p>{said.sentence}</p>}
    </div>
  );
}

function useKeys(showKeys: () => void): void {
  const armed = useRef(0);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) || document.querySelector("dialog[open]") !== null) return;
      const view = GO[event.key];
      if ((event.key === "j" || event.key === "k") && (target === document.body || target.id === "main")) enterRows();
      else if (event.key === "?") showKeys();
      else if (event.key === "g") armed.current = Date.now();
      else if (view !== undefined && Date.now() - armed.current < 1500) {
        armed.current = 0;
        location.hash = `#/${view}`;
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

export function App() {
  const route = useRoute();
  useTopics("me", "service");
  const [panel, setPanel] = useState<"demo" | "keys" | null>(null);
  const main = useRef<HTMLElement>(null);
  const view = route.view === "" ? "ward" : route.view;
  useKeys(() => setPanel("keys"));

  const at = `${view}/${route.id ?? ""}`;
  const shown = useRef(at);
  useEffect(() => {
    document.title = `${TITLES[view] ?? "Vigil"} – Vigil`;
    if (shown.current === at) return;
    shown.current = at;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [at]);

  const demo = store.service?.mode === "demo";
  useEffect(() => {
    if (!demo || sessionStorage.getItem(DEMO_SEEN) !== null) return;
    sessionStorage.setItem(DEMO_SEEN, "yes");
    setPanel("demo");
  }, [demo]);

  const stale = currentTrust().state === "stale";
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        main.current?.focus();
      }}>To the content</a>
      <PrintHead />
      <div class={`top${stale ? " is-stale" : ""}`}>
        <Strip onDemo={() => setPanel("demo")} />
        <header>
          <a class="brand" href="#/ward">Vigil<span>{store.vocabulary === null ? "" : ` · ${store.vocabulary.product}`}</span></a>
          <Nav view={view} />
        </header>
      </div>
      <main ref={main} id="main" tabIndex={-1} class={stale ? "is-stale" : ""}>
        {store.meFault !== null && <Fault words={store.meFault} />}
        <View route={route} />
      </main>
      <footer>
        <p class="use">{store.vocabulary?.intended_use ?? INTENDED_USE}</p>
        <div class="footer-row">
          <span>{store.service === null ? "" : `vigil ${store.service.version}`}</span>
          <button type="button" class="link" onClick={() => setPanel("keys")}>Keys</button>
          {demo && <button type="button" class="link" onClick={() => setPanel("demo")}>About this demo</button>}
          <Display />
        </div>
      </footer>
      <Dialog open={panel === "demo"} title="About this demo" onClose={() => setPanel(null)}><DemoWords /></Dialog>
      <Dialog open={panel === "keys"} title="Keys" onClose={() => setPanel(null)}><KeyWords /></Dialog>
    </>
  );
}
