/** From rows to the lines of the list: headings by time, marks of catch-ups, runs and their open rows. Pure. */
import type { Mark } from "./catch_up";
import { folded, type Run } from "./folding";
import type { KeptRow } from "./rows";

export type Line =
  | { readonly kind: "heading"; readonly key: string; readonly text: string }
  | { readonly kind: "mark"; readonly key: string; readonly mark: Mark }
  | { readonly kind: "run"; readonly key: string; readonly run: Run; readonly isOpen: boolean }
  | { readonly kind: "row"; readonly key: string; readonly row: KeptRow; readonly isInner: boolean };

export interface Shown {
  readonly marks: ReadonlyMap<number, Mark>;
  readonly open: ReadonlySet<string>;
  readonly now: number;
}

/** `rows` newest first. A caught-up mark stands over its rows, a trimmed one under them: there is the gap. */
export function linesOf(rows: readonly KeptRow[], shown: Shown): Line[] {
  const runs = folded(rows);
  const lines: Line[] = [];
  runs.forEach((run, index) => {
    const newest = run.rows[0]!;
    const heading = sectionOf(newest.at, shown.now);
    const before = runs[index - 1]?.rows[0];
    if (!before || heading !== sectionOf(before.at, shown.now)) {
      lines.push({ kind: "heading", key: `heading ${heading}`, text: heading });
    }
    pushMark(lines, newest, runs[index - 1]?.rows[0], "caught-up", shown.marks);
    lines.push(...runLines(run, shown.open));
    pushMark(lines, newest, runs[index + 1]?.rows[0], "trimmed", shown.marks);
  });
  return lines;
}

export function sectionOf(at: number, now: number): string {
  if (now - at < 5 * 60_000) return "Now";
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days <= 0) return now - at < 3_600_000 ? "Last hour" : "Earlier today";
  if (days === 1) return "Yesterday";
  return new Date(at).toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" });
}

function midnight(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

function pushMark(
  lines: Line[],
  row: KeptRow,
  neighbour: KeptRow | undefined,
  kind: Mark["kind"],
  marks: ReadonlyMap<number, Mark>,
): void {
  const mark = row.mark === null || row.mark === neighbour?.mark ? undefined : marks.get(row.mark);
  const key = mark && `mark ${mark.id}`;
  if (mark?.kind !== kind || lines.some((line) => line.key === key)) return;
  lines.push({ kind: "mark", key: `mark ${mark.id}`, mark });
}

function runLines(run: Run, open: ReadonlySet<string>): Line[] {
  if (run.kind === "one") return [{ kind: "row", key: run.key, row: run.rows[0]!, isInner: false }];
  const isOpen = open.has(run.key);
  const inner = isOpen ? run.rows : [];
  return [
    { kind: "run", key: run.key, run, isOpen },
    ...inner.map((row): Line => ({ kind: "row", key: row.id, row, isInner: true })),
  ];
}
