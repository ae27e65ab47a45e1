/** Journal rows as the feed API gives them, and the words in which the page speaks of them. Pure. */

/** One row of `GET /api/feed`. Times are ISO 8601 in UTC; `change_type` is empty for lifecycle events. `summary` is a line
 * of text where the app read one; `echo`: the change is the app's own write, come back.
 */
export interface Row {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly change_type: string;
  readonly resource: string;
  readonly version: string;
  readonly reader: string;
  readonly time: string;
  readonly accepted_at: string;
  readonly recovered: boolean;
  readonly summary?: string;
  readonly echo?: boolean;
}

/** How a row came to this device. `place` counts arrivals; `arrived` in ms by this clock; `mark` names the catch-up that
 * it came with; `isLive`: the page was looking, so that `arrived` says how long the row took.
 */
export interface Arrival {
  readonly place: number;
  readonly arrived: number;
  readonly mark: number | null;
  readonly isLive: boolean;
}

/** A row on this device; `at` is accepted_at in ms. */
export interface KeptRow extends Row, Arrival {
  readonly at: number;
}

export type Change = "created" | "updated" | "deleted" | "lifecycle";
export const CHANGES: readonly Change[] = ["created", "updated", "deleted", "lifecycle"];

export function keptRow(row: Row, arrival: Arrival): KeptRow {
  return { ...row, ...arrival, at: Date.parse(row.accepted_at) };
}

/** By time of acceptance, then arrival: this keeps each writer's own order, as its pages arrive in it. */
export function inOrder(a: KeptRow, b: KeptRow): number {
  return a.at - b.at || a.place - b.place;
}

export function changeOf(row: Row): Change {
  const said = row.change_type.toLowerCase();
  return CHANGES.find((change) => change === said) ?? "lifecycle";
}

/** "message" for Microsoft.Graph.MessageCreated; "reauthorization required" for a lifecycle event. */
export function nounOf(row: Row): string {
  const known = nouns.get(row.type);
  if (known !== undefined) return known;
  const name = row.type.slice(row.type.lastIndexOf(".") + 1);
  const noun = (name.replace(/(Created|Updated|Deleted)$/i, "") || name).replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  nouns.set(row.type, noun);
  return noun;
}

const nouns = new Map<string, string>(); // a tenant sends few types and many events

export type Family = "mail" | "people" | "lifecycle" | "other";

const MAIL = new Set(["message", "mail folder", "event", "calendar", "contact"]);
const PEOPLE = new Set(["user", "group", "device", "directory object"]);

export function familyOf(row: Row): Family {
  if (changeOf(row) === "lifecycle") return "lifecycle";
  const noun = nounOf(row);
  if (MAIL.has(noun)) return "mail";
  return PEOPLE.has(noun) ? "people" : "other";
}

/** The collection that a resource is in: users/1/messages for users/1/messages/2. */
export function parentOf(resource: string): string {
  return resource.slice(0, Math.max(0, resource.lastIndexOf("/")));
}

/** A resource path in which long ids are cut in their middle. */
export function shortResource(resource: string): string {
  return resource.split("/").map((part) => shortId(part)).join(" / ");
}

export function shortId(id: string): string {
  return id.length > 18 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id;
}
