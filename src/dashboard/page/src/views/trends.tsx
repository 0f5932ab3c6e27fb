// How many alerts of each concern were raised over time. Counts with their window and with how many patients were watched,
// never a rate.

import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { get } from "../api";
import type { Counts } from "../contract";
import { DAY_MS, number, when, zoneWords } from "../format";
import { useLoad, useNow } from "../hooks";
import { colour, fillOf, onDisplay } from "../parts/display";
import { Fault, Loading, Section, Wide } from "../parts/note";
import { PRIORITIES, PRIORITY_WORDS, concernWords } from "../words";

const MAIN = ["vod_sos", "febrile_neutropenia", "haemorrhage"];
const HEIGHT = 170;

function label(time: string, bucket: string): string {
  return new Intl.DateTimeFormat("en-GB", bucket === "hour" ? { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short", timeZone: "UTC" }).format(Date.parse(time));
}

function Bars({ data, concern }: { data: Counts; concern: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [theme, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => onDisplay(() => again(undefined as never)), []);
  const rows = PRIORITIES.map((priority) => data.series.find((row) => row.concern === concern && row.priority === priority)?.raised ?? data.times.map(() => 0));
  const total = rows.flat().reduce((sum, n) => sum + n, 0);
  useEffect(() => {
    const place = box.current;
    if (place === null) return;
    // Stacked: the tallest sum is drawn first, the worst priority last and in front.
    const sums = rows.map((_, at) => data.times.map((_t, t) => rows.slice(0, at + 1).reduce((sum, row) => sum + (row[t] ?? 0), 0))).reverse();
    const shown = [...PRIORITIES].reverse();
    const most = Math.max(4, ...sums.flat());
    const axis = { stroke: colour("muted"), grid: { stroke: colour("plot-grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const bars = uPlot.paths.bars;
    const plot = new uPlot({
      width: Math.max(200, place.clientWidth), height: HEIGHT, legend: { show: false }, cursor: { show: false }, padding: [8, 8, 0, 0],
      scales: { x: { time: false, range: [-0.6, data.times.length - 0.4] }, y: { range: [0, most * 1.05] } },
      axes: [
        { ...axis, size: 28, grid: { show: false }, space: 60, incrs: [1, 2, 5, 7, 14, 24, 48], values: (_u, splits) => splits.map((at) => (Number.isInteger(at) && data.times[at] !== undefined ? label(data.times[at]!, data.bucket) : "")) },
        { ...axis, size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000] },
      ],
      series: [{}, ...shown.map((priority) => ({ label: priority, fill: fillOf(priority), stroke: colour("surface"), width: 1, points: { show: false }, ...(bars === undefined ? {} : { paths: bars({ size: [0.75, 60] }) }) }))],
    }, [data.times.map((_, at) => at), ...sums], place);
    const watch = new ResizeObserver(() => {
      if (place.clientWidth > 0 && place.clientWidth !== plot.width) plot.setSize({ width: place.clientWidth, height: HEIGHT });
    });
    watch.observe(place);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [JSON.stringify(rows), JSON.stringify(data.times), theme]);
  return (
    <figure class="plot" data-trend={concern}>
      <figcaption><h3>{concernWords(concern)}</h3><span class="plot-key">{total.toLocaleString("en-GB")} raised</span></figcaption>
      <div ref={box} class="plot-box" role="img" aria-label={`${concernWords(concern)}: ${total} alerts raised from ${when(data.since)} to ${when(data.until)}. The counts are in the table below.`} />
      <details>
        <summary>Counts as a table</summary>
        <Wide label={`${concernWords(concern)}, counts`}>
          <table>
            <thead><tr><th scope="col">{data.bucket === "day" ? "Day (UTC)" : `Hour (${zoneWords(Date.parse(data.until))})`}</th>{PRIORITIES.map((priority) => <th key={priority} scope="col" class="num">{PRIORITY_WORDS[priority]}</th>)}</tr></thead>
            <tbody>{data.times.map((time, t) => <tr key={time}><th scope="row">{label(time, data.bucket)}</th>{rows.map((row, at) => <td key={at} class="num">{row[t] ?? 0}</td>)}</tr>)}</tbody>
          </table>
        </Wide>
      </details>
    </figure>
  );
}

export function lastKnown(values: (number | null)[] | null): string {
  const known = values?.filter((value): value is number => value !== null) ?? [];
  const last = known[known.length - 1];
  return last === undefined ? "not known" : number(last);
}

export function SpanChoice({ days, onChange }: { days: number; onChange: (days: number) => void }) {
  return (
    <label class="choice"><span>Window</span>
      <select value={String(days)} onChange={(event) => onChange(Number(event.currentTarget.value))}>
        <option value="2">48 hours</option>
        <option value="14">14 days</option>
        <option value="60">60 days</option>
        <option value="180">180 days</option>
      </select>
    </label>
  );
}

/** A window of so many days that ends with the present minute, so that it changes once a minute. */
export function windowOf(days: number, now: number): { since: string; until: string } {
  const until = Math.ceil(now / 60_000) * 60_000;
  return { since: new Date(until - days * DAY_MS).toISOString(), until: new Date(until).toISOString() };
}

export function TrendsView() {
  const [days, setDays] = useState(14);
  const [subject, setSubject] = useState("");
  const { since, until } = windowOf(days, useNow());
  const minute = until;
  const [shown, setShown] = useState<Counts | null>(null);
  const loaded = useLoad(() => get<Counts>("counts", { since, until, subject, bucket: days <= 2 ? "hour" : "day" }), [days, subject, minute]);
  useEffect(() => {
    if (loaded.data !== null) setShown(loaded.data);
  }, [loaded.data]);
  const data = loaded.data ?? shown;
  const present = data === null ? [] : [...new Set([...MAIN, ...data.series.filter((row) => row.raised.some((n) => n > 0)).map((row) => row.concern)])];
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
      {data === null ? loaded.fault === null && <Loading of="Counts are being loaded" /> : (
        <Section title="Alerts raised, by concern" note={<>From {when(data.since)} to {when(data.until)}, as of {when(data.as_of)}. Watched patients: {lastKnown(data.watched_patients)}. {data.watched_patients_unknown} These are counts, not rates; {data.bucket === "day" ? "days are those of UTC" : `hours in ${zoneWords(Date.parse(data.until))}`}.</>}>
          <p class="legend">{PRIORITIES.map((priority) => <span key={priority} class={`legend-fill fill-${priority}`}>{PRIORITY_WORDS[priority]}</span>)}</p>
          <div class="plots">{present.map((concern) => <Bars key={concern} data={data} concern={concern} />)}</div>
        </Section>
      )}
    </>
  );
}
