// What the server says, field for field. Names are those of schemas/alert.avsc and state.avsc where they are the same thing.

export type Priority = "high" | "medium" | "low" | "information";
export type AlertState = "open" | "acknowledged" | "snoozed" | "dismissed" | "resolved" | "withdrawn";
export type Listedness = "listed" | "unlisted" | "review" | "not_applicable";
export type Subject = "case" | "patient";
export type Verdict = "met" | "not_met" | "unknown" | "not_applicable";
export type ActName = "acknowledge" | "assign" | "comment" | "dismiss" | "snooze" | "undo";
export type Time = string;

export interface Paged<T> {
  as_of: Time | null;
  total: number;
  items: T[];
  next_cursor: string | null;
}

export interface Me {
  actor: string;
  name: string | null;
  roles: string[];
  desks: Subject[];
  csrf: string;
  authentication: string;
}

export interface Named {
  id: string;
  name: string;
}

export interface Vocabulary {
  product: string;
  intended_use: string;
  definitions: (Named & { concern: string; source: string; verified: boolean })[];
  items: Named[];
  analytes: (Named & { unit: string })[];
  snooze_hours_max: Record<string, number>;
  escalate_minutes: Record<string, number>;
  dismiss_reasons: { code: string; words: string }[];
}

export interface Ledger {
  read: number;
  alerted: number;
  quiet: number;
  repeated: number;
  corrected: number;
  forwarded: number;
  rejected: number;
  late: number;
  tick: number;
}

export interface Partition {
  partition: number;
  next_offset: number;
  end_offset: number | null;
  lag: number | null;
  seq: number;
  last_tick: Time | null;
  ledger: Ledger;
  imbalance: number;
}

export interface Service {
  now: Time;
  mode: "live" | "replay" | "demo";
  simulated: boolean;
  version: string;
  started_at: Time;
  profile: { version: string; hash: string };
  dictionary: string | null;
  state: "current" | "quiet" | "stale" | "no_data";
  reasons: string[];
  as_of: Time | null;
  newest_record_at: Time | null;
  stale_after_seconds: number;
  quiet_after_seconds: number;
  partitions: Partition[];
  ledger: Ledger;
  imbalance: number;
  lag: number | null;
  open: { total: number; high: number; medium: number; low: number; information: number; unowned_high: number };
  sites: { total: number; silent: number };
  rejects: { total: number; last_hour: number };
  patients: { watched: number };
}

export interface Clock {
  rule: string;
  day_zero: string;
  due: string;
  follow_up: boolean;
}

export interface AlertRow {
  alert_id: string;
  revision: number;
  concern: string;
  change: string;
  priority: Priority;
  notify: boolean;
  state: AlertState;
  criteria: string[];
  unknown: string[];
  grade: number | null;
  severity: string | null;
  serious: boolean | null;
  seriousness: string[];
  listed_eu: Listedness;
  listed_us: Listedness;
  dme: boolean;
  summary: string;
  key: string;
  subject: Subject;
  /** Of a patient of whom a ward tells; false for a case, and for a patient of whom reports alone tell. */
  own_patient: boolean;
  case_id: string | null;
  case_version: string | null;
  site: string;
  country: string | null;
  reactions: string[];
  products: string[];
  event_time: string | null;
  recorded_at: Time;
  raised_at: Time;
  worsened_at: Time;
  owner: string | null;
  acknowledged_at: Time | null;
  acknowledged_by: string | null;
  snoozed_until: Time | null;
  escalated: boolean;
  escalates_at: Time | null;
  clock: Clock | null;
  missing_elements: string[];
  valid: boolean | null;
  shard: number;
  seq: number;
}

export interface Evidence {
  item: string;
  value: string | null;
  unit: string | null;
  time: string | null;
  basis: string;
  verified: boolean;
  topic: string;
  partition: number;
  offset: number;
  index: number;
  record_id: string;
}

export interface ReportReview {
  valid: boolean;
  missing_elements: string[];
  follow_up_questions: string[];
  clocks: Clock[];
  clock_notes: string[];
  special_situations: { situation: string; answer: string; reason: string }[];
  causality: string[];
  onset_days_from_first_dose: number | null;
  onset_days_from_last_dose: number | null;
  onset_basis: string | null;
  onset_in_window: boolean | null;
  dechallenge: string | null;
  rechallenge: string | null;
  suspected_duplicates: { key: string; case_id: string; nullified: boolean; score_percent: number; parts: string[] }[];
  other_case_ids: string[];
  linked_reports: string[];
  meddra_version: string | null;
}

export interface AlertFull {
  explanation: string;
  not_met: string[];
  unknown: string[];
  criteria: string[];
  listedness_reason: string;
  evidence: Evidence[];
  evidence_omitted: number;
  profile_version: string;
  profile_hash: string;
  dictionary: string | null;
  report: ReportReview | null;
  disclaimer: string;
  revision: number;
}

export interface Revision {
  revision: number;
  change: string;
  priority: Priority;
  notify: boolean;
  recorded_at: Time;
  criteria: string[];
  grade: number | null;
  severity: string | null;
  explanation: string;
  profile_version: string;
  case_version: string | null;
  shard: number;
  seq: number;
  act: { act: string; actor: string | null; at: Time; reason: string | null; until: Time | null } | null;
}

export interface Act {
  act_id: string;
  revision: number;
  act: ActName;
  actor: string;
  at: Time;
  reason: string | null;
  assignee: string | null;
  until: Time | null;
  result: "pending" | "applied" | "void" | "refused" | "undone";
  why: string | null;
}

export interface AlertDetail {
  as_of: Time | null;
  row: AlertRow;
  alert: AlertFull;
  revisions: Revision[];
  acts: Act[];
  allowed: ActName[];
  snooze_hours_max: number;
}

export interface Settle {
  text: string;
  item: string;
}

export interface LatestValue {
  analyte: string;
  value: number;
  comparator: string;
  unit: string;
  time: Time;
  stale: boolean;
  suspect: string | null;
  baseline: number | null;
}

export interface Quantity {
  value: number;
  unit: string;
  time: Time;
}

export interface PatientRow {
  key: string;
  site: string;
  priority: Priority | null;
  concerns: { concern: string; priority: Priority; state: AlertState; alert_id: string; criteria: string[]; unknown: string[] }[];
  values: LatestValue[];
  settle: Settle[];
  cycle: number | null;
  cycle_day: number | null;
  days_from_last_dose: number | null;
  days_from_hsct: number | null;
  baseline_weight: Quantity | null;
  heard_at: Time;
}

export interface Threshold {
  value: number;
  op: string;
  label: string;
  source: string;
  verified: boolean;
}

export interface Point {
  time: Time;
  value: number | null;
  comparator: string;
  reported: number | null;
  reported_unit: string | null;
  low: number | null;
  high: number | null;
  high_of_site: boolean;
  status: string;
  suspect: string | null;
  late: boolean;
  known_at: Time;
  unread: string | null;
  record_id: string;
}

export interface Series {
  analyte: string;
  name: string;
  unit: string;
  thresholds: Threshold[];
  points: Point[];
}

export interface Dose {
  time: Time;
  stop: Time | null;
  dose_mg_m2: number | null;
  dose_value: number | null;
  dose_unit: string | null;
  cycle: number | null;
  day: number | null;
  inferred: boolean;
  intent: string;
  status: string;
}

export interface CriteriaItem {
  id: string;
  name: string;
  verdict: Verdict;
  value: number | null;
  comparator: string;
  unit: string | null;
  time: Time | null;
  baseline: number | null;
  presence: string | null;
  missing: string | null;
  settle: string | null;
}

export interface Criteria {
  id: string;
  name: string;
  concern: string;
  verdict: Verdict;
  reason: string | null;
  route: string;
  verified: boolean;
  source: string;
  met_at: Time | null;
  said: boolean;
  items: CriteriaItem[];
}

export interface PatientDetail {
  as_of: Time | null;
  key: string;
  site: string;
  at: Time;
  row: PatientRow;
  person: { birth_year: number | null; sex: string | null; height_cm: number | null };
  series: Series[];
  doses: Dose[];
  procedures: { time: Time; procedure: string; stop: Time | null; agents: string[]; units: number | null; volume_ml: number | null; status: string }[];
  findings: { time: Time; finding: string; presence: string; site: string | null; grade: number | null; name: string | null; value: number | null; unit: string | null; via: string | null; status: string }[];
  conditions: { time: Time; condition: string; presence: string; severity: string | null; name: string | null; onset: string | null; end: string | null; via: string | null; status: string }[];
  stays: { time: Time; event: string }[];
  responses: { time: Time; response: string; mrd_negative: boolean | null }[];
  other_drugs: { time: Time; drug: string; why: string }[];
  baselines: Record<string, Quantity | null>;
  hsct_at: Time | null;
  watch_until: Time | null;
  criteria: Criteria[];
  course?: { id: string; changes: { time: Time; verdict: Verdict }[] }[];
  disagreements: string[];
  confounders: string[];
  alerts: AlertRow[];
  reports: string[];
}

export interface Counts {
  as_of: Time | null;
  since: Time;
  until: Time;
  bucket: "hour" | "day";
  times: Time[];
  watched_patients: (number | null)[] | null;
  /** Why it is not known for the past. */
  watched_patients_unknown: string | null;
  series: { concern: string; priority: Priority; raised: number[] }[];
}

export interface Burden {
  as_of: Time | null;
  since: Time;
  until: Time;
  days: number;
  raised: number;
  notified: number;
  watched_patients: number | null;
  by_concern: {
    concern: string;
    raised: number;
    acknowledged: number;
    unacknowledged: number;
    seconds_to_acknowledge: { p50: number | null; p90: number | null; n: number };
    escalated: number;
    dismissed: number;
  }[];
  dismiss_reasons: { code: string; count: number }[];
}

export interface Site {
  site: string;
  heard_at: Time | null;
  silent: boolean;
  patients: number;
  open: number;
}

export interface Reject {
  reason: string;
  stage: string;
  topic: string;
  partition: number;
  offset: number;
  index: number;
  source_time: Time;
  raw_size: number;
  raw_truncated: boolean;
  raw_sha256: string;
}

export interface AuditRow {
  time: Time;
  actor: string;
  roles: string[];
  act: string;
  target: string | null;
  result: string;
  before: string | null;
  after: string | null;
  instance: string;
  seq: number;
}

export interface Rejects extends Paged<Reject> {
  reasons: { reason: string; stage: string; count: number; last: Time }[];
}
