/** The app's HTTP API for the mail of the person who is signed in. */
import type { Folder, Head, Message } from "../model/mail";
import type { Item, Letter, Outcome } from "../model/outbox";
import { call, type Got, sending } from "./http";

export interface MailPage {
  readonly messages: readonly Head[];
  readonly next: string | null;
}

/** `since` leads on for ever; `more`: at once. */
export interface DeltaPage {
  readonly messages: readonly Head[];
  readonly removed: readonly string[];
  readonly since: string;
  readonly more: boolean;
}

export function getFolders(): Promise<Got<{ folders: Folder[] }>> {
  return call("/api/mail/folders");
}

export function getPage(folder: string, next: string | null): Promise<Got<MailPage>> {
  return call(`/api/mail/messages?${query({ folder, next })}`);
}

export function getDelta(folder: string, since: string | null): Promise<Got<DeltaPage>> {
  return call(`/api/mail/delta?${query({ folder, since })}`);
}

export function getMessage(id: string): Promise<Got<Message>> {
  return call(messagePath(id));
}

/** Carries out an item of the outbox; the head is that of a message that was marked. */
export async function carryOut(item: Item): Promise<{ outcome: Outcome; head: Head | null }> {
  const { what } = item;
  if (what.kind !== "mark") return { outcome: outcomeOf(await send(item.id, what)), head: null };
  const got = await call<Head>(messagePath(what.message_id), sending("PATCH", { is_read: what.is_read }));
  return { outcome: outcomeOf(got), head: got.body };
}

function send(outbox_id: string, letter: Letter): Promise<Got<{ id: string }>> {
  const { kind, message_id, to, subject, text } = letter;
  const body = kind === "new" ? { kind, to, subject, text } : { kind, message_id, text };
  return call("/api/mail/outbox", sending("POST", { outbox_id, ...body }));
}

function outcomeOf({ status, code, fault, retryAfterMs, body }: Got<{ id: string }>): Outcome {
  return { status, code, fault, retryAfterMs, sentId: body?.id ?? "" };
}

function messagePath(id: string): string {
  return `/api/mail/messages/${encodeURIComponent(id)}`;
}

function query(parameters: Record<string, string | null>): string {
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== null);
  return new URLSearchParams(given).toString();
}
