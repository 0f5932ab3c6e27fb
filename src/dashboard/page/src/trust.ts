// May what is shown be relied on? Said from the server's state, the age of the data and the stream's own life, whichever
// is worst, and from whether the lists came whole. Only when all of them are well is the answer "current".

import type { Service } from "./contract";
import { clockTime, count, parse, span } from "./format";

/** The server speaks every 2 s; after so long without a word the link counts as broken. */
export const SILENCE_MAX_SECONDS = 10;
/** A device's clock that differs by more than this is told to its user. */
const CLOCK_DIFFERENCE_SECONDS = 60;

export type Link = "connecting" | "open" | "down";

export interface Heard {
  link: Link;
  service: Service | null;
  /** Seconds since the service object came. */
  serviceAge: number;
  /** Seconds since any event came. */
  silence: number;
  /** The server knows no reader: nothing can be heard. */
  signedOut: boolean;
  /** The lists: still on their way, whole, or why they are not. */
  lists: "loading" | "whole" | { fault: string };
  /** Sites that send of a bedside, and the names of the silent ones, as far as known. */
  sites: { total: number; silent: number; names: readonly string[] };
}

export type TrustState = "current" | "quiet" | "stale" | "partial" | "no_data" | "replay" | "connecting";

export interface Trust {
  state: TrustState;
  /** The word beside the mark. */
  word: string;
  /** One sentence. */
  sentence: string;
  /** Age of the data in seconds; null where it is not known. */
  age: number | null;
}

/** At most three names, then how many more. */
function named(names: readonly string[]): string {
  return names.length <= 3 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}

export function silentWords({ total, silent, names }: Heard["sites"]): string {
  if (silent === 0) return `${count(total, "site")}, none silent`;
  return `${silent} of ${count(total, "site")} silent${names.length === silent ? `: ${named(names)}` : ""}`;
}

export function trust({ link, service, serviceAge, silence, signedOut, lists, sites }: Heard): Trust {
  if (service === null) {
    if (signedOut) return { state: "stale", word: "Signed out", sentence: "You are not signed in, or your sign-in has ended. Nothing that may be shown below is current.", age: null };
    return link === "connecting"
      ? { state: "connecting", word: "Connecting", sentence: "Nothing has been heard from the server yet.", age: null }
      : { state: "stale", word: "Stale", sentence: "The server does not answer. Nothing that may be shown below is current.", age: null };
  }
  const asOf = parse(service.as_of);
  const now = parse(service.now);
  const age = asOf === null || now === null ? null : (now - asOf) / 1000 + serviceAge;
  const since = asOf === null ? "an unknown time" : clockTime(asOf);
  const old = "What is shown below is old; alerts may be missing.";
  const stale = (why: string): Trust => ({ state: "stale", word: "Stale", sentence: `${why} Data as of ${since}. ${old}`, age });
  if (signedOut) return stale("You are not signed in, or your sign-in has ended.");
  if (link === "down") return stale("The live connection is lost.");
  if (silence > SILENCE_MAX_SECONDS) return stale(`The server has been silent for ${span(silence)}.`);
  if (service.mode === "replay") {
    return { state: "replay", word: "Replay", sentence: `A replay of recorded data, as of ${service.as_of ?? "an unknown time"}. Nothing here is live.`, age };
  }
  if (service.state === "no_data" || age === null) {
    return { state: "no_data", word: "No data yet", sentence: "Nothing has been judged yet. That is no statement that all is well.", age };
  }
  if (service.state === "stale") {
    const [first = "", ...more] = service.reasons;
    const why = more.length === 0 ? first : `${first}, and ${count(more.length, "more reason")}`;
    return stale(why === "" ? "The server says that its data are stale." : `${why.charAt(0).toUpperCase()}${why.slice(1)}.`);
  }
  if (age > service.stale_after_seconds) return stale(`Nothing has been judged for ${span(age)}.`);
  if (service.state === "quiet") {
    const newest = parse(service.newest_record_at);
    const last = newest === null || now === null ? "" : ` The last one came ${span((now - newest) / 1000 + serviceAge)} ago.`;
    return { state: "quiet", word: "Quiet", sentence: `Judging runs, but no record comes in: nobody reports, or a feed is cut off.${last}`, age };
  }
  if (sites.total > 0 && sites.silent >= sites.total) return { state: "quiet", word: "Quiet", sentence: "Judging runs, but every site is silent: what is shown of their patients is old.", age };
  if (lists === "loading") return { state: "connecting", word: "Loading", sentence: "The lists are being loaded; what is shown is not all of it.", age };
  if (lists !== "whole") return { state: "partial", word: "Incomplete", sentence: `${lists.fault} What is shown below may lack alerts or patients.`, age };
  return { state: "current", word: "Current", sentence: `Data as of ${since}.${sites.silent === 0 ? "" : ` ${silentWords(sites)}.`}`, age };
}

/** What to say of this device's clock, if anything. */
export function clockWarning(service: Service | null, serviceAge: number, deviceNow: number): string | null {
  const now = service === null ? null : parse(service.now);
  if (now === null) return null;
  const difference = (deviceNow - (now + serviceAge * 1000)) / 1000;
  if (Math.abs(difference) <= CLOCK_DIFFERENCE_SECONDS) return null;
  return `This device’s clock is ${span(Math.abs(difference))} ${difference > 0 ? "fast" : "slow"}; ages below follow the server’s clock.`;
}
