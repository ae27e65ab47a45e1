/** Journal rows as the feed API gives them, and the words in which the page speaks of them. Pure. */

/** One row of `GET /api/feed`. Times are ISO 8601 in UTC; `change_type` is empty for lifecycle events. */
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
}

/** A row on this device. `place` counts arrivals here; `at` is accepted_at in ms; `mark` names the catch-up it came with. */
export interface KeptRow extends Row {
  readonly place: number;
  readonly at: number;
  readonly arrived: number;
  readonly mark: number | null;
}

export type Change = "created" | "updated" | "deleted" | "lifecycle";
export const CHANGES: readonly Change[] = ["created", "updated", "deleted", "lifecycle"];

export function keptRow(row: Row, place: number, arrived: number, mark: number | null): KeptRow {
  return { ...row, place, arrived, mark, at: Date.parse(row.accepted_at) };
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
  const name = row.type.slice(row.type.lastIndexOf(".") + 1);
  const noun = name.replace(/(Created|Updated|Deleted)$/i, "") || name;
  return noun.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

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
  return resource.slice(0, Math.max(0, resource.lastIndexOf("/"))).toLowerCase();
}

/** A resource path in which long ids are cut in their middle. */
export function shortResource(resource: string): string {
  return resource.split("/").map((part) => shortId(part)).join(" / ");
}

export function shortId(id: string): string {
  return id.length > 18 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id;
}
