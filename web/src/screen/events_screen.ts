/** The view of events: search, rate, the long list; what is paused, open and selected in it. */
import { html, nothing, type TemplateResult } from "lit";
import { isFresh } from "../model/link";
import type { Line } from "../model/sections";
import { counted } from "../model/spans";
import type { Feed } from "../sync/feed";
import { lineHeight, lineTemplate } from "./lines";
import type { ListLine, LongList } from "./long_list";
import type { Opened } from "./opened";
import { rateChart } from "./rate_chart";
import { Reading } from "./reading";
import { eventLink, slideTo } from "./route";
import { loadingRows, noAnswer, noMatch, nothingYet, offlineAndEmpty } from "./states";
import { tools } from "./tools";

export interface ScreenHost {
  requestUpdate(): void;
  drawn(): Promise<unknown>;
  say(words: string): void;
  list(): LongList | null;
}

export class EventsScreen {
  readonly reading = new Reading();
  readonly #look = {
    height: lineHeight,
    template: (line: ListLine, isSelected: boolean) => lineTemplate(line as Line, isSelected, this.#acts),
  };
  readonly #acts = { toggle: (key: string) => this.#toggle(key), showOnly: (token: string) => this.search(token) };

  constructor(
    private readonly feed: Feed,
    private readonly opened: Opened,
    private readonly host: ScreenHost,
  ) {}

  refresh(now: number): void {
    const { rows, marks, mail } = this.feed;
    this.reading.refresh(rows, { marks, own: mail.own.keys, now });
  }

  middle(now: number): TemplateResult {
    const { rows, link } = this.feed;
    return html`${tools(this.reading, { search: (text) => this.search(text), pause: () => this.pause() })}
      ${rateChart({ rows, now, isFresh: isFresh(link, Date.now()), clock: link.clock })}
      ${this.reading.lines.length ? this.#list() : this.#noLines()}`;
  }

  move(step: 1 | -1): void {
    const lines = this.reading.lines.filter((line) => line.kind === "row" || line.kind === "run");
    const at = lines.findIndex((line) => line.key === this.opened.selected);
    const next = lines[at < 0 ? 0 : Math.max(0, Math.min(lines.length - 1, at + step))];
    if (!next) return;
    this.opened.selected = next.key;
    if (next.kind === "row") slideTo(eventLink(next.row.id));
    this.host.requestUpdate();
    void this.host.list()?.focusLine(next.key);
  }

  search(text: string): void {
    this.reading.text = text;
    this.host.requestUpdate();
  }

  pause(): void {
    this.reading.pausedAt = this.reading.pausedAt === null ? this.feed.collection.lastPlace : null;
    this.host.say(this.reading.pausedAt === null ? "The feed goes on" : "The feed is paused");
    this.host.requestUpdate();
  }

  #list(): TemplateResult {
    return html`<long-list
      role="region"
      aria-label="Events, newest first"
      .lines=${this.reading.lines}
      .selected=${this.opened.selected}
      .look=${this.#look}
      @moved=${() => this.#scrolled()}
    ></long-list>
    ${this.reading.above ? this.#newer() : nothing}`;
  }

  #newer(): TemplateResult {
    return html`<button class="button primary newer" @click=${() => this.host.list()?.scrollTo({ top: 0 })}>
      ${counted(this.reading.above, "newer event")} above
    </button>`;
  }

  /** What comes while somebody reads further down is counted, and doesn't move what is read. */
  #scrolled(): void {
    const isAtTop = this.host.list()?.isAtTop ?? true;
    if (isAtTop === (this.reading.seenPlace === null)) return;
    this.reading.seenPlace = isAtTop ? null : this.feed.collection.lastPlace;
    this.host.requestUpdate();
  }

  #noLines(): TemplateResult {
    const { rows, link, hasLoaded } = this.feed;
    if (rows.length > this.reading.own && hasLoaded) return noMatch(() => this.#showAll());
    if (!hasLoaded) return loadingRows();
    if (link.isOffline) return offlineAndEmpty();
    if (link.pull === "failed") return noAnswer(link.fault, () => this.feed.ask());
    return link.pull === "settled" ? nothingYet() : loadingRows();
  }

  #toggle(key: string): void {
    this.opened.selected = key;
    this.reading.toggleOpen(key);
    this.host.requestUpdate();
  }

  #showAll(): void {
    this.reading.view = "all";
    this.search("");
  }
}
