// One alert as a line of a list.

import type { AlertRow } from "../contract";
import { age, dateWords, daysUntil, shortKey, when } from "../format";
import { link } from "../route";
import { store } from "../store";
import { clockWords, concernWords, criterionWords, plain, seriousWords } from "../words";
import { PriorityMark, StateMark, Tag } from "./marks";

/** Height of a row in rem, wide and narrow. */
export const ALERT_ROW_REM = { wide: 4.25, narrow: 9.6 };

export function dueWords(due: string, now: number): string {
  const days = daysUntil(due, now);
  if (days === null) return dateWords(due);
  if (days < 0) return `${-days} d past`;
  return days === 0 ? "today" : `${days} d left`;
}

export function AlertLine({ row, now, due }: { row: AlertRow; now: number; due?: boolean }) {
  const listed = row.subject === "case" && (row.listed_eu !== "listed" || row.listed_us !== "listed");
  const words = (value: string): string => plain(value).replace("not applicable", "n/a");
  return (
    <a class={`alert-line edge-${row.priority}`} href={link("alerts", row.alert_id)} data-alert={row.alert_id}>
      <span class="cell-priority"><PriorityMark priority={row.priority} /></span>
      <span class="cell-age" title={`Last worsening ${when(row.worsened_at)}`}>{age(row.worsened_at, now)}</span>
      <span class="cell-concern">
        <b>{concernWords(row.concern)}</b>
        <span class="sub">{row.subject === "case" ? `case ${row.case_id ?? shortKey(row.key)}` : `patient ${shortKey(row.key)}`} · {row.site}</span>
      </span>
      <span class="cell-summary">{row.summary}</span>
      <span class="cell-tags">
        {due === true && row.clock !== null && <Tag tone={(daysUntil(row.clock.due, now) ?? 99) <= 3 ? "loud" : "calm"}>{clockWords(row.clock.rule)}: {dueWords(row.clock.due, now)}</Tag>}
        {row.subject === "patient" && row.criteria.slice(0, 2).map((id) => <Tag key={id}>{criterionWords(id, store.names)}</Tag>)}
        {row.dme && <Tag>DME</Tag>}
        {row.subject === "case" && row.serious !== null && <Tag>{seriousWords(row.serious)}</Tag>}
        {listed && <Tag>{row.listed_eu === row.listed_us ? words(row.listed_eu) : `EU ${words(row.listed_eu)}, US ${words(row.listed_us)}`}</Tag>}
        {row.missing_elements.length > 0 && <Tag>missing: {row.missing_elements.join(", ")}</Tag>}
        {row.severity !== null && <Tag>{plain(row.severity)}</Tag>}
        {row.grade !== null && <Tag>grade {row.grade}</Tag>}
      </span>
      <span class="cell-state">
        <StateMark state={row.state} />
        <span class="sub">{row.escalated && row.state === "open" ? "escalated" : row.owner === null ? "no owner" : row.owner}</span>
      </span>
    </a>
  );
}
