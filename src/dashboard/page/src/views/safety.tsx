// Safety officer: cases of own receipt by days left, then serious and unlisted or under review, designated medical events,
// and reports that lack an element.

import type { AlertRow } from "../contract";
import { useNow, useTopics } from "../hooks";
import { AlertLine } from "../parts/alert_row";
import { Empty, Fault, Section } from "../parts/note";
import { link } from "../route";
import { store } from "../store";

/** Rows shown of each list; the rest is one step away. */
const SHOWN = 25;

function CaseList({ rows, now, due, empty }: { rows: readonly AlertRow[]; now: number; due?: boolean; empty: string }) {
  if (rows.length === 0) return <Empty>{empty}</Empty>;
  return (
    <>
      <ul class="short-list">
        {rows.slice(0, SHOWN).map((row) => <li key={row.alert_id}><AlertLine row={row} now={now} due={due} /></li>)}
      </ul>
      {rows.length > SHOWN && <p class="section-note">{rows.length - SHOWN} more: <a href={link("alerts", null, { subject: "case" })}>all open report alerts</a></p>}
    </>
  );
}

export function SafetyView() {
  useTopics("alerts", "me");
  const now = useNow();
  const cases = store.alerts.filter((row) => row.subject === "case");
  if (store.me !== null && !store.me.desks.includes("case")) return <Fault words="You have no access to reports." />;
  const due = cases.filter((row) => row.clock !== null).sort((a, b) => (a.clock?.due ?? "").localeCompare(b.clock?.due ?? ""));
  const departs = (row: AlertRow): boolean => [row.listed_eu, row.listed_us].some((listed) => listed === "unlisted" || listed === "review");
  const serious = cases.filter((row) => row.serious === true && departs(row));
  const dme = cases.filter((row) => row.dme);
  const missing = cases.filter((row) => row.missing_elements.length > 0 || row.valid === false);
  return (
    <>
      <Fault words={store.alertsFault === "Alerts are being loaded." && cases.length > 0 ? null : store.alertsFault} />
      <Section title="Own-receipt cases by days left" count={due.length} note="Calendar days to the last day of the reporting clock. Clocks run for sources configured as own receipt alone; what was submitted is not known here.">
        <CaseList rows={due} now={now} due empty="No case with a running clock" />
      </Section>
      <Section title="Serious and unlisted, or listing to be reviewed" count={serious.length} note="By the EU SmPC or the US PI. The reporter’s seriousness is never downgraded.">
        <CaseList rows={serious} now={now} empty="No such case open" />
      </Section>
      <Section title="Designated medical events" count={dme.length}>
        <CaseList rows={dme} now={now} empty="No such case open" />
      </Section>
      <Section title="Elements missing for a valid report" count={missing.length} note="Reporter, patient, product, reaction: what is missing, with the questions to the reporter in the alert.">
        <CaseList rows={missing} now={now} empty="No open case lacks an element" />
      </Section>
    </>
  );
}
