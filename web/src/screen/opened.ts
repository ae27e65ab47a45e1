/** What the address names: the event or the rejection on the right, and what is fetched for it. */
import type { Row } from "../model/rows";
import { getEvent, getRejection, type Got } from "../sync/api";
import { Remote } from "../sync/remote";
import type { Tab } from "./inspector";
import type { RejectionDetails } from "./quarantine";
import { type Route, routeOf } from "./route";

export class Opened {
  route: Route = { kind: "events" };
  tab: Tab = "Overview";
  selected = ""; // the key of a line
  details: Remote<Row & { event: unknown }> | null = null;
  rejection: Remote<RejectionDetails> | null = null;

  constructor(private readonly changed: () => void) {}

  get hasDetail(): boolean {
    return this.route.kind === "event" || this.rejectionId !== "";
  }

  get eventId(): string {
    return this.route.kind === "event" ? this.route.id : "";
  }

  get rejectionId(): string {
    return this.route.kind === "quarantine" ? this.route.id : "";
  }

  follow(hash: string): void {
    this.route = routeOf(hash);
    if (this.eventId) this.#openEvent(this.eventId);
    this.rejection = this.#fetched(this.rejectionId, getRejection);
    this.changed();
  }

  #openEvent(id: string): void {
    this.selected = id;
    this.details = this.#fetched(id, getEvent);
  }

  #fetched<T>(id: string, get: (id: string) => Promise<Got<T>>): Remote<T> | null {
    if (!id) return null;
    const remote = new Remote(() => get(id), this.changed);
    void remote.load();
    return remote;
  }
}
