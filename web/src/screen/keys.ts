/** The keyboard: single keys, never while somebody writes, never with Ctrl, Alt or Meta. */
export interface KeyActs {
  move(step: 1 | -1): void;
  search(): void;
  pause(): void;
  help(): void;
  back(): void;
}

export const KEYS: readonly { keys: readonly string[]; does: string }[] = [
  { keys: ["j", "k"], does: "next, previous line" },
  { keys: ["Enter"], does: "open or close a folded burst" },
  { keys: ["/"], does: "search" },
  { keys: ["p"], does: "pause, go on" },
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
    "?": acts.help,
  };
  const found = known[key];
  if (found) found();
  return found !== undefined;
}
