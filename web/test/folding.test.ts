import { expect, test } from "vitest";
import { BURST, folded, GAP_MS } from "../src/model/folding";
import type { KeptRow } from "../src/model/rows";
import { kept, NOON } from "./builders";

const newestFirst = (rows: KeptRow[]) => folded(rows.toReversed()).map(({ kind, rows: inside }) => [kind, inside.length]);
const several = (count: number, more = {}) => Array.from({ length: count }, (_, index) => kept(index, more));

test("four of one collection in a row are a burst, three are not", () => {
  expect(newestFirst(several(BURST))).toEqual([["burst", BURST]]);
  expect(newestFirst(several(BURST - 1))).toEqual([["one", 1], ["one", 1], ["one", 1]]);
});

test("two changes of one resource are a repeat", () => {
  expect(newestFirst(several(2, { resource: "users/1" }))).toEqual([["repeat", 2]]);
});

test("a pause ends a burst", () => {
  const late = kept(9, { accepted_at: new Date(NOON + 3_000 + GAP_MS + 1).toISOString() });
  expect(newestFirst([...several(4), late])).toEqual([["one", 1], ["burst", 4]]);
});

test("another type, collection, catch-up or way of coming ends a burst", () => {
  for (const other of [
    kept(5, { type: "Microsoft.Graph.MessageDeleted" }),
    kept(5, { resource: "users/2/messages/5" }),
    kept(5, {}, 7),
    kept(5, { recovered: true }),
  ]) {
    expect(newestFirst([...several(4), other])).toEqual([["one", 1], ["burst", 4]]);
  }
});

test("a burst keeps its key while it grows", () => {
  expect(folded(several(9).toReversed())[0]?.key).toBe(folded(several(5).toReversed())[0]?.key);
});

test("no row is left out or shown twice", () => {
  const rows = Array.from({ length: 300 }, (_, index) => kept(index * ((index % 7) + 1), { id: `${index}`, resource: `r/${index % 5}` }));
  const shown = folded(rows).flatMap((run) => run.rows);
  expect(shown).toEqual(rows);
});
