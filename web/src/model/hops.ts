/** The way of one event, with the times that are known. Pure. */
import { estimate, type Offset } from "./clock_offset";
import type { KeptRow } from "./rows";

/** `start` and `end` in ms since the first known moment; `at` by the clock of who wrote it down. */
export interface Hop {
  readonly name: string;
  readonly at: number;
  readonly start: number;
  readonly end: number;
}

/** Moments that would lie before their forerunner are left out: clocks differ, and a span can't be negative. By no more
 * than the clocks' difference is unsure, it is none.
 */
export function hopsOf(row: KeptRow, clock: Offset): Hop[] {
  const { ms, plusMinus } = estimate(clock) ?? { ms: 0, plusMinus: 0 };
  const seen = row.arrived + ms;
  const moments = [
    { name: "Changed, says Graph", at: Date.parse(row.time) },
    { name: "In the journal", at: row.at },
    { name: row.isLive ? "On this screen" : "On this device, caught up", at: seen < row.at && row.at - seen <= plusMinus ? row.at : seen },
  ].filter(({ at }) => Number.isFinite(at));
  const known = moments.filter(({ at }, index) => moments.slice(0, index).every((before) => before.at <= at));
  const first = known[0]?.at ?? 0;
  return known.map(({ name, at }, index) => ({ name, at, start: (known[index - 1]?.at ?? at) - first, end: at - first }));
}
