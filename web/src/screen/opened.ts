/** What the address names: the event, rejection or dead letter on the right, and what is fetched for it. */
import type { Row } from "../model/rows";
import { getEvent } from "../sync/api";
import type { Got } from "../sync/http";
import { type DeadLetterDetails, getDeadLetter, getRejection, type RejectionDetails } from "../sync/management_api";
import { Remote } from "../sync/remote";
import type { Tab } from "./inspector";
import { type Route, routeOf } from "./route";

export class Opened {
  route: Route = { kind: "events" };
  tab: Tab = "Overview";
  selected = ""; // the key of a line
  details: Remote<Row & { event: unknown }> | null = null;
  rejection: Remote<RejectionDetails> | null = null;
  deadLetter: Remote<DeadLetterDetails> | null = null;

  constructor(private readonly changed: () => void) {}

  /** Does the right column show something of its own? On a narrow screen it then covers the list. */
  get hasDetail(): boolean {
    return this.route.kind === "compose" || ("id" in this.route && this.route.id !== "");
  }

  get eventId(): string {
    return this.route.kind === "event" ? this.route.id : "";
  }

  follow(hash: string): void {
    const route = routeOf(hash);
    this.route = route;
    const idOf = (kind: Route["kind"]): string => (route.kind === kind && "id" in route ? route.id : "");
    if (this.eventId) this.#openEvent(this.eventId);
    this.rejection = this.#fetched(idOf("quarantine"), getRejection);
    this.deadLetter = this.#fetched(idOf("dead-letters"), getDeadLetter);
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
