// Words of closed lists. A name that is not known is shown with spaces for underscores, never hidden.

import type { AlertState, Priority, Verdict } from "./contract";

export const PRIORITIES: readonly Priority[] = ["high", "medium", "low", "information"];

export const PRIORITY_WORDS: Record<Priority, string> = { high: "High", medium: "Medium", low: "Low", information: "Information" };

export const CONCERNS: Record<string, string> = {
  vod_sos: "VOD/SOS",
  febrile_neutropenia: "Febrile neutropenia",
  haemorrhage: "Haemorrhage",
  hepatic_hold: "Hepatic hold",
  haematological_hold: "Haematological hold",
  hys_law: "Hy’s law",
  dosing: "Dosing",
  contraindicated_use: "Contraindicated use",
  monitoring: "Monitoring",
  reaction: "Other reaction",
};

export const STATE_WORDS: Record<AlertState, string> = {
  open: "Open",
  acknowledged: "Acknowledged",
  snoozed: "Snoozed",
  dismissed: "Dismissed",
  resolved: "Closed",
  withdrawn: "Withdrawn",
};

export const VERDICT_WORDS: Record<Verdict, string> = {
  met: "Met",
  not_met: "Not met",
  unknown: "Unknown",
  not_applicable: "Not applicable",
};

const REASONS: Record<string, string> = {
  no_transplant: "no transplant to count from",
  too_early: "its days have not come",
  too_late: "its days are over",
  child: "it is for adults",
};

const MISSING: Record<string, string> = {
  not_recorded: "not recorded",
  stale: "recorded too long ago to count",
  suspect: "the latest value is suspect",
  no_limit_of_normal: "no limit of normal with the value",
  no_baseline: "no baseline",
  only_bound: "known only as a bound that does not decide",
  unsure: "recorded as unsure",
};

/** What would settle an item, as a record that could come; never as something to be done to a patient. */
const NEEDED: Record<string, string> = {
  not_recorded: "A record of it, absent ones too, would settle it.",
  stale: "A newer one would settle it.",
  suspect: "A value whose unit is checked would settle it.",
  no_limit_of_normal: "The laboratory’s upper limit of normal would settle it.",
  no_baseline: "A recorded baseline would settle it.",
  only_bound: "An exact value would settle it.",
  unsure: "A record of present or absent would settle it.",
};

const ANALYTES: Record<string, string> = {
  bilirubin: "Bilirubin",
  weight_change_percent: "Weight change",
  alt: "ALT",
  ast: "AST",
  platelets: "Platelets",
  anc: "ANC",
  temperature: "Temperature",
};

const CLOCKS: Record<string, string> = {
  eu_serious: "EU serious, 15 days",
  eu_non_serious: "EU non-serious, 90 days",
  us_15_day_alert: "US 15-day alert",
};

const CHANGES: Record<string, string> = {
  raised: "Raised",
  upgraded: "Raised in priority or gravity",
  downgraded: "Lowered",
  revised: "Revised",
  acknowledged: "Acknowledged",
  handled: "Act of a person",
  escalated: "Called again: nobody answered in time",
  expired: "Snooze ended",
  resolved: "Closed",
  withdrawn: "Withdrawn",
};

const DISMISS: Record<string, string> = {
  other_cause_established: "Another cause is established",
  histology_negative: "Histology does not show it",
  value_in_error: "A value is in error",
  already_known: "Already known and looked after",
  duplicate: "Duplicate of another alert or case",
  not_applicable: "Does not apply to this patient or case",
  other: "Other (say what)",
};

const ACTS: Record<string, string> = {
  acknowledge: "Acknowledged",
  assign: "Assigned",
  comment: "Commented",
  dismiss: "Dismissed",
  snooze: "Snoozed",
  undo: "Last act taken back",
  expire: "Snooze ended",
  escalate: "Called again, since nobody answered in time",
};

const FACTS: Record<string, string> = {
  ruq_pain: "Pain in the right upper quadrant",
  hvpg_ge_10: "HVPG 10 mmHg or more",
  histology_vod: "Histology of VOD",
  b_all: "B-ALL",
  gvhd: "GVHD",
  cr: "CR",
  cri: "CRi",
  hsct: "Transplant (HSCT)",
  gilbert: "Gilbert’s syndrome",
  earlier_vod: "Earlier VOD",
  philadelphia_positive: "Philadelphia positive",
  cd22_positive: "CD22 positive",
  earlier_tki: "Earlier TKI",
};

const UNITS: Record<string, string> = {
  "umol/L": "µmol/L",
  Cel: "°C",
  "{INR}": "INR",
  "10*9/L": "10⁹/L",
  "10*3/uL": "10³/µL",
  "[degF]": "°F",
  "mm[Hg]": "mmHg",
  "mg/m2": "mg/m²",
};

/** The site of what no site sent: facts of reports, ticks. Nobody of it lies on a ward. */
export const OWN_SITE = "vigil";

/** Is an alert about a site rather than about somebody? The key of a site's silence is no pseudonym: its key id is 0. */
export const isOfSite = (row: { key: string }): boolean => row.key.startsWith("00000000:");

export const siteWords = (site: string): string => (site === OWN_SITE ? "told by reports" : site);

export function plain(name: string): string {
  return name.replaceAll("_", " ");
}

/** A name as the beginning of a sentence. */
export const sentence = (name: string): string => {
  const words = plain(name);
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export const concernWords = (name: string): string => CONCERNS[name] ?? sentence(name);
export const reasonWords = (name: string): string => REASONS[name] ?? plain(name);
export const missingWords = (name: string): string => MISSING[name] ?? plain(name);
export const neededWords = (name: string | null): string => NEEDED[name ?? ""] ?? "A record of it would settle it.";
export const analyteWords = (name: string): string => ANALYTES[name] ?? sentence(name);
export const evidenceWords = (name: string): string => ANALYTES[name] ?? plain(name);
export const clockWords = (name: string): string => CLOCKS[name] ?? plain(name);
export const changeWords = (name: string): string => CHANGES[name] ?? sentence(name);
export const dismissWords = (name: string): string => DISMISS[name] ?? plain(name);
export const actWords = (name: string): string => ACTS[name] ?? sentence(name);
export const factWords = (name: string): string => FACTS[name] ?? sentence(name);
export const unitWords = (name: string): string => UNITS[name] ?? name;

const SHORTS = /\b(alt|ast|alp|anc|ecg|qtc|hb|hvpg|vod|ebmt|idsa|esmo|ctcae|isth|wbc|inr|cd22)(?=\b|\d)/gi;

/** Writes the abbreviations in words made of an identity as medicine writes them. */
export function tidy(words: string): string {
  return words.replace(SHORTS, (short) => (/^qtc$/i.test(short) ? "QTc" : /^hb$/i.test(short) ? "Hb" : short.toUpperCase()))
    .replace(/\bruq pain\b/i, "pain in the right upper quadrant").replace(/^EBMT(\d)/, "EBMT $1").replace(/^Hys /, "Hy’s ")
    .replace(/^off[ -]label\b/i, "Off-label").replace(/ eu$/i, " (EU)").replace(/ us$/i, " (US)")
    .replaceAll(">=", "≥").replaceAll("<=", "≤");
}

/** Criteria as words for a person; names of the profile come with the vocabulary. */
export function criterionWords(id: string, names: ReadonlyMap<string, string>): string {
  return tidy(names.get(id) ?? sentence(id));
}

const LISTINGS: Record<string, string> = { review: "listing to review", not_applicable: "n/a" };

/** Listedness of both regions: "unlisted (EU, US)", or "EU listed, US listing to review". */
export function listingWords(eu: string, us: string): string {
  const words = (value: string): string => LISTINGS[value] ?? plain(value);
  return eu === us ? `${words(eu)} (EU, US)` : `EU ${words(eu)}, US ${words(us)}`;
}

export function seriousWords(serious: boolean | null): string {
  return serious === null ? "seriousness not stated" : serious ? "serious" : "not serious";
}
