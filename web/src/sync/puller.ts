/** Brings the journal to this device: one pull at a time, wishes made meanwhile coalesce, failures are tried again.
 *
 *   idle --ask--> pulling --page, more--> pulling --page, no more--> resting --time is up--> idle (or pulling, if asked
 *   meanwhile): the first of a burst is pulled at once, and after it not every push costs the app a pull
 *   pulling --failed--> waiting --time is up, or ask--> pulling
 *   pulling --trimmed--> pulling without a cursor       pulling --signed out--> stopped
 *
 * The cursor moves only after `keep` has written the rows: a tab that dies in between pulls them once more.
 */
import type { Row } from "../model/rows";
import type { Answer } from "./api";

export interface Ports {
  pull(cursor: string | null): Promise<Answer>;
  /** Writes rows and cursor in one transaction; `isAnew` on pages that follow a trimmed cursor. */
  keep(rows: readonly Row[], cursor: string, isAnew: boolean): Promise<void>;
  settled(): void;
  failed(fault: string, retryInMs: number): void;
  signedOut(): void;
  later(ms: number, act: () => void): () => void;
}

export const REST_MS = 150;
export const FIRST_PAUSE_MS = 1_000;
export const LONGEST_PAUSE_MS = 30_000;

export class Puller {
  #state: "idle" | "pulling" | "resting" | "waiting" | "stopped" = "idle";
  #isAsked = false;
  #isAnew = false;
  #failures = 0;
  #cancelWait = (): void => {};
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly ports: Ports,
    private cursor: string | null,
  ) {}

  ask(): void {
    if (this.#state === "pulling" || this.#state === "resting") this.#isAsked = true;
    if (this.#state !== "idle" && this.#state !== "waiting") return;
    this.#cancelWait();
    this.#state = "pulling";
    this.#running = this.#run();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    this.#cancelWait();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#state === "pulling") {
      this.#isAsked = false;
      const answer = await this.ports.pull(this.cursor).catch(broken);
      if (this.#isStopped()) return;
      await this.#take(answer);
    }
  }

  async #take(answer: Answer): Promise<void> {
    switch (answer.kind) {
      case "page":
        return this.#takePage(answer.rows, answer.cursor, answer.more);
      case "trimmed":
        if (this.cursor === null) return this.#wait("The app refused to begin anew.", null);
        this.cursor = null;
        this.#isAnew = true;
        return;
      case "signed-out":
        this.#state = "stopped";
        return this.ports.signedOut();
      case "failed":
        return this.#wait(answer.fault, answer.retryAfterMs);
    }
  }

  async #takePage(rows: readonly Row[], cursor: string, more: boolean): Promise<void> {
    await this.ports.keep(rows, cursor, this.#isAnew);
    this.cursor = cursor;
    this.#failures = 0;
    if (more || this.#isStopped()) return;
    this.#isAnew = false;
    this.ports.settled();
    this.#state = "resting";
    this.#cancelWait = this.ports.later(REST_MS, () => this.#goOn());
  }

  #goOn(): void {
    this.#state = "idle";
    if (this.#isAsked) this.ask();
  }

  #wait(fault: string, retryAfterMs: number | null): void {
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
    const ms = Math.max(pause, retryAfterMs ?? 0);
    this.#state = "waiting";
    this.#cancelWait = this.ports.later(ms, () => this.ask());
    this.ports.failed(fault, ms);
  }

  #isStopped(): boolean {
    return this.#state === "stopped";
  }
}

function broken(fault: unknown): Answer {
  return { kind: "failed", fault: String(fault), retryAfterMs: null };
}
