// One alert as a line of a list.

import type { AlertRow } from "../contract";
import { age, dateWords, daysUntil, parse, shortKey, span, when } from "../format";
import { link } from "../route";
import { store } from "../store";
import { clockWords, concernWords, criterionWords, isOfSite, listingWords, plain, seriousWords, siteWords, OWN_SITE } from "../words";
import { PriorityMark, StateMark, Tag } from "./marks";

/** Height of a row in rem by layout. */
export const ALERT_ROW_REM = { wide: 4.25, mid: 5.9, narrow: 11 };
export const CASE_ROW_REM = { wide: 5, mid: 5, narrow: 8 };
/** A clock with so few days left is loud. */
const FEW_DAYS = 3;

export function dueWords(due: string, now: number): string {
  const days = daysUntil(due, now);
  if (days === null) return dateWords(due);
  if (days < 0) return `${-days} d past`;
  return days === 0 ? "today" : `${days} d left`;
}

export const isUrgent = (due: string, now: number): boolean => (daysUntil(due, now) ?? Infinity) <= FEW_DAYS;

/** Who has it, and what happens when nobody takes it. */
export function ownerWords(row: AlertRow, now: number): string {
  const owner = row.owner ?? "no owner";
  if (row.state !== "open") return owner;
  if (row.escalated) return `${owner} · escalated`;
  const at = parse(row.escalates_at);
  return at === null ? owner : at <= now ? `${owner} · escalates now` : `${owner} · escalates in ${span((at - now) / 1000)}`;
}

function who(row: AlertRow): string {
  if (row.subject === "case") return `case ${row.case_id ?? shortKey(row.key)} · ${siteWords(row.site)}`;
  if (isOfSite(row)) return `site ${siteWords(row.site)}`;
  const ward = row.site === OWN_SITE ? store.wardOf(row.key) : undefined;
  return `patient ${shortKey(row.key)} · ${ward === undefined ? "" : `${ward}, `}${siteWords(row.site)}`;
}

/** A report in its own words; the explanation begins alike in every one. */
function reported(row: AlertRow): string {
  return row.reactions.map((term) => `“${term}”`).join(", ");
}

function seriousness(row: AlertRow): string {
  return row.seriousness.length === 0 ? seriousWords(row.serious) : `${seriousWords(row.serious)}: ${row.seriousness.map(plain).join(", ")}`;
}

function CaseTags({ row }: { row: AlertRow }) {
  const departs = row.listed_eu !== "listed" || row.listed_us !== "listed";
  return (
    <>
      {row.missing_elements.length > 0 && <Tag tone="loud">missing: {row.missing_elements.join(", ")}</Tag>}
      {row.dme && <Tag>DME</Tag>}
      {departs && <Tag>{listingWords(row.listed_eu, row.listed_us)}</Tag>}
    </>
  );
}

export function AlertLine({ row, now }: { row: AlertRow; now: number }) {
  const terms = row.subject === "case" ? reported(row) : "";
  return (
    <a class={`alert-line edge-${row.priority}`} href={link("alerts", row.alert_id)} data-alert={row.alert_id}>
      <span class="cell-priority"><PriorityMark priority={row.priority} /></span>
      <span class="cell-age" title={`Last worsening ${when(row.worsened_at)}`}>{age(row.worsened_at, now)}</span>
      <span class="cell-concern">
        <b>{concernWords(row.concern)}</b>
        <span class="sub" title={who(row)}>{who(row)}</span>
      </span>
      <span class="cell-summary">{terms === "" ? row.summary : `Reported as ${terms}. ${row.serious === null ? "Seriousness not stated" : seriousness(row).replace(/^./, (first) => first.toUpperCase())}.`}</span>
      <span class="cell-tags">
        {row.subject === "patient" && row.criteria.slice(0, 2).map((id) => <Tag key={id}>{criterionWords(id, store.names)}</Tag>)}
        {row.subject === "case" && <CaseTags row={row} />}
        {row.severity !== null && <Tag>{plain(row.severity)}</Tag>}
        {row.grade !== null && <Tag>grade {row.grade}</Tag>}
      </span>
      <span class="cell-state">
        <StateMark state={row.state} />
        <span class="sub" title={ownerWords(row, now)}>{ownerWords(row, now)}</span>
      </span>
    </a>
  );
}

/** A report among the lists of the safety desk: by its clock where it has one and `due` asks for it, else by its age. */
export function CaseLine({ row, now, due }: { row: AlertRow; now: number; due: boolean }) {
  const { clock } = row;
  return (
    <a class={`case-line edge-${row.priority}`} href={link("alerts", row.alert_id)} data-alert={row.alert_id}>
      <span class="cell-priority"><PriorityMark priority={row.priority} /></span>
      {due && clock !== null ? (
        <span class={`cell-due${isUrgent(clock.due, now) ? " urgent" : ""}`} title={`${clockWords(clock.rule)}, day 0 ${dateWords(clock.day_zero)}${clock.follow_up ? ", started by a follow-up" : ""}`}>
          <b>{isUrgent(clock.due, now) ? "! " : ""}{dueWords(clock.due, now)}</b>
          <span class="sub">{dateWords(clock.due)}</span>
        </span>
      ) : (
        <span class="cell-due" title={`Last worsening ${when(row.worsened_at)}`}><b>{age(row.worsened_at, now)}</b><span class="sub">old</span></span>
      )}
      <span class="cell-case">
        <span class="case-what"><b>{concernWords(row.concern)}</b> {reported(row)}</span>
        <span class="sub" title={`${who(row)} · ${seriousness(row)}`}>{who(row)} · {seriousness(row)}</span>
        <span class="cell-tags"><CaseTags row={row} />{due && clock !== null && <Tag>{clockWords(clock.rule)}, day 0 {dateWords(clock.day_zero)}</Tag>}</span>
      </span>
      <span class="cell-state"><StateMark state={row.state} /><span class="sub">{row.owner ?? "no owner"}</span></span>
    </a>
  );
}
