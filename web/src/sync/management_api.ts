/** The app's HTTP API for operators. */
import { call, type Got } from "./http";

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

export type RejectionDetails = Rejection & { readonly claimed_spec: string; readonly body: string };

export interface DeadLetter {
  readonly id: string;
  readonly reason: string;
  readonly type: string;
  readonly attempts: number;
  readonly dead_since: string | null;
  readonly tries: number;
}

export type DeadLetterDetails = DeadLetter & { readonly outcome: string; readonly body: unknown };

/** `done`: it is in the journal now, or was handled again. Else `reason` says in a word why not. */
export interface Replayed {
  readonly id: string;
  readonly done: boolean;
  readonly reason: string;
  readonly detail: string;
}

/** `to` is the newest key version; `done` of `total` subscriptions have it. */
export interface Rotation {
  readonly to: number;
  readonly state: string;
  readonly why: string;
  readonly done: number;
  readonly total: number;
}

const POST = { method: "POST" };

export function getSubscriptions(): Promise<Got<{ subscriptions: Subscription[] }>> {
  return call("/api/manage/subscriptions");
}

export function renew(name: string): Promise<Got<{ actions: { done: boolean | null; fault: string | null }[] }>> {
  return call(`/api/manage/subscriptions/${encodeURIComponent(name)}/renew`, POST);
}

/** `now` is the app's clock, which a demo moves. */
export function getState(): Promise<Got<{ now: string; ticked_at: string | null }>> {
  return call("/api/manage/state");
}

export function getRotation(): Promise<Got<{ rotation: Rotation }>> {
  return call("/api/manage/rotation");
}

export function getQuarantine(): Promise<Got<{ rejections: Rejection[] }>> {
  return call("/api/manage/quarantine");
}

export function getRejection(id: string): Promise<Got<RejectionDetails>> {
  return call(`/api/manage/quarantine/${encodeURIComponent(id)}`);
}

/** `spec` (entry~subject): the operator vouches for where the event came from. */
export function replayRejection(id: string, spec: string): Promise<Got<Replayed>> {
  return call(`/api/manage/quarantine/${encodeURIComponent(id)}/replay?spec=${encodeURIComponent(spec)}`, POST);
}

export function replayRejections(): Promise<Got<{ replayed: Replayed[] }>> {
  return call("/api/manage/quarantine/replay", POST);
}

export function replayEvent(id: string): Promise<Got<Replayed>> {
  return call(`/api/manage/events/${encodeURIComponent(id)}/replay`, POST);
}

export function getDeadLetters(): Promise<Got<{ dead_letters: DeadLetter[] }>> {
  return call("/api/manage/dead-letters");
}

export function getDeadLetter(id: string): Promise<Got<DeadLetterDetails>> {
  return call(`/api/manage/dead-letters/${encodeURIComponent(id)}`);
}

export function replayDeadLetter(id: string): Promise<Got<Replayed>> {
  return call(`/api/manage/dead-letters/${encodeURIComponent(id)}/replay`, POST);
}

export function replayDeadLetters(): Promise<Got<{ replayed: Replayed[] }>> {
  return call("/api/manage/dead-letters/replay", POST);
}
