/** The feed as it is kept on this device. Rows and the cursor after them are written in one transaction. */
import type { Mark } from "../model/catch_up";
import type { KeptRow } from "../model/rows";
import type { Database } from "./database";

/** `nextPlace` is the place of the next row to arrive. */
export interface Place {
  readonly cursor: string | null;
  readonly nextPlace: number;
  readonly checkedAt: number | null;
}

export interface Kept {
  readonly rows: readonly KeptRow[];
  readonly cursor: string;
  readonly checkedAt: number;
  readonly mark: Mark | null;
}

export const MOST_ROWS = 20_000; // older ones leave the device; the journal has them still
const CHUNK = 2_000;
const TABLES = ["rows", "marks", "meta"] as const;

export class Device {
  constructor(private readonly db: Database) {}

  async place(): Promise<Place> {
    const meta = this.db.transaction("meta").store;
    const [cursor, nextPlace, checkedAt] = await Promise.all([meta.get("cursor"), meta.get("next"), meta.get("checked")]);
    return {
      cursor: (cursor as string | undefined) ?? null,
      nextPlace: (nextPlace as number | undefined) ?? 0,
      checkedAt: (checkedAt as number | undefined) ?? null,
    };
  }

  /** Rows from `place` on, in chunks, so that no task is long. */
  async *rowsFrom(place: number): AsyncGenerator<KeptRow[]> {
    for (let from = place; ; ) {
      const rows = await this.db.getAll("rows", IDBKeyRange.lowerBound(from), CHUNK);
      if (rows.length === 0) return;
      yield rows;
      from = rows.at(-1)!.place + 1;
    }
  }

  marks(): Promise<Mark[]> {
    return this.db.getAll("marks");
  }

  async keep({ rows, cursor, checkedAt, mark }: Kept): Promise<void> {
    const transaction = this.db.transaction(TABLES, "readwrite");
    const [table, meta] = [transaction.objectStore("rows"), transaction.objectStore("meta")];
    const last = rows.at(-1);
    const writes: Promise<unknown>[] = rows.map((row) => table.add(row));
    if (last) writes.push(meta.put(last.place + 1, "next"), table.delete(IDBKeyRange.upperBound(last.place - MOST_ROWS)));
    if (mark) writes.push(transaction.objectStore("marks").put(mark));
    writes.push(meta.put(cursor, "cursor"), meta.put(checkedAt, "checked"), transaction.done);
    await Promise.all(writes);
  }

  async noteChecked(checkedAt: number): Promise<void> {
    await this.db.put("meta", checkedAt, "checked");
  }
}
