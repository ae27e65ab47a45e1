/** The page's own addresses: `#/`, `#/event/ID`, `#/subscriptions`, `#/quarantine`, `#/quarantine/ID`. */
export type Route =
  | { readonly kind: "events" }
  | { readonly kind: "event"; readonly id: string }
  | { readonly kind: "subscriptions" }
  | { readonly kind: "quarantine"; readonly id: string };

export function routeOf(hash: string): Route {
  const [, kind, id = ""] = hash.replace(/^#/, "").split("/").map(safelyDecoded);
  if (kind === "event" && id) return { kind, id };
  if (kind === "quarantine") return { kind, id };
  return kind === "subscriptions" ? { kind } : { kind: "events" };
}

export function eventLink(id: string): string {
  return `#/event/${encodeURIComponent(id)}`;
}

export function rejectionLink(id: string): string {
  return `#/quarantine/${encodeURIComponent(id)}`;
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
