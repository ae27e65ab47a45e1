/** How many events came in each of the last minutes, by kind; and how long they took. Pure. */
import { changeOf, type KeptRow } from "./rows";

export const MINUTES = 30;
export const SERIES = ["created", "updated", "deleted", "recovered", "lifecycle"] as const;
export type Series = (typeof SERIES)[number];
export type Bucket = Readonly<Record<Series, number>>;

/** Oldest minute first; the last one ends at `now`. `rows` ascend by time. */
export function buckets(rows: readonly KeptRow[], now: number): Bucket[] {
  const counts = Array.from({ length: MINUTES }, () => ({ created: 0, updated: 0, deleted: 0, recovered: 0, lifecycle: 0 }));
  for (let index = rows.length - 1; index >= 0; index--) {
    const row = rows[index]!;
    const age = Math.floor((now - row.at) / 60_000);
    if (age >= MINUTES) break;
    counts[MINUTES - 1 - Math.max(0, age)]![seriesOf(row)]++;
  }
  return counts;
}

export function seriesOf(row: KeptRow): Series {
  return row.recovered ? "recovered" : changeOf(row);
}

export function total(bucket: Bucket): number {
  return SERIES.reduce((sum, series) => sum + bucket[series], 0);
}

export function sums(all: readonly Bucket[]): Bucket {
  const sum = (series: Series): number => all.reduce((count, bucket) => count + bucket[series], 0);
  return Object.fromEntries(SERIES.map((series) => [series, sum(series)])) as Record<Series, number>;
}

/** The value that 95 of 100 do not pass; null of nothing. */
export function p95(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1]!;
}
