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
    let unseen = since === null ? await this.#known(folder) : null;
    for (let more = true; more && !this.#isStopped; ) {
      const { status, body, retryAfterMs } = await getDelta(folder, since);
      if (status === 410 && since !== null) {
        [since, unseen] = [null, await this.#known(folder)];
        continue;
      }
      if (!body) return this.#tryLater(folder, status, retryAfterMs);
      ({ since, more } = body);
      for (const { id } of body.messages) unseen?.delete(id);
      const removed = more || !unseen ? body.removed : [...body.removed, ...unseen];
      await this.store.change(folder, { heads: body.messages, removed, since });
      if (body.messages.length || removed.length) this.fresh(folder);
    }
  }

  /** A round without a link tells all that is there, and nothing of what went: that is what it does not tell. */
  async #known(folder: string): Promise<Set<string>> {
    return new Set((await this.store.heads(folder)).map(({ id }) => id));
  }

  #tryLater(folder: string, status: number, retryAfterMs: number | null): void {
    if (status !== 0 && status !== 429 && status < 500) return; // refused: a later look or news asks again
    this.#wanted.add(folder);
    this.#later(Math.max(AGAIN_MS, retryAfterMs ?? 0));
  }
}
