/** What stands in the right column for the page's address. */
import { html, type TemplateResult } from "lit";
import { type KeptRow, keptRow, type Row } from "../model/rows";
import type { Feed } from "../sync/feed";
import type { Management } from "../sync/management";
import { deadLetterPane } from "./dead_letters";
import { inspector, type InspectorView, nothingChosen, type Tab } from "./inspector";
import type { Opened } from "./opened";
import { rejectionPane } from "./quarantine";

export interface DetailsActs {
  pick(tab: Tab): void;
  showOnly(token: string): void;
}

export function detailsPane(opened: Opened, feed: Feed, management: Management, acts: DetailsActs): TemplateResult {
  const { route, details, rejection, deadLetter, eventId, tab } = opened;
  if (route.kind === "quarantine") return rejection ? rejectionPane(rejection, management, copy) : html``;
  if (route.kind === "dead-letters") return deadLetter ? deadLetterPane(deadLetter, management, copy) : html``;
  if (!eventId || !details) return nothingChosen();
  const row = feed.collection.find(eventId) ?? fromServer(details.body);
  const history = row ? feed.rows.filter(({ resource }) => resource === row.resource).reverse() : [];
  return inspector({ row, id: eventId, details, history, tab, clock: feed.link.clock, replay: replayOf(eventId, management), copy, ...acts });
}

function replayOf(id: string, management: Management): InspectorView["replay"] {
  if (!management.isOperator) return null;
  return { isBusy: management.busy.has(id), told: management.told.get(id) ?? "", run: () => void management.replayEvent(id) };
}

function copy(text: string): void {
  void navigator.clipboard.writeText(text);
}

/** An event that this device does not hold: a link from somebody, or one of long ago. */
function fromServer(row: Row | null): KeptRow | null {
  return row ? keptRow(row, { place: -1, arrived: Number.NaN, mark: null, isLive: false }) : null;
}
