/** Bursts and repeats become one line. Pure.
 *
 * A run is a stretch of neighbours with the same type, collection and catch-up, each within GAP of the one before it.
 * It folds if all are the same resource (a repeat, from 2 on) or if it is long (a burst, from BURST on).
 */
import { type KeptRow, parentOf } from "./rows";

export const GAP_MS = 10_000;
export const BURST = 4;

/** `rows` are newest first. The key is the oldest row's id: it stays while the run grows at its new end. */
export interface Run {
  readonly key: string;
  readonly rows: readonly KeptRow[];
  readonly kind: "one" | "repeat" | "burst";
}

/** `rows` newest first. */
export function folded(rows: readonly KeptRow[]): Run[] {
  const runs: KeptRow[][] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    const before = last?.at(-1);
    if (last && before && continues(row, before)) last.push(row);
    else runs.push([row]);
  }
  return runs.flatMap(runsOf);
}

function continues(older: KeptRow, newer: KeptRow): boolean {
  return (
    older.type === newer.type &&
    older.mark === newer.mark &&
    older.recovered === newer.recovered &&
    Math.abs(newer.at - older.at) <= GAP_MS &&
    (older.resource === newer.resource || parentOf(older.resource) === parentOf(newer.resource))
  );
}

function runsOf(rows: readonly KeptRow[]): Run[] {
  const same = rows.every((row) => row.resource === rows[0]?.resource);
  if (rows.length >= 2 && same) return [{ key: keyOf(rows), rows, kind: "repeat" }];
  if (rows.length >= BURST) return [{ key: keyOf(rows), rows, kind: "burst" }];
  return rows.map((row) => ({ key: row.id, rows: [row], kind: "one" }));
}

function keyOf(rows: readonly KeptRow[]): string {
  return `run ${rows.at(-1)?.id}`;
}
