// One plot of a patient's values over time: thresholds dashed, doses and transplant marked, values that are not trusted drawn
// apart from the line. The same values stand in a table below it.

import { useEffect, useReducer, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Point, Series, Threshold } from "../contract";
import { axisTime, quantity, shortTime, when } from "../format";
import { analyteWords, plain, tidy, unitWords } from "../words";
import { colour, onDisplay } from "./display";
import { Wide } from "./note";

export interface Mark {
  time: number;
  words: string;
  kind: "dose" | "hsct";
}

interface Props {
  title: string;
  series: Series[];
  marks: Mark[];
  from: number;
  to: number;
}

const HEIGHT = 200;
const COLOURS = ["plot-1", "plot-2"];

export function pointNotes(point: Point): string[] {
  const notes = [];
  if (point.suspect !== null) notes.push(`suspect: ${plain(point.suspect)}`);
  if (point.unread !== null) notes.push(`not read: ${plain(point.unread)}`);
  if (point.late) notes.push("learned late");
  if (point.status !== "final") notes.push(plain(point.status));
  return notes;
}

const trusted = (point: Point): boolean => point.value !== null && point.suspect === null && point.unread === null && point.status !== "withdrawn";

export interface Limit {
  value: number;
  op: string;
  words: string;
  verified: boolean;
}

const OPS: Record<string, string> = { ">": ">", ">=": "≥", "<": "<", "<=": "≤" };

/** Limits at one value are one line: their labels would be written over each other. */
export function limitsOf(series: readonly Series[]): Limit[] {
  const at = new Map<number, Threshold[]>();
  for (const limit of series.flatMap((line) => line.thresholds)) at.set(limit.value, [...(at.get(limit.value) ?? []), limit]);
  return [...at].map(([value, all]) => ({
    value, op: [...new Set(all.map((limit) => OPS[limit.op] ?? limit.op))].join(" or "),
    words: [...new Set(all.map((limit) => tidy(limit.label)))].join(", "), verified: all.every((limit) => limit.verified),
  })).sort((a, b) => a.value - b.value);
}

/** Range of what is trusted and of the limits near it: a suspect value must not flatten the rest. */
function range(series: Series[], thresholds: Limit[]): [number, number] {
  const values = series.flatMap((line) => line.points.filter(trusted).map((point) => point.value ?? 0));
  if (values.length === 0) values.push(...thresholds.map((limit) => limit.value));
  if (values.length === 0) return [0, 1];
  let low = Math.min(...values);
  let high = Math.max(...values);
  for (const { value } of thresholds) {
    if (value > high && value < high + Math.max(high - low, Math.abs(high) * 0.6)) high = value;
    if (value < low && value > low - Math.max(high - low, Math.abs(low) * 0.6)) low = value;
  }
  const pad = (high - low || Math.abs(high) || 1) * 0.12;
  return [low >= 0 ? Math.max(0, low - pad) : low - pad, high + pad];
}

function aligned(series: Series[]): uPlot.AlignedData {
  const times = [...new Set(series.flatMap((line) => line.points.filter(trusted).map((point) => Date.parse(point.time) / 1000)))].sort((a, b) => a - b);
  const at = new Map(times.map((time, index) => [time, index]));
  const lines = series.map((line) => {
    const values: (number | null)[] = times.map(() => null);
    for (const point of line.points.filter(trusted)) values[at.get(Date.parse(point.time) / 1000) ?? 0] = point.value;
    return values;
  });
  return [times, ...lines];
}

function limits(u: uPlot, thresholds: Limit[], unit: string, size: number): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.strokeStyle = colour("plot-limit");
  ctx.fillStyle = colour("plot-limit");
  ctx.lineWidth = size;
  ctx.font = `${11 * size}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  const places = thresholds.map((limit) => ({ limit, y: Math.round(u.valToPos(limit.value, "y", true)) })).filter(({ y }) => y >= bbox.top && y <= bbox.top + bbox.height);
  const written: number[] = [];
  ctx.setLineDash([6 * size, 4 * size]);
  for (const { y } of places) {
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  for (const { limit, y } of places.sort((a, b) => a.y - b.y)) {
    // Above its line, or below it where another label or the doses' words are in the way.
    const above = y - 4 * size;
    const below = above < bbox.top + 24 * size || written.some((other) => Math.abs(other - above) < 12 * size);
    const words = `${quantity(limit.value)} ${unit}: ${limit.words}${limit.verified ? "" : " (unverified)"}`;
    const at = below ? y + 12 * size : above;
    written.push(at);
    ctx.save();
    ctx.fillStyle = colour("surface");
    ctx.globalAlpha = 0.9;
    ctx.fillRect(bbox.left + 3 * size, at - 10 * size, ctx.measureText(words).width + 6 * size, 12 * size);
    ctx.restore();
    ctx.fillText(words, bbox.left + 6 * size, at);
  }
  ctx.restore();
}

function events(u: uPlot, marks: Mark[], size: number): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.font = `600 ${11 * size}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  const taken: [number, number][] = [];
  // The transplant first: its word has its place before any dose's.
  for (const mark of [...marks].sort((a, b) => Number(a.kind === "dose") - Number(b.kind === "dose") || a.time - b.time)) {
    const x = Math.round(u.valToPos(mark.time / 1000, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = colour(mark.kind === "dose" ? "plot-dose" : "plot-hsct");
    ctx.lineWidth = (mark.kind === "dose" ? 1 : 2) * size;
    ctx.setLineDash(mark.kind === "dose" ? [2 * size, 3 * size] : []);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - 4 * size, bbox.top);
    ctx.lineTo(x + 4 * size, bbox.top);
    ctx.lineTo(x, bbox.top + 7 * size);
    ctx.fill();
    const width = ctx.measureText(mark.words).width + 8 * size;
    const inside = x + width < bbox.left + bbox.width;
    const place: [number, number] = inside ? [x, x + width] : [x - width, x];
    if (taken.some(([from, to]) => place[0] < to && place[1] > from)) continue;
    taken.push(place);
    ctx.textAlign = inside ? "left" : "right";
    ctx.fillText(mark.words, inside ? x + 6 * size : x - 6 * size, bbox.top + 10 * size);
  }
  ctx.restore();
}

/** Values that are not on the line: suspect and withdrawn ones as crosses; bounds (< >) as arrows; late ones ringed. */
function apart(u: uPlot, series: Series[], size: number): void {
  const { ctx, bbox } = u;
  ctx.save();
  series.forEach((line, index) => {
    for (const point of line.points) {
      if (point.value === null) continue;
      const x = u.valToPos(Date.parse(point.time) / 1000, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const real = u.valToPos(point.value, "y", true);
      const y = Math.min(Math.max(real, bbox.top + 6 * size), bbox.top + bbox.height - 6 * size);
      ctx.lineWidth = 1.6 * size;
      ctx.strokeStyle = ctx.fillStyle = trusted(point) ? colour(COLOURS[index] ?? "plot-1") : colour("plot-suspect");
      const r = 5 * size;
      ctx.beginPath();
      if (!trusted(point)) {
        ctx.moveTo(x - r, y - r);
        ctx.lineTo(x + r, y + r);
        ctx.moveTo(x + r, y - r);
        ctx.lineTo(x - r, y + r);
        ctx.stroke();
        if (real !== y) ctx.fillText(real < y ? "↑" : "↓", x + 7 * size, y + 4 * size);
        continue;
      }
      if (point.comparator !== "eq") {
        const down = point.comparator === "lt" || point.comparator === "le" ? 1 : -1;
        ctx.moveTo(x, y);
        ctx.lineTo(x, y + down * 11 * size);
        ctx.moveTo(x - 3.5 * size, y + down * 7 * size);
        ctx.lineTo(x, y + down * 11 * size);
        ctx.lineTo(x + 3.5 * size, y + down * 7 * size);
        ctx.stroke();
      }
      if (point.late) {
        ctx.lineWidth = size;
        ctx.beginPath();
        ctx.arc(x, y, 6.5 * size, 0, 2 * Math.PI);
        ctx.stroke();
      }
    }
  });
  ctx.restore();
}

function options(props: Props, width: number, said: HTMLElement): uPlot.Options {
  const { series, marks, from, to } = props;
  const thresholds = limitsOf(series);
  const unit = unitWords(series[0]?.unit ?? "");
  const size = devicePixelRatio || 1;
  const axis = { stroke: colour("muted"), grid: { stroke: colour("plot-grid"), width: 1 }, ticks: { stroke: colour("plot-grid"), width: 1 }, font: "12px system-ui, sans-serif" };
  const idle = said.textContent ?? "";
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 10, 0, 0],
    cursor: { sync: { key: "patient", setSeries: false }, drag: { x: false, y: false }, points: { size: 9 } },
    scales: { x: { time: true, range: [from / 1000, to / 1000] }, y: { range: range(series, thresholds) } },
    axes: [{ ...axis, size: 30, space: 70, values: (_u, splits) => splits.map((at) => dayLabel(at * 1000, to - from)) }, { ...axis, size: 52 }],
    series: [{}, ...series.map((line, index) => ({
      label: line.name, stroke: colour(COLOURS[index] ?? "plot-1"), width: 2, spanGaps: true, dash: index === 0 ? [] : [7, 4],
      points: { show: true, size: 6, fill: colour(COLOURS[index] ?? "plot-1") },
    }))],
    hooks: {
      // Before the lines of values, which no label may cover.
      drawAxes: [(u) => {
        limits(u, thresholds, unit, size);
        events(u, marks, size);
      }],
      draw: [(u) => apart(u, series, size)],
      setCursor: [(u) => {
        const at = u.cursor.idx;
        const time = at === null || at === undefined || (u.cursor.left ?? -1) < 0 ? undefined : u.data[0][at];
        if (time === undefined) {
          said.textContent = idle;
          return;
        }
        const values = series.map((line) => line.points.filter((point) => Date.parse(point.time) / 1000 === time).map((point) => `${analyteWords(line.analyte)} ${quantity(point.value, point.comparator)} ${unitWords(line.unit)}`).join(", "));
        said.textContent = `${shortTime(time * 1000)}: ${values.filter((value) => value !== "").join("; ")}`;
      }],
    },
  };
}

function dayLabel(at: number, width: number): string {
  return width < 4 * 86_400_000 ? axisTime(at) : new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" }).format(at);
}

export function Plot(props: Props) {
  const { title, series } = props;
  const box = useRef<HTMLDivElement>(null);
  const said = useRef<HTMLParagraphElement>(null);
  const [theme, again] = useReducer((n: number) => n + 1, 0);
  useEffect(() => onDisplay(() => again(undefined as never)), []);

  const latest = series.map((line) => {
    const point = [...line.points].reverse().find(trusted);
    return point === undefined ? `${analyteWords(line.analyte)}: no value` : `${analyteWords(line.analyte)} ${quantity(point.value, point.comparator)} ${unitWords(line.unit)}, ${when(point.time)}`;
  }).join("; ");

  useEffect(() => {
    const [place, words] = [box.current, said.current];
    if (place === null || words === null) return;
    words.textContent = `Latest: ${latest}`;
    const plot = new uPlot(options(props, Math.max(200, place.clientWidth), words), aligned(series), place);
    const watch = new ResizeObserver(() => {
      if (place.clientWidth > 0 && place.clientWidth !== plot.width) plot.setSize({ width: place.clientWidth, height: HEIGHT });
    });
    watch.observe(place);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [JSON.stringify(series), JSON.stringify(props.marks), props.from, props.to, theme]);

  const [low, high] = range(series, limitsOf(series));
  // A limit that the scale does not reach is told, so that "no line" is not read as "no limit".
  const beyond = limitsOf(series).filter((limit) => limit.value < low || limit.value > high);
  const unit = unitWords(series[0]?.unit ?? "");
  const all = series.reduce((sum, line) => sum + line.points.length, 0);
  return (
    <figure class="plot" data-plot={series.map((line) => line.analyte).join(" ")}>
      <figcaption>
        <h3>{title}</h3>
        {series.length > 1 && <span class="plot-key">{series.map((line, index) => <span key={line.analyte} class={`key key-${index + 1}`}>{analyteWords(line.analyte)}</span>)}</span>}
      </figcaption>
      <div ref={box} class="plot-box" role="img" aria-label={`${title}: ${all} values. Latest ${latest}. Limits: ${limitsOf(series).map((limit) => `${limit.op} ${quantity(limit.value)} ${unit} ${limit.words}`).join("; ") || "none"}. Doses and transplant: ${props.marks.map((mark) => `${mark.words} ${when(new Date(mark.time).toISOString())}`).join(", ") || "none in it"}. The values are in the table below.`} />
      <p ref={said} class="plot-said" />
      {beyond.length > 0 && <p class="plot-beyond">Limits outside this scale: {beyond.map((limit) => `${limit.op} ${quantity(limit.value)} ${unit} (${limit.words}${limit.verified ? "" : ", unverified"})`).join("; ")}.</p>}
      <details>
        <summary>Values as a table ({all})</summary>
        <Wide label={`${title}, values`}>
          <table>
            <thead><tr><th scope="col">Time</th>{series.length > 1 && <th scope="col">Analyte</th>}<th scope="col" class="num">Value</th><th scope="col">As reported</th><th scope="col">Normal up to</th><th scope="col">Notes</th></tr></thead>
            <tbody>
              {series.flatMap((line) => line.points.map((point) => ({ line, point }))).sort((a, b) => b.point.time.localeCompare(a.point.time)).map(({ line, point }) => (
                <tr key={`${line.analyte} ${point.record_id} ${point.time}`}>
                  <th scope="row">{when(point.time)}</th>
                  {series.length > 1 && <td>{analyteWords(line.analyte)}</td>}
                  <td class="num">{quantity(point.value, point.comparator)} {unitWords(line.unit)}</td>
                  <td>{point.reported === null ? "" : `${quantity(point.reported, point.comparator)} ${unitWords(point.reported_unit ?? "")}`}</td>
                  <td>{point.high === null ? "" : `${quantity(point.high)}${point.high_of_site ? " (site’s default)" : ""}`}</td>
                  <td>{pointNotes(point).join("; ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Wide>
      </details>
    </figure>
  );
}
