/** Mail on the screen: the folder in the middle, a message or what is being written on the right, the outbox. */
import { html, nothing, type TemplateResult } from "lit";
import { type Head, INBOX, keyOf } from "../model/mail";
import type { Item } from "../model/outbox";
import type { Feed } from "../sync/feed";
import type { Mail } from "../sync/mail";
import { signIn } from "../sync/session";
import { composer, type Draft, draftOf, editing, letterIn, newDraft, replyDraft, titleOfDraft } from "./composer";
import type { ScreenHost } from "./events_screen";
import { icon } from "./icons";
import { type MailLine, mailLines, mailMiddle } from "./mail_list";
import { messagePane } from "./message_pane";
import type { Opened } from "./opened";
import { outboxList, undoBar } from "./outbox_list";
import { goTo, mailLink, parentOf, slideTo } from "./route";

const TOAST_MS = 6_000;

export class MailScreen {
  draft: Draft | null = null;
  #text = "";
  #lines: readonly MailLine[] = [];
  #made: readonly unknown[] = [];
  #toast: { text: string; undo: (() => void) | null; until: number } | null = null;

  constructor(
    private readonly feed: Feed,
    private readonly opened: Opened,
    private readonly host: ScreenHost,
  ) {}

  get mail(): Mail {
    return this.feed.mail;
  }

  /** The address says what is to be seen. */
  follow(): void {
    const { route } = this.opened;
    if (this.feed.phase !== "running") return;
    if (route.kind === "mail") void this.mail.open(route.folder, route.id);
    if (route.kind === "compose") this.draft ??= newDraft();
  }

  middle(): TemplateResult {
    const { route } = this.opened;
    if (route.kind === "outbox") return outboxList(this.mail.outbox.items, this.feed.link.isOffline, this.acts);
    return mailMiddle({
      mail: this.mail,
      title: this.#folderName(),
      lines: this.#refreshed(),
      selected: route.kind === "mail" ? route.id : "",
      text: this.#text,
      link: this.feed.link,
      search: (text) => this.search(text),
      compose: () => this.compose(),
      scrolled: (list) => {
        if (list.isNearEnd && !this.feed.link.isOffline) void this.mail.list.more();
      },
      signIn,
    });
  }

  side(theme: string): TemplateResult {
    const { route } = this.opened;
    const { letter } = this.mail;
    if (route.kind === "mail" && letter) {
      return messagePane({
        letter,
        message: letter.message && this.mail.shown(letter.message),
        theme,
        backTo: parentOf(route),
        composer: this.draft?.messageId === letter.id ? this.#composer(this.draft) : nothing,
        reply: (head, kind) => this.reply(head, kind),
        mark: (head, isRead) => void this.mark(head, isRead),
        again: () => void letter.load(),
      });
    }
    if (route.kind !== "compose" || !this.draft) return html`<div class="fill"><div class="blank"><p>${route.kind === "outbox" ? "A message that failed can be edited and tried again." : "Choose a message to read it."}</p></div></div>`;
    return html`<div class="tabs"><a class="back" href=${mailLink(INBOX)}><span class="hidden">Back to the inbox</span>${icon("back")}</a><h2>${this.draft.about}</h2></div>${this.#composer(this.draft)}`;
  }

  toast(): TemplateResult | typeof nothing {
    const now = Date.now();
    const undoable = this.mail.outbox.undoable(now);
    if (undoable) return undoBar(undoable, { now, isOffline: this.feed.link.isOffline }, this.acts);
    if (this.mail.outbox.needsSignIn) return html`<aside class="toast" aria-label="Notice"><span>Sign in again: what waits in the outbox goes out then.</span><button class="text" @click=${signIn}>Sign in</button></aside>`;
    if (this.mail.notice) this.#say(this.mail.notice, null);
    this.mail.notice = "";
    if (!this.#toast || this.#toast.until < now) return nothing;
    const { text, undo } = this.#toast;
    return html`<aside class="toast" aria-label="Notice"><span>${text}</span>${undo ? html`<button class="text" @click=${undo}>Undo</button>` : nothing}</aside>`;
  }

  readonly acts = {
    undo: async (item: Item) => {
      const letter = await this.mail.outbox.undo(item.id);
      if (letter) this.#take(draftOf(letter, item.title));
      else this.#say("It was on its way already.", null);
    },
    edit: (item: Item) => {
      const draft = editing(item);
      if (draft) this.#take(draft);
    },
    again: (item: Item) => void this.mail.outbox.tryAgain(item.id),
    discard: (item: Item) => void this.mail.outbox.discard(item.id),
  };

  compose(): void {
    if (this.draft?.kind !== "new") this.draft = newDraft();
    goTo("#/compose");
    void this.#focus(".composer input");
  }

  reply(head: Head, kind: "reply" | "reply_all"): void {
    const written = this.draft?.messageId === head.id ? this.draft.text : "";
    this.draft = { ...replyDraft(head, kind), text: written };
    void this.#focus(".composer textarea");
  }

  /** The open message, by a key. */
  replyToOpen(kind: "reply" | "reply_all"): void {
    const message = this.#openMessage();
    if (message) this.reply(message, kind);
  }

  markOpen(): void {
    const message = this.#openMessage();
    if (message) void this.mark(message, !message.is_read);
  }

  async mark(head: Head, isRead: boolean): Promise<void> {
    await this.mail.mark(head, isRead);
    this.#say(isRead ? "Marked as read" : "Marked as unread", () => {
      this.#toast = null;
      void this.mail.mark(head, !isRead);
    });
  }

  move(step: 1 | -1): void {
    const { route } = this.opened;
    const rows = this.#lines.filter((line) => line.head);
    const at = rows.findIndex((line) => route.kind === "mail" && line.key === route.id);
    const next = rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step))];
    if (!next) return;
    slideTo(mailLink(this.mail.list.folder, next.key));
    void this.host.list()?.focusLine(next.key);
  }

  search(text: string): void {
    this.#text = text;
    this.host.requestUpdate();
  }

  #openMessage(): Head | null {
    const message = this.opened.route.kind === "mail" ? this.mail.letter?.message : null;
    return message ? this.mail.shown(message) : null;
  }

  #composer(draft: Draft): TemplateResult {
    return composer(draft, this.feed.link.isOffline, {
      send: (done) => void this.#send(done),
      close: () => this.#close(),
      changed: () => this.host.requestUpdate(),
    });
  }

  async #send(draft: Draft): Promise<void> {
    if (draft.item) await this.mail.outbox.tryAgain(draft.item, letterIn(draft));
    else await this.mail.outbox.send(letterIn(draft), titleOfDraft(draft));
    this.host.say("In the outbox");
    this.#close();
  }

  #close(): void {
    this.draft = null;
    if (this.opened.route.kind === "compose") goTo(mailLink(this.mail.list.folder));
    this.host.requestUpdate();
  }

  /** Back to writing. */
  #take(draft: Draft): void {
    this.draft = draft;
    goTo(draft.kind === "new" ? "#/compose" : mailLink(this.mail.list.folder, draft.messageId));
    void this.#focus(".composer textarea");
  }

  async #focus(selector: string): Promise<void> {
    this.host.requestUpdate();
    await this.host.drawn();
    document.querySelector<HTMLElement>(selector)?.focus();
  }

  #say(text: string, undo: (() => void) | null): void {
    this.#toast = { text, undo, until: Date.now() + TOAST_MS };
    this.host.say(text);
    this.host.requestUpdate();
  }

  #refreshed(): readonly MailLine[] {
    const { list, outbox } = this.mail;
    const now = Date.now();
    const depends = [list.heads, outbox.items, this.#text, Math.floor(now / 60_000)];
    if (!depends.every((value, index) => value === this.#made[index])) {
      this.#made = depends;
      this.#lines = mailLines(list.heads.map((head) => this.mail.shown(head)), this.#text, now);
    }
    return this.#lines;
  }

  #folderName(): string {
    const { folders, list } = this.mail;
    return folders.find((folder) => keyOf(folder) === list.folder)?.name ?? (list.folder === INBOX ? "Inbox" : "Folder");
  }
}

