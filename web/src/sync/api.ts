/** The app's HTTP API for the feed and for operators. */
import type { Row } from "../model/rows";
import { call, type Got, parsed, retryAfter, signed } from "./http";

export type Answer =
  | { readonly kind: "page"; readonly rows: readonly Row[]; readonly cursor: string; readonly more: boolean }
  | { readonly kind: "signed-out" }
  | { readonly kind: "trimmed" }
  | { readonly kind: "failed"; readonly fault: string; readonly retryAfterMs: number | null };

export type DateListener = (answer: { date: number; sent: number; received: number }) => void;

const PAGE = 500;

/** A cursor of before that the server can't read any more is as good as a trimmed one: begin anew. */
export async function pullPage(cursor: string | null, onDate: DateListener): Promise<Answer> {
  const since = cursor === null ? "" : `&since=${encodeURIComponent(cursor)}`;
  const sent = Date.now();
  const response = await signed(`/api/feed?limit=${PAGE}${since}`);
  if (!response) return { kind: "failed", fault: "The app can't be reached.", retryAfterMs: null };
  const date = Date.parse(response.headers.get("date") ?? "");
  if (date) onDate({ date, sent, received: Date.now() });
  if (response.status === 401) return { kind: "signed-out" };
  if (response.status === 410 || response.status === 400) return { kind: "trimmed" };
  const page = response.ok ? await parsed<{ rows: Row[]; cursor: string; more: boolean }>(response) : null;
  return page ? { kind: "page", ...page } : refused(response);
}

export function getEvent(id: string): Promise<Got<Row & { event: unknown }>> {
  return call(`/api/feed/event/${encodeURIComponent(id)}`);
}

/** Who App Service authentication says is there. */
export function getMe(): Promise<Got<{ user_id: string; user_claims?: { typ: string; val: string }[] }[]>> {
  return call("/.auth/me");
}

function refused(response: Response): Answer {
  return { kind: "failed", fault: `The app answered ${response.status}.`, retryAfterMs: retryAfter(response) };
}
