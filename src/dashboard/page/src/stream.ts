// The live stream. The browser comes back by itself after a short break, with Last-Event-ID; where it gives up, or where the
// link is silent for too long, we connect anew and load the lists again.

import { get } from "./api";
import type { AlertRow, PatientRow, Reject, Service, Site } from "./contract";
import { store } from "./store";
import { SILENCE_MAX_SECONDS } from "./trust";

const ASK_MS = 3000;
const AGAIN_MS = [1000, 2000, 5000, 10_000];

let source: EventSource | null = null;
let attempts = 0;
let again: number | undefined;

type Listener<T> = (data: T) => void;
const rejectListeners = new Set<Listener<Reject>>();
const siteListeners = new Set<Listener<Site>>();

export function onReject(listener: Listener<Reject>): () => void {
  rejectListeners.add(listener);
  return () => rejectListeners.delete(listener);
}

export function onSite(listener: Listener<Site>): () => void {
  siteListeners.add(listener);
  return () => siteListeners.delete(listener);
}

function connect(): void {
  source?.close();
  const stream = new EventSource("/api/v1/stream");
  source = stream;
  // The place that the browser goes on from when it comes back.
  let place = "";
  let opened = false;
  stream.addEventListener("open", () => {
    store.setLink("open");
    attempts = 0;
    // Without a place, what was said before this moment is only in the lists. With one, the server goes on from it, or
    // says `reset`.
    if (place === "") void store.loadLists();
    // What comes back may be another process, which takes acts with a token of its own.
    if (opened || store.me === null || store.signedOut) void store.loadFixed();
    opened = true;
  });
  stream.addEventListener("error", () => {
    if (source !== stream) return;
    store.setLink("down");
    if (stream.readyState === EventSource.CLOSED) later();
  });
  const on = <T>(name: string, hear: Listener<T>): void => {
    stream.addEventListener(name, (event) => {
      store.heard();
      place = (event as MessageEvent<string>).lastEventId;
      let data: T;
      try {
        data = JSON.parse((event as MessageEvent<string>).data) as T;
      } catch {
        return;
      }
      hear(data);
    });
  };
  on<AlertRow>("alert", (row) => store.hearAlert(row));
  on<{ row: PatientRow }>("patient", (patient) => store.hearPatient(patient.row));
  on<Service>("service", (service) => store.setService(service));
  on<Site>("site", (site) => siteListeners.forEach((listener) => listener(site)));
  on<Reject>("reject", (reject) => rejectListeners.forEach((listener) => listener(reject)));
  on("heartbeat", () => undefined);
  on("reset", () => void store.loadLists());
}

/** Who may read the audit alone has no stream; the state of the service is asked for. */
async function ask(): Promise<void> {
  try {
    store.setService(await get<Service>("service"));
    store.heard();
    store.setLink("open");
  } catch {
    store.setLink("down");
  }
  window.setTimeout(() => void ask(), ASK_MS);
}

function later(): void {
  // Whether the sign-in has ended, only an ordinary answer tells.
  void store.loadFixed();
  window.clearTimeout(again);
  again = window.setTimeout(connect, AGAIN_MS[Math.min(attempts, AGAIN_MS.length - 1)]);
  attempts += 1;
}

export async function startStream(): Promise<void> {
  await store.loadFixed();
  if (store.has("auditor") && !store.has("viewer", "reviewer", "admin")) {
    void ask();
    return;
  }
  connect();
  window.setInterval(() => {
    store.changed("tick");
    // A link that is open and says nothing is half open: the other side may be gone without a word.
    if (source?.readyState === EventSource.OPEN && store.heardState().silence > SILENCE_MAX_SECONDS * 2) {
      store.setLink("down");
      source.close();
      later();
    }
  }, 1000);
}
