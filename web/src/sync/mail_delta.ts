/** Keeps folders on this device fresh by delta; only the leading tab does. Wishes made meanwhile coalesce. */
import { getDelta } from "./mail_api";
import type { MailStore } from "./mail_store";

const SOON_MS = 400; // a burst of news is one wish
const AGAIN_MS = 15_000;

export class MailDelta {
  readonly #wanted = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isBusy = false;
  #isStopped = false;

  /** `fresh` is told of a folder whose heads on this device changed. */
  constructor(
    private readonly store: MailStore,
    private readonly fresh: (folder: string) => void,
  ) {}

  ask(folder: string): void {
    this.#wanted.add(folder);
    this.#later(SOON_MS);
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #later(ms: number): void {
    if (this.#isStopped || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#run();
    }, ms);
  }

  async #run(): Promise<void> {
    if (this.#isBusy) return this.#later(SOON_MS);
    this.#isBusy = true;
    const folders = [...this.#wanted];
    this.#wanted.clear();
    try {
      for (const folder of folders) await this.#follow(folder);
    } catch {
      this.#isStopped = true; // the device takes no more: lists live on their pages
    } finally {
      this.#isBusy = false;
    }
  }

  /** Page by page; each is kept with the link after it, so that what is cut short goes on there. */
  async #follow(folder: string): Promise<void> {
    let since = await this.store.since(folder);
    for (let more = true; more && !this.#isStopped; ) {
      const { status, body, retryAfterMs } = await getDelta(folder, since);
      if (status === 410 && since !== null) {
        await this.#beginAnew(folder);
        since = null;
        continue;
      }
      if (!body) return this.#tryLater(folder, status, retryAfterMs);
      ({ since, more } = body);
      await this.store.change(folder, { heads: body.messages, removed: body.removed, since });
      if (body.messages.length || body.removed.length) this.fresh(folder);
    }
  }

  /** What went meanwhile is not told any more: all heads go, and come again if they are still there. */
  async #beginAnew(folder: string): Promise<void> {
    const known = await this.store.heads(folder);
    await this.store.change(folder, { heads: [], removed: known.map(({ id }) => id), since: null });
  }

  #tryLater(folder: string, status: number, retryAfterMs: number | null): void {
    if (status !== 0 && status !== 429 && status < 500) return; // refused: a later look or news asks again
    this.#wanted.add(folder);
    this.#later(Math.max(AGAIN_MS, retryAfterMs ?? 0));
  }
}
