/** The page: holds what is being looked at, and puts its parts together. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { Mark } from "../model/catch_up";
import { linkWords } from "../model/link";
import { isOwn } from "../model/own";
import type { KeptRow } from "../model/rows";
import { Feed } from "../sync/feed";
import { Management } from "../sync/management";
import { signIn, takeUpInterrupted, whoIsThere } from "../sync/session";
import { findTwin, type Twin } from "../sync/twin";
import { Announcer } from "./announcer";
import { banners } from "./banners";
import { deadLetterList } from "./dead_letters";
import { detailsPane } from "./details_pane";
import { EventsScreen } from "./events_screen";
import { footer } from "./footer";
import { helpDialog, showHelp } from "./help";
import { onKey } from "./keys";
import type { LongList } from "./long_list";
import "./long_list";
import { MailScreen } from "./mail_screen";
import { Opened } from "./opened";
import { quarantineList } from "./quarantine";
import { rail, type View } from "./rail";
import { parentOf, TITLES } from "./route";
import { opening, signedOut } from "./states";
import { applyTheme, nextTheme, savedTheme } from "./theme";
import { topBar } from "./top_bar";
import { onNewVersion } from "./versions";

const DRAW_MS = 100; // the screen follows at most this often, however fast events come
const REST = 3; // and on a slow machine rests so many times as long as it drew
const REFRESH_MS = 60_000; // what operators see of subscriptions, quarantine and dead letters
const SOON_MS = 4_000; // after a lifecycle event: what it sets going at Graph is done by then
const CLOSED_GAP = "graph-pulse.closed-gap";

export class PulseApp extends LitElement {
  readonly #feed = new Feed(() => this.#changed(), (rows) => this.#arrived(rows));
  readonly #management = new Management(() => this.#changed());
  readonly #announcer = new Announcer(() => this.#changed());
  readonly #opened = new Opened(() => this.#changed());
  readonly #host = {
    requestUpdate: () => this.requestUpdate(),
    drawn: () => this.updateComplete,
    say: (words: string) => this.#announcer.say(words),
    list: () => this.querySelector<LongList>("long-list"),
  };
  readonly #events = new EventsScreen(this.#feed, this.#opened, this.#host);
  readonly #mail = new MailScreen(this.#feed, this.#opened, this.#host);
  #theme = savedTheme();
  #closedGap = Number(localStorage.getItem(CLOSED_GAP));
  #takeNewVersion: (() => void) | null = null;
  #drawTimer: ReturnType<typeof setTimeout> | null = null;
  #drewMs = 0;
  #refreshedAt = 0;
  #twin: Twin | null = null;
  #isTwinOpen = false;

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
    void this.#feed.start().then(() => this.#started());
    this.#follow();
  }

  protected override createRenderRoot(): this {
    return this;
  }

  protected override render(): TemplateResult {
    if (this.#feed.phase === "starting") return opening();
    if (this.#feed.phase === "signed-out") return signedOut(signIn);
    const now = this.#now();
    this.#events.refresh(now);
    const { route, hasDetail } = this.#opened;
    return html`<div class="frame ${route.kind} ${hasDetail ? "has-detail" : ""}">
        ${this.#topBar()}
        <main>
          <h1 class="hidden">${TITLES[route.kind]}</h1>
          <div class="rail">${this.#rail()}</div>
          <div class="middle">${this.#banners()} ${this.#middle(now)}</div>
          <section class="side" aria-label="Details">${this.#side()}</section>
        </main>
        ${footer({ ...this.#shared, waiting: this.#waiting, route })}
      </div>
      ${this.#mail.toast()} ${this.#twin && this.#isTwinOpen ? html`<twin-panel .twin=${this.#twin} @close=${() => this.#toggleTwin()}></twin-panel>` : nothing}
      <p class="hidden" role="status">${this.#announcer.text}</p>
      ${helpDialog()}`;
  }

  get #shared(): { link: Feed["link"]; count: number; isKept: boolean } {
    return { link: this.#feed.link, count: this.#feed.rows.length, isKept: this.#feed.isKept };
  }

  get #waiting(): number {
    return this.#feed.mail.outbox.open.length;
  }

  #topBar(): TemplateResult {
    return topBar({
      link: this.#feed.link,
      who: this.#feed.who,
      theme: this.#theme,
      twin: this.#twin && { isOpen: this.#isTwinOpen, toggle: () => this.#toggleTwin() },
      switchTheme: () => this.#switchTheme(),
      help: showHelp,
      signOut: () => this.#signOut(),
    });
  }

  #rail(): TemplateResult {
    return rail({
      view: this.#events.reading.view,
      route: this.#opened.route,
      counts: this.#events.reading.counts,
      folders: this.#feed.mail.folders,
      waiting: this.#waiting,
      management: this.#management,
      pick: (view) => this.#pick(view),
    });
  }

  #banners(): TemplateResult {
    return banners({
      ...this.#shared,
      isMail: this.#isMail,
      gap: this.#isMail ? null : this.#openGap(),
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

  #middle(now: number): TemplateResult {
    const { route } = this.#opened;
    if (route.kind === "quarantine") return quarantineList(this.#management, route.id);
    if (route.kind === "dead-letters") return deadLetterList(this.#management, route.id);
    return this.#isMail ? this.#mail.middle() : this.#events.middle(now);
  }

  #side(): TemplateResult {
    if (this.#isMail) return this.#mail.side(this.#theme);
    return detailsPane(this.#opened, this.#feed, this.#management, {
      pick: (tab) => {
        this.#opened.tab = tab;
        this.requestUpdate();
      },
      showOnly: (token) => this.#events.search(token),
    });
  }

  get #isMail(): boolean {
    return ["mail", "compose", "outbox"].includes(this.#opened.route.kind);
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
    this.#mail.follow();
    if (this.#opened.route.kind === "quarantine") void this.#management.quarantine.load();
    if (this.#opened.route.kind === "dead-letters") void this.#management.deadLetters.load();
  }

  readonly #keyActs = {
    move: (step: 1 | -1) => (this.#isMail ? this.#mail.move(step) : this.#events.move(step)),
    search: () => this.querySelector<HTMLInputElement>("#search")?.focus(),
    pause: () => this.#events.pause(),
    help: showHelp,
    back: () => this.#back(),
    compose: () => this.#mail.compose(),
    reply: (kind: "reply" | "reply_all") => this.#mail.replyToOpen(kind),
    mark: () => this.#mail.markOpen(),
    go: (hash: string) => (location.hash = hash),
  };

  #back(): void {
    (document.activeElement as HTMLElement | null)?.blur();
    if (this.#opened.hasDetail) location.hash = parentOf(this.#opened.route);
  }

  #pick(view: View): void {
    this.#events.reading.view = view;
    if (this.#opened.route.kind !== "event" || matchMedia("(max-width: 760px)").matches) location.hash = "#/";
    this.requestUpdate();
  }

  #signOut(): void {
    const words = "What waits in the outbox is not sent yet and would be lost. Sign out all the same?";
    if (this.#waiting === 0 || confirm(words)) void this.#feed.signOut();
  }

  #switchTheme(): void {
    this.#theme = nextTheme(this.#theme);
    applyTheme(this.#theme);
    this.requestUpdate();
  }

  async #started(): Promise<void> {
    this.#tick();
    this.#mail.follow();
    this.#twin = await findTwin(() => this.#changed());
  }

  #toggleTwin(): void {
    this.#isTwinOpen = !this.#isTwinOpen;
    if (this.#isTwinOpen) void import("./twin_panel");
    this.requestUpdate();
  }

  #arrived(rows: readonly KeptRow[]): void {
    const { keys } = this.#feed.mail.own;
    const news = rows.filter((row) => !isOwn(row, keys));
    if (news.length) this.#announcer.came(news.length);
    if (rows.some((row) => row.change_type === "")) this.#lookAtSubscriptions();
  }

  /** Now and soon again: a lifecycle event is in the feed before anything was done about it. */
  #lookAtSubscriptions(): void {
    void this.#management.refresh();
    this.#refreshedAt = Date.now() - REFRESH_MS + SOON_MS;
  }

  #changed(): void {
    this.#drawTimer ??= setTimeout(() => void this.#draw(), Math.max(DRAW_MS, REST * this.#drewMs));
  }

  async #draw(): Promise<void> {
    this.#drawTimer = null;
    const started = performance.now();
    this.requestUpdate();
    await this.updateComplete;
    this.#drewMs = performance.now() - started;
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
}

customElements.define("pulse-app", PulseApp);
