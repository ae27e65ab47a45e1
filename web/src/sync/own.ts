/** What this person wrote on this page, so that its echo in the feed is known; kept on this device, shared by all tabs. */
import { ownKey } from "../model/own";
import type { Database } from "./database";

const KEPT_MS = 9 * 86_400_000; // as long as the journal

export class Own {
  keys: ReadonlySet<string> = new Set();

  constructor(
    private readonly db: Database | null,
    private readonly tell: (keys: readonly string[]) => void,
  ) {}

  async load(): Promise<void> {
    if (!this.db) return;
    const transaction = this.db.transaction("own", "readwrite");
    for (let at = await transaction.store.openCursor(); at; at = await at.continue()) {
      if (at.value < Date.now() - KEPT_MS) await at.delete();
    }
    this.add((await transaction.store.getAllKeys()) as string[]);
    await transaction.done;
  }

  /** A message as we left it; or one that we sent, in any version. */
  async note(id: string, version?: string): Promise<void> {
    const key = ownKey(id, version);
    this.add([key]);
    this.tell([key]);
    await this.db?.put("own", Date.now(), key);
  }

  add(keys: readonly string[]): void {
    if (keys.length) this.keys = new Set([...this.keys, ...keys]);
  }

  clear(): void {
    this.keys = new Set();
  }
}
