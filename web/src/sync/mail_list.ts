/** The list of one folder in this tab: from the device at once, then pages of the server, 25 at a time. */
import { type Head, INBOX, merged, receivedAt, withFirstPage } from "../model/mail";
import type { Got } from "./http";
import { getPage, type MailPage } from "./mail_api";
import { KEPT_MS, type MailStore } from "./mail_store";

export class MailList {
  folder = INBOX;
  heads: readonly Head[] = [];
  next: string | null = null; // where older ones are; null at the end, or before the first page
  isLoading = false;
  hasLoaded = false; // from the device
  hasAnswered = false; // the server
  status = 0;
  fault = "";
  #isFirst = true;

  constructor(private readonly changed: () => void) {}

  store: MailStore | null = null;

  async open(folder: string): Promise<void> {
    if (this.folder !== folder || !this.hasLoaded) {
      this.folder = folder;
      this.heads = [];
      this.next = null;
      this.hasLoaded = this.hasAnswered = false;
      this.#isFirst = true;
      await this.fromDevice();
    }
    await this.refresh();
  }

  /** Is what is shown what the device holds, as nobody answers? */
  get isSaved(): boolean {
    return !navigator.onLine || (this.status === 0 && this.fault !== "");
  }

  /** What another tab, or delta, has written down. */
  async fromDevice(): Promise<void> {
    const folder = this.folder;
    const kept = (await this.store?.heads(folder)) ?? [];
    if (folder !== this.folder) return;
    this.heads = merged(this.heads.filter(isOld), kept);
    this.hasLoaded = true;
    this.changed();
  }

  /** The first page again: the quickest way to what is there now. */
  async refresh(): Promise<void> {
    if (!navigator.onLine) return;
    await this.#fetch(null);
  }

  async more(): Promise<void> {
    if (this.next && !this.isLoading) await this.#fetch(this.next);
  }

  /** One message as it is now, by an answer of the server. */
  take(head: Head): void {
    if (this.heads.some(({ id }) => id === head.id)) this.heads = merged(this.heads, [head]);
  }

  clear(): void {
    this.heads = [];
    this.next = null;
    this.hasLoaded = this.hasAnswered = false;
  }

  async #fetch(next: string | null): Promise<void> {
    const folder = this.folder;
    this.isLoading = true;
    this.changed();
    const got = await getPage(folder, next);
    if (folder !== this.folder) return;
    this.isLoading = false;
    this.#note(got);
    if (got.body) await this.#takePage(got.body, next === null);
    this.changed();
  }

  async #takePage({ messages, next }: MailPage, isFirst: boolean): Promise<void> {
    const before = this.heads;
    this.heads = isFirst ? withFirstPage(before, messages, next === null) : merged(before, messages);
    if (!isFirst || this.#isFirst) this.next = next;
    this.#isFirst = false;
    const left = new Set(this.heads.map(({ id }) => id));
    const removed = before.filter(({ id }) => !left.has(id)).map(({ id }) => id);
    await this.store?.change(this.folder, { heads: messages, removed }).catch(() => {});
  }

  #note({ status, fault, body }: Got<unknown>): void {
    this.status = status;
    this.fault = fault;
    this.hasAnswered ||= body !== null;
  }
}

/** Older than the device keeps: such lives in this tab only. */
function isOld(head: Head): boolean {
  return receivedAt(head) <= Date.now() - KEPT_MS;
}
