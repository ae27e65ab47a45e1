/** The outbox of this tab: every tab shows it and puts into it; one, which leads, carries it out. */
import { after, again, canUndo, due, isOpen, type Item, type Letter, letterItem, markItem, type Outcome, tried } from "../model/outbox";
import type { Head } from "../model/mail";
import { carryOut } from "./mail_api";
import type { OutboxStore } from "./outbox_store";

const KEPT_SENT_MS = 24 * 3_600_000;

export interface OutboxPorts {
  changed(): void;
  tell(): void; // the other tabs
  ended(item: Item, head: Head | null): Promise<void>; // sent, or refused for good
  signedOut(): void;
}

export class Outbox {
  items: readonly Item[] = [];
  needsSignIn = false;
  #isLeading = false;
  #isBusy = false;

  constructor(
    private readonly store: OutboxStore,
    private readonly ports: OutboxPorts,
  ) {}

  get open(): Item[] {
    return this.items.filter((item) => isOpen(item) || item.state === "failed");
  }

  /** The newest letter that can still be taken back. */
  undoable(now: number): Item | undefined {
    return this.items.findLast((item) => item.what.kind !== "mark" && canUndo(item) && item.notBefore > now);
  }

  /** How a message is marked by what waits here; undefined where nothing does. */
  markOf(messageId: string): boolean | undefined {
    const item = this.items.find(({ id, state }) => id === `mark ${messageId}` && state !== "failed");
    return item?.what.kind === "mark" ? item.what.is_read : undefined;
  }

  async load(): Promise<void> {
    this.items = await this.store.all();
    this.ports.changed();
  }

  async lead(): Promise<void> {
    this.#isLeading = true;
    await this.load();
    for (const item of this.items) if (isOld(item)) await this.store.change(item.id, () => null);
    void this.pump();
  }

  retire(): void {
    this.#isLeading = false;
    this.items = [];
  }

  async send(letter: Letter, title: string): Promise<Item> {
    const item = letterItem(crypto.randomUUID(), letter, title, Date.now());
    await this.#put(item);
    return item;
  }

  async mark(messageId: string, isRead: boolean, title: string): Promise<void> {
    await this.#put(markItem(messageId, isRead, title, Date.now()));
  }

  /** The letter, if it was still here to be taken back. */
  async undo(id: string): Promise<Letter | null> {
    let letter: Letter | null = null;
    await this.store.change(id, (item) => {
      if (item.what.kind === "mark" || !canUndo(item)) return item;
      letter = item.what;
      return null;
    });
    await this.#spread();
    return letter;
  }

  async discard(id: string): Promise<void> {
    await this.store.change(id, (item) => (item.state === "failed" || item.state === "sent" ? null : item));
    await this.#spread();
  }

  async tryAgain(id: string, letter?: Letter): Promise<void> {
    await this.store.change(id, (item) => (item.state === "failed" ? again(item, Date.now(), letter ?? item.what) : item));
    await this.#spread();
    this.wake();
  }

  /** Something speaks for trying now: a start, the network, a look, news. */
  wake(): void {
    if (this.#isLeading) void this.pump();
    else if (due(this.items, Date.now())) this.ports.tell();
  }

  /** Carries out what is due, one after the other. */
  async pump(): Promise<void> {
    if (this.#isBusy || !this.#isLeading || !navigator.onLine) return;
    this.#isBusy = true;
    try {
      for (let item = await this.#next(); item; item = await this.#next()) await this.#carryOut(item);
    } finally {
      this.#isBusy = false;
    }
  }

  async #next(): Promise<Item | null> {
    const item = this.#isLeading && navigator.onLine ? due(await this.store.all(), Date.now()) : undefined;
    if (!item) return null;
    const taken = await this.store.change(item.id, (known) => (isOpen(known) ? tried(known) : known));
    await this.#spread();
    return taken?.state === "sending" ? taken : null;
  }

  async #carryOut(item: Item): Promise<void> {
    const { outcome, head } = await carryOut(item);
    this.#noteSession(outcome);
    const done = after(item, outcome, Date.now());
    if (!isOpen(done)) await this.ports.ended(done, head);
    const isMark = item.what.kind === "mark";
    // a mark that is done, or refused, leaves; unless the person has changed their mind meanwhile
    await this.store.change(item.id, (known) => (known.madeAt !== item.madeAt ? known : isMark && !isOpen(done) ? null : done));
    await this.#spread();
  }

  #noteSession(outcome: Outcome): void {
    if (outcome.status === 401 && !this.needsSignIn) this.ports.signedOut();
    this.needsSignIn = outcome.status === 401;
  }

  async #put(item: Item): Promise<void> {
    await this.store.put(item);
    await this.#spread();
    this.wake();
  }

  async #spread(): Promise<void> {
    await this.load();
    this.ports.tell();
  }
}

function isOld(item: Item): boolean {
  return item.state === "sent" && Date.now() - item.notBefore > KEPT_SENT_MS;
}
