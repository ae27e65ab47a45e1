/** The feed of this tab: starts from the device, then either leads (pulls and is pushed to) or follows the tab that does. */
import { type Mark } from "../model/catch_up";
import { FIRST_LINK, type Link } from "../model/link";
import type { KeptRow } from "../model/rows";
import { Collection } from "./collection";
import { claimFor, type Database, openDatabase, wipe } from "./database";
import { Device } from "./device";
import { Leader } from "./leader";
import { Mail } from "./mail";
import { leave, type Session, whoIsThere } from "./session";
import { type News, Tabs } from "./tabs";

const ASK_MS = 60_000;
const ASK_WITHOUT_PUSH_MS = 15_000;

export type Phase = "starting" | "running" | "signed-out";

export class Feed {
  readonly collection = new Collection();
  readonly marks = new Map<number, Mark>();
  phase: Phase = "starting";
  who = "";
  link: Link = { ...FIRST_LINK, isOffline: !navigator.onLine };
  isKept = true; // on this device
  hasLoaded = false;
  readonly mail: Mail;
  readonly #tabs = new Tabs((news) => void this.#hear(news));
  #db: Database | null = null;
  #device: Device | null = null;
  #leader: Leader | null = null;
  #lastAsked = Date.now();

  /** `changed` is told of everything; `arrived` of rows that came just now. */
  constructor(
    private readonly changed: () => void,
    private readonly arrived: (rows: readonly KeptRow[]) => void,
  ) {
    this.mail = new Mail(changed, (news) => this.#tabs.tell(news));
  }

  get rows(): readonly KeptRow[] {
    return this.collection.rows;
  }

  async start(): Promise<void> {
    this.#db = await openDatabase();
    this.#device = this.#db && new Device(this.#db);
    this.isKept = this.#db !== null;
    const session = await this.#identified();
    if (session.kind === "signed-out") return this.#showSignedOut();
    await this.mail.start(this.#db);
    this.#become("running");
    this.#listen();
    await this.#load();
    this.#tabs.tell({ kind: "hello" });
    this.#tabs.stand(() => this.#lead());
  }

  ask(): void {
    this.#lastAsked = Date.now();
    if (this.#leader) this.#leader.ask();
    else this.#tabs.tell({ kind: "ask" });
  }

  /** Wipes this device in every tab, then leaves. */
  async signOut(): Promise<void> {
    this.#tabs.tell({ kind: "signed-out", isWiped: true });
    await this.#end(true);
    await forgetShell();
    leave();
  }

  async #identified(): Promise<Session> {
    const session = await whoIsThere();
    if (session.kind === "known") {
      if (this.#db) await claimFor(this.#db, session.user);
      this.who = session.name;
    }
    return session;
  }

  async #load(): Promise<void> {
    for (const mark of (await this.#device?.marks()) ?? []) this.marks.set(mark.id, mark);
    await this.#loadRows();
    const place = await this.#device?.place();
    this.#linkTo({ checkedAt: place?.checkedAt ?? null });
    this.hasLoaded = true;
    this.changed();
  }

  async #loadRows(): Promise<void> {
    if (!this.#device) return;
    for await (const rows of this.#device.rowsFrom(this.collection.lastPlace + 1)) {
      this.collection.add(rows);
      this.changed();
    }
  }

  async #lead(): Promise<void> {
    if (this.phase !== "running") return;
    await this.#loadRows(); // the tab that led before may have died between writing and telling
    this.#leader = await Leader.start(this.#device, {
      isKnown: (id) => this.collection.has(id),
      kept: (rows, mark) => {
        this.#tabs.tell({ kind: "kept", rows, mark });
        this.#take(rows, mark);
      },
      link: (change) => {
        this.#linkTo(change);
        this.#tabs.tell({ kind: "link", link: this.link });
      },
      notKept: () => (this.isKept = false),
      signedOut: () => {
        this.#tabs.tell({ kind: "signed-out", isWiped: false });
        void this.#showSignedOut();
      },
    });
    this.#leader.ask();
    await this.mail.lead();
  }

  async #hear(news: News): Promise<void> {
    if (this.phase !== "running") return;
    switch (news.kind) {
      case "kept":
        return this.#take(news.rows, news.mark);
      case "link":
        return this.#linkTo({ ...news.link, isOffline: !navigator.onLine });
      case "ask":
        return this.#leader?.ask();
      case "hello":
        if (this.#leader) this.#tabs.tell({ kind: "link", link: this.link });
        return;
      case "signed-out":
        return news.isWiped ? this.#end(true) : this.#showSignedOut();
      default:
        return this.mail.hear(news);
    }
  }

  #take(rows: readonly KeptRow[], mark: Mark | null): void {
    if (mark) this.marks.set(mark.id, mark);
    const fresh = this.collection.add(rows);
    if (fresh.length) this.arrived(fresh);
    if (fresh.length) this.mail.noticed(fresh);
    this.changed();
  }

  #linkTo(change: Partial<Link>): void {
    this.link = { ...this.link, ...change };
    this.changed();
  }

  #showSignedOut(): Promise<void> {
    return this.#end(false);
  }

  async #end(isWiped: boolean): Promise<void> {
    this.#become("signed-out");
    this.collection.clear();
    this.marks.clear();
    this.who = "";
    this.mail.end();
    await this.#leader?.stop();
    if (isWiped && this.#db) await wipe(this.#db); // after the last write of a pull that was under way
    this.#leader = null;
    this.#tabs.retire();
    this.changed();
  }

  #become(phase: Phase): void {
    this.phase = phase;
    this.changed();
  }

  #listen(): void {
    addEventListener("online", () => {
      this.#linkTo({ isOffline: false });
      this.#leader?.hurry();
      this.ask();
      this.mail.wake();
    });
    addEventListener("offline", () => {
      this.#leader?.cut();
      this.#linkTo({ isOffline: true });
    });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.ask();
      this.mail.wake();
    });
    setInterval(() => this.#askIfDue(), 1_000);
  }

  #askIfDue(): void {
    if (this.phase === "running") this.mail.outbox.wake();
    const pause = this.link.push === "live" ? ASK_MS : ASK_WITHOUT_PUSH_MS;
    if (this.phase === "running" && !this.link.isOffline && Date.now() - this.#lastAsked >= pause) this.ask();
  }
}

/** Also the kept shell goes: the next visit installs it anew. */
async function forgetShell(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const [registrations, names] = await Promise.all([navigator.serviceWorker.getRegistrations(), caches.keys()]);
  await Promise.all([...registrations.map((one) => one.unregister()), ...names.map((name) => caches.delete(name))]);
}
