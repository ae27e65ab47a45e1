/** What stands in the right column for the page's address. */
import { html, type TemplateResult } from "lit";
import { type KeptRow, keptRow, type Row } from "../model/rows";
import type { Feed } from "../sync/feed";
import { inspector, nothingChosen, type Tab } from "./inspector";
import type { Opened } from "./opened";
import { rejectionPane } from "./quarantine";

export interface DetailsActs {
  pick(tab: Tab): void;
  showOnly(token: string): void;
}

export function detailsPane(opened: Opened, feed: Feed, acts: DetailsActs): TemplateResult {
  const { route, details, rejection, eventId, tab } = opened;
  if (route.kind === "quarantine") return rejection ? rejectionPane(rejection, copy) : html``;
  if (!eventId || !details) return nothingChosen();
  const row = feed.collection.find(eventId) ?? fromServer(details.body);
  const history = row ? feed.rows.filter(({ resource }) => resource === row.resource).reverse() : [];
  return inspector({ row, id: eventId, details, history, tab, clock: feed.link.clock, copy, ...acts });
}

function copy(text: string): void {
  void navigator.clipboard.writeText(text);
}

/** An event that this device does not hold: a link from somebody, or one of long ago. */
function fromServer(row: Row | null): KeptRow | null {
  return row ? keptRow(row, { place: -1, arrived: Number.NaN, mark: null, isLive: false }) : null;
}
