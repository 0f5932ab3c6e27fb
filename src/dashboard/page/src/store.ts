// What the page knows: open alerts, patients, the service's state. Filled from lists, kept by the stream, told to views in
// batches, so that a burst of events costs one drawing.

import { Problem, get, pages, problemWords } from "./api";
import type { AlertRow, Me, Paged, PatientRow, Priority, Service, Site, Vocabulary } from "./contract";
import { type Heard, type Link } from "./trust";
import { OWN_SITE } from "./words";

/** Most rows kept; the server keeps all of them. */
const ALERTS_MAX = 20_000;
const PATIENTS_MAX = 20_000;
const BATCH_MS = 40;
/** After so long a list that could not be loaded is tried again. */
const AGAIN_MS = 3000;

export type Topic = "alerts" | "patients" | "service" | "sites" | "rejects" | "me" | "tick";

const PRIORITY_RANK: Record<Priority, number> = { high: 0, medium: 1, low: 2, information: 3 };
const STATE_RANK: Record<string, number> = { open: 0, acknowledged: 1, snoozed: 2 };

export function isOpen(row: AlertRow): boolean {
  return row.state === "open" || row.state === "acknowledged" || row.state === "snoozed";
}

const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The server's order "worst": priority, then open before acknowledged before snoozed, then newest worsening first. */
export function worstFirst(a: AlertRow, b: AlertRow): number {
  return (
    PRIORITY_RANK[a.priority] - PRIORITY_RANK[b.priority] ||
    (STATE_RANK[a.state] ?? 3) - (STATE_RANK[b.state] ?? 3) ||
    text(b.worsened_at, a.worsened_at) ||
    text(a.alert_id, b.alert_id)
  );
}

/** Puts changed rows into an ordered list: a burst must not cost a sort of the whole backlog. */
function merged(ordered: readonly AlertRow[], changed: ReadonlyMap<string, AlertRow | undefined>): AlertRow[] {
  const rows: AlertRow[] = [];
  const fresh = [...changed.values()].filter((row): row is AlertRow => row !== undefined && isOpen(row)).sort(worstFirst);
  let next = 0;
  for (const row of ordered) {
    if (changed.has(row.alert_id)) continue;
    for (let first = fresh[next]; first !== undefined && worstFirst(first, row) < 0; first = fresh[next]) {
      rows.push(first);
      next += 1;
    }
    rows.push(row);
  }
  return rows.concat(fresh.slice(next));
}

function worstPatient(a: PatientRow, b: PatientRow): number {
  const rank = (row: PatientRow): number => (row.priority === null ? 4 : PRIORITY_RANK[row.priority]);
  return rank(a) - rank(b) || text(b.heard_at.slice(0, 13), a.heard_at.slice(0, 13)) || text(a.key, b.key);
}

/** No answer, an answer of a server in trouble, or too many questions: the same question may be answered later. */
const mayPass = (error: unknown): boolean => !(error instanceof Problem) || error.status >= 500 || error.status === 429;

class Store {
  me: Me | null = null;
  vocabulary: Vocabulary | null = null;
  /** Names of definitions and items by id. */
  names: ReadonlyMap<string, string> = new Map();
  service: Service | null = null;
  link: Link = "connecting";
  /** Open alerts, worst first. */
  alerts: readonly AlertRow[] = [];
  patients: readonly PatientRow[] = [];
  /** Has the list come, whole or not? Before that, its length is not known, and never 0. */
  alertsCame = false;
  patientsCame = false;
  /** Why the lists may be incomplete; null when they are whole. */
  alertsFault: string | null = null;
  patientsFault: string | null = null;
  /** Is the fault one of loading, so that rows may be missing? A bound that is told is none. */
  private readonly broken = { alerts: false, patients: false };
  meFault: string | null = null;
  signedOut = false;
  sites: ReadonlyMap<string, Site> = new Map();
  alertsTotal = 0;

  private readonly alertRows = new Map<string, AlertRow>();
  private readonly changedAlerts = new Set<string>();
  private readonly patientRows = new Map<string, PatientRow>();
  private readonly listeners = new Map<Topic, Set<() => void>>();
  private readonly dirty = new Set<Topic>();
  private readonly heardSince = new Set<string>();
  private timer: number | undefined;
  private serviceTimes = { steady: 0, wall: 0 };
  private eventTimes = { steady: performance.now(), wall: Date.now() };
  private loading = 0;

  subscribe(topics: readonly Topic[], listener: () => void): () => void {
    for (const topic of topics) {
      const known = this.listeners.get(topic) ?? new Set();
      known.add(listener);
      this.listeners.set(topic, known);
    }
    return () => topics.forEach((topic) => this.listeners.get(topic)?.delete(listener));
  }

  /** Tells the listeners soon, many changes at once. */
  changed(topic: Topic): void {
    this.dirty.add(topic);
    this.timer ??= window.setTimeout(() => this.flush(), BATCH_MS);
  }

  private flush(): void {
    this.timer = undefined;
    const topics = [...this.dirty];
    this.dirty.clear();
    if (this.changedAlerts.size > 0) {
      this.alerts = merged(this.alerts, new Map([...this.changedAlerts].map((id) => [id, this.alertRows.get(id)])));
      this.changedAlerts.clear();
    }
    if (topics.includes("patients")) this.patients = [...this.patientRows.values()].sort(worstPatient);
    const listeners = new Set(topics.flatMap((topic) => [...(this.listeners.get(topic) ?? [])]));
    for (const listener of listeners) listener();
  }

  /** The stream said something. Both clocks, since a steady clock may stop while a device sleeps. */
  heard(): void {
    this.eventTimes = { steady: performance.now(), wall: Date.now() };
  }

  setLink(link: Link): void {
    if (this.link === link) return;
    this.link = link;
    if (link === "open") this.heard();
    this.changed("service");
  }

  setService(service: Service): void {
    this.service = service;
    this.serviceTimes = { steady: performance.now(), wall: Date.now() };
    this.changed("service");
  }

  private static since(times: { steady: number; wall: number }): number {
    return Math.max(performance.now() - times.steady, Date.now() - times.wall, 0) / 1000;
  }

  heardState(): Heard {
    return {
      link: this.link, service: this.service, serviceAge: Store.since(this.serviceTimes), silence: Store.since(this.eventTimes), signedOut: this.signedOut, lists: this.lists(),
      sites: {
        // What no site sent is counted as one by servers that list it.
        total: Math.max(0, (this.service?.sites.total ?? 0) - Number(this.sites.has(OWN_SITE))), silent: this.service?.sites.silent ?? 0,
        names: [...this.sites.values()].filter((site) => site.silent && site.site !== OWN_SITE).map((site) => site.site).sort(),
      },
    };
  }

  private lists(): Heard["lists"] {
    // Who reads the audit alone has no lists.
    if (this.me !== null && !this.has("viewer", "reviewer", "admin")) return "whole";
    if (this.broken.alerts) return { fault: this.alertsFault ?? "" };
    if (this.broken.patients) return { fault: this.patientsFault ?? "" };
    return this.alertsCame && this.patientsCame ? "whole" : "loading";
  }

  hearSite(site: Site): void {
    this.sites = new Map(this.sites).set(site.site, site);
    this.changed("sites");
  }

  /** Now by the server's clock, as far as known. */
  now(): number {
    const at = this.service === null ? NaN : Date.parse(this.service.now);
    return Number.isNaN(at) ? Date.now() : at + Store.since(this.serviceTimes) * 1000;
  }

  has(...roles: string[]): boolean {
    return this.me?.roles.some((role) => roles.includes(role)) ?? false;
  }

  alert(id: string): AlertRow | undefined {
    return this.alertRows.get(id);
  }

  /** The ward of a watched patient. */
  wardOf(key: string): string | undefined {
    return this.patientRows.get(key)?.site;
  }

  hearAlert(row: AlertRow): void {
    const known = this.alertRows.get(row.alert_id);
    if (known !== undefined && known.revision > row.revision) return;
    this.heardSince.add(row.alert_id);
    this.setAlert(row.alert_id, row);
    if (this.alertRows.size > ALERTS_MAX) this.forget();
    this.changed("alerts");
  }

  private setAlert(id: string, row: AlertRow | null): void {
    if (row === null) this.alertRows.delete(id);
    else this.alertRows.set(id, row);
    this.changedAlerts.add(id);
  }

  /** Closed alerts go first, then the least important open ones. */
  private forget(): void {
    const rows = [...this.alertRows.values()].sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || worstFirst(a, b));
    // Some more than needed, so that this does not happen with every alert.
    for (const row of rows.slice(ALERTS_MAX - 500)) this.setAlert(row.alert_id, null);
    this.alertsFault = `Only the ${ALERTS_MAX.toLocaleString("en-GB")} worst alerts are shown.`;
  }

  hearPatient(row: PatientRow): void {
    // Who is known from reports alone is on no ward.
    if (row.site === OWN_SITE) return;
    if (!this.patientRows.has(row.key) && this.patientRows.size >= PATIENTS_MAX) return;
    this.heardSince.add(row.key);
    this.patientRows.set(row.key, row);
    this.changed("patients");
  }

  async loadFixed(): Promise<void> {
    try {
      [this.me, this.vocabulary] = await Promise.all([get<Me>("me"), get<Vocabulary>("vocabulary")]);
      this.names = new Map([...this.vocabulary.definitions, ...this.vocabulary.items].map((named) => [named.id, named.name]));
      this.signedOut = false;
      this.meFault = this.has("viewer", "reviewer", "admin") || this.has("auditor") ? null : "Your role shows nothing here.";
    } catch (error) {
      this.meFault = problemWords(error);
      this.signedOut = error instanceof Problem && error.status === 401;
    }
    this.changed("me");
    this.changed("service");
  }

  /** Loads the lists anew. What the stream says meanwhile is newer and stays. */
  async loadLists(): Promise<void> {
    const turn = ++this.loading;
    this.heardSince.clear();
    const whole = await Promise.all([this.loadAlerts(turn), this.loadPatients(turn), this.loadSites(turn)]);
    // A server that has just started may not answer yet. What is shown meanwhile says that it is not whole.
    if (whole.includes(false) && turn === this.loading) {
      window.setTimeout(() => {
        if (turn !== this.loading) return;
        if (this.me === null) void this.loadFixed();
        void this.loadLists();
      }, AGAIN_MS);
    }
  }

  /** Which sites are silent; what is missing of it shows as a number without names. */
  async loadSites(turn: number = this.loading): Promise<boolean> {
    try {
      const sites = await get<Paged<Site>>("sites");
      if (turn === this.loading) this.sites = new Map(sites.items.map((site) => [site.site, site]));
      this.changed("sites");
    } catch {
      // The strip still says how many are silent.
    }
    return true;
  }

  /** False where it is worth trying again. */
  private async loadAlerts(turn: number): Promise<boolean> {
    const seen = new Set<string>();
    let fault: string | null = null;
    let [whole, broken] = [true, false];
    try {
      await pages<AlertRow>("alerts", { sort: "worst" }, ALERTS_MAX, (page) => {
        if (turn !== this.loading) return;
        this.alertsTotal = page.total;
        for (const row of page.items) {
          seen.add(row.alert_id);
          const known = this.alertRows.get(row.alert_id);
          if (known === undefined || known.revision < row.revision || !this.heardSince.has(row.alert_id)) this.setAlert(row.alert_id, row);
        }
        if (page.total > ALERTS_MAX) fault = `Only the ${ALERTS_MAX.toLocaleString("en-GB")} worst of ${page.total.toLocaleString("en-GB")} alerts are shown.`;
        this.changed("alerts");
      });
      if (turn === this.loading && fault === null) {
        for (const id of this.alertRows.keys()) if (!seen.has(id) && !this.heardSince.has(id)) this.setAlert(id, null);
      }
    } catch (error) {
      fault = `Alerts could not be loaded whole. ${problemWords(error)}`;
      broken = true;
      whole = !mayPass(error);
    }
    if (turn !== this.loading) return true;
    this.alertsCame = this.alertsCame || !broken;
    this.broken.alerts = broken;
    this.changed("service");
    this.alertsFault = fault;
    this.changed("alerts");
    return whole;
  }

  private async loadPatients(turn: number): Promise<boolean> {
    const seen = new Set<string>();
    let fault: string | null = null;
    let [whole, broken] = [true, false];
    try {
      await pages<PatientRow>("patients", { sort: "worst" }, PATIENTS_MAX, (page) => {
        if (turn !== this.loading) return;
        for (const row of page.items) {
          seen.add(row.key);
          if (row.site !== OWN_SITE && !this.heardSince.has(row.key)) this.patientRows.set(row.key, row);
        }
        this.changed("patients");
      });
      if (turn === this.loading) {
        for (const key of this.patientRows.keys()) if (!seen.has(key) && !this.heardSince.has(key)) this.patientRows.delete(key);
      }
    } catch (error) {
      broken = !(error instanceof Problem && error.status === 404);
      fault = broken ? `Patients could not be loaded whole. ${problemWords(error)}` : "Patients are not available here.";
      whole = !mayPass(error);
    }
    if (turn !== this.loading) return true;
    this.patientsCame = this.patientsCame || !broken;
    this.broken.patients = broken;
    this.changed("service");
    this.patientsFault = fault;
    this.changed("patients");
    return whole;
  }
}

export const store = new Store();
