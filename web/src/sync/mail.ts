/** Mail in this tab: folders, the list, the open message, the outbox. The leading tab also reads deltas and sends. */
import { type Folder, type Head, INBOX, keyOf, subjectOf } from "../model/mail";
import type { Item } from "../model/outbox";
import { nounOf, type Row } from "../model/rows";
import type { Database } from "./database";
import { OpenLetter } from "./letter";
import { getFolders } from "./mail_api";
import { MailDelta } from "./mail_delta";
import { MailList } from "./mail_list";
import { MailStore } from "./mail_store";
import { Outbox } from "./outbox";
import { OutboxStore } from "./outbox_store";
import { Own } from "./own";
import type { MailNews } from "./tabs";

export class Mail {
  folders: readonly Folder[] = [];
  letter: OpenLetter | null = null;
  notice = ""; // what became of something done a while ago
  outbox: Outbox;
  own: Own;
  readonly list: MailList;
  #store: MailStore | null = null;
  #delta: MailDelta | null = null;
  #isOpen = false; // has the mail been looked at in this tab?

  constructor(
    private readonly changed: () => void,
    private readonly tell: (news: MailNews) => void,
  ) {
    this.list = new MailList(changed);
    this.outbox = this.#outboxOn(null);
    this.own = this.#ownOn(null);
  }

  /** Before anything else; `db` null where nothing is kept. */
  async start(db: Database | null): Promise<void> {
    this.#store = this.list.store = db && new MailStore(db);
    this.outbox = this.#outboxOn(db);
    this.own = this.#ownOn(db);
    await Promise.all([this.own.load(), this.outbox.load()]);
    if (!db) await this.lead(); // nothing is shared with other tabs
  }

  async lead(): Promise<void> {
    if (this.#store) {
      this.#delta ??= new MailDelta(this.#store, (folder) => {
        this.tell({ kind: "mail", folder });
        void this.#freshen(folder);
      });
      void this.#store.prune();
    }
    await this.outbox.lead();
    this.#ask();
  }

  /** The mail is looked at: this folder, this message. */
  async open(folder: string, messageId: string): Promise<void> {
    this.#isOpen = true;
    this.#openLetter(folder, messageId);
    if (folder === this.list.folder && this.list.hasLoaded) return;
    void this.#loadFolders();
    await this.list.open(folder);
    this.#ask();
  }

  /** A look, the network, a start: what may have changed meanwhile. */
  wake(): void {
    this.outbox.wake();
    if (!this.#isOpen) return;
    void this.#loadFolders();
    void this.list.refresh();
    this.#ask();
  }

  async hear(news: MailNews): Promise<void> {
    switch (news.kind) {
      case "mail":
        return this.#freshen(news.folder);
      case "mail-ask":
        return this.#delta?.ask(news.folder);
      case "outbox":
        await this.outbox.load();
        return this.outbox.pump();
      case "own":
        this.own.add(news.keys);
        return this.changed();
    }
  }

  /** Rows of the feed that came just now: a change of a message is news for the list. */
  noticed(rows: readonly Row[]): void {
    this.outbox.wake();
    if (rows.some((row) => nounOf(row) === "message")) this.#ask();
  }

  /** A head with what waits in the outbox for it. */
  shown<T extends Head>(head: T): T {
    const is_read = this.outbox.markOf(head.id);
    return is_read === undefined || is_read === head.is_read ? head : { ...head, is_read };
  }

  async mark(head: Head, isRead: boolean): Promise<void> {
    await this.outbox.mark(head.id, isRead, subjectOf(head));
  }

  end(): void {
    this.#delta?.stop();
    this.#delta = null;
    this.#store = this.list.store = null;
    this.outbox.retire();
    this.own.clear();
    this.list.clear();
    this.folders = [];
    this.letter = null;
    this.#isOpen = false;
  }

  #openLetter(folder: string, messageId: string): void {
    if (!messageId) this.letter = null;
    if (!messageId || this.letter?.id === messageId) return;
    const letter = new OpenLetter(messageId, folder, this.#store, this.changed);
    this.letter = letter;
    void letter.load().then(() => {
      const { message } = letter;
      if (message && this.letter === letter && !this.shown(message).is_read) void this.mark(message, true);
    });
  }

  async #loadFolders(): Promise<void> {
    if (this.folders.length === 0) this.folders = (await this.#store?.folders()) ?? [];
    this.changed();
    const { body } = await getFolders();
    if (!body) return;
    this.folders = body.folders.toSorted((a, b) => Number(keyOf(b) === INBOX) - Number(keyOf(a) === INBOX));
    await this.#store?.keepFolders(this.folders).catch(() => {});
    this.changed();
  }

  #ask(): void {
    if (!this.#isOpen) return;
    if (this.#delta) this.#delta.ask(this.list.folder);
    else this.tell({ kind: "mail-ask", folder: this.list.folder });
  }

  async #freshen(folder: string): Promise<void> {
    if (folder !== this.list.folder || !this.#isOpen) return;
    await this.list.fromDevice();
    void this.#loadFolders();
  }

  async #ended(item: Item, head: Head | null): Promise<void> {
    if (item.state === "failed") {
      if (item.what.kind === "mark") this.notice = `“${item.title}” could not be marked: ${item.fault}`;
      return;
    }
    if (item.sentId && item.what.kind !== "mark") await this.own.note(item.sentId);
    if (!head) return;
    await this.own.note(head.id, head.version);
    const known = await this.#store?.head(head.id);
    if (known) await this.#store?.change(known.folder, { heads: [head] });
    this.list.take(head);
    if (this.letter?.message?.id === head.id) this.letter.message = { ...this.letter.message, ...head };
    if (known) this.tell({ kind: "mail", folder: known.folder });
    void this.#loadFolders();
  }

  #outboxOn(db: Database | null): Outbox {
    return new Outbox(new OutboxStore(db), {
      changed: this.changed,
      tell: () => this.tell({ kind: "outbox" }),
      ended: (item, head) => this.#ended(item, head),
      signedOut: this.changed,
    });
  }

  #ownOn(db: Database | null): Own {
    return new Own(db, (keys) => this.tell({ kind: "own", keys }));
  }
}
