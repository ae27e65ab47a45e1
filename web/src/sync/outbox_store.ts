/** The outbox as it is kept on this device; where nothing is kept, in memory. */
import type { Item } from "../model/outbox";
import type { Database } from "./database";

export class OutboxStore {
  readonly #memory = new Map<string, Item>();

  constructor(private readonly db: Database | null) {}

  async all(): Promise<Item[]> {
    const items = this.db ? await this.db.getAll("outbox") : [...this.#memory.values()];
    return items.sort((a, b) => a.madeAt - b.madeAt);
  }

  async put(item: Item): Promise<void> {
    if (this.db) await this.db.put("outbox", item);
    else this.#memory.set(item.id, item);
  }

  /** Reads and writes in one transaction, so that two tabs can't both change an item. Null drops it, as does no item. */
  async change(id: string, act: (item: Item) => Item | null): Promise<Item | null> {
    if (!this.db) return this.#changeInMemory(id, act);
    const transaction = this.db.transaction("outbox", "readwrite");
    const item = await transaction.store.get(id);
    const changed = item ? act(item) : null;
    if (changed) await transaction.store.put(changed);
    else if (item) await transaction.store.delete(id);
    await transaction.done;
    return changed;
  }

  #changeInMemory(id: string, act: (item: Item) => Item | null): Item | null {
    const item = this.#memory.get(id);
    const changed = item ? act(item) : null;
    if (changed) this.#memory.set(id, changed);
    else this.#memory.delete(id);
    return changed;
  }
}
