/** The page's own addresses: `#/` and `#/event/ID`, `#/mail/FOLDER/ID`, `#/compose`, `#/outbox`, `#/health`,
 * `#/quarantine/ID`, `#/dead-letters/ID`.
 */
import { INBOX } from "../model/mail";

export type Route =
  | { readonly kind: "events" }
  | { readonly kind: "event"; readonly id: string }
  | { readonly kind: "mail"; readonly folder: string; readonly id: string }
  | { readonly kind: "compose" }
  | { readonly kind: "outbox" }
  | { readonly kind: "health" }
  | { readonly kind: "quarantine"; readonly id: string }
  | { readonly kind: "dead-letters"; readonly id: string };

export const TITLES: Record<Route["kind"], string> = {
  events: "Events",
  event: "Events",
  mail: "Mail",
  compose: "Mail",
  outbox: "Outbox",
  health: "Health",
  quarantine: "Quarantine",
  "dead-letters": "Dead letters",
};

export function routeOf(hash: string): Route {
  const [, kind, first = "", second = ""] = hash.replace(/^#/, "").split("/").map(safelyDecoded);
  switch (kind) {
    case "event":
      return first ? { kind, id: first } : { kind: "events" };
    case "mail":
      return { kind, folder: first || INBOX, id: second };
    case "quarantine":
    case "dead-letters":
      return { kind, id: first };
    case "compose":
    case "outbox":
    case "health":
      return { kind };
    default:
      return { kind: "events" };
  }
}

/** Where "back" leads. */
export function parentOf(route: Route): string {
  if (route.kind === "mail") return mailLink(route.folder);
  if (route.kind === "compose") return mailLink(INBOX);
  return route.kind === "event" ? "#/" : `#/${route.kind}`;
}

export function eventLink(id: string): string {
  return `#/event/${encodeURIComponent(id)}`;
}

export function mailLink(folder: string, id = ""): string {
  const path = [folder, id].filter(Boolean).map(encodeURIComponent);
  return `#/mail/${path.join("/")}`;
}

export function rejectionLink(id: string): string {
  return `#/quarantine/${encodeURIComponent(id)}`;
}

export function deadLetterLink(id: string): string {
  return `#/dead-letters/${encodeURIComponent(id)}`;
}

/** Goes there at once: the browser's own event would come later. */
export function goTo(hash: string): void {
  if (location.hash === hash) return;
  history.pushState(null, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Goes there without a step in the browser's history: for moving along the list. */
export function slideTo(hash: string): void {
  history.replaceState(null, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

function safelyDecoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
