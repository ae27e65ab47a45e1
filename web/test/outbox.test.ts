import { expect, test } from "vitest";
import { merged, withFirstPage } from "../src/model/mail";
import type { Head } from "../src/model/mail";
import { after, canUndo, due, itemWords, letterFault, letterItem, type Letter, markItem, type Outcome, tried, UNDO_MS } from "../src/model/outbox";
import { isOwn, ownKey } from "../src/model/own";
import { matches, parseQuery } from "../src/model/query";
import { kept, NOON, row } from "./builders";

const letter: Letter = { kind: "new", message_id: "", to: ["a@b.example"], subject: "Lunch?", text: "Now?" };
const waiting = letterItem("1", letter, "Lunch?", NOON);
const sending = tried(waiting);
const outcome = (status: number, more: Partial<Outcome> = {}): Outcome => ({ status, code: "", fault: "no", retryAfterMs: null, sentId: "", ...more });
const head = (number: number, more: Partial<Head> = {}): Head => ({
  id: String(number), version: "", subject: "", is_read: true, is_draft: false, preview: "", conversation_id: "", has_attachments: false,
  from: { name: "", address: "" }, received_at: new Date(NOON - number * 60_000).toISOString(), ...more,
});

test("a letter waits ten seconds and can be taken back until it is tried", () => {
  expect(due([waiting], NOON + UNDO_MS - 1)).toBeUndefined();
  expect(due([waiting], NOON + UNDO_MS)?.id).toBe("1");
  expect([canUndo(waiting), canUndo(sending)]).toEqual([true, false]);
});

test("what was being sent when its tab went is due again", () => {
  expect(due([sending], NOON + UNDO_MS)?.id).toBe("1");
});

test("the oldest goes first", () => {
  const mark = markItem("m", true, "", NOON + 1);
  expect(due([mark, waiting], NOON + UNDO_MS)?.id).toBe("1");
});

test("an answer decides: sent, asked later, tried again, failed", () => {
  expect(after(sending, outcome(200, { sentId: "x" }), NOON)).toMatchObject({ state: "sent", sentId: "x" });
  expect(after(sending, outcome(409, { code: "sending" }), NOON)).toMatchObject({ state: "waiting", notBefore: NOON + 30_000 });
  expect(after(sending, outcome(0), NOON)).toMatchObject({ state: "waiting", notBefore: NOON + 5_000 });
  expect(after(sending, outcome(503), NOON)).toMatchObject({ state: "waiting" });
  expect(after(sending, outcome(401), NOON)).toMatchObject({ state: "waiting", fault: "sign in again" });
  for (const status of [400, 403, 404, 413]) expect(after(sending, outcome(status), NOON)).toMatchObject({ state: "failed", fault: "no" });
});

test("a wish for a pause is obeyed, pauses of our own grow to a cap", () => {
  expect(after(sending, outcome(429, { retryAfterMs: 90_000 }), NOON).notBefore).toBe(NOON + 90_000);
  expect(after({ ...sending, tries: 40 }, outcome(0), NOON).notBefore).toBe(NOON + 300_000);
});

test("the words say what is true", () => {
  expect(itemWords(waiting, NOON, false)).toBe("waiting: goes out in 10 s");
  expect(itemWords(waiting, NOON, true)).toBe("waiting for the network");
  expect(itemWords({ ...sending, state: "failed", fault: "No such person." }, NOON, true)).toBe("failed: No such person.");
});

test("a letter's faults are told before it is kept", () => {
  expect(letterFault(letter)).toBe("");
  expect(letterFault({ ...letter, to: [] })).toContain("Who should get it?");
  expect(letterFault({ ...letter, to: ["nobody"] })).toContain("“nobody” is no mail address");
  expect(letterFault({ ...letter, text: " " })).toContain("nothing to send");
});

test("a list after changes holds each message once, newest first", () => {
  const list = merged([head(1), head(2), head(3)], [head(2, { subject: "new" }), head(0)], ["3"]);
  expect(list.map(({ id, subject }) => id + subject)).toEqual(["0", "1", "2new"]);
});

test("what should be on the first page and is not has left the folder, what is older stays", () => {
  expect(withFirstPage([head(1), head(2), head(9)], [head(1), head(3)], false).map(({ id }) => id)).toEqual(["1", "3", "9"]);
  expect(withFirstPage([head(1), head(2), head(9)], [head(1)], true).map(({ id }) => id)).toEqual(["1"]);
});

test("our own writes are known by resource and version, what we sent in any version", () => {
  const own = new Set([ownKey("7", "v2"), ownKey("8")]);
  const rowOf = (id: string, version: string, echo = false) => row(1, { resource: `users/1/messages/${id}`, version, echo });

  expect([isOwn(rowOf("7", "v2"), own), isOwn(rowOf("7", "v3"), own), isOwn(rowOf("8", "any"), own)]).toEqual([true, false, true]);
  expect(isOwn(rowOf("9", "v1", true), own)).toBe(true);
});

test("own rows show only where they are asked for", () => {
  const own = new Set([ownKey("1", "1")]);
  const [mine, other] = [kept(1), kept(2)];

  expect([matches(mine, parseQuery(""), own), matches(other, parseQuery(""), own)]).toEqual([false, true]);
  expect([matches(mine, parseQuery("is:own"), own), matches(other, parseQuery("is:own"), own)]).toEqual([true, false]);
});
