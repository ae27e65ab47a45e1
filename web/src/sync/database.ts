/** The page's database on this device: its tables, to whom it belongs, and how it is wiped. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Mark } from "../model/catch_up";
import type { Folder, Head } from "../model/mail";
import type { Item } from "../model/outbox";
import type { KeptRow } from "../model/rows";

/** `at` is when the message was received, ms. */
export interface KeptHead {
  readonly id: string;
  readonly folder: string;
  readonly at: number;
  readonly head: Head;
}

/** `size` in characters. */
export interface KeptBody {
  readonly id: string;
  readonly at: number;
  readonly size: number;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly html: string;
}

/** `key` as the page calls it; `since` is the delta's link, null before its first round. */
export interface KeptFolder {
  readonly key: string;
  readonly folder: Folder | null;
  readonly since: string | null;
}

export interface Schema extends DBSchema {
  rows: { key: number; value: KeptRow; indexes: { id: string } };
  marks: { key: number; value: Mark };
  meta: { key: string; value: string | number };
  heads: { key: string; value: KeptHead; indexes: { folder: string; at: number } };
  bodies: { key: string; value: KeptBody; indexes: { at: number } };
  folders: { key: string; value: KeptFolder };
  outbox: { key: string; value: Item };
  own: { key: string; value: number };
}

export type Database = IDBPDatabase<Schema>;

const ALL = ["rows", "marks", "meta", "heads", "bodies", "folders", "outbox", "own"] as const;

/** Null where the browser gives no storage: the page then lives on what it fetches. */
export async function openDatabase(): Promise<Database | null> {
  try {
    return await openDB<Schema>("graph-pulse", 2, { upgrade: build });
  } catch {
    return null;
  }
}

/** For the person who is signed in; another person's things are wiped first. */
export async function claimFor(db: Database, user: string): Promise<void> {
  const owner = await db.get("meta", "user");
  if (owner !== undefined && owner !== user) await wipe(db);
  await db.put("meta", user, "user");
}

export async function wipe(db: Database): Promise<void> {
  const transaction = db.transaction(ALL, "readwrite");
  await Promise.all([...ALL.map((name) => transaction.objectStore(name).clear()), transaction.done]);
}

function build(db: Database, from: number): void {
  if (from < 1) {
    db.createObjectStore("rows", { keyPath: "place" }).createIndex("id", "id", { unique: true });
    db.createObjectStore("marks", { keyPath: "id" });
    db.createObjectStore("meta");
  }
  if (from < 2) buildMail(db);
}

function buildMail(db: Database): void {
  const heads = db.createObjectStore("heads", { keyPath: "id" });
  heads.createIndex("folder", "folder");
  heads.createIndex("at", "at");
  db.createObjectStore("bodies", { keyPath: "id" }).createIndex("at", "at");
  db.createObjectStore("folders", { keyPath: "key" });
  db.createObjectStore("outbox", { keyPath: "id" });
  db.createObjectStore("own");
}
