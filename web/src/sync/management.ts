/** What operators see and do: subscriptions, quarantine, dead letters, replay. Whoever is none is told so by the API. */
import type { Got } from "./http";
import {
  type DeadLetter,
  getDeadLetters,
  getQuarantine,
  getRotation,
  getState,
  getSubscriptions,
  type Rejection,
  renew,
  type Replayed,
  replayDeadLetter,
  replayDeadLetters,
  replayEvent,
  replayRejection,
  replayRejections,
  type Rotation,
  type Subscription,
} from "./management_api";
import { Remote } from "./remote";

export class Management {
  readonly subscriptions: Remote<{ subscriptions: Subscription[] }>;
  readonly rotation: Remote<{ rotation: Rotation }>;
  readonly state: Remote<{ now: string; ticked_at: string | null }>;
  readonly quarantine: Remote<{ rejections: Rejection[] }>;
  readonly deadLetters: Remote<{ dead_letters: DeadLetter[] }>;
  readonly busy = new Set<string>(); // names and ids that something is done with
  readonly told = new Map<string, string>(); // what came of it, or why not
  #stateAt = 0;

  constructor(private readonly changed: () => void) {
    this.subscriptions = new Remote(getSubscriptions, changed);
    this.rotation = new Remote(getRotation, changed);
    this.state = new Remote(getState, changed);
    this.quarantine = new Remote(getQuarantine, changed);
    this.deadLetters = new Remote(getDeadLetters, changed);
  }

  get isOperator(): boolean {
    return this.subscriptions.body !== null;
  }

  /** The app's time, ms: a demo moves it. */
  get now(): number {
    const told = this.state.body ? Date.parse(this.state.body.now) : Date.now();
    return told + (this.state.body ? Date.now() - this.#stateAt : 0);
  }

  async refresh(): Promise<void> {
    if (this.subscriptions.isForbidden) return;
    await this.subscriptions.load();
    if (!this.isOperator) return;
    await Promise.all([this.#loadState(), this.rotation.load(), this.quarantine.load(), this.deadLetters.load()]);
  }

  async renew(name: string): Promise<void> {
    await this.#during(name, async () => {
      const { body, fault } = await renew(name);
      this.#tell(name, fault || (body?.actions.find((action) => action.fault)?.fault ?? ""));
      await this.subscriptions.load();
    });
  }

  replayEvent(id: string): Promise<void> {
    return this.#replay(id, () => replayEvent(id), "Its handlers ran again.");
  }

  async replayRejection(id: string, spec: string): Promise<void> {
    await this.#replay(id, () => replayRejection(id, spec), "It is believed now, and in the journal.");
    await this.quarantine.load();
  }

  async replayDeadLetter(id: string): Promise<void> {
    await this.#replay(id, () => replayDeadLetter(id), "It was taken in.");
    await this.deadLetters.load();
  }

  async replayAll(what: "quarantine" | "dead letters"): Promise<void> {
    await this.#during(what, async () => {
      const { body, fault } = await (what === "quarantine" ? replayRejections() : replayDeadLetters());
      this.#tell(what, body ? manyWords(body.replayed) : fault);
      await (what === "quarantine" ? this.quarantine : this.deadLetters).load();
    });
  }

  async #replay(id: string, act: () => Promise<Got<Replayed>>, done: string): Promise<void> {
    await this.#during(id, async () => {
      const { body, fault } = await act();
      this.#tell(id, body?.done ? done : fault || `Not done: ${[body?.reason, body?.detail].filter(Boolean).join(", ")}`);
    });
  }

  async #during(name: string, act: () => Promise<void>): Promise<void> {
    if (this.busy.has(name)) return;
    this.busy.add(name);
    this.changed();
    await act();
    this.busy.delete(name);
    this.changed();
  }

  async #loadState(): Promise<void> {
    await this.state.load();
    this.#stateAt = Date.now();
  }

  #tell(name: string, words: string): void {
    if (words) this.told.set(name, words);
    else this.told.delete(name);
  }
}

function manyWords(replayed: readonly Replayed[]): string {
  const done = replayed.filter((one) => one.done).length;
  return `${done} of ${replayed.length} taken in${done < replayed.length ? "; the others stay, each with its reason" : ""}.`;
}
