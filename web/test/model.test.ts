import { expect, test } from "vitest";
import { grown, markWords, wasAway } from "../src/model/catch_up";
import { estimate, narrowed, UNKNOWN } from "../src/model/clock_offset";
import { pieces } from "../src/model/json_tokens";
import { layoutOf, lineAt, visible } from "../src/model/layout";
import { FIRST_LINK, isFresh, linkWords } from "../src/model/link";
import { hopsOf } from "../src/model/hops";
import { familyOf, nounOf, shortResource } from "../src/model/rows";
import { linesOf, sectionOf } from "../src/model/sections";
import { counted, spanOf, timeLeft } from "../src/model/spans";
import { Collection } from "../src/sync/collection";
import { kept, NOON, row } from "./builders";

test("a type is read as a noun, lifecycle events by their name", () => {
  expect(nounOf(row(1))).toBe("message");
  expect(nounOf(row(1, { type: "Microsoft.Graph.MailFolderDeleted" }))).toBe("mail folder");
  expect(nounOf(row(1, { type: "Microsoft.Graph.reauthorizationRequired" }))).toBe("reauthorization required");
  expect(familyOf(row(1, { change_type: "", type: "Microsoft.Graph.missed" }))).toBe("lifecycle");
});

test("long ids are cut in their middle, words are not", () => {
  expect(shortResource("users/c4a7e813-0b29-4f5d-a6c1-3e78d2f9054b/messages")).toBe("users / c4a7e813…f9054b / messages");
});

test("a longer silence or a cut is an absence, a first visit is none", () => {
  expect(wasAway(NOON, false, NOON + 60_000)).toBe(false);
  expect(wasAway(NOON, false, NOON + 91_000)).toBe(true);
  expect(wasAway(NOON, true, NOON + 1_000)).toBe(true);
  expect(wasAway(null, true, NOON)).toBe(false);
});

test("a catch-up says how many came, and never that none were lost", () => {
  const empty = { id: 1, kind: "caught-up", from: NOON, to: NOON, count: 0, recovered: 0 } as const;
  const mark = grown(grown(empty, [{ recovered: false }, { recovered: true }], NOON), [{ recovered: false }], NOON + 5);
  const { lead, rest } = markWords(mark, () => "12:00");
  expect(`${lead} ${rest}`).toBe("Caught up. Away from 12:00 to 12:00: 3 recovered. 1 of them by a delta query.");
});

test("the list has headings by time, a mark over its rows, and open runs with their rows", () => {
  const mark = { id: 7, kind: "caught-up", from: 0, to: 1, count: 2, recovered: 0 } as const;
  const rows = [kept(1, {}, 7), kept(2, {}, 7), kept(700), kept(701), kept(702), kept(703)].toReversed();
  const shown = { marks: new Map([[7, mark]]), open: new Set(["run 20260616.00.700"]), now: NOON + 703_000 };

  const kinds = linesOf(rows, shown).map((line) => line.kind);

  expect(kinds).toEqual(["heading", "run", "row", "row", "row", "row", "heading", "mark", "row", "row"]);
});

test("sections go from now to days", () => {
  const noon = new Date(2026, 5, 16, 12).getTime();
  const ago = (hours: number) => sectionOf(noon - hours * 3_600_000, noon);
  expect([ago(0), ago(0.5), ago(3), ago(20), ago(60)]).toEqual(["Now", "Last hour", "Earlier today", "Yesterday", "Sunday 14 June"]);
});

test("the window of a long list is found without walking it", () => {
  const layout = layoutOf(Array.from({ length: 1_000 }, (_, index) => (index % 10 ? 60 : 36)));
  expect(layout.height).toBe(57_600);
  expect(lineAt(layout, 0)).toBe(0);
  expect(lineAt(layout, 36)).toBe(1);
  expect(lineAt(layout, 1e9)).toBe(999);
  expect(visible(layout, 576, 576, 0)).toEqual([10, 21]);
  expect(visible(layoutOf([]), 0, 500, 100)).toEqual([0, 0]);
});

test("the connection is told in words, and figures stay blank when nobody looks", () => {
  const settled = { ...FIRST_LINK, pull: "settled", checkedAt: NOON } as const;
  expect(linkWords(FIRST_LINK, NOON).text).toBe("Connecting…");
  expect(linkWords({ ...settled, push: "live" }, NOON)).toEqual({ tone: "ok", text: "Live" });
  expect(linkWords({ ...settled, push: "unreachable" }, NOON).text).toBe("No push · asking every 15 s");
  expect(linkWords({ ...settled, pull: "failed", retryAt: NOON + 7_500 }, NOON).text).toBe("No answer · trying again in 8 s");
  expect(linkWords({ ...settled, isOffline: true }, NOON).text).toBe("Offline");
  expect(isFresh({ ...settled, push: "live" }, NOON + 10_000)).toBe(true);
  expect(isFresh({ ...settled, push: "live" }, NOON + 100_000)).toBe(false);
  expect(isFresh({ ...settled, isOffline: true }, NOON)).toBe(false);
});

test("answers narrow the offset of the clocks", () => {
  const first = narrowed(UNKNOWN, { date: 5_000, sent: 1_000, received: 1_100 });
  const second = narrowed(first, { date: 6_000, sent: 1_900, received: 1_950 });
  expect(estimate(UNKNOWN)).toBeNull();
  expect(estimate(first)).toEqual({ ms: 4_450, plusMinus: 550 });
  expect(estimate(second)!.plusMinus).toBeLessThan(550);
});

test("a clock that was set begins the offset anew", () => {
  const first = narrowed(UNKNOWN, { date: 5_000, sent: 1_000, received: 1_100 });
  expect(narrowed(first, { date: 99_000, sent: 2_000, received: 2_100 })).toEqual({ low: 96_900, high: 98_000 });
});

test("a moment before its forerunner is left out of the path", () => {
  const late = kept(1, { time: "2030-01-01T00:00:00Z" });
  expect(hopsOf(late, UNKNOWN).map(({ name }) => name)).toEqual(["Changed, says Graph"]);
  expect(hopsOf(kept(1), { low: -1, high: 1 }).map(({ end }) => end)).toEqual([0, 0, 50]);
});

test("spans are told in the units that fit", () => {
  expect([spanOf(41), spanOf(1_234), timeLeft(512_400_000), timeLeft(10_080_000), timeLeft(-5)]).toEqual(["41 ms", "1.2 s", "5 d 22 h", "2 h 48 m", "0 s"]);
  expect([counted(1, "event"), counted(1_284, "event")]).toEqual(["1 event", "1,284 events"]);
});

test("coloured JSON is the same text", () => {
  const text = JSON.stringify({ a: "x: \"y\"", b: [1, -2.5e3, true, null], "c d": {} }, null, 2);
  expect(pieces(text).map((piece) => piece.text).join("")).toBe(text);
  expect(pieces('{"a": 1}').map(({ kind }) => kind)).toEqual(["mark", "key", "mark", "value", "mark"]);
});

test("a collection holds each row once, in order, whatever the order of arrival", () => {
  const collection = new Collection();
  collection.add([kept(5), kept(6)]);
  const fresh = collection.add([kept(6), { ...kept(2), place: 7 }]);

  expect(fresh).toHaveLength(1);
  expect(collection.rows.map(({ at }) => (at - NOON) / 1_000)).toEqual([2, 5, 6]);
  expect(collection.lastPlace).toBe(7);
});
