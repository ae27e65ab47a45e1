/** The middle column of mail: the folder's name, what is searched for, its messages. */
import { html, nothing, type TemplateResult } from "lit";
import { colourOf, fits, type Head, initials, receivedAt, senderOf, subjectOf } from "../model/mail";
import { type Link } from "../model/link";
import { sectionOf } from "../model/sections";
import { clockTime, counted, dayAndTime, shortMoment } from "../model/spans";
import type { Mail } from "../sync/mail";
import { icon } from "./icons";
import type { ListLine, LongList } from "./long_list";
import { mailLink } from "./route";
import { blank, loadingRows } from "./states";

const ROW = 77;
const HEADING = 36;
const COLOURS = 6;

export interface MailLine extends ListLine {
  readonly head?: Head;
}

export interface MailListView {
  readonly mail: Mail;
  readonly title: string;
  readonly lines: readonly MailLine[];
  readonly selected: string;
  readonly text: string;
  readonly link: Link;
  search(text: string): void;
  compose(): void;
  scrolled(list: LongList): void;
  signIn(): void;
}

export function mailLines(heads: readonly Head[], text: string, now: number): MailLine[] {
  const lines: MailLine[] = [];
  let section = "";
  for (const head of heads.filter((one) => fits(one, text))) {
    const here = sectionOf(receivedAt(head), now);
    if (here !== section) lines.push({ kind: "heading", key: `heading ${here}`, text: here });
    section = here;
    lines.push({ kind: "mail", key: head.id, head });
  }
  return lines;
}

export function mailMiddle(shown: MailListView): TemplateResult {
  return html`<div class="tools">
      <search class="search">
        ${icon("search", 16)}
        <input id="search" type="search" aria-label="Search this folder" placeholder="from, subject, words, is:unread" autocomplete="off" spellcheck="false"
          .value=${shown.text} @input=${(event: InputEvent) => shown.search((event.target as HTMLInputElement).value)} />
        <kbd aria-hidden="true">/</kbd>
      </search>
      <button class="button primary" @click=${shown.compose}>${icon("write", 16)}<span>New</span></button>
    </div>
    <div class="folder-line"><h2>${shown.title}</h2><span>${countWords(shown)}</span></div>
    ${shown.lines.length ? list(shown) : noMail(shown)}`;
}

export function avatar(head: Head): TemplateResult {
  const sender = senderOf(head);
  return html`<span class="badge tint-${colourOf(sender, COLOURS)}" aria-hidden="true">${initials(sender)}</span>`;
}

const look = {
  height: (kind: string) => (kind === "heading" ? HEADING : ROW),
};

function list(shown: MailListView): TemplateResult {
  return html`<long-list
    role="region"
    aria-label="Messages, newest first"
    .lines=${shown.lines}
    .selected=${shown.selected}
    .look=${lookOf(shown.mail)}
    @moved=${(event: Event) => shown.scrolled(event.target as LongList)}
  ></long-list>`;
}

const looks = new WeakMap<Mail, typeof look & { template(line: ListLine, isSelected: boolean): TemplateResult }>();

function lookOf(mail: Mail): typeof look & { template(line: ListLine, isSelected: boolean): TemplateResult } {
  const known = looks.get(mail) ?? { ...look, template: (line: ListLine, isOn: boolean) => lineTemplate(line as MailLine, isOn, mail) };
  looks.set(mail, known);
  return known;
}

function lineTemplate(line: MailLine, isSelected: boolean, mail: Mail): TemplateResult {
  return line.head ? row(line.head, mail.list.folder, isSelected) : html`<h2 class="heading">${line.text}</h2>`;
}

function row(head: Head, folder: string, isSelected: boolean): TemplateResult {
  return html`<a class="row mail-row ${head.is_read ? "" : "unread"}" href=${mailLink(folder, head.id)} aria-current=${isSelected ? "true" : nothing}>
    ${avatar(head)}
    <span class="what">
      <span class="first">${head.is_read ? nothing : html`<i class="dot"></i><span class="hidden">Unread</span>`}<b>${senderOf(head)}</b></span>
      <span class="title-line">${subjectOf(head)}</span>
      <span class="second">${head.preview}</span>
    </span>
    <span class="when">${head.received_at ? html`<time datetime=${head.received_at} title=${dayAndTime(receivedAt(head))}>${when(receivedAt(head))}</time>` : nothing}
      ${head.has_attachments ? html`${icon("clip", 14)}<span class="hidden">with attachments</span>` : nothing}</span>
  </a>`;
}

function when(at: number): string {
  const isToday = new Date(at).toDateString() === new Date().toDateString();
  return isToday ? clockTime(at).slice(0, 5) : shortMoment(at);
}

function countWords({ mail, link }: MailListView): string {
  const unread = mail.list.heads.filter((head) => !head.is_read).length;
  const words = [`${counted(mail.list.heads.length, "message")}${mail.list.next ? " so far" : ""}`];
  if (unread) words.push(`${unread.toLocaleString("en")} unread`);
  if (link.isOffline || mail.list.isSaved) words.push("as saved on this device");
  return words.join(" · ");
}

function noMail({ mail, text, link, search, signIn }: MailListView): TemplateResult {
  const { list: of } = mail;
  if (of.status === 401) return blank("mail", "Sign in again for mail", html`<p>Mail is read with your own rights, and those have run out.</p><button class="button primary" @click=${signIn}>Sign in</button>`);
  if (text && of.heads.length) return blank("search", "Nothing matches", html`<p>No message of this folder that is here fits “${text}”.</p><button class="button" @click=${() => search("")}>Show all</button>`);
  if (link.isOffline) return blank("cloud", "You are offline", html`<p>No messages of this folder are saved on this device.</p>`);
  if (of.fault && !of.isLoading) return blank("cloud", "Mail can't be read now", html`<p>${of.fault}</p><button class="button" @click=${() => void of.refresh()}>Try again</button>`);
  if (!of.hasAnswered) return loadingRows("Loading messages");
  return blank("mail", "Nothing here", html`<p>This folder is empty.</p>`);
}
