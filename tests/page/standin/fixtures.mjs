// MADE-UP DATA for the page's own tests: no patient, site, report or value here exists. Deterministic by seed.

export const DISCLAIMER =
  "Surveillance and decision support for review by qualified staff; not a certified medical device, not for clinical use outside an approved evaluation, and no order to treat.";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const iso = (ms) => new Date(ms).toISOString();
const date = (ms) => iso(ms).slice(0, 10);
const hex = (next, digits) => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join("");
const pick = (next, list) => list[Math.floor(next() * list.length)];

export const SITES = ["made-up-north", "made-up-south", "made-up-west", "made-up-island"];

const BEDSIDE = [
  ["vod_sos", ["high", "medium"], ["ebmt2023_probable"], "EBMT 2023 probable: criteria met on recorded values; other causes not excluded. Baltimore: not met. Modified Seattle: cannot be said, items are missing."],
  ["febrile_neutropenia", ["high"], ["fever_anc_unknown"], "Fever, and the neutrophil count is not known: missing or older than 24 hours."],
  ["haemorrhage", ["high", "medium", "information"], ["bleeding_overt"], "Overt bleeding is recorded; ISTH major is not met, or cannot be said. Platelets are below 10 × 10⁹/L."],
  ["hepatic_hold", ["medium", "low"], ["hepatic_hold_met"], "SmPC 4.2 asks for interruption when total bilirubin is above 1.5 × ULN with AST or ALT above 2.5 × ULN; recorded values meet this."],
  ["monitoring", ["low"], ["weight_daily", "alt_before_dose"], "Expected and not seen, or to be checked: weight daily, ALT before dose."],
  ["dosing", ["low", "information"], ["interval_too_short"], "The last dose differs from the label's calendar or amounts: interval too short."],
];
const REPORTS = [
  ["vod_sos", ["high"], ["reported_serious"], "Veno-occlusive liver disease", "listed"],
  ["haemorrhage", ["high", "medium"], ["reported_serious"], "Pulmonary haemorrhage", "review"],
  ["febrile_neutropenia", ["high"], ["reported_serious"], "Febrile neutropenia", "listed"],
  ["reaction", ["medium", "low"], ["unlisted_serious"], "Tumour lysis syndrome", "listed"],
  ["reaction", ["medium", "low"], ["unlisted_serious"], "Optic neuritis", "unlisted"],
];

export function patientKeys(count, seed = 7) {
  const next = random(seed);
  return Array.from({ length: count }, () => `feed0000:${hex(next, 32)}`);
}

let number = 0;

/** One made-up alert, with all its fields. */
export function alert(next, now, keys, want = {}) {
  number += 1;
  const bedside = want.subject === undefined ? next() < 0.6 : want.subject === "patient";
  const [concern, priorities, criteria, words, listed] = pick(next, bedside ? BEDSIDE : REPORTS);
  const priority = want.priority ?? pick(next, priorities);
  const raised = now - Math.floor(next() * next() * 20 * DAY) - 20_000;
  const site = pick(next, SITES);
  const key = bedside ? pick(next, keys) : `feed0000:${hex(next, 32)}`;
  const serious = bedside ? null : next() < 0.7;
  const missing = !bedside && next() < 0.25 ? [pick(next, ["reporter", "patient"])] : [];
  const state = want.state ?? (next() < 0.75 ? "open" : next() < 0.6 ? "acknowledged" : "snoozed");
  const explanation = bedside
    ? `${words} Last dose ${Math.floor(next() * 30)} d before. Criteria met, no report known: consider whether to report. Please review.`
    : `Report of ${words.toLowerCase()} with Besponsa as suspect, reported as “${words}”. ${serious ? "Serious: hospitalisation." : "Not serious."} Listedness: EU ${listed}, US ${listed}. For review; causality is not judged here.`;
  const clock = !bedside && serious && next() < 0.5 ? { rule: "eu_serious", day_zero: date(now - Math.floor(next() * 16) * DAY), due: date(now + (Math.floor(next() * 17) - 1) * DAY), follow_up: next() < 0.2 } : null;
  return {
    alert_id: want.alert_id ?? hex(next, 32), revision: 1, concern, change: "raised", priority, notify: priority !== "information",
    state, criteria, unknown: bedside && next() < 0.5 ? ["weight_gain_above_5_percent: not recorded", "ascites"] : [],
    grade: null, severity: concern === "vod_sos" && bedside ? pick(next, ["moderate", "severe", null]) : null,
    serious, seriousness: serious ? ["hospitalisation"] : [], listed_eu: bedside ? "not_applicable" : listed, listed_us: bedside ? "not_applicable" : listed,
    dme: !bedside && next() < 0.15, summary: explanation.length > 240 ? `${explanation.slice(0, 236)} …` : explanation,
    key, subject: bedside ? "patient" : "case", own_patient: bedside, case_id: bedside ? null : `ZZ-MADEUP-${1000 + number}`, case_version: bedside ? null : "1",
    site, country: bedside ? null : "ZZ", reactions: bedside ? [] : [words], products: bedside ? [] : ["BESPONSA"],
    event_time: iso(raised - HOUR), recorded_at: iso(raised), raised_at: iso(raised), worsened_at: iso(raised),
    owner: state === "open" ? null : "made-up.reviewer", acknowledged_at: state === "acknowledged" ? iso(raised + 900_000) : null,
    acknowledged_by: state === "acknowledged" ? "made-up.reviewer" : null, snoozed_until: state === "snoozed" ? iso(now + 2 * HOUR) : null,
    escalated: state === "open" && priority === "high" && next() < 0.3, escalates_at: bedside && state === "open" && priority === "high" ? iso(now + 9 * 60_000) : null, clock, missing_elements: missing,
    valid: bedside ? null : missing.length === 0, shard: number % 3, seq: number, explanation,
  };
}

/** What the list shows of an alert. */
export function row(full) {
  const { explanation, ...rest } = full;
  return rest;
}

export function detail(full, acts, revisions, allowed, asOf) {
  const bedside = full.subject === "patient";
  const evidence = [
    { item: "bilirubin", value: "38", unit: "umol/L", time: full.event_time, basis: "criterion bilirubin_2_or_more", verified: true },
    { item: "weight", value: "73.6", unit: "kg", time: full.event_time, basis: "criterion weight_gain_above_5_percent, baseline 70 kg", verified: true },
    { item: "creatinine", value: "<20", unit: "umol/L", time: full.event_time, basis: "severity band", verified: false },
  ].slice(0, bedside ? 3 : 1).map((item, at) => ({ ...item, topic: "vigil.records", partition: full.shard, offset: 100 + at, index: 0, record_id: "0f".repeat(16) }));
  if (!bedside) evidence[0] = { ...evidence[0], item: "reaction", value: full.reactions[0] ?? null, unit: null, basis: "term" };
  return {
    as_of: asOf,
    row: row(full),
    alert: {
      ...row(full), explanation: full.explanation, not_met: bedside ? ["baltimore", "ebmt2016_classical"] : [], listedness_reason: bedside ? "" : "named in the label",
      evidence, evidence_omitted: bedside ? 2 : 0, profile_version: "2026-11", profile_hash: "0123456789abcdef", dictionary: null, disclaimer: DISCLAIMER,
      report: bedside ? null : {
        valid: full.valid, missing_elements: full.missing_elements, follow_up_questions: full.missing_elements.map((of) => `Please give the ${of}.`),
        clocks: full.clock === null ? [] : [full.clock], clock_notes: full.clock === null ? ["No clock: this source is not own receipt"] : [],
        special_situations: [{ situation: "off_label_age_eu", answer: "unknown", reason: "age is missing" }], causality: ["possible"],
        onset_days_from_first_dose: 21, onset_days_from_last_dose: 6, onset_basis: "dates", onset_in_window: true, dechallenge: "unknown", rechallenge: null,
        suspected_duplicates: [{ key: full.key, case_id: "ZZ-MADEUP-1", nullified: false, score_percent: 82, parts: ["age 2 of 2", "sex 1 of 1"] }],
        other_case_ids: [], linked_reports: [], meddra_version: "29.0",
      },
    },
    revisions, acts, allowed, snooze_hours_max: ["febrile_neutropenia", "haemorrhage"].includes(full.concern) ? 4 : 24,
  };
}

export function revision(full, act = null) {
  return {
    revision: full.revision, change: full.change, priority: full.priority, notify: full.notify, recorded_at: full.recorded_at, criteria: full.criteria,
    grade: full.grade, severity: full.severity, explanation: full.explanation, profile_version: "2026-11", case_version: full.case_version, shard: full.shard, seq: full.seq, act,
  };
}

const item = (id, name, verdict, more = {}) => ({ id, name, verdict, value: null, comparator: "eq", unit: null, time: null, baseline: null, presence: null, missing: null, settle: null, ...more });

/** A made-up course: seven weeks, three doses a cycle, a transplant, a rise of bilirubin and weight at the end. */
export function patient(key, at, now, alerts, seed) {
  const next = random(seed);
  const start = now - 49 * DAY;
  const hsct = seed % 3 === 0 ? null : now - 12 * DAY;
  const sick = alerts.length > 0;
  const series = [];
  const line = (analyte, name, unit, every, make, thresholds, high, digits) => {
    const points = [];
    for (let t = start; t < now - HOUR; t += every * HOUR * (0.8 + next() * 0.4)) {
      const value = Number(make((t - start) / DAY).toFixed(digits));
      points.push({ time: iso(t), value, comparator: "eq", reported: value, reported_unit: unit, low: null, high, high_of_site: false, status: "final", suspect: null, late: next() < 0.04, known_at: iso(t + 1800_000), unread: null, record_id: hex(next, 32) });
    }
    series.push({ analyte, name, unit, thresholds, points });
    return points;
  };
  const rise = (day) => (sick ? Math.max(0, day - 40) : 0);
  const limit = (value, op, label, verified = true) => ({ value, op, label, source: "made up", verified });
  const bilirubin = line("bilirubin", "Total bilirubin", "umol/L", 24, (d) => 11 + next() * 3 + rise(d) ** 1.7 * 1.1, [limit(34, ">=", "EBMT, Baltimore: 2 mg/dL"), limit(31.5, ">", "label: 1.5 × ULN of 21")], 21, 0);
  bilirubin.push({ ...bilirubin[10], time: iso(start + 20.4 * DAY), value: 581, reported: 34, reported_unit: "mg/dL", suspect: "jump", record_id: hex(next, 32) });
  bilirubin.sort((a, b) => a.time.localeCompare(b.time));
  line("weight_change_percent", "Weight change", "%", 26, (d) => next() * 1.2 - 0.6 + rise(d) * 0.65, [limit(5, ">", "EBMT, Baltimore: 5 %"), limit(2, ">", "modified Seattle: 2 %")], null, 1);
  line("alt", "ALT", "U/L", 24, (d) => 28 + next() * 15 + rise(d) * 6, [limit(100, ">", "label: 2.5 × ULN of 40")], 40, 0);
  line("ast", "AST", "U/L", 24, (d) => 25 + next() * 12 + rise(d) * 5, [], 40, 0);
  const platelets = line("platelets", "Platelets", "10*9/L", 24, (d) => 20 + 90 * Math.abs(Math.sin(d / 8)) + next() * 8, [limit(50, "<", "label: 50", false)], null, 0);
  platelets[12] = { ...platelets[12], value: 10, comparator: "lt" };
  line("anc", "Neutrophils", "10*9/L", 24, (d) => 0.3 + 2.2 * Math.abs(Math.sin(d / 8)), [limit(0.5, "<", "IDSA, ESMO: 0.5"), limit(1, "<", "CTCAE v5: 1.0")], null, 2);
  line("temperature", "Temperature", "Cel", 8, (d) => 36.6 + next() * 0.7 + (d > 44 && sick ? next() * 1.6 : 0), [limit(38.3, ">=", "IDSA, CTCAE: 38.3 °C"), limit(38, ">=", "sustained: 38.0 °C")], null, 1);
  const doses = [0, 7, 14, 21, 28, 35].map((d, n) => ({ time: iso(start + d * DAY), stop: iso(start + d * DAY + HOUR), dose_mg_m2: n % 3 === 0 ? 0.8 : 0.5, dose_value: null, dose_unit: null, cycle: Math.floor(n / 3) + 1, day: [1, 8, 15][n % 3], inferred: true, intent: "treatment", status: "final" }));
  const last = bilirubin[bilirubin.length - 1];
  const weight = { value: 73.9, unit: "kg", time: last.time, baseline: 70 };
  const items = [
    item("bilirubin_2_or_more", "Bilirubin 2 mg/dL or more", sick ? "met" : "not_met", { value: last.value, unit: "umol/L", time: last.time }),
    item("painful_hepatomegaly", "Painful hepatomegaly", "unknown", { missing: "not_recorded", settle: "An examination of the liver, present or absent" }),
    item("weight_gain_above_5_percent", "Weight more than 5 % over baseline", sick ? "met" : "not_met", weight),
    item("ascites", "Ascites", "not_met", { presence: "absent", time: iso(now - 2 * DAY) }),
  ];
  const definition = (id, name, verdict, more = {}) => ({ id, name, concern: "vod_sos", verdict, reason: null, route: "Bilirubin 2 mg/dL or more, and 2 of: painful hepatomegaly, weight more than 5 % over baseline, ascites", verified: true, source: "made up", met_at: verdict === "met" ? iso(now - DAY) : null, said: verdict === "met", items, ...more });
  const row = patientRow(key, now, alerts, seed, last.value);
  return {
    as_of: iso(now), key, site: row.site, at: at ?? iso(now), row,
    person: { birth_year: 1968, sex: "female", height_cm: 168 }, series, doses,
    procedures: [...(hsct === null ? [] : [{ time: iso(hsct), procedure: "hsct", stop: null, agents: [], units: null, volume_ml: null, status: "final" }, { time: iso(hsct - 6 * DAY), procedure: "conditioning", stop: null, agents: ["treosulfan", "fludarabine"], units: null, volume_ml: null, status: "final" }]), { time: iso(now - 9 * DAY), procedure: "platelet_transfusion", stop: null, agents: [], units: 1, volume_ml: null, status: "final" }],
    findings: [{ time: iso(now - 2 * DAY), finding: "ascites", presence: "absent", site: null, grade: null, name: null, value: null, unit: null, via: null, status: "final" }, { time: iso(now - DAY), finding: "ruq_pain", presence: "present", site: null, grade: null, name: null, value: null, unit: null, via: `feed0000:${"ab".repeat(16)}`, status: "final" }, { time: iso(now - 5 * DAY), finding: "oedema", presence: "present", site: null, grade: null, name: null, value: null, unit: null, via: null, status: "withdrawn" }],
    conditions: [{ time: iso(start), condition: "b_all", presence: "present", severity: null, name: null, onset: "2025", end: null, via: null, status: "final" }],
    stays: [{ time: iso(now - 19 * DAY), event: "admission" }], responses: [{ time: iso(now - 20 * DAY), response: "cr", mrd_negative: true }], other_drugs: [{ time: iso(now - 18 * DAY), drug: "defibrotide", why: "prophylaxis" }],
    baselines: { weight: { value: 70, unit: "kg", time: iso(start) }, bilirubin: { value: 12, unit: "umol/L", time: iso(start) }, creatinine: null },
    hsct_at: hsct === null ? null : iso(hsct), watch_until: iso(now + 80 * DAY),
    criteria: [
      hsct === null ? definition("modified_seattle", "Modified Seattle", "not_applicable", { reason: "no_transplant", items: [] }) : definition("modified_seattle", "Modified Seattle", "unknown"),
      definition("baltimore", "Baltimore", hsct === null ? "not_applicable" : "not_met", hsct === null ? { reason: "no_transplant", items: [] } : {}),
      definition("ebmt2023_probable", "EBMT 2023 probable", sick ? "met" : "not_met", { route: "2 of: bilirubin 2 mg/dL or more, painful hepatomegaly, weight more than 5 % over baseline, ascites, ultrasound" }),
      definition("ebmt2023_clinical", "EBMT 2023 clinical", "unknown"),
      { ...definition("idsa_2010", "IDSA 2010", "unknown"), concern: "febrile_neutropenia", route: "Fever, and ANC below 0.5 or expected below 0.5", items: [item("fever", "Fever", "met", { value: 38.6, unit: "Cel", time: iso(now - 4 * HOUR) }), item("anc_below", "Neutrophils below 0.5", "unknown", { missing: "stale", settle: "A neutrophil count of the last 24 h" })] },
      { ...definition("isth_major", "ISTH major", "not_met"), concern: "haemorrhage", route: "Overt bleeding, with a fall of haemoglobin, two units, or a critical site", items: [item("bleeding_overt", "Overt bleeding", "not_met", { presence: "absent" })] },
    ],
    course: [{ id: "ebmt2023_probable", changes: [{ time: iso(now - 6 * DAY), verdict: "unknown" }, ...(sick ? [{ time: iso(now - DAY), verdict: "met" }] : [])] }],
    disagreements: sick ? ["EBMT 2023 probable is met, Baltimore is not: it asks for 2 of hepatomegaly, ascites, weight beside bilirubin"] : [],
    confounders: sick ? ["gvhd", "infection"] : [], alerts: alerts.map((a) => ({ ...a, explanation: undefined })), reports: [],
  };
}

export function patientRow(key, now, alerts, seed, bilirubin = null) {
  const next = random(seed + 99);
  const order = ["high", "medium", "low", "information"];
  const open = alerts.filter((a) => ["open", "acknowledged", "snoozed"].includes(a.state));
  const worst = open.map((a) => a.priority).sort((a, b) => order.indexOf(a) - order.indexOf(b))[0] ?? null;
  const ago = (h) => iso(now - Math.floor(h * HOUR));
  const value = (analyte, v, unit, h, more = {}) => ({ analyte, value: v, comparator: "eq", unit, time: ago(h), stale: h > 72, suspect: null, baseline: null, ...more });
  return {
    key, site: SITES[seed % SITES.length], priority: worst,
    concerns: open.map((a) => ({ concern: a.concern, priority: a.priority, state: a.state, alert_id: a.alert_id, criteria: a.criteria, unknown: a.unknown })),
    values: [
      value("bilirubin", bilirubin ?? Math.round(9 + next() * 20), "umol/L", 3 + next() * 20, { baseline: 12, suspect: seed % 11 === 5 ? "unit" : null }),
      ...(seed % 5 === 1 ? [] : [value("weight_change_percent", Math.round(next() * 80) / 10, "%", next() * 30)]),
      value("alt", Math.round(20 + next() * 90), "U/L", 3 + next() * 90), value("ast", Math.round(20 + next() * 70), "U/L", 3 + next() * 20),
      value("platelets", Math.round(8 + next() * 120), "10*9/L", next() * 24, seed % 7 === 2 ? { value: 10, comparator: "lt" } : {}),
      ...(seed % 4 === 3 ? [] : [value("anc", Math.round(next() * 30) / 10, "10*9/L", next() * 40)]), value("temperature", Math.round(365 + next() * 22) / 10, "Cel", next() * 9),
    ],
    settle: seed % 3 === 2 ? [] : [{ text: "Weight: not recorded for 3 d", item: "weight_gain_above_5_percent" }, { text: "Liver examination: not recorded", item: "painful_hepatomegaly" }],
    cycle: 1 + (seed % 3), cycle_day: 1 + (seed % 21), days_from_last_dose: seed % 30, days_from_hsct: seed % 3 === 0 ? null : seed % 60,
    baseline_weight: seed % 6 === 4 ? null : { value: 70, unit: "kg", time: ago(900) }, heard_at: ago(next() * 5),
  };
}

export const REASONS = [["invalid_json", "ingest"], ["date_out_of_range", "ingest"], ["unknown_schema", "ingest"], ["key_not_pseudonym", "watch"]];

export function reject(next, now, n) {
  const [reason, stage] = pick(next, REASONS);
  return { reason, stage, topic: stage === "watch" ? "vigil.records" : "adverse-events", partition: n % 3, offset: 5000 + n, index: n % 2 === 0 ? -1 : n % 9, source_time: iso(now - n * 400_000), raw_size: 300 + n * 31, raw_truncated: n % 17 === 0, raw_sha256: hex(next, 64) };
}
