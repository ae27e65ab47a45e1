/** The outbox: what a person wants sent or marked, until it is. Pure.
 *
 *   waiting --its time has come, online--> sending --done--> sent
 *      ^                                     |--refused for good--> failed --edited, tried again--> waiting
 *      '----- no answer, asked to wait ------'
 *
 * The id is a GUID made here; the server sends an item of one id once, however often it is tried. So whatever ends
 * between "sending" and its answer (a closed tab, a lost answer) is simply tried again.
 */

export const UNDO_MS = 10_000;
export const STILL_SENDING_MS = 30_000; // another tab or instance has it; the server keeps such a claim for two minutes
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;
const ADDRESS = /^[^@\s,;<>"]+@[^@\s,;<>"]+$/; // as the server reads them

export interface Letter {
  readonly kind: "new" | "reply" | "reply_all";
  readonly message_id: string; // what a reply answers
  readonly to: readonly string[]; // these two: of a new message
  readonly subject: string;
  readonly text: string;
}

export interface Mark {
  readonly kind: "mark";
  readonly message_id: string;
  readonly is_read: boolean;
}

/** `notBefore` in ms; `title` says what it is about; `sentId` is the sent message's, empty until then. */
export interface Item {
  readonly id: string;
  readonly what: Letter | Mark;
  readonly title: string;
  readonly state: "waiting" | "sending" | "sent" | "failed";
  readonly madeAt: number;
  readonly notBefore: number;
  readonly tries: number;
  readonly fault: string;
  readonly sentId: string;
}

/** What the server said: `status` 0 without an answer. */
export interface Outcome {
  readonly status: number;
  readonly code: string;
  readonly fault: string;
  readonly retryAfterMs: number | null;
  readonly sentId: string;
}

export function letterItem(id: string, letter: Letter, title: string, now: number): Item {
  return { ...blank(id, title, now), what: letter, notBefore: now + UNDO_MS };
}

/** At most one of a message: the last wish counts. */
export function markItem(message_id: string, is_read: boolean, title: string, now: number): Item {
  return { ...blank(`mark ${message_id}`, title, now), what: { kind: "mark", message_id, is_read } };
}

/** What is to be sent now, if anything; oldest first. What was being sent when its tab went is due again. */
export function due(items: readonly Item[], now: number): Item | undefined {
  const ready = items.filter((item) => isOpen(item) && item.notBefore <= now);
  return ready.sort((a, b) => a.madeAt - b.madeAt)[0];
}

/** Is it under way to the server, sooner or later? */
export function isOpen(item: Item): boolean {
  return item.state === "waiting" || item.state === "sending";
}

/** Can it still be taken back? Once it was tried it may be sent, even if no answer came. */
export function canUndo(item: Item): boolean {
  return item.state === "waiting" && item.tries === 0;
}

export function tried(item: Item): Item {
  return { ...item, state: "sending", tries: item.tries + 1, fault: "" };
}

export function after(item: Item, outcome: Outcome, now: number): Item {
  const { status, code, fault, retryAfterMs, sentId } = outcome;
  if (status >= 200 && status < 300) return { ...item, state: "sent", sentId, fault: "", notBefore: now };
  if (status === 409 && code === "sending") return { ...item, state: "waiting", fault: "", notBefore: now + STILL_SENDING_MS };
  if (isForGood(status)) return { ...item, state: "failed", fault };
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(16, item.tries - 1));
  const why = status === 401 ? "sign in again" : fault; // Entra's own words help nobody
  return { ...item, state: "waiting", fault: status === 0 ? "" : why, notBefore: now + Math.max(pause, retryAfterMs ?? 0) };
}

/** Edited or not: a refused item was not sent, so that a new try under the same id sends what it says now. */
export function again(item: Item, now: number, letter = item.what): Item {
  return { ...item, what: letter, state: "waiting", fault: "", notBefore: now };
}

/** What is wrong with a letter, as the server would say; empty if nothing. */
export function letterFault(letter: Letter): string {
  const wrong = letter.to.filter((address) => !ADDRESS.test(address));
  if (letter.kind === "new" && letter.to.length === 0) return "Who should get it? Write an address in “To”.";
  if (wrong.length) return `${wrong.map((address) => `“${address}”`).join(", ")} is no mail address.`;
  return letter.text.trim() ? "" : "There is nothing to send: write a text.";
}

export function addressesIn(text: string): string[] {
  return text.split(/[,;\s]+/).filter(Boolean);
}

export function itemWords(item: Item, now: number, isOffline: boolean): string {
  if (item.state === "sent") return "sent";
  if (item.state === "failed") return `failed: ${item.fault}`;
  if (item.state === "sending") return "sending";
  if (isOffline) return "waiting for the network";
  const seconds = Math.ceil((item.notBefore - now) / 1_000);
  if (item.tries === 0) return seconds > 0 ? `waiting: goes out in ${seconds} s` : "waiting";
  const why = item.fault ? `: ${item.fault}` : "";
  return seconds > 0 ? `waiting${why} (next try in ${seconds} s)` : `waiting${why}`;
}

/** 401 waits for a sign-in, 408 and 429 for a better time; other refusals stay refusals. */
function isForGood(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 408, 409, 429].includes(status);
}

function blank(id: string, title: string, now: number): Omit<Item, "what"> {
  return { id, title, state: "waiting", madeAt: now, notBefore: now, tries: 0, fault: "", sentId: "" };
}
