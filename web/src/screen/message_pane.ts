/** The right column of mail: one message, what can be done with it, and the answer being written. */
import { html, nothing, type TemplateResult } from "lit";
import { type Head, type Message, receivedAt, senderOf, subjectOf } from "../model/mail";
import { dayAndTime } from "../model/spans";
import type { OpenLetter } from "../sync/letter";
import { icon } from "./icons";
import "./letter_frame";
import { avatar } from "./mail_list";

export interface MessageView {
  readonly letter: OpenLetter;
  readonly message: Message | null;
  readonly theme: string;
  readonly backTo: string;
  readonly composer: TemplateResult | typeof nothing;
  reply(head: Head, kind: "reply" | "reply_all"): void;
  mark(head: Head, isRead: boolean): void;
  again(): void;
}

export function messagePane(shown: MessageView): TemplateResult {
  const { message } = shown;
  return html`<div class="tabs">
      <a class="back" href=${shown.backTo}><span class="hidden">Back to the folder</span>${icon("back")}</a>
      ${message ? buttons(message, shown) : nothing}
    </div>
    <div class="pane letter" tabindex="0" role="region" aria-label="Message">${message ? content(message, shown) : missing(shown)}</div>
    ${shown.composer}`;
}

function buttons(message: Message, { reply, mark }: MessageView): TemplateResult {
  const isMany = message.to.length + message.cc.length > 1;
  return html`<div class="message-acts">
    <button class="button" @click=${() => reply(message, "reply")}>${icon("reply", 16)}Reply<kbd aria-hidden="true">r</kbd></button>
    ${isMany ? html`<button class="button" @click=${() => reply(message, "reply_all")}>${icon("replyAll", 16)}Reply all<kbd aria-hidden="true">a</kbd></button>` : nothing}
    <button class="button" @click=${() => mark(message, !message.is_read)}>${icon("mail", 16)}${message.is_read ? "Mark unread" : "Mark read"}<kbd aria-hidden="true">u</kbd></button>
  </div>`;
}

function content(message: Message, { letter, theme }: MessageView): TemplateResult {
  return html`<header class="letter-head">
      <h2>${subjectOf(message)}</h2>
      <div class="subject">
        ${avatar(message)}
        <div>
          <b>${senderOf(message)}</b>
          <p>to ${message.to.join(", ") || "nobody"}${message.cc.length ? `, copy to ${message.cc.join(", ")}` : ""}</p>
          <p>${message.received_at ? dayAndTime(receivedAt(message)) : "not sent"}${letter.isSaved && !letter.isLoading ? " · as saved on this device" : ""}</p>
        </div>
      </div>
      ${letter.isGone ? html`<p class="fault" role="alert">It is no longer in this mailbox: moved or deleted meanwhile.</p>` : nothing}
    </header>
    <letter-frame .content=${message.html} .theme=${theme}></letter-frame>
    ${message.has_attachments ? html`<p class="hint">It has attachments. They are not shown here: open it in Outlook.</p>` : nothing}`;
}

function missing({ letter, again, backTo }: MessageView): TemplateResult {
  if (letter.isLoading) return html`<p role="status">Loading…</p>`;
  if (letter.isGone) return html`<h2>It is not here any more</h2><p>Moved or deleted meanwhile.</p><a href=${backTo}>Back to the folder</a>`;
  const why = !letter.hasNoAnswer ? letter.fault : "The app can't be reached, and this message was not read on this device before.";
  return html`<h2>This message can't be shown now</h2><p class="fault">${why}</p><button class="button" @click=${again}>Try again</button>`;
}
