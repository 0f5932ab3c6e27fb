// One patient: concerns, values over time against thresholds, criteria with what would settle them, what is recorded.

import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api";
import type { AlertRow, PatientDetail, Series, Verdict } from "../contract";
import { DAY_MS, count, number, parse, when, zoneWords } from "../format";
import { useLoad, useNow, useTopics } from "../hooks";
import { AlertLine } from "../parts/alert_row";
import { CriteriaTable } from "../parts/criteria";
import { VerdictMark } from "../parts/marks";
import { AsOf, Empty, Fact, Fault, Loading, Section, Wide } from "../parts/note";
import { type Mark, Plot } from "../parts/plot";
import { moveInRows } from "../parts/rows";
import { link, setQuery } from "../route";
import { isOpen, store, worstFirst } from "../store";
import { analyteWords, concernWords, factWords, plain, siteWords, unitWords } from "../words";
import { settleWords } from "./ward";

const RELOAD_MS = 3000;
/** Newest changes of a definition that are shown at once. */
const CHANGES_SHOWN = 5;

/** What the ward looks at, in this order; ALT and AST share a plot. */
const PLOTS: readonly (readonly string[])[] = [["bilirubin"], ["weight_change_percent"], ["alt", "ast"], ["platelets"], ["anc"], ["temperature"]];

function marksOf(patient: PatientDetail): Mark[] {
  // The cycle is named at its first dose: on a phone there is no room for more than the day at the others.
  let named: number | null = null;
  const doses = patient.doses.filter((dose) => dose.status !== "withdrawn").sort((a, b) => a.time.localeCompare(b.time)).map((dose): Mark => {
    const day = dose.day === null ? "" : `D${dose.day}`;
    const words = dose.cycle === null ? "dose" : dose.cycle === named && day !== "" ? day : `C${dose.cycle} ${day}`.trim();
    named = dose.cycle;
    return { time: Date.parse(dose.time), kind: "dose", words };
  });
  const hsct = patient.hsct_at === null ? [] : [{ time: Date.parse(patient.hsct_at), kind: "hsct" as const, words: "HSCT" }];
  return [...doses, ...hsct].sort((a, b) => a.time - b.time);
}

function Plots({ patient }: { patient: PatientDetail }) {
  const [days, setDays] = useState(0);
  const marks = marksOf(patient);
  const times = [...patient.series.filter((line) => PLOTS.flat().includes(line.analyte)).flatMap((line) => line.points.map((point) => Date.parse(point.time))), ...marks.map((mark) => mark.time)];
  if (times.length === 0) return <Empty time={patient.as_of}>No values recorded</Empty>;
  const newest = Math.max(...times);
  const oldest = Math.min(...times);
  const from = days === 0 ? oldest : Math.max(oldest, newest - days * DAY_MS);
  const pad = Math.max((newest - from) * 0.02, 3_600_000);
  const lines = new Map(patient.series.map((line) => [line.analyte, line]));
  return (
    <>
      <div class="filters" role="group" aria-label="Span of the plots">
        <label class="choice"><span>Show</span>
          <select value={String(days)} onChange={(event) => setDays(Number(event.currentTarget.value))}>
            <option value="0">all that is kept</option>
            <option value="7">last 7 days</option>
            <option value="21">last 21 days</option>
            <option value="60">last 60 days</option>
          </select>
        </label>
        <p class="legend"><span class="legend-dose">dose</span> <span class="legend-hsct">transplant (HSCT)</span> <span class="legend-limit">limit of a criterion</span> <span class="legend-suspect">✕ suspect or withdrawn, not used</span> <span>↓ ↑ known only as below or above</span> <span>◯ learned late</span> <span>days in {zoneWords(newest)}</span></p>
      </div>
      <div class="plots">
        {PLOTS.map((analytes) => {
          const series = analytes.map((name) => lines.get(name)).filter((line): line is Series => line !== undefined && line.points.length > 0);
          const title = analytes.map(analyteWords).join(" and ");
          const unit = series[0]?.unit;
          return series.length === 0
            ? <figure key={title} class="plot none"><figcaption><h3>{title}</h3></figcaption><p class="empty">{analytes[0] === "weight_change_percent" ? "Not known: no baseline, or no weight recorded." : "Not recorded."}</p></figure>
            : <Plot key={title} title={`${title}${unit === undefined ? "" : `, ${unitWords(unit)}`}`} series={series} marks={marks} from={from - pad} to={newest + pad} />;
        })}
      </div>
    </>
  );
}

interface Fact {
  time: string;
  what: string;
  more: string;
  status: string | null;
}

function factsOf(patient: PatientDetail): Fact[] {
  const some = (...parts: (string | null | undefined | false)[]): string => parts.filter((part) => typeof part === "string" && part !== "").join(", ");
  const facts: Fact[] = [
    ...patient.doses.map((dose) => ({ time: dose.time, what: "Dose of the product", status: dose.status, more: some(dose.dose_mg_m2 !== null && `${number(dose.dose_mg_m2)} mg/m²`, dose.dose_value !== null && `${number(dose.dose_value)} ${dose.dose_unit ?? ""}`, dose.cycle !== null && `cycle ${dose.cycle} day ${dose.day ?? "not known"}${dose.inferred ? " (inferred)" : ""}`) })),
    ...patient.procedures.map((row) => ({ time: row.time, what: factWords(row.procedure), status: row.status, more: some(row.agents.join(" + "), row.units !== null && `${number(row.units)} units`, row.volume_ml !== null && `${number(row.volume_ml)} mL`) })),
    ...patient.findings.map((row) => ({ time: row.time, what: factWords(row.finding), status: row.status, more: some(row.presence, row.site, row.grade !== null && `grade ${row.grade}`, row.name, row.value !== null && `${number(row.value)} ${row.unit ?? ""}`, row.via !== null && "told by a report") })),
    ...patient.conditions.map((row) => ({ time: row.time, what: factWords(row.condition), status: row.status, more: some(row.presence, row.severity, row.name, row.onset !== null && `since ${row.onset}`, row.via !== null && "told by a report") })),
    ...patient.stays.map((row) => ({ time: row.time, what: factWords(row.event), status: null, more: "" })),
    ...patient.responses.map((row) => ({ time: row.time, what: "Response assessed", status: null, more: some(factWords(row.response), row.mrd_negative !== null && (row.mrd_negative ? "MRD negative" : "MRD positive")) })),
    ...patient.other_drugs.map((row) => ({ time: row.time, what: factWords(row.drug), status: null, more: plain(row.why) })),
  ];
  return facts.sort((a, b) => b.time.localeCompare(a.time));
}

function Recorded({ patient }: { patient: PatientDetail }) {
  const facts = factsOf(patient);
  return (
    <Section title="Doses, procedures, findings, conditions" count={facts.length} note="Newest first. What a report tells of the patient is marked.">
      {facts.length === 0 ? <Empty time={patient.as_of}>Nothing recorded</Empty> : (
        <Wide label="Recorded facts">
          <table>
            <thead><tr><th scope="col">Time</th><th scope="col">What</th><th scope="col">More</th><th scope="col">Status</th></tr></thead>
            <tbody>{facts.map((fact, at) => <tr key={at} class={fact.status === "withdrawn" ? "gone" : ""}><th scope="row">{when(fact.time)}</th><td>{fact.what}</td><td>{fact.more}</td><td>{fact.status === null || fact.status === "final" ? "" : fact.status}</td></tr>)}</tbody>
          </table>
        </Wide>
      )}
    </Section>
  );
}

interface Change {
  time: string;
  verdict: Verdict;
}

function Step({ change }: { change: Change }) {
  return <span class="course-step"><VerdictMark verdict={change.verdict} /> {when(change.time)}</span>;
}

function Earlier({ changes }: { changes: Change[] }) {
  return <details class="earlier"><summary>{count(changes.length, "earlier change")}</summary>{changes.map((change) => <Step key={change.time} change={change} />)}</details>;
}

function Course({ patient }: { patient: PatientDetail }) {
  const names = new Map(patient.criteria.map((of) => [of.id, of.name]));
  const rows = (patient.course ?? []).filter((of) => of.changes.length > 0);
  if (rows.length === 0) return null;
  return (
    <Section title="Criteria over time" note="When the answer of each definition changed, by event time.">
      <dl class="course">
        {rows.map((of) => (
          <div key={of.id}><dt>{names.get(of.id) ?? plain(of.id)}</dt><dd>
            {of.changes.length > CHANGES_SHOWN && <Earlier changes={of.changes.slice(0, -CHANGES_SHOWN)} />}
            {of.changes.slice(-CHANGES_SHOWN).map((change) => <Step key={change.time} change={change} />)}
          </dd></div>
        ))}
      </dl>
    </Section>
  );
}

function AtChoice({ at, query }: { at: string | null; query: URLSearchParams }) {
  const set = (value: string): void => {
    const next = new URLSearchParams(query);
    const time = new Date(value);
    if (value === "" || Number.isNaN(time.getTime())) next.delete("at");
    else next.set("at", time.toISOString());
    setQuery(next);
  };
  const shown = at === null || parse(at) === null ? "" : new Date(Date.parse(at) - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  return (
    <div class="filters" role="group" aria-label="Time of the judgement">
      <label class="choice"><span>Judge at another time (in {zoneWords(at === null ? store.now() : Date.parse(at) || store.now())}): why, or why not</span><input type="datetime-local" value={shown} onChange={(event) => set(event.currentTarget.value)} /></label>
      {at !== null && <button type="button" class="button" onClick={() => set("")}>Back to now</button>}
    </div>
  );
}

function AlertList({ alerts }: { alerts: readonly AlertRow[] }) {
  const now = useNow();
  return <ul class="short-list" onKeyDown={moveInRows}>{alerts.map((alert) => <li key={alert.alert_id}><AlertLine row={alert} now={now} /></li>)}</ul>;
}

export function PatientView({ id, query }: { id: string; query: URLSearchParams }) {
  useTopics("patients", "alerts", "sites");
  const at = query.get("at");
  const loaded = useLoad(() => get<PatientDetail>(`patients/${encodeURIComponent(id)}`, { at }), [id, at]);
  const heard = store.patients.find((row) => row.key === id);
  const seen = useRef(heard);
  const again = useRef<number | undefined>(undefined);
  // Each look at a patient is audited, so a burst of values is one look.
  useEffect(() => {
    if (heard === seen.current) return;
    const first = seen.current === undefined;
    seen.current = heard;
    if (first) return;
    again.current ??= window.setTimeout(() => {
      again.current = undefined;
      loaded.reload();
    }, RELOAD_MS);
  }, [heard]);
  useEffect(() => () => window.clearTimeout(again.current), []);

  const patient = loaded.data;
  if (patient === null) return loaded.fault === null ? <Loading of="The patient is being loaded" /> : <Fault words={loaded.fault} />;
  const row = heard ?? patient.row;
  const judged = Date.parse(patient.at);
  const alerts = [...patient.alerts].map((known) => store.alert(known.alert_id) ?? known).sort(worstFirst);
  const open = alerts.filter(isOpen);
  const silent = store.sites.get(patient.site);
  const concerns = [...new Set(patient.criteria.map((of) => of.concern))];
  const facts: [string, string][] = [
    ["Site", siteWords(patient.site)],
    ["Last dose", row.days_from_last_dose === null ? "none recorded" : `${row.days_from_last_dose} d ago${row.cycle === null ? "" : `, cycle ${row.cycle} day ${row.cycle_day ?? "not known"}`}`],
    ["Transplant (HSCT)", patient.hsct_at === null ? "none recorded" : `${when(patient.hsct_at)}${row.days_from_hsct === null ? "" : `, day ${row.days_from_hsct}`}`],
    ["Watched until", patient.watch_until === null ? "not known" : when(patient.watch_until)],
    ["Born", patient.person.birth_year === null ? "not known: adult criteria are evaluated" : String(patient.person.birth_year)],
    ["Sex", patient.person.sex ?? "not known"],
    ...Object.entries(patient.baselines).map(([name, base]): [string, string] => [`Baseline ${analyteWords(name).toLowerCase()}`, base === null ? "none: unknown, nothing put in its place" : `${number(base.value)} ${unitWords(base.unit)}, ${when(base.time)}`]),
    ["Other causes recorded", patient.confounders.length === 0 ? "none" : patient.confounders.map(factWords).join(", ")],
  ];
  return (
    <article class="patient-detail" data-patient={id}>
      <p class="crumb no-print"><a href={link("ward")}>Ward</a></p>
      <h1>Patient <span class="code">{patient.key}</span></h1>
      <Fault words={loaded.fault} />
      {silent?.silent === true && <p class="fault">Site {patient.site} is silent; last heard of {when(silent.heard_at)}. What is shown of this patient is old.</p>}
      {at !== null && <p class="fault">Criteria below are judged at {when(patient.at)}, not now.</p>}
      <Section title="Alerts" count={open.length} note={<AsOf time={patient.as_of} />}>
        {open.length === 0 ? <Empty time={patient.as_of}>No open alerts of this patient</Empty> : <AlertList alerts={open} />}
        {alerts.length > open.length && <details class="earlier"><summary>{count(alerts.length - open.length, "closed alert")}</summary><AlertList alerts={alerts.filter((alert) => !isOpen(alert))} /></details>}
      </Section>
      <dl class="facts">
        {facts.map(([name, value]) => <Fact key={name} name={name}>{value}</Fact>)}
        <Fact name="Reports">{patient.reports.length === 0 ? "none known" : <details class="earlier"><summary>{count(patient.reports.length, "report")}</summary>{patient.reports.map((key) => <span key={key} class="code report">{key}</span>)}</details>}</Fact>
      </dl>
      {row.settle.length > 0 && <p class="what-settle"><b>Unknown, would settle a definition:</b> {settleWords(row.settle)}</p>}
      <Section title="Values over time"><Plots patient={patient} /></Section>
      <Section title="Criteria" note={<>Judged at {when(patient.at)}. Unknown is never no. What is met is met on recorded values; other causes are not excluded.</>}>
        <AtChoice at={at} query={query} />
        {patient.disagreements.length > 0 && <div class="disagree"><b>Definitions disagree.</b><ul class="plain">{patient.disagreements.map((words) => <li key={words}>{words}</li>)}</ul></div>}
        {concerns.map((concern) => <div key={concern}><h3 class="concern-head">{concernWords(concern)}</h3><CriteriaTable criteria={patient.criteria.filter((of) => of.concern === concern)} at={judged} /></div>)}
      </Section>
      <Course patient={patient} />
      <Recorded patient={patient} />
    </article>
  );
}
