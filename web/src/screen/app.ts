/** The page: holds what is being looked at, and puts its parts together. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { Mark } from "../model/catch_up";
import { isFresh, linkWords } from "../model/link";
import type { KeptRow } from "../model/rows";
import { counted } from "../model/spans";
import { Feed } from "../sync/feed";
import { Management } from "../sync/management";
import { signIn, takeUpInterrupted, whoIsThere } from "../sync/session";
import { Announcer } from "./announcer";
import { banners } from "./banners";
import { detailsPane } from "./details_pane";
import type { EventList } from "./event_list";
import "./event_list";
import { footer } from "./footer";
import { helpDialog, showHelp } from "./help";
import { onKey } from "./keys";
import { Opened } from "./opened";
import { quarantineList } from "./quarantine";
import { rail, type View } from "./rail";
import { rateChart } from "./rate_chart";
import { Reading } from "./reading";
import { eventLink, slideTo } from "./route";
import { loadingRows, noAnswer, noMatch, nothingYet, offlineAndEmpty, opening, signedOut } from "./states";
import { applyTheme, nextTheme, savedTheme } from "./theme";
import { tools } from "./tools";
import { topBar } from "./top_bar";
import { onNewVersion } from "./versions";

const DRAW_MS = 100; // the screen follows at most this often, however fast events come
const REFRESH_MS = 60_000;
const CLOSED_GAP = "graph-pulse.closed-gap";

export class PulseApp extends LitElement {
  readonly #feed = new Feed(() => this.#changed(), (rows) => this.#arrived(rows));
  readonly #management = new Management(() => this.#changed());
  readonly #reading = new Reading();
  readonly #announcer = new Announcer(() => this.#changed());
  readonly #opened = new Opened(() => this.#changed());
  #theme = savedTheme();
  #closedGap = Number(localStorage.getItem(CLOSED_GAP));
  #takeNewVersion: (() => void) | null = null;
  #drawTimer: ReturnType<typeof setTimeout> | null = null;
  #refreshedAt = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    applyTheme(this.#theme);
    takeUpInterrupted();
    addEventListener("hashchange", () => this.#follow());
    addEventListener("keydown", (event) => onKey(event, this.#keyActs));
    document.addEventListener("visibilitychange", () => void this.#lookAgain());
    setInterval(() => this.#tick(), 1_000);
    onNewVersion((take) => {
      this.#takeNewVersion = take;
      this.#changed();
    });
    void this.#feed.start().then(() => this.#tick());
    this.#follow();
  }

  protected override createRenderRoot(): this {
    return this;
  }

  protected override render(): TemplateResult {
    if (this.#feed.phase === "starting") return opening();
    if (this.#feed.phase === "signed-out") return signedOut(signIn);
    const now = this.#now();
    this.#reading.refresh(this.#feed.rows, this.#feed.marks, now);
    return html`<div class="frame ${this.#opened.route.kind} ${this.#opened.hasDetail ? "has-detail" : ""}">
        ${this.#topBar()}
        <main>
          <h1 class="hidden">${this.#opened.route.kind === "quarantine" ? "Quarantine" : "Events"}</h1>
          <div class="rail">${this.#rail(now)}</div>
          <div class="middle">${this.#banners()} ${this.#opened.route.kind === "quarantine" ? this.#quarantine() : this.#events(now)}</div>
          <section class="side" aria-label="Details">${this.#side()}</section>
        </main>
        ${footer({ ...this.#shared, isOperator: this.#management.isOperator, route: this.#opened.route })}
      </div>
      <p class="hidden" role="status">${this.#announcer.text}</p>
      ${helpDialog()}`;
  }

  get #shared(): { link: Feed["link"]; count: number; isKept: boolean } {
    return { link: this.#feed.link, count: this.#feed.rows.length, isKept: this.#feed.isKept };
  }

  #topBar(): TemplateResult {
    return topBar({
      link: this.#feed.link,
      who: this.#feed.who,
      theme: this.#theme,
      switchTheme: () => this.#switchTheme(),
      help: showHelp,
      signOut: () => void this.#feed.signOut(),
    });
  }

  #rail(now: number): TemplateResult {
    const { subscriptions, quarantine, renewing, refused, isOperator } = this.#management;
    return rail({
      view: this.#reading.view,
      isQuarantine: this.#opened.route.kind === "quarantine",
      counts: this.#reading.counts,
      isOperator,
      rejections: quarantine.body?.rejections.length ?? null,
      subscriptions: subscriptions.body?.subscriptions ?? null,
      fault: subscriptions.fault,
      renewing,
      refused,
      now,
      pick: (view) => this.#pick(view),
      renew: (name) => void this.#management.renew(name),
    });
  }

  #banners(): TemplateResult {
    return banners({
      ...this.#shared,
      gap: this.#openGap(),
      hasNewVersion: this.#takeNewVersion !== null,
      ask: () => this.#feed.ask(),
      closeGap: () => {
        this.#closedGap = this.#openGap()?.id ?? 0;
        localStorage.setItem(CLOSED_GAP, String(this.#closedGap));
        this.#changed();
      },
      takeNewVersion: () => this.#takeNewVersion?.(),
    });
  }

  #events(now: number): TemplateResult {
    const { rows, link } = this.#feed;
    const clock = link.clock;
    return html`${tools(this.#reading, { search: (text) => this.#search(text), pause: () => this.#pause() })}
      ${rateChart({ rows, now, isFresh: isFresh(link, Date.now()), clock })}
      ${this.#reading.lines.length ? this.#list() : this.#noLines()}`;
  }

  #list(): TemplateResult {
    const acts = { toggle: (key: string) => this.#toggle(key), showOnly: (token: string) => this.#search(token) };
    return html`<event-list
      role="region"
      aria-label="Events, newest first"
      .lines=${this.#reading.lines}
      .selected=${this.#opened.selected}
      .acts=${acts}
      @moved=${() => this.#scrolled()}
    ></event-list>
    ${this.#reading.above ? this.#newer() : nothing}`;
  }

  #newer(): TemplateResult {
    return html`<button class="button primary newer" @click=${() => this.#listElement?.scrollTo({ top: 0 })}>
      ${counted(this.#reading.above, "newer event")} above
    </button>`;
  }

  /** What comes while somebody reads further down is counted, and doesn't move what is read. */
  #scrolled(): void {
    const isAtTop = this.#listElement?.isAtTop ?? true;
    if (isAtTop === (this.#reading.seenPlace === null)) return;
    this.#reading.seenPlace = isAtTop ? null : this.#feed.collection.lastPlace;
    this.requestUpdate();
  }

  #noLines(): TemplateResult {
    const { rows, link, hasLoaded } = this.#feed;
    if (rows.length && hasLoaded) return noMatch(() => this.#showAll());
    if (!hasLoaded) return loadingRows();
    if (link.isOffline) return offlineAndEmpty();
    if (link.pull === "failed") return noAnswer(link.fault, () => this.#feed.ask());
    return link.pull === "settled" ? nothingYet() : loadingRows();
  }

  #quarantine(): TemplateResult {
    return quarantineList(this.#management.quarantine, this.#opened.rejectionId);
  }

  #side(): TemplateResult {
    return detailsPane(this.#opened, this.#feed, {
      pick: (tab) => {
        this.#opened.tab = tab;
        this.requestUpdate();
      },
      showOnly: (token) => this.#search(token),
    });
  }

  /** A later time than the newest row's is certain; this machine's clock may be behind. */
  #now(): number {
    return Math.max(Date.now(), this.#feed.rows.at(-1)?.at ?? 0);
  }

  #openGap(): Mark | null {
    const last = [...this.#feed.marks.values()].at(-1);
    return last?.kind === "trimmed" && last.id !== this.#closedGap ? last : null;
  }

  #follow(): void {
    this.#opened.follow(location.hash);
    if (this.#opened.route.kind === "quarantine") void this.#management.quarantine.load();
  }

  readonly #keyActs = {
    move: (step: 1 | -1) => this.#move(step),
    search: () => this.querySelector<HTMLInputElement>("#search")?.focus(),
    pause: () => this.#pause(),
    help: showHelp,
    back: () => this.#back(),
  };

  #move(step: 1 | -1): void {
    const lines = this.#reading.lines.filter((line) => line.kind === "row" || line.kind === "run");
    const at = lines.findIndex((line) => line.key === this.#opened.selected);
    const next = lines[at < 0 ? 0 : Math.max(0, Math.min(lines.length - 1, at + step))];
    if (!next) return;
    this.#opened.selected = next.key;
    if (next.kind === "row") slideTo(eventLink(next.row.id));
    this.requestUpdate();
    void this.updateComplete.then(() => this.#listElement?.focusLine(next.key));
  }

  #back(): void {
    (document.activeElement as HTMLElement | null)?.blur();
    if (this.#opened.hasDetail) location.hash = this.#opened.route.kind === "quarantine" ? "#/quarantine" : "#/";
  }

  #toggle(key: string): void {
    this.#opened.selected = key;
    this.#reading.toggleOpen(key);
    this.requestUpdate();
  }

  #pick(view: View): void {
    this.#reading.view = view;
    if (this.#opened.route.kind !== "event" || matchMedia("(max-width: 760px)").matches) location.hash = "#/";
    this.requestUpdate();
  }

  #search(text: string): void {
    this.#reading.text = text;
    this.requestUpdate();
  }

  #showAll(): void {
    this.#reading.view = "all";
    this.#search("");
  }

  #pause(): void {
    this.#reading.pausedAt = this.#reading.pausedAt === null ? this.#feed.collection.lastPlace : null;
    this.#announcer.say(this.#reading.pausedAt === null ? "The feed goes on" : "The feed is paused");
    this.requestUpdate();
  }

  #switchTheme(): void {
    this.#theme = nextTheme(this.#theme);
    applyTheme(this.#theme);
    this.requestUpdate();
  }

  #arrived(rows: readonly KeptRow[]): void {
    this.#announcer.came(rows.length);
    if (rows.some((row) => row.change_type === "")) void this.#management.refresh();
  }

  #changed(): void {
    this.#drawTimer ??= setTimeout(() => {
      this.#drawTimer = null;
      this.requestUpdate();
    }, DRAW_MS);
  }

  #tick(): void {
    if (document.hidden || this.#feed.phase !== "running") return;
    const { tone, text } = linkWords(this.#feed.link, Date.now());
    if (tone !== "quiet" && !/\d/.test(text)) this.#announcer.say(text);
    if (Date.now() - this.#refreshedAt >= REFRESH_MS && !this.#feed.link.isOffline) {
      this.#refreshedAt = Date.now();
      void this.#management.refresh();
    }
    this.requestUpdate();
  }

  /** Somebody may have signed in meanwhile in another tab. */
  async #lookAgain(): Promise<void> {
    if (document.hidden || this.#feed.phase !== "signed-out") return;
    if ((await whoIsThere()).kind === "known") location.reload();
  }

  get #listElement(): EventList | null {
    return this.querySelector("event-list");
  }
}

customElements.define("pulse-app", PulseApp);
