/** Mail as it is kept on this device: heads by folder, texts of messages that were read, at most 30 days or 50 MB. */
import { type Folder, type Head, keyOf, receivedAt } from "../model/mail";
import type { Database, KeptBody } from "./database";

export const KEPT_MS = 30 * 86_400_000;
const MOST_CHARACTERS = 25_000_000; // two bytes each at the worst

/** What a delta page, a list's page or an answer changes. `since` undefined: the link stays as it is. */
export interface Change {
  readonly heads: readonly Head[];
  readonly removed?: readonly string[];
  readonly since?: string | null;
}

export class MailStore {
  constructor(private readonly db: Database) {}

  async heads(folder: string): Promise<Head[]> {
    return (await this.db.getAllFromIndex("heads", "folder", folder)).map(({ head }) => head);
  }

  async head(id: string): Promise<{ folder: string; head: Head } | undefined> {
    return this.db.get("heads", id);
  }

  async folders(): Promise<Folder[]> {
    return (await this.db.getAll("folders")).flatMap(({ folder }) => folder ?? []);
  }

  async keepFolders(folders: readonly Folder[]): Promise<void> {
    const transaction = this.db.transaction("folders", "readwrite");
    const known = new Map((await transaction.store.getAll()).map((one) => [one.key, one.since] as const));
    await transaction.store.clear();
    const puts = folders.map((folder) => transaction.store.put({ key: keyOf(folder), folder, since: known.get(keyOf(folder)) ?? null }));
    await Promise.all([...puts, transaction.done]);
  }

  async since(folder: string): Promise<string | null> {
    return (await this.db.get("folders", folder))?.since ?? null;
  }

  /** In one transaction: a link never stands beside heads that are older than it. */
  async change(folder: string, { heads, removed = [], since }: Change): Promise<void> {
    const transaction = this.db.transaction(["heads", "bodies", "folders"], "readwrite");
    const [table, bodies, folders] = [transaction.objectStore("heads"), transaction.objectStore("bodies"), transaction.objectStore("folders")];
    const young = heads.filter((head) => receivedAt(head) > Date.now() - KEPT_MS);
    const writes: Promise<unknown>[] = young.map((head) => table.put({ id: head.id, folder, at: receivedAt(head), head }));
    const gone = await Promise.all(removed.map((id) => table.get(id)));
    for (const { id } of gone.filter((one) => one?.folder === folder).flatMap((one) => one ?? [])) {
      writes.push(table.delete(id), bodies.delete(id)); // a message that moved has its new folder by now, or gets it
    }
    if (since !== undefined) {
      const known = await folders.get(folder);
      writes.push(folders.put({ key: folder, folder: known?.folder ?? null, since }));
    }
    await Promise.all([...writes, transaction.done]);
  }

  async body(id: string): Promise<KeptBody | undefined> {
    return this.db.get("bodies", id);
  }

  async keepBody(body: KeptBody): Promise<void> {
    if (body.at <= Date.now() - KEPT_MS) return;
    await this.db.put("bodies", body);
    await this.prune();
  }

  /** Drops what is too old, and the oldest texts until the rest is small enough. */
  async prune(): Promise<void> {
    const transaction = this.db.transaction(["heads", "bodies"], "readwrite");
    const oldest = IDBKeyRange.upperBound(Date.now() - KEPT_MS);
    for (const name of ["heads", "bodies"] as const) {
      const table = transaction.objectStore(name);
      for (const id of await table.index("at").getAllKeys(oldest)) await table.delete(id);
    }
    let left = MOST_CHARACTERS;
    for (let at = await transaction.objectStore("bodies").index("at").openCursor(null, "prev"); at; at = await at.continue()) {
      left -= at.value.size;
      if (left < 0) await at.delete();
    }
    await transaction.done;
  }
}
