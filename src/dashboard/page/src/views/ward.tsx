// Ward: one line a watched patient, worst first. Bedside patients only; public cases are never among them.

import type { LatestValue, PatientRow } from "../contract";
import { age, number, quantity, shortKey, signed, when } from "../format";
import { useNarrow, useNow, useTopics } from "../hooks";
import { PriorityMark } from "../parts/marks";
import { List } from "../parts/list";
import { Empty, Fault, Section } from "../parts/note";
import { link } from "../route";
import { store } from "../store";
import { analyteWords, concernWords, criterionWords, tidy, unitWords } from "../words";

const SHOWN = ["bilirubin", "weight_change_percent", "alt", "ast", "platelets", "anc", "temperature"];
const ROW_REM = { wide: 7.9, narrow: 18.5 };

function valueText(value: LatestValue): string {
  return value.analyte === "weight_change_percent" ? signed(value.value) : quantity(value.value, value.comparator, 4);
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
  if (row.cycle !== null) parts.push(`cycle ${row.cycle}${row.cycle_day === null ? "" : ` day ${row.cycle_day}`}`);
  if (row.days_from_hsct !== null) parts.push(row.days_from_hsct < 0 ? `HSCT in ${-row.days_from_hsct} d` : `day ${row.days_from_hsct} after HSCT`);
  return parts.length === 0 ? "no dose recorded" : parts.join(" · ");
}

function Line({ row, now }: { row: PatientRow; now: number }) {
  const values = new Map(row.values.map((value) => [value.analyte, value]));
  const edge = row.priority === null ? "none" : row.priority;
  return (
    <a class={`patient-line edge-${edge}`} href={link("patients", row.key)} data-patient={row.key}>
      <span class="cell-who">
        {row.priority === null ? <span class="mark quiet">Nothing open</span> : <PriorityMark priority={row.priority} />}
        <b>Patient {shortKey(row.key)}</b>
        <span class="sub">{row.site} · heard {age(row.heard_at, now)} ago</span>
      </span>
      <span class="cell-what">
        <span class="what-concerns">
          {row.concerns.length === 0 ? "No criteria met on recorded values" : row.concerns.map((concern) => (
            <span key={concern.alert_id} class="what-concern">
              <b>{concernWords(concern.concern)}</b>{" "}
              <span class="sub">{concern.criteria.slice(0, 2).map((id) => criterionWords(id, store.names)).join(", ")}{concern.criteria.length > 2 ? ` and ${concern.criteria.length - 2} more` : ""}</span>
            </span>
          ))}
        </span>
        <span class="what-days">{days(row)}{row.baseline_weight === null ? " · no baseline weight" : ` · baseline ${number(row.baseline_weight.value)} kg`}</span>
        <span class="what-settle">{row.settle.length === 0 ? "" : <><b>Unknown, would settle:</b> {row.settle.map((item) => tidy(item.text)).join("; ")}</>}</span>
      </span>
      <span class="cell-values">{SHOWN.map((name) => <Value key={name} name={name} value={values.get(name)} now={now} />)}</span>
    </a>
  );
}

export function WardView() {
  useTopics("patients", "me", "service");
  const now = useNow();
  const narrow = useNarrow();
  const rows = store.patients;
  if (store.me !== null && !store.me.desks.includes("patient")) return <Fault words="You have no access to bedside patients." />;
  const concerned = rows.filter((row) => row.priority !== null).length;
  return (
    <Section title="Watched patients" count={rows.length} note={`Worst first; ${concerned} with something to review. Values are the latest recorded, each with its age. What is met is met on recorded values; other causes are not excluded.`}>
      <Fault words={rows.length === 0 || store.patientsFault !== "Patients are being loaded." ? store.patientsFault : null} />
      {rows.length === 0 && store.patientsFault === null && <Empty>No watched patients</Empty>}
      <List rows={rows} rowKey={(row) => row.key} rowRem={narrow ? ROW_REM.narrow : ROW_REM.wide} label="Watched patients, worst first" draw={(row) => <Line row={row} now={now} />} />
    </Section>
  );
}
