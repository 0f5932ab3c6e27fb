// A stand-in for the dashboard's server, for developing and testing the page alone. It speaks the desk's contract over
// MADE-UP data (fixtures.mjs) and does what a test tells it: raise, fall silent, drop streams, void an act.
//
//   node tests/page/standin/server.mjs [--port 9470] [--alerts 60] [--patients 24]

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { DISCLAIMER, REASONS, SITES, alert, detail, patient, patientKeys, patientRow, random, reject, revision, row } from "./fixtures.mjs";

const DIST = fileURLToPath(new URL("../../../src/dashboard/page/dist/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
const HEADERS = {
  "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=(), microphone=(), geolocation=()", "Cache-Control": "no-store",
};
const RANK = ["high", "medium", "low", "information"];
const STATES = ["open", "acknowledged", "snoozed"];

const iso = (ms) => new Date(ms).toISOString();
const rank = (list, value) => (list.indexOf(value) < 0 ? list.length : list.indexOf(value));
const worst = (a, b) => rank(RANK, a.priority) - rank(RANK, b.priority) || rank(STATES, a.state) - rank(STATES, b.state) || b.worsened_at.localeCompare(a.worsened_at) || a.alert_id.localeCompare(b.alert_id);

export class Standin {
  constructor({ alerts = 60, patients = 24, rejects = 60, mode = "demo", roles = ["viewer", "reviewer"], seed = 1, text = null, silent = 0 } = {}) {
    this.silent = silent;
    this.next = random(seed);
    this.mode = mode;
    this.roles = roles;
    this.keys = patientKeys(patients);
    this.alerts = new Map();
    this.history = new Map();
    this.acts = new Map();
    this.clients = new Set();
    this.ring = [];
    this.eventNumber = 0;
    this.started = Date.now();
    this.fed = null;
    this.muted = false;
    this.refusing = false;
    this.signedOut = false;
    this.restoring = false;
    this.csrf = "made-up-csrf";
    this.state = null;
    this.requests = [];
    const now = Date.now();
    this.rejects = Array.from({ length: rejects }, (_, n) => reject(this.next, now, n));
    for (let n = 0; n < alerts; n += 1) this.put(this.dress(alert(this.next, now, this.keys, n % 12 === 11 ? { state: "dismissed" } : {}), text), false);
  }

  /** Puts a hostile text into every text field. */
  dress(full, text) {
    if (text === null) return full;
    return { ...full, summary: `${text} ${full.summary}`, explanation: `${text} ${full.explanation}`, site: text, case_id: full.case_id === null ? null : text, reactions: [text], products: [text], criteria: [text, ...full.criteria], unknown: [text], owner: text, severity: text, seriousness: [text], country: text, missing_elements: [text] };
  }

  put(full, tell = true) {
    this.alerts.set(full.alert_id, full);
    const known = this.history.get(full.alert_id) ?? [];
    this.history.set(full.alert_id, [...known, revision(full, full.byAct ?? null)]);
    if (!tell) return;
    this.send("alert", row(full));
    if (full.subject === "patient" && this.keys.includes(full.key)) this.send("patient", { key: full.key, row: this.patientRow(full.key) });
  }

  /** Raises one alert now, as if watch had. */
  raise(want = {}) {
    const full = { ...alert(this.next, Date.now(), this.keys, want), ...want.fields };
    const now = iso(Date.now());
    this.put({ ...full, recorded_at: now, raised_at: now, worsened_at: now });
    return full.alert_id;
  }

  /** A worsening of an alert. */
  worsen(id) {
    const known = this.alerts.get(id);
    const now = iso(Date.now());
    this.put({ ...known, revision: known.revision + 1, change: "upgraded", priority: "high", notify: true, state: "open", recorded_at: now, worsened_at: now, byAct: null });
  }

  /** Stops the feed: time goes on, judging does not. `null` lets it go on. */
  stopFeed(asOf = Date.now()) {
    this.fed = asOf;
  }

  dropStreams() {
    for (const client of this.clients) client.destroy();
    this.clients.clear();
  }

  asOf() {
    return this.fed ?? Date.now();
  }

  service() {
    const now = Date.now();
    const open = [...this.alerts.values()].filter((a) => STATES.includes(a.state));
    const count = (priority) => open.filter((a) => a.priority === priority).length;
    const ledger = (n) => ({ read: 400 + n, alerted: 40, quiet: 250 + n, repeated: 10, corrected: 5, forwarded: 12, rejected: 3, late: 2, tick: 78 });
    const old = now - this.asOf() > 30_000;
    return {
      now: iso(now), mode: this.mode, simulated: this.mode === "demo", version: "0.1.0 (stand-in)", started_at: iso(this.started), profile: { version: "2026-11", hash: "0123456789abcdef" }, dictionary: null,
      state: this.state ?? (old ? "stale" : "current"), reasons: old ? [`partition 1: no tick for ${Math.floor((now - this.asOf()) / 1000)} s`] : [],
      as_of: this.state === "no_data" ? null : iso(this.asOf()), newest_record_at: iso(this.asOf() - 1500), stale_after_seconds: 30, quiet_after_seconds: 60,
      partitions: [0, 1, 2].map((n) => ({ partition: n, next_offset: 400 + n, end_offset: 400 + n, lag: 0, seq: 20 + n, last_tick: iso(this.asOf() - n * 900), ledger: ledger(n), imbalance: 0 })),
      ledger: ledger(0), imbalance: 0, lag: 0,
      open: { total: open.length, high: count("high"), medium: count("medium"), low: count("low"), information: count("information"), unowned_high: open.filter((a) => a.priority === "high" && a.owner === null).length },
      sites: { total: SITES.length, silent: this.silent }, rejects: { total: this.rejects.length, last_hour: 8 }, patients: { watched: this.keys.length },
    };
  }

  send(event, data) {
    this.eventNumber += 1;
    const text = `id: ${this.eventNumber}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    this.ring.push([this.eventNumber, text]);
    if (this.ring.length > 20_000) this.ring.shift();
    if (!this.muted) for (const client of this.clients) client.write(text);
  }

  patientRow(key) {
    const seed = this.keys.indexOf(key) + 1;
    return patientRow(key, Date.now(), [...this.alerts.values()].filter((a) => a.key === key), seed);
  }

  site(name, n) {
    const silent = n >= SITES.length - this.silent;
    const open = [...this.alerts.values()].filter((a) => a.site === name && STATES.includes(a.state)).length;
    return { site: name, heard_at: iso(this.asOf() - (silent ? 30 * 3_600_000 : n * 40_000)), silent, patients: 6, open };
  }

  // ------------------------------------------------------------------ HTTP

  async listen(port = 0) {
    this.server = createServer((request, response) => void this.answer(request, response).catch((error) => this.problem(response, 500, "internal", String(error))));
    await new Promise((done) => this.server.listen(port, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    this.beat = setInterval(() => {
      if (this.muted) return;
      for (const client of this.clients) client.write(`event: service\ndata: ${JSON.stringify(this.service())}\n\n`);
    }, 1000);
    return this.url;
  }

  async close() {
    clearInterval(this.beat);
    this.dropStreams();
    this.server.closeAllConnections?.();
    await new Promise((done) => this.server.close(done));
  }

  json(response, body, status = 200) {
    response.writeHead(status, { ...HEADERS, "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  }

  problem(response, status, name, detail, more = {}) {
    response.writeHead(status, { ...HEADERS, "Content-Type": "application/problem+json" });
    response.end(JSON.stringify({ type: `/problems/${name}`, title: name.replaceAll("_", " "), status, detail, ...more }));
  }

  async answer(request, response) {
    const url = new URL(request.url, "http://x");
    const path = url.pathname;
    const query = url.searchParams;
    this.requests.push(`${request.method} ${request.url}`);
    if (this.refusing) return void request.socket.destroy();
    if (!path.startsWith("/api/")) return this.file(path, response);
    const parts = path.split("/").slice(3).map(decodeURIComponent);
    const asOf = iso(this.asOf());
    if (this.signedOut) return this.problem(response, 401, "not_signed_in", "Please sign in.");
    if (this.restoring && parts[0] !== "stream") return this.problem(response, 503, "not_ready", "Being restored.");
    const sees = this.roles.some((role) => role !== "auditor");
    if (!sees && !["me", "vocabulary", "service", "audit"].includes(parts[0])) return this.problem(response, 403, "not_allowed", "Your role does not allow this.");
    if (!["auditor", "admin"].some((role) => this.roles.includes(role)) && parts[0] === "audit") return this.problem(response, 403, "not_allowed", "Your role does not allow this.");
    if (parts[0] === "stream") return this.stream(request, response);
    if (parts[0] === "me") return this.json(response, { actor: "made-up.reviewer", name: "Made-up reviewer", roles: this.roles, desks: ["patient", "case"], csrf: this.csrf, authentication: "none", expires_at: null });
    if (parts[0] === "vocabulary") return this.json(response, this.vocabulary());
    if (parts[0] === "service") return this.json(response, this.service());
    if (parts[0] === "alerts" && parts.length === 1) return this.json(response, this.page(query, this.filtered(query).map(row)));
    if (parts[0] === "alerts.csv") return this.csv(response, this.filtered(query));
    if (parts[0] === "alerts" && parts.length === 2) {
      const full = this.alerts.get(parts[1]);
      if (full === undefined) return this.problem(response, 404, "not_found", "There is no such alert.");
      const allowed = this.roles.includes("reviewer") ? (STATES.includes(full.state) ? ["acknowledge", "assign", "comment", "dismiss", "snooze", "undo"] : ["comment", "undo"]) : [];
      return this.json(response, detail(full, this.acts.get(parts[1]) ?? [], this.history.get(parts[1]), allowed.filter((act) => (act !== "undo" || (this.acts.get(parts[1]) ?? []).some((a) => a.result === "applied" && a.act !== "undo")) && (act !== "acknowledge" || full.state === "open")), asOf));
    }
    if (parts[0] === "alerts" && parts[2] === "acts" && request.method === "POST") return this.act(parts[1], request, response);
    if (parts[0] === "patients" && parts.length === 1) return this.json(response, this.page(query, this.keys.map((key) => this.patientRow(key))));
    if (parts[0] === "patients") {
      const seed = this.keys.indexOf(parts[1]) + 1;
      if (seed === 0) return this.problem(response, 404, "not_found", "There is no such patient.");
      return this.json(response, patient(parts[1], query.get("at"), Date.now(), [...this.alerts.values()].filter((a) => a.key === parts[1]).sort(worst), seed));
    }
    if (parts[0] === "counts") return this.json(response, this.counts(query));
    if (parts[0] === "burden") return this.json(response, this.burden(query));
    if (parts[0] === "sites") return this.json(response, { as_of: asOf, total: SITES.length, items: SITES.map((name, n) => this.site(name, n)), next_cursor: null });
    if (parts[0] === "rejects") {
      const wanted = this.rejects.filter((r) => query.get("reason") === null || r.reason === query.get("reason"));
      const reasons = REASONS.map(([reason, stage]) => ({ reason, stage, count: this.rejects.filter((r) => r.reason === reason).length, last: this.rejects.find((r) => r.reason === reason)?.source_time ?? asOf })).filter((r) => r.count > 0);
      return this.json(response, { ...this.page(query, wanted), reasons });
    }
    if (parts[0] === "audit") {
      const rows = Array.from({ length: 130 }, (_, n) => ({ time: iso(Date.now() - n * 61_000), actor: "made-up.reviewer", roles: ["reviewer"], act: n % 5 === 0 ? "acknowledge" : "view_patient", target: n % 5 === 0 ? [...this.alerts.keys()][0] ?? null : this.keys[n % this.keys.length] ?? null, result: n % 9 === 4 ? "denied" : "ok", before: n % 5 === 0 ? "open" : null, after: n % 5 === 0 ? "acknowledged" : null, instance: "made-up", seq: 1000 - n }));
      return this.json(response, this.page(query, rows));
    }
    return this.problem(response, 404, "not_found", "There is no such route.");
  }

  async file(path, response) {
    const name = normalize(path === "/" ? "index.html" : path).replace(/^[/\\]+/, "");
    if (name.startsWith("..")) return this.problem(response, 404, "not_found", "No such file.");
    try {
      const body = await readFile(join(DIST, name));
      response.writeHead(200, { ...HEADERS, "Content-Type": TYPES[extname(name)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      this.problem(response, 404, "not_found", "No such file. Was the page built (npm run build)?");
    }
  }

  stream(request, response) {
    response.writeHead(200, { ...HEADERS, "Content-Type": "text/event-stream" });
    response.write("retry: 300\n\n");
    if (!this.muted) response.write(`event: service\ndata: ${JSON.stringify(this.service())}\n\n`);
    const last = Number(request.headers["last-event-id"] ?? NaN);
    if (!Number.isNaN(last)) {
      if (this.ring.length > 0 && last < this.ring[0][0] - 1) response.write("event: reset\ndata: {}\n\n");
      else for (const [number, text] of this.ring) if (number > last) response.write(text);
    }
    this.clients.add(response);
    response.on("close", () => this.clients.delete(response));
  }

  vocabulary() {
    const named = (id, name) => ({ id, name, concern: "vod_sos", source: "made up", verified: true });
    return {
      product: "Besponsa", intended_use: DISCLAIMER,
      definitions: [named("ebmt2023_probable", "EBMT 2023 probable"), named("baltimore", "Baltimore"), named("ebmt2016_classical", "EBMT 2016 classical")],
      items: [named("weight_gain_above_5_percent", "Weight more than 5 % over baseline")], analytes: [],
      snooze_hours_max: { febrile_neutropenia: 4, haemorrhage: 4, vod_sos: 24, default: 24 }, escalate_minutes: { febrile_neutropenia: 15, haemorrhage: 15, vod_sos: 120 },
      dismiss_reasons: ["other_cause_established", "histology_negative", "value_in_error", "already_known", "duplicate", "not_applicable", "other"].map((code) => ({ code, words: "" })),
    };
  }

  filtered(query) {
    const among = (name, ...values) => query.get(name) === null || query.get(name).split(",").some((want) => values.includes(want));
    const state = query.get("state") ?? "open,acknowledged,snoozed";
    const rows = [...this.alerts.values()].filter((a) => among("subject", a.subject) && among("concern", a.concern) && among("priority", a.priority) && among("site", a.site) && among("listedness", a.listed_eu, a.listed_us) && (state === "any" || state.split(",").includes(a.state)));
    return query.get("sort") === "newest" ? rows.sort((a, b) => b.recorded_at.localeCompare(a.recorded_at)) : rows.sort(worst);
  }

  page(query, rows) {
    const from = Number(query.get("cursor") ?? 0);
    const limit = Number(query.get("limit") ?? 100);
    return { as_of: iso(this.asOf()), total: rows.length, items: rows.slice(from, from + limit), next_cursor: from + limit < rows.length ? String(from + limit) : null };
  }

  csv(response, rows) {
    const cell = (value) => {
      const text = value === null || value === undefined ? "" : Array.isArray(value) ? value.join("; ") : String(value);
      return `"${(/^[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
    };
    const names = ["alert_id", "revision", "state", "concern", "priority", "key", "site", "summary", "owner"];
    response.writeHead(200, { ...HEADERS, "Content-Type": "text/csv; charset=utf-8", "Content-Disposition": 'attachment; filename="vigil-alerts.csv"' });
    response.end([names.join(","), ...rows.map((r) => names.map((name) => cell(r[name])).join(","))].join("\r\n"));
  }

  async act(id, request, response) {
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = JSON.parse(text);
    const full = this.alerts.get(id);
    if (request.headers["x-vigil-csrf"] !== this.csrf) return this.problem(response, 403, "bad_csrf", "The token is missing or wrong.");
    if (full === undefined) return this.problem(response, 404, "not_found", "There is no such alert.");
    const worsened = this.history.get(id).some((r) => r.revision > body.revision && r.notify);
    if (worsened) return this.problem(response, 409, "void", "A worsening came after the revision that you saw.", { result: "void", current_revision: full.revision });
    if (["dismiss", "snooze", "comment"].includes(body.act) && !body.reason) return this.problem(response, 422, "refused", "A reason is needed.", { result: "refused", errors: [{ field: "reason", message: "is needed" }] });
    const now = iso(Date.now());
    const acts = this.acts.get(id) ?? [];
    const made = { act_id: String(acts.length), revision: body.revision, act: body.act, actor: "made-up.reviewer", at: now, reason: body.reason ?? null, assignee: body.assignee ?? null, until: body.until ?? null, result: "pending", why: null };
    this.acts.set(id, [...acts, made]);
    this.json(response, { result: "accepted", act_id: made.act_id, revision: body.revision }, 202);
    setTimeout(() => this.apply(id, made), 150);
  }

  apply(id, made) {
    const full = this.alerts.get(id);
    made.result = "applied";
    const next = { ...full, revision: full.revision + 1, change: "acknowledged", notify: false, recorded_at: made.at, byAct: { act: made.act, actor: made.actor, at: made.at, reason: made.reason, until: made.until } };
    const before = { state: full.state, owner: full.owner, acknowledged_at: full.acknowledged_at, acknowledged_by: full.acknowledged_by, snoozed_until: full.snoozed_until };
    if (made.act === "acknowledge") Object.assign(next, { state: "acknowledged", owner: full.owner ?? made.actor, acknowledged_at: made.at, acknowledged_by: made.actor });
    if (made.act === "assign") next.owner = made.assignee;
    if (made.act === "snooze") Object.assign(next, { state: "snoozed", snoozed_until: made.until });
    if (made.act === "dismiss") next.state = "dismissed";
    if (made.act === "undo") {
      const last = [...this.acts.get(id)].reverse().find((a) => a !== made && a.result === "applied" && a.act !== "undo");
      if (last !== undefined) {
        last.result = "undone";
        Object.assign(next, last.before ?? {});
      }
    } else {
      made.before = before;
    }
    this.put(next);
  }

  counts(query) {
    const since = Date.parse(query.get("since"));
    const until = Date.parse(query.get("until"));
    const step = query.get("bucket") === "hour" ? 3_600_000 : 86_400_000;
    const times = [];
    for (let t = Math.floor(since / step) * step; t < until; t += step) times.push(t);
    const series = [];
    const rows = [...this.alerts.values()].filter((a) => !query.get("subject") || a.subject === query.get("subject"));
    for (const concern of new Set(rows.map((a) => a.concern))) for (const priority of RANK) {
      const raised = times.map((t) => rows.filter((a) => a.concern === concern && a.priority === priority && Date.parse(a.raised_at) >= t && Date.parse(a.raised_at) < t + step).length);
      if (raised.some((n) => n > 0)) series.push({ concern, priority, raised });
    }
    return { as_of: iso(this.asOf()), since: iso(since), until: iso(until), bucket: query.get("bucket") ?? "day", times: times.map(iso), watched_patients: times.map((_, n) => (n === times.length - 1 ? this.keys.length : null)), watched_patients_unknown: "How many patients are watched is known for now alone.", series };
  }

  burden(query) {
    const since = Date.parse(query.get("since"));
    const until = Date.parse(query.get("until"));
    const rows = [...this.alerts.values()].filter((a) => (!query.get("subject") || a.subject === query.get("subject")) && Date.parse(a.raised_at) >= since);
    const of = (concern) => rows.filter((a) => a.concern === concern);
    return {
      as_of: iso(this.asOf()), since: iso(since), until: iso(until), days: (until - since) / 86_400_000, raised: rows.length, notified: rows.filter((a) => a.notify).length, watched_patients: this.keys.length,
      by_concern: [...new Set(rows.map((a) => a.concern))].map((concern) => ({ concern, raised: of(concern).length, acknowledged: of(concern).filter((a) => a.acknowledged_at !== null).length, unacknowledged: of(concern).filter((a) => a.state === "open").length, seconds_to_acknowledge: { p50: 540, p90: 4200, n: 5 }, escalated: of(concern).filter((a) => a.escalated).length, dismissed: of(concern).filter((a) => a.state === "dismissed").length })),
      dismiss_reasons: [{ code: "value_in_error", count: 2 }, { code: "other_cause_established", count: 1 }],
    };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const flag = (name, otherwise) => (process.argv.includes(`--${name}`) ? Number(process.argv[process.argv.indexOf(`--${name}`) + 1]) : otherwise);
  const standin = new Standin({ alerts: flag("alerts", 60), patients: flag("patients", 24) });
  console.log(`stand-in with MADE-UP data on ${await standin.listen(flag("port", 9470))}`);
  setInterval(() => standin.raise(), 5000);
}
