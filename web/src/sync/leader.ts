/** What the leading tab does for all: pulls, writes to the device, tells when it was away, keeps the push connection. */
import { grown, type Mark, wasAway } from "../model/catch_up";
import { narrowed, UNKNOWN } from "../model/clock_offset";
import type { Link } from "../model/link";
import { keptRow, type KeptRow, type Row } from "../model/rows";
import { pullPage } from "./api";
import type { Device, Place } from "./device";
import { Puller } from "./puller";
import { Push } from "./push";

export interface LeaderPorts {
  isKnown(id: string): boolean;
  kept(rows: readonly KeptRow[], mark: Mark | null): void;
  link(change: Partial<Link>): void;
  notKept(): void;
  signedOut(): void;
}

const NO_PLACE: Place = { cursor: null, nextPlace: 0, checkedAt: null };

export class Leader {
  #mark: Mark | null = null; // of the catch-up under way
  #wasCut = false;
  #isOffline = !navigator.onLine;
  #isLooking = false; // once all that came before is here
  #caught = 0;
  #offset = UNKNOWN;
  #nextPlace: number;
  #checkedAt: number | null;
  readonly #puller: Puller;
  readonly #push: Push;

  static async start(device: Device | null, ports: LeaderPorts): Promise<Leader> {
    return new Leader(device, ports, (await device?.place()) ?? NO_PLACE);
  }

  private constructor(
    private device: Device | null,
    private readonly ports: LeaderPorts,
    place: Place,
  ) {
    this.#nextPlace = place.nextPlace;
    this.#checkedAt = place.checkedAt;
    this.#puller = new Puller(
      {
        pull: (cursor) => pullPage(cursor, (answer) => (this.#offset = narrowed(this.#offset, answer))),
        keep: (rows, cursor, isAnew) => this.#keep(rows, cursor, isAnew),
        settled: () => this.#settled(),
        failed: (fault, ms) => this.#failed(fault, ms),
        signedOut: () => ports.signedOut(),
        later: (ms, act) => {
          const timer = setTimeout(act, ms);
          return () => clearTimeout(timer);
        },
      },
      place.cursor,
    );
    this.#push = new Push({ news: () => this.ask(), state: (push) => ports.link({ push }) });
    void this.#push.run();
  }

  ask(): void {
    this.#puller.ask();
  }

  /** The network went: what comes after is a catch-up. */
  cut(): void {
    this.#isOffline = true;
    this.#wasCut = true;
  }

  /** The network is back. */
  hurry(): void {
    this.#isOffline = false;
    this.#push.hurry();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#puller.stop(), this.#push.stop()]);
  }

  async #keep(given: readonly Row[], cursor: string, isAnew: boolean): Promise<void> {
    const now = Date.now();
    const fresh = unlike(given, (id) => this.ports.isKnown(id));
    this.#mark = this.#markFor(fresh, isAnew, now);
    const mark = this.#mark?.id ?? null;
    const isLive = this.#isLooking && mark === null;
    const rows = fresh.map((row, index) => keptRow(row, { place: this.#nextPlace + index, arrived: now, mark, isLive }));
    await this.#write(rows, cursor, now);
    this.#nextPlace += rows.length;
    this.#caught += rows.length;
    if (rows.length || isAnew) this.ports.kept(rows, this.#mark);
    if (this.#mark || this.#caught > rows.length) this.ports.link({ pull: "catching-up", caught: this.#caught });
  }

  /** The mark of an absence begins with its first row: who was away and missed nothing needs none. */
  #markFor(fresh: readonly Row[], isAnew: boolean, now: number): Mark | null {
    if (this.#mark) return grown(this.#mark, fresh, now);
    const isAway = wasAway(this.#checkedAt, this.#wasCut, now);
    if (!isAnew && !(isAway && fresh.length)) return null;
    const kind = isAnew ? "trimmed" : "caught-up";
    return grown({ id: now, kind, from: this.#checkedAt ?? now, to: now, count: 0, recovered: 0 }, fresh, now);
  }

  async #write(rows: readonly KeptRow[], cursor: string, now: number): Promise<void> {
    try {
      await this.device?.keep({ rows, cursor, checkedAt: this.#checkedAt ?? now, mark: this.#mark });
    } catch {
      this.device = null; // full or forbidden: the page goes on without, and says so
      this.ports.notKept();
    }
  }

  #settled(): void {
    this.#checkedAt = Date.now();
    this.#mark = null;
    this.#wasCut = this.#isOffline; // an answer that was under way when the network went ends no absence
    this.#isLooking = true;
    this.#caught = 0;
    void this.device?.noteChecked(this.#checkedAt).catch(() => this.ports.notKept());
    const { low, high } = this.#offset;
    const link = { pull: "settled", fault: "", retryAt: null, caught: 0, checkedAt: this.#checkedAt } as const;
    this.ports.link({ ...link, clock: { low, high } });
  }

  #failed(fault: string, ms: number): void {
    this.#wasCut = this.#checkedAt !== null;
    this.ports.link({ pull: "failed", fault, retryAt: Date.now() + ms });
  }
}

/** Rows that are not on this device yet, each once. */
function unlike(rows: readonly Row[], isKnown: (id: string) => boolean): Row[] {
  const byId = new Map(rows.map((row) => [row.id, row] as const));
  return [...byId.values()].filter((row) => !isKnown(row.id));
}
