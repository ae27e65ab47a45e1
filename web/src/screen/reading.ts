/** What the person looks at: view, search, pause, open runs; and from these the lines of the list. */
import { linesOf, type Line } from "../model/sections";
import { isOwn } from "../model/own";
import { matches, parseQuery } from "../model/query";
import { familyOf, type KeptRow } from "../model/rows";
import type { Mark } from "../model/catch_up";
import type { View } from "./rail";

export class Reading {
  view: View = "all";
  text = "";
  pausedAt: number | null = null; // the last place that is shown
  waiting = 0; // rows that match and are held back
  seenPlace: number | null = null; // the last place when the list was left scrolled down; null at its top
  above = 0; // rows that came since
  lines: readonly Line[] = [];
  own = 0; // rows that only tell what this person did here
  readonly counts = new Map<View, number>();
  readonly open = new Set<string>();
  #made: readonly unknown[] = [];

  get isFiltered(): boolean {
    return this.text.trim() !== "" || this.view !== "all";
  }

  toggleOpen(key: string): void {
    if (!this.open.delete(key)) this.open.add(key);
    this.#made = [];
  }

  /** Makes the lines anew if anything that they depend on has changed. */
  refresh(rows: readonly KeptRow[], { marks, own, now }: { marks: ReadonlyMap<number, Mark>; own: ReadonlySet<string>; now: number }): void {
    const depends = [rows, own, marks.size, this.view, this.text, this.pausedAt, this.seenPlace, Math.floor(now / 60_000)];
    if (depends.every((value, index) => value === this.#made[index])) return;
    this.#made = depends;
    this.#count(rows, own);
    const query = parseQuery(this.text);
    const wanted = rows.filter((row) => this.#isInView(row) && matches(row, query, own)).reverse();
    const pausedAt = this.pausedAt ?? Infinity;
    const shown = wanted.filter((row) => row.place <= pausedAt);
    this.waiting = wanted.length - shown.length;
    const seen = this.seenPlace ?? Infinity;
    this.above = shown.filter((row) => row.place > seen).length;
    this.lines = linesOf(shown, { marks, open: this.open, now });
  }

  #isInView(row: KeptRow): boolean {
    return this.view === "all" || familyOf(row) === this.view;
  }

  #count(rows: readonly KeptRow[], own: ReadonlySet<string>): void {
    const counts: Record<string, number> = {};
    this.own = 0;
    for (const row of rows) {
      if (isOwn(row, own)) this.own++;
      else counts[familyOf(row)] = (counts[familyOf(row)] ?? 0) + 1;
    }
    this.counts.set("all", rows.length - this.own);
    for (const view of ["mail", "people", "lifecycle"] as const) this.counts.set(view, counts[view] ?? 0);
  }
}
