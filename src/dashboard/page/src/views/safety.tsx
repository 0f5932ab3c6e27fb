// Safety officer: cases of own receipt by days left, then serious and unlisted or under review, designated medical events,
// and reports that lack an element. Each list has its own place on the screen, which it keeps while reports come in.

import type { ComponentChildren } from "preact";
import type { AlertRow } from "../contract";
import { useNow, useSize, useTopics } from "../hooks";
import { CASE_ROW_REM, CaseLine } from "../parts/alert_row";
import { AsOf, Empty, Fault, ListNote, Section } from "../parts/note";
import { Rows } from "../parts/rows";
import { link } from "../route";
import { store } from "../store";

/** Rows shown of each list; the rest is one step away. */
const SHOWN = 25;

function Pane({ title, note, rows, due, empty, known }: { title: string; note: ComponentChildren; rows: readonly AlertRow[]; due?: boolean; empty: string; known: boolean }) {
  const now = useNow();
  const size = useSize();
  return (
    <Section title={title} count={known ? rows.length : null} note={note} className="pane">
      <div class="pane-box">
        {rows.length > 0 && <Rows rows={rows.slice(0, SHOWN)} rowKey={(row) => row.alert_id} rowRem={CASE_ROW_REM[size]} label={title} draw={(row) => <CaseLine row={row} now={now} due={due === true} />} />}
        {rows.length === 0 && known && <Empty>{empty}</Empty>}
        {rows.length > SHOWN && <p class="section-note">{rows.length - SHOWN} more are among <a href={link("alerts", null, { subject: "case" })}>all open report alerts</a>.</p>}
      </div>
    </Section>
  );
}

export function SafetyView() {
  useTopics("alerts", "me");
  const cases = store.alerts.filter((row) => row.subject === "case");
  if (store.me !== null && !store.me.desks.includes("case")) return <Fault words="You have no access to reports." />;
  const known = store.alertsCame && store.alertsFault === null;
  const due = cases.filter((row) => row.clock !== null).sort((a, b) => (a.clock?.due ?? "").localeCompare(b.clock?.due ?? ""));
  const departs = (row: AlertRow): boolean => [row.listed_eu, row.listed_us].some((listed) => listed === "unlisted" || listed === "review");
  const pane = { known };
  return (
    <>
      <ListNote of="alerts" />
      <div class="panes">
        <Pane {...pane} title="Own-receipt cases by days left" rows={due} due empty="No case with a running clock"
          note={<>Calendar days (UTC) to the last day of the clock, <AsOf />. Clocks run for sources of own receipt alone; what was submitted is not known here.</>} />
        <Pane {...pane} title="Serious, and unlisted or listing to review" rows={cases.filter((row) => row.serious === true && departs(row))} empty="No such case open"
          note="By the EU SmPC or the US PI, worst first. The reporter’s seriousness is never downgraded." />
        <Pane {...pane} title="Designated medical events" rows={cases.filter((row) => row.dme)} empty="No such case open" note="On the designated medical event list, worst first." />
        <Pane {...pane} title="Elements missing for a valid report" rows={cases.filter((row) => row.missing_elements.length > 0 || row.valid === false)} empty="No open case lacks an element"
          note="Reporter, patient, product, reaction. The questions to the reporter are in the alert." />
      </div>
    </>
  );
}
