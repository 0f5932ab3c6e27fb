// Times, ages and numbers as a person reads them. A time is told in this device's zone and names it, since summer time and
// another ward's device make the same words another moment. Calendar days of reporting clocks are those of UTC, as the server's.

const ZONED = { hour12: false, timeZoneName: "short" } as const;
const DATE_TIME = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", ...ZONED });
const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", ...ZONED });
const AXIS = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", ...ZONED });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

export const DAY_MS = 86_400_000;

export function parse(time: string | null): number | null {
  if (time === null) return null;
  const at = Date.parse(time);
  return Number.isNaN(at) ? null : at;
}

/** A full time; a date of lesser precision stays as it was written. */
export function when(time: string | null): string {
  if (time === null) return "not known";
  const at = time.includes("T") ? parse(time) : null;
  return at === null ? dateWords(time) : DATE_TIME.format(at);
}

export function shortTime(at: number): string {
  return SHORT.format(at);
}

/** For the axis of a plot, whose title names the zone. */
export function axisTime(at: number): string {
  return AXIS.format(at);
}

export function clockTime(at: number): string {
  return CLOCK.format(at);
}

/** "2025-03-16" as "16 Mar 2025"; what is less precise stays. */
export function dateWords(date: string): string {
  const full = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (full === null) return date;
  return DAY.format(new Date(Number(full[1]), Number(full[2]) - 1, Number(full[3])));
}

/**
 * Calendar days from today to a date, negative when it is past. Both are days of UTC, as the server counts them (`DueBucket::of`
 * over days since 1970): a reader west or east of it must not see another number of days left than the safety desk's metrics.
 */
export function daysUntil(date: string, now: number): number | null {
  const full = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (full === null) return null;
  return Math.round(Date.UTC(Number(full[1]), Number(full[2]) - 1, Number(full[3])) / DAY_MS) - Math.floor(now / DAY_MS);
}

/** A length of time in its two largest parts at most. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 || days >= 10 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** Age of a time, in one part: for lists. */
export function age(time: string | null, now: number): string {
  const at = parse(time);
  if (at === null) return "–";
  const seconds = Math.max(0, (now - at) / 1000);
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

const SIGNS: Record<string, string> = { lt: "< ", le: "≤ ", gt: "> ", ge: "≥ ", eq: "" };

/** A number with the digits that matter: a conversion of units leaves more than were measured. */
export function number(value: number, digits = 5): string {
  const rounded = Math.abs(value) >= 10 ** digits ? Math.round(value) : Number(value.toPrecision(digits));
  return (Object.is(rounded, -0) ? 0 : rounded).toString().replace("-", "−");
}

export function quantity(value: number | null, comparator = "eq", digits = 5): string {
  return value === null ? "–" : `${SIGNS[comparator] ?? ""}${number(value, digits)}`;
}

export function signed(value: number): string {
  const rounded = Math.round(value * 10) / 10;
  return rounded > 0 ? `+${number(rounded)}` : number(rounded);
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  return size < 1024 * 1024 ? `${(size / 1024).toFixed(1)} KiB` : `${(size / 1024 / 1024).toFixed(1)} MiB`;
}

/** The end of a pseudonym, which tells rows apart; the whole one is in the title and in the detail. */
export function shortKey(key: string): string {
  const tail = key.split(/[:.]/).pop() ?? key;
  return tail.length > 12 ? `…${tail.slice(-8)}` : tail;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`;
}

/** The zone of this device at a time, as the times name it. */
export function zoneWords(now: number): string {
  return CLOCK.formatToParts(now).find((part) => part.type === "timeZoneName")?.value ?? "the device’s zone";
}
