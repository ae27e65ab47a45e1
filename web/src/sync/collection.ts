/** The rows of this tab, in order and each once. */
import { inOrder, type KeptRow } from "../model/rows";
import { MOST_ROWS } from "./device";

export class Collection {
  rows: KeptRow[] = []; // ascending
  readonly #ids = new Set<string>();
  #lastPlace = -1;

  get lastPlace(): number {
    return this.#lastPlace;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  find(id: string): KeptRow | undefined {
    return this.#ids.has(id) ? this.rows.find((row) => row.id === id) : undefined;
  }

  /** Takes in what is new of `rows`. */
  add(rows: readonly KeptRow[]): KeptRow[] {
    const fresh = rows.filter((row) => !this.#ids.has(row.id));
    if (fresh.length === 0) return fresh;
    for (const row of fresh) {
      this.#ids.add(row.id);
      this.#lastPlace = Math.max(this.#lastPlace, row.place);
    }
    const joined = [...this.rows, ...fresh];
    this.rows = isInOrder(joined, this.rows.length) ? joined : joined.sort(inOrder);
    this.#dropOldest();
    return fresh;
  }

  clear(): void {
    this.rows = [];
    this.#ids.clear();
    this.#lastPlace = -1;
  }

  /** As the device does: by place, so that both hold the same rows. */
  #dropOldest(): void {
    if (this.rows.length <= MOST_ROWS) return;
    const first = this.#lastPlace - MOST_ROWS;
    for (const row of this.rows) if (row.place <= first) this.#ids.delete(row.id);
    this.rows = this.rows.filter((row) => row.place > first);
  }
}

function isInOrder(rows: readonly KeptRow[], from: number): boolean {
  for (let index = Math.max(1, from); index < rows.length; index++) {
    if (inOrder(rows[index - 1]!, rows[index]!) > 0) return false;
  }
  return true;
}
