// Ward: one line a watched patient, worst first. Bedside patients only: who is known from public reports is never among them.

import type { LatestValue, PatientRow, Settle } from "../contract";
import { age, number, quantity, shortKey, signed, when } from "../format";
import { useNow, useSize, useTopics } from "../hooks";
import { PriorityMark, Shape } from "../parts/marks";
import { ownWard, setOwnWard } from "../parts/display";
import { List } from "../parts/list";
import { AsOf, Empty, Fault, ListNote, Section } from "../parts/note";
import { link, setQuery } from "../route";
import { store } from "../store";
import { PRIORITIES, PRIORITY_WORDS, STATE_WORDS, analyteWords, concernWords, criterionWords, tidy, unitWords } from "../words";

const SHOWN = ["bilirubin", "weight_change_percent", "alt", "ast", "platelets", "anc", "temperature"];
const ROW_REM = { wide: 9.2, mid: 10.4, narrow: 21 };
/** Concerns named in a line; the rest is counted. */
const CONCERNS_SHOWN = 5;
/** From this day on a cycle is over by the label (28 days), and its day says only how long ago it began. */
const CYCLE_DAYS_MAX = 28;

function valueText(value: LatestValue): string {
  return value.analyte === "weight_change_percent" ? signed(value.value) : quantity(value.value, value.comparator, 3);
}

/** The sign and the unit say that it is a change. */
const valueName = (name: string): string => (name === "weight_change_percent" ? "Weight" : analyteWords(name));

function Value({ name, value, now }: { name: string; value: LatestValue | undefined; now: number }) {
  if (value === undefined) return <span class="value missing"><span class="value-name">{valueName(name)}</span><b>not recorded</b></span>;
  const flag = value.suspect !== null ? "check unit" : value.stale ? "old" : null;
  return (
    <span class={`value${value.stale ? " old" : ""}${value.suspect === null ? "" : " suspect"}`} title={`${when(value.time)}${value.baseline === null ? "" : `; baseline ${number(value.baseline)}`}`}>
      <span class="value-name">{valueName(name)}</span>
      <b>{valueText(value)} <small>{unitWords(value.unit)}</small></b>
      <span class="sub">{age(value.time, now)}{flag === null ? "" : ` · ${flag}`}</span>
    </span>
  );
}

function days(row: PatientRow): string {
  const parts = [];
  if (row.days_from_last_dose !== null) parts.push(`${row.days_from_last_dose} d from last dose`);
  if (row.cycle !== null) {
    const day = row.cycle_day === null ? "" : row.cycle_day > CYCLE_DAYS_MAX ? `, begun ${row.cycle_day - 1} d ago` : ` day ${row.cycle_day}`;
    parts.push(`cycle ${row.cycle}${day}`);
  }
  if (row.days_from_hsct !== null) parts.push(row.days_from_hsct < 0 ? `HSCT in ${-row.days_from_hsct} d` : `day ${row.days_from_hsct} after HSCT`);
  return parts.length === 0 ? "no dose recorded" : parts.join(" · ");
}

function baselines(row: PatientRow): string {
  const bilirubin = row.values.find((value) => value.analyte === "bilirubin");
  const weight = row.baseline_weight === null ? "no baseline weight" : `baseline ${number(row.baseline_weight.value, 4)} kg`;
  return bilirubin === undefined || bilirubin.baseline === null ? weight : `${weight}, bilirubin ${number(bilirubin.baseline, 3)} ${unitWords(bilirubin.unit)}`;
}

/** Each concern once, the worst first. */
function worstConcerns(row: PatientRow): PatientRow["concerns"] {
  const worst = [...row.concerns].sort((a, b) => PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) || Number(a.state !== "open") - Number(b.state !== "open"));
  return worst.filter((one, at) => worst.findIndex((other) => other.concern === one.concern) === at);
}

/** "Ascites: not recorded; Histology: not recorded" says the same twice: what is missing stands once, before what it is missing of. */
export function settleWords(settle: readonly Settle[]): string {
  const groups = new Map<string, string[]>();
  for (const { text } of settle) {
    const cut = text.lastIndexOf(": ");
    const [what, how] = cut < 0 ? [text, ""] : [text.slice(0, cut), text.slice(cut + 2)];
    groups.set(how, [...(groups.get(how) ?? []), tidy(what)]);
  }
  return [...groups].map(([how, what]) => (how === "" ? what.join(", ") : `${what.join(", ")} (${how})`)).join("; ");
}

function Concerns({ row }: { row: PatientRow }) {
  const concerns = worstConcerns(row);
  if (concerns.length === 0) return <span class="what-concerns">No criteria met on recorded values</span>;
  const met = concerns.flatMap((of) => of.criteria).filter((id, at, all) => all.indexOf(id) === at).map((id) => criterionWords(id, store.names));
  return (
    <>
      <span class="what-concerns">
        {concerns.slice(0, CONCERNS_SHOWN).map((of) => (
          <span key={of.alert_id} class={`what-concern text-${of.priority}`} title={`${PRIORITY_WORDS[of.priority]}, ${STATE_WORDS[of.state]}`}>
            <Shape name={of.priority} /><b>{concernWords(of.concern)}</b><span class="unseen"> ({PRIORITY_WORDS[of.priority]})</span>
            {of.state === "open" ? "" : <span class="sub"> {STATE_WORDS[of.state].toLowerCase()}</span>}
          </span>
        ))}
        {concerns.length > CONCERNS_SHOWN && <span class="sub">and {concerns.length - CONCERNS_SHOWN} more</span>}
      </span>
      <span class="what-met">Met: {met.join(", ")}</span>
    </>
  );
}

function Line({ row, now }: { row: PatientRow; now: number }) {
  const values = new Map(row.values.map((value) => [value.analyte, value]));
  const edge = row.priority === null ? "none" : row.priority;
  const site = store.sites.get(row.site);
  const silent = site?.silent === true;
  // A patient is heard of by reports too: how fresh the ward's own values may be, its site's feed says.
  const heard = site?.heard_at ?? null;
  return (
    <a class={`patient-line edge-${edge}`} href={link("patients", row.key)} data-patient={row.key}>
      <span class="cell-who">
        {row.priority === null ? <span class="mark quiet">Nothing open</span> : <PriorityMark priority={row.priority} />}
        <b>Patient {shortKey(row.key)}</b>
        <span class="sub" title={row.site}>{row.site}</span>
        <span class="sub">{heard === null ? `heard ${age(row.heard_at, now)} ago` : `site heard ${age(heard, now)} ago`}</span>
        {silent && <span class="tag loud">site silent: values are old</span>}
      </span>
      <span class="cell-what">
        <Concerns row={row} />
        <span class="what-days">{days(row)} · {baselines(row)}</span>
        <span class="what-settle">{row.settle.length === 0 ? "" : <><b>Unknown, would settle:</b> {settleWords(row.settle)}</>}</span>
      </span>
      <span class="cell-values">{SHOWN.map((name) => <Value key={name} name={name} value={values.get(name)} now={now} />)}</span>
    </a>
  );
}

/** Whose patients are shown: in the address where it says so, else as this device was last told. */
function WardChoice({ site, sites }: { site: string; sites: readonly string[] }) {
  return (
    <div class="filters" role="group" aria-label="Filters">
      <label class="choice"><span>Patients of</span>
        <select value={site} onChange={(event) => {
          setOwnWard(event.currentTarget.value);
          setQuery(new URLSearchParams({ site: event.currentTarget.value }));
        }}>
          <option value="">all sites</option>
          {sites.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
    </div>
  );
}

export function WardView({ query }: { query: URLSearchParams }) {
  useTopics("patients", "me", "service", "sites");
  const now = useNow();
  const size = useSize();
  const all = store.patients;
  const site = query.get("site") ?? ownWard();
  const rows = site === "" ? all : all.filter((row) => row.site === site);
  const sites = [...new Set([...all.map((row) => row.site), ...(site === "" ? [] : [site])])].sort();
  const others = all.length - rows.length;
  if (store.me !== null && !store.me.desks.includes("patient")) return <Fault words="You have no access to bedside patients." />;
  const known = store.patientsCame && store.patientsFault === null;
  const concerned = rows.filter((row) => row.priority !== null).length;
  return (
    <>
      {(sites.length > 1 || site !== "") && <WardChoice site={site} sites={sites} />}
      <Section title={site === "" ? "Watched patients" : `Watched patients of ${site}`} count={known ? rows.length : null} note={known ? <>{others > 0 && <b>{others} of other sites are not shown. </b>}Worst first; {concerned} with something to review, <AsOf />. Latest values with their age. Met on recorded values; other causes not excluded.</> : null}>
        <ListNote of="patients" />
        {rows.length === 0 && known && <Empty>{site === "" ? "No watched patients" : "No watched patients of this site"}</Empty>}
        <List rows={rows} rowKey={(row) => row.key} rowRem={ROW_REM[size]} label="Watched patients, worst first" draw={(row) => <Line row={row} now={now} />} />
      </Section>
    </>
  );
}
