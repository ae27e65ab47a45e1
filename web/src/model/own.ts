/** Which rows of the feed only tell what this person did on this page. Pure. */
import type { Row } from "./rows";

/** Keys of our own writes: a message with the version that it then had, or one that we sent, with any. */
export function ownKey(id: string, version = "*"): string {
  return `${id} ${version}`;
}

export function isOwn(row: Row, own: ReadonlySet<string>): boolean {
  if (row.echo) return true;
  if (own.size === 0) return false;
  const id = row.resource.slice(row.resource.lastIndexOf("/") + 1);
  return own.has(ownKey(id)) || own.has(ownKey(id, row.version));
}
