// All open alerts, worst first, with filters that stand in the address; closed ones on request, by page.

import { useState } from "preact/hooks";
import { address, get } from "../api";
import type { AlertRow, Paged } from "../contract";
import { useLoad, useNarrow, useNow, useSize, useTopics } from "../hooks";
import { ALERT_ROW_REM, AlertLine } from "../parts/alert_row";
import { List } from "../parts/list";
import { AsOf, Empty, Fault, ListNote, Loading, Section } from "../parts/note";
import { setQuery } from "../route";
import { store } from "../store";
import { CONCERNS, OWN_SITE, PRIORITIES, PRIORITY_WORDS, siteWords } from "../words";

const FILTERS = ["subject", "priority", "concern", "state", "site", "listedness"] as const;
type Filter = (typeof FILTERS)[number];
const CLOSED = "dismissed,resolved,withdrawn";

function chosen(query: URLSearchParams, name: Filter): string {
  return query.get(name) ?? "";
}

/** Whose alert it is: a report's, a ward patient's, or a patient's who is known from reports alone. */
function deskOf(row: AlertRow): string {
  if (row.subject === "case") return "case";
  return row.own_patient ? "patient" : "told";
}

export function matches(row: AlertRow, query: URLSearchParams): boolean {
  const is = (name: Filter, ...values: string[]): boolean => {
    const wanted = chosen(query, name);
    return wanted === "" || values.includes(wanted);
  };
  const owned = row.owner === null ? "unowned" : "owned";
  return (
    is("subject", deskOf(row)) && is("priority", row.priority) && is("concern", row.concern) && is("site", row.site) &&
    is("state", row.state, owned) && is("listedness", row.listed_eu, row.listed_us)
  );
}

function Choice({ query, name, label, options }: { query: URLSearchParams; name: Filter; label: string; options: readonly (readonly [string, string])[] }) {
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={chosen(query, name)} onChange={(event) => {
        const next = new URLSearchParams(query);
        if (event.currentTarget.value === "") next.delete(name);
        else next.set(name, event.currentTarget.value);
        setQuery(next);
      }}>
        <option value="">all</option>
        {options.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
      </select>
    </label>
  );
}

function Filters({ query, sites }: { query: URLSearchParams; sites: readonly string[] }) {
  const narrow = useNarrow();
  const set = [...query.keys()].length;
  const group = (
    <div class="filters" role="group" aria-label="Filters">
      <Choice query={query} name="subject" label="Desk" options={[["patient", "bedside"], ["case", "reports"], ["told", "patients known from reports alone"]]} />
      <Choice query={query} name="priority" label="Priority" options={PRIORITIES.map((p) => [p, PRIORITY_WORDS[p]] as const)} />
      <Choice query={query} name="concern" label="Concern" options={Object.entries(CONCERNS)} />
      <Choice query={query} name="state" label="State" options={[["open", "open"], ["unowned", "without owner"], ["acknowledged", "acknowledged"], ["snoozed", "snoozed"], ["closed", "closed ones"]]} />
      <Choice query={query} name="site" label="Site" options={sites.map((site) => [site, siteWords(site)] as const)} />
      <Choice query={query} name="listedness" label="Listed" options={[["listed", "listed"], ["unlisted", "unlisted"], ["review", "listing to review"]]} />
      {set > 0 && <button type="button" class="button" onClick={() => setQuery(new URLSearchParams())}>Clear</button>}
    </div>
  );
  return narrow ? <details class="fold" open={set > 0}><summary>Filters{set === 0 ? "" : `: ${set} set`}</summary>{group}</details> : group;
}

/** The filters in the server's words, whose desk of cases holds the patients of whom reports alone tell: an export may have rows too many, never too few. */
function asked(query: URLSearchParams): Record<string, string> {
  const wanted: Record<string, string> = {};
  for (const name of FILTERS) if (chosen(query, name) !== "") wanted[name] = chosen(query, name);
  if (wanted.subject === "told") Object.assign(wanted, { subject: "case", site: OWN_SITE });
  if (wanted.state === "closed") wanted.state = CLOSED;
  if (wanted.state === "unowned") delete wanted.state;
  return wanted;
}

function Closed({ query }: { query: URLSearchParams }) {
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  const now = useNow();
  const size = useSize();
  const filters = asked(query);
  const loaded = useLoad(async () => {
    const pages = await Promise.all(cursors.map((cursor) => get<Paged<AlertRow>>("alerts", { ...filters, sort: "newest", limit: 200, cursor })));
    return { rows: pages.flatMap((page) => page.items), last: pages[pages.length - 1]! };
  }, [filters, cursors]);
  if (loaded.data === null) return loaded.fault === null ? <Loading of="Closed alerts are being loaded" /> : <Fault words={loaded.fault} />;
  const { rows, last } = loaded.data;
  return (
    <Section title="Closed alerts" count={last.total} note="Dismissed, closed and withdrawn, newest first. This list is as it was when it was loaded.">
      {rows.length === 0 && <Empty time={last.as_of}>No closed alerts</Empty>}
      <List rows={rows} rowKey={(row) => row.alert_id} rowRem={ALERT_ROW_REM[size]} label="Closed alerts" draw={(row) => <AlertLine row={row} now={now} />} />
      {last.next_cursor !== null && <button type="button" class="button" onClick={() => setCursors([...cursors, last.next_cursor])}>More</button>}
    </Section>
  );
}

export function AlertsView({ query }: { query: URLSearchParams }) {
  useTopics("alerts", "me");
  const now = useNow();
  const size = useSize();
  const all = store.alerts;
  const sites = [...new Set(all.map((row) => row.site))].sort();
  const closed = chosen(query, "state") === "closed";
  const known = store.alertsCame && store.alertsFault === null;
  const rows = closed ? [] : [...query.keys()].length === 0 ? all : all.filter((row) => matches(row, query));
  return (
    <>
      <Filters query={query} sites={sites} />
      {closed ? <Closed query={query} /> : (
        <Section title="Open alerts" count={known ? rows.length : null} note={!known ? null : <>Worst first, then newest; age counts from the last worsening; <AsOf />. <a href={address("alerts.csv", asked(query))} download="vigil-alerts.csv">Export as CSV</a></>}>
          <ListNote of="alerts" />
          {rows.length === 0 && known && <Empty>{all.length === 0 ? "No open alerts" : "No open alerts with these filters"}</Empty>}
          <List rows={rows} rowKey={(row) => row.alert_id} rowRem={ALERT_ROW_REM[size]} label="Open alerts, worst first" draw={(row) => <AlertLine row={row} now={now} />} />
        </Section>
      )}
    </>
  );
}
