/** The search field's language: `type:`, `change:`, `resource:`, `is:recovered`, `is:own`, `catchup:`, words. Pure. */
import { isOwn } from "./own";
import { type KeptRow, nounOf } from "./rows";

/** Tokens of one kind are alternatives; kinds, words and a leading minus must all hold. */
export interface Query {
  readonly tokens: readonly Token[];
  readonly words: readonly string[];
}

export interface Token {
  readonly kind: Kind;
  readonly value: string;
  readonly not: boolean;
}

const KINDS = ["type", "change", "resource", "is", "catchup"] as const;
type Kind = (typeof KINDS)[number];

export function parseQuery(text: string): Query {
  const pieces = text.toLowerCase().match(/-?\w+:"[^"]*"|"[^"]*"|\S+/g) ?? [];
  const tokens = pieces.map(readToken);
  const words = pieces.filter((_, index) => !tokens[index]).map((word) => word.replaceAll('"', ""));
  return { tokens: tokens.filter((token) => token !== null), words: words.filter(Boolean) };
}

export function isEmpty(query: Query): boolean {
  return query.tokens.length === 0 && query.words.length === 0;
}

/** `own`: keys of this person's own writes. Their echoes are no news: they fit only a query that asks for them. */
export function matches(row: KeptRow, query: Query, own: ReadonlySet<string> = NONE): boolean {
  if (isOwn(row, own) !== asksForOwn(query)) return false;
  if (isEmpty(query)) return true;
  return query.words.every((word) => haystack(row).includes(word)) && tokensHold(row, query.tokens);
}

export function asksForOwn(query: Query): boolean {
  return query.tokens.some(({ kind, value, not }) => kind === "is" && value === "own" && !not);
}

const NONE: ReadonlySet<string> = new Set();

/** What the field says once `token` is in it, or is out of it if it was in. */
export function toggled(text: string, token: string): string {
  const pieces = text.split(/\s+/).filter(Boolean);
  const without = pieces.filter((piece) => piece.toLowerCase() !== token.toLowerCase());
  return (without.length < pieces.length ? without : [...pieces, token]).join(" ");
}

function readToken(piece: string): Token | null {
  const [, minus, kind, value] = /^(-?)(\w+):"?([^"]+)"?$/.exec(piece) ?? [];
  const known = KINDS.find((one) => one === kind);
  return known && value ? { kind: known, value, not: minus === "-" } : null;
}

function tokensHold(row: KeptRow, tokens: readonly Token[]): boolean {
  const refused = tokens.some((token) => token.not && holds(row, token));
  const asked = tokens.filter((token) => !token.not);
  return !refused && asked.every((token) => asked.some((other) => other.kind === token.kind && holds(row, other)));
}

function holds(row: KeptRow, { kind, value }: Token): boolean {
  switch (kind) {
    case "type":
      return nounOf(row).includes(value) || row.type.toLowerCase().includes(value);
    case "change":
      return row.change_type.toLowerCase().startsWith(value);
    case "resource":
      return row.resource.toLowerCase().includes(value);
    case "is":
      return value === "own" || (value === "recovered" ? row.recovered : value === "lifecycle" && row.change_type === "");
    case "catchup":
      return row.mark === Number(value);
  }
}

const haystacks = new WeakMap<KeptRow, string>(); // a row never changes, and every key stroke asks for all of them

function haystack(row: KeptRow): string {
  const known = haystacks.get(row);
  if (known !== undefined) return known;
  const text = [row.type, nounOf(row), row.subject, row.change_type, row.resource, row.reader, row.id, row.summary ?? ""].join("\n");
  haystacks.set(row, text.toLowerCase());
  return text.toLowerCase();
}
