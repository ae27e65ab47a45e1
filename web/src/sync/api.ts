/** The app's HTTP API. A fault is a value here: callers decide what it means. */
import type { Row } from "../model/rows";

export type Answer =
  | { readonly kind: "page"; readonly rows: readonly Row[]; readonly cursor: string; readonly more: boolean }
  | { readonly kind: "signed-out" }
  | { readonly kind: "trimmed" }
  | { readonly kind: "failed"; readonly fault: string; readonly retryAfterMs: number | null };

export interface Subscription {
  readonly name: string;
  readonly id: string | null;
  readonly resource: string;
  readonly change_types: readonly string[];
  readonly state: string;
  readonly expires_at: string | null;
  readonly due_at: string | null;
  readonly last_renewed_at: string | null;
  readonly last_event_at: string | null;
  readonly note: string;
}

export interface Rejection {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
  readonly type: string;
  readonly accepted_at: string;
}

/** What the server answered: `status` 0 where there was none. `body` is the JSON of a 2xx, else null. */
export interface Got<T> {
  readonly status: number;
  readonly body: T | null;
  readonly fault: string;
}

export type DateListener = (answer: { date: number; sent: number; received: number }) => void;

const PAGE = 500;
const TIMEOUT_MS = 30_000;

/** A cursor of before that the server can't read any more is as good as a trimmed one: begin anew. */
export async function pullPage(cursor: string | null, onDate: DateListener): Promise<Answer> {
  const since = cursor === null ? "" : `&since=${encodeURIComponent(cursor)}`;
  const sent = Date.now();
  const response = await request(`/api/feed?limit=${PAGE}${since}`);
  if (!response) return { kind: "failed", fault: "The app can't be reached.", retryAfterMs: null };
  const date = Date.parse(response.headers.get("date") ?? "");
  if (date) onDate({ date, sent, received: Date.now() });
  if (response.status === 401) return { kind: "signed-out" };
  if (response.status === 410 || response.status === 400) return { kind: "trimmed" };
  const page = response.ok ? await parsed<{ rows: Row[]; cursor: string; more: boolean }>(response) : null;
  return page ? { kind: "page", ...page } : refused(response);
}

export function getEvent(id: string): Promise<Got<Row & { event: unknown }>> {
  return get(`/api/feed/event/${encodeURIComponent(id)}`);
}

export function getSubscriptions(): Promise<Got<{ subscriptions: Subscription[] }>> {
  return get("/api/manage/subscriptions");
}

export function renew(name: string): Promise<Got<{ actions: { done: boolean | null; fault: string | null }[] }>> {
  return get(`/api/manage/subscriptions/${encodeURIComponent(name)}/renew`, { method: "POST" });
}

export function getQuarantine(): Promise<Got<{ rejections: Rejection[] }>> {
  return get("/api/manage/quarantine");
}

export function getRejection(id: string): Promise<Got<Rejection & { claimed_spec: string; body: string }>> {
  return get(`/api/manage/quarantine/${encodeURIComponent(id)}`);
}

/** Who App Service authentication says is there. */
export function getMe(): Promise<Got<{ user_id: string; user_claims?: { typ: string; val: string }[] }[]>> {
  return get("/.auth/me");
}

async function get<T>(url: string, init: RequestInit = {}): Promise<Got<T>> {
  const response = await request(url, init);
  if (!response) return { status: 0, body: null, fault: "The app can't be reached." };
  const body = await parsed<T & { error?: { message: string } }>(response);
  if (response.ok && body) return { status: response.status, body, fault: "" };
  return { status: response.status, body: null, fault: body?.error?.message ?? `The app answered ${response.status}.` };
}

async function request(url: string, init: RequestInit = {}): Promise<Response | null> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    return await fetch(url, { cache: "no-store", signal, headers: { accept: "application/json" }, ...init });
  } catch {
    return null;
  }
}

async function parsed<T>(response: Response): Promise<T | null> {
  try {
    return (await response.json()) as T;
  } catch {
    return null;
  }
}

function refused(response: Response): Answer {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1_000 : null;
  return { kind: "failed", fault: `The app answered ${response.status}.`, retryAfterMs };
}
