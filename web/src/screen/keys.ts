/** The keyboard: single keys, never while somebody writes, never with Ctrl, Alt or Meta. */
export interface KeyActs {
  move(step: 1 | -1): void;
  search(): void;
  pause(): void;
  help(): void;
  back(): void;
  compose(): void;
  reply(kind: "reply" | "reply_all"): void;
  mark(): void;
  go(hash: string): void;
}

const PLACES = ["#/mail/inbox", "#/", "#/health", "#/outbox"];

export const KEYS: readonly { keys: readonly string[]; does: string }[] = [
  { keys: ["j", "k"], does: "next, previous line" },
  { keys: ["Enter"], does: "open or close a folded burst" },
  { keys: ["/"], does: "search" },
  { keys: ["p"], does: "pause, go on" },
  { keys: ["1", "2", "3", "4"], does: "inbox, events, health, outbox" },
  { keys: ["c"], does: "write a new message" },
  { keys: ["r", "a"], does: "reply, reply to all" },
  { keys: ["u"], does: "mark as read or unread" },
  { keys: ["Ctrl ↵"], does: "send" },
  { keys: ["Esc"], does: "back to the list" },
  { keys: ["?"], does: "these keys" },
];

export function onKey(event: KeyboardEvent, acts: KeyActs): void {
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return acts.back();
  if ((event.target as HTMLElement).matches("input, textarea, select")) return;
  if (act(event.key, acts)) event.preventDefault();
}

function act(key: string, acts: KeyActs): boolean {
  const known: Record<string, () => boolean | void> = {
    j: () => acts.move(1),
    k: () => acts.move(-1),
    "/": acts.search,
    p: acts.pause,
    c: acts.compose,
    r: () => acts.reply("reply"),
    a: () => acts.reply("reply_all"),
    u: acts.mark,
    ...Object.fromEntries(PLACES.map((hash, index) => [String(index + 1), () => acts.go(hash)])),
    "?": acts.help,
  };
  const found = known[key];
  if (found) found();
  return found !== undefined;
}
