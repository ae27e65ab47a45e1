import { expect, test } from "vitest";
import { buckets, MINUTES, p95, sums, total } from "../src/model/rate";
import { kept, NOON } from "./builders";

test("each row counts in its minute, the last one ends now", () => {
  const rows = [kept(0), kept(30), kept(61, { change_type: "deleted" }), kept(119, { recovered: true })];
  const all = buckets(rows, NOON + 120_000);

  expect(all).toHaveLength(MINUTES);
  expect(all.at(-1)).toMatchObject({ deleted: 1, recovered: 1, created: 0 });
  expect(all.at(-2)).toMatchObject({ created: 1 });
  expect(all.at(-3)).toMatchObject({ created: 1 });
});

test("a recovered row counts as recovered alone", () => {
  const all = buckets([kept(0, { recovered: true })], NOON);
  expect(sums(all)).toEqual({ created: 0, updated: 0, deleted: 0, recovered: 1, lifecycle: 0 });
});

test("older rows are left out, rows of a clock ahead count as now", () => {
  const all = buckets([kept(-2_000), kept(60)], NOON);
  expect(all.map(total).reduce((sum, count) => sum + count)).toBe(1);
  expect(total(all.at(-1)!)).toBe(1);
});

test("p95 is a value that occurred, null of nothing", () => {
  expect(p95([])).toBeNull();
  expect(p95(Array.from({ length: 100 }, (_, index) => index + 1))).toBe(95);
});
