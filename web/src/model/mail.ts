/** Mail as the API gives it, how a list of it changes, and the words for it. Pure. */

/** What a list shows of a message. `version` is its etag; `received_at` ISO 8601 in UTC, null for what was never sent. */
export interface Head {
  readonly id: string;
  readonly version: string;
  readonly subject: string;
  readonly is_read: boolean;
  readonly is_draft: boolean;
  readonly preview: string;
  readonly conversation_id: string;
  readonly has_attachments: boolean;
  readonly from: { readonly name: string; readonly address: string };
  readonly received_at: string | null;
}

/** `html` was made safe by the server. */
export interface Message extends Head {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly html: string;
}

export interface Folder {
  readonly id: string;
  readonly name: string;
  readonly unread: number;
  readonly total: number;
}

export const INBOX = "inbox"; // Graph's well-known name; the API's default

/** By the key that the page uses for a folder: the inbox has a name that never changes, others their id. */
export function keyOf(folder: Folder): string {
  return folder.name === "Inbox" ? INBOX : folder.id;
}

export function receivedAt(head: Head): number {
  return head.received_at === null ? 0 : Date.parse(head.received_at);
}

/** A list after changes: each message once, newest first. */
export function merged(list: readonly Head[], changed: readonly Head[], removed: readonly string[] = []): Head[] {
  const byId = new Map(list.map((head) => [head.id, head] as const));
  for (const head of changed) byId.set(head.id, head);
  for (const id of removed) byId.delete(id);
  return [...byId.values()].sort((a, b) => receivedAt(b) - receivedAt(a) || a.id.localeCompare(b.id));
}

/** The list beside its first page, fresh from the server: what should be on that page and is not has left the folder. */
export function withFirstPage(list: readonly Head[], page: readonly Head[], isAll: boolean): Head[] {
  const ids = new Set(page.map(({ id }) => id));
  const oldest = isAll ? -Infinity : Math.min(...page.map(receivedAt));
  return merged(list.filter((head) => ids.has(head.id) || receivedAt(head) <= oldest), page);
}

export function senderOf(head: Head): string {
  return head.from.name || head.from.address || (head.is_draft ? "Draft" : "Unknown sender");
}

export function subjectOf(head: Pick<Head, "subject">): string {
  return head.subject || "(no subject)";
}

/** "GH" of Grace Hopper, "g" of an address. */
export function initials(name: string): string {
  const words = name.split(/[\s@._-]+/).filter(Boolean);
  return `${words[0]?.charAt(0) ?? "?"}${name.includes("@") ? "" : (words[1]?.charAt(0) ?? "")}`.toUpperCase();
}

/** One of `count` colours, the same for the same name. */
export function colourOf(name: string, count: number): number {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)!) % 9_973;
  return sum % count;
}

/** The search field over a folder. */
export function fits(head: Head, text: string): boolean {
  const hay = `${head.from.name}\n${head.from.address}\n${head.subject}\n${head.preview}`.toLowerCase();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => (word === "is:unread" ? !head.is_read : hay.includes(word)));
}
