// Calls of the server. An answer that is no success becomes a Problem (RFC 9457).

import type { ActName, Paged } from "./contract";

const TIMEOUT_MS = 15_000;
const BASE = "/api/v1/";

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly fields: { field: string; message: string }[] = [],
    readonly currentRevision: number | null = null,
    readonly type: string = "",
  ) {
    super(title);
  }
}

/** A problem as a sentence for a person. */
export function problemWords(error: unknown): string {
  if (error instanceof Problem) {
    if (error.status === 404) return "Not found: it does not exist, is not kept any more, or you may not see it.";
    if (error.status === 401) return "You are not signed in, or your sign-in has ended.";
    if (error.status === 403) return "Your role does not allow this.";
    const fields = error.fields.map((fault) => `${fault.field}: ${fault.message}`).join("; ");
    const words = [error.title, error.detail, fields].filter((part) => part !== "").map((part) => part.replace(/\.$/, "")).join(". ");
    return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
  }
  return "The server does not answer.";
}

interface ProblemBody {
  type?: unknown;
  title?: unknown;
  detail?: unknown;
  errors?: unknown;
  current_revision?: unknown;
}

async function problem(answer: Response): Promise<Problem> {
  let body: ProblemBody = {};
  try {
    body = (await answer.json()) as ProblemBody;
  } catch {
    // The status alone has to do.
  }
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const fields = Array.isArray(body.errors) ? (body.errors as { field: string; message: string }[]) : [];
  const revision = typeof body.current_revision === "number" ? body.current_revision : null;
  return new Problem(answer.status, text(body.title) || `Answer ${answer.status}`, text(body.detail), fields, revision, text(body.type));
}

export type Query = Record<string, string | number | null | undefined>;

export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return BASE + path + (text === "" ? "" : `?${text}`);
}

export async function get<T>(path: string, query: Query = {}): Promise<T> {
  const answer = await fetch(address(path, query), {
    cache: "no-store",
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw await problem(answer);
  return (await answer.json()) as T;
}

/** All pages of a list, up to a bound; hands out each page as it comes. */
export async function pages<T>(path: string, query: Query, rowsMax: number, each: (page: Paged<T>) => void): Promise<void> {
  let cursor: string | null = null;
  let rows = 0;
  do {
    const page: Paged<T> = await get<Paged<T>>(path, { ...query, limit: 500, cursor });
    each(page);
    rows += page.items.length;
    cursor = page.next_cursor;
  } while (cursor !== null && rows < rowsMax);
}

export interface ActRequest {
  revision: number;
  act: ActName;
  reason?: string;
  until?: string;
  assignee?: string;
}

export async function sendAct(alertId: string, csrf: string, act: ActRequest): Promise<void> {
  const answer = await fetch(address(`alerts/${encodeURIComponent(alertId)}/acts`), {
    method: "POST",
    cache: "no-store",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-Vigil-Csrf": csrf },
    body: JSON.stringify(act),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw await problem(answer);
}
