/** Writing: a new message, or an answer to one. What is written stays until it is sent or thrown away. */
import { html, nothing, type TemplateResult } from "lit";
import { type Head, senderOf, subjectOf } from "../model/mail";
import { addressesIn, type Item, type Letter, letterFault } from "../model/outbox";
import { icon } from "./icons";

/** `item` is the failed one of the outbox that is being mended. */
export interface Draft {
  kind: Letter["kind"];
  messageId: string;
  about: string;
  to: string;
  subject: string;
  text: string;
  item: string;
  fault: string;
}

export interface ComposerActs {
  send(draft: Draft): void;
  close(draft: Draft): void;
  changed(): void;
}

export function newDraft(): Draft {
  return { kind: "new", messageId: "", about: "New message", to: "", subject: "", text: "", item: "", fault: "" };
}

export function replyDraft(head: Head, kind: "reply" | "reply_all"): Draft {
  const about = kind === "reply" ? `Reply to ${senderOf(head)}` : `Reply to all of “${subjectOf(head)}”`;
  return { ...newDraft(), kind, messageId: head.id, about };
}

/** Taken back, or failed: as it was written. */
export function draftOf(letter: Letter, title: string, item = ""): Draft {
  const { kind, message_id: messageId, to, subject, text } = letter;
  return { kind, messageId, about: title, to: to.join(", "), subject, text, item, fault: "" };
}

export function letterIn(draft: Draft): Letter {
  const isNew = draft.kind === "new";
  return {
    kind: draft.kind,
    message_id: draft.messageId,
    to: isNew ? addressesIn(draft.to) : [],
    subject: isNew ? draft.subject.trim() : "",
    text: draft.text,
  };
}

export function titleOfDraft(draft: Draft): string {
  return draft.kind === "new" ? draft.subject.trim() || `To ${draft.to}` : draft.about;
}

/** Says what is wrong in the draft; true if nothing is. */
export function isComplete(draft: Draft): boolean {
  draft.fault = letterFault(letterIn(draft));
  return draft.fault === "";
}

export function composer(draft: Draft, isOffline: boolean, acts: ComposerActs): TemplateResult {
  return html`<form class="composer" aria-label=${draft.about} @submit=${(event: Event) => submitted(event, draft, acts)} @keydown=${(event: KeyboardEvent) => quick(event, draft, acts)}>
    <div class="composer-head"><b>${draft.about}</b>
      <button type="button" class="icon-button" @click=${() => acts.close(draft)}>${icon("close", 16)}<span class="hidden">Throw away</span></button>
    </div>
    ${draft.kind === "new" ? html`${line("To", "to", draft, "name@example.com, …")} ${line("Subject", "subject", draft, "")}` : nothing}
    <textarea aria-label="Text" rows="6" placeholder="Write…" .value=${draft.text} @input=${(event: InputEvent) => (draft.text = valueOf(event))}></textarea>
    ${draft.fault ? html`<p class="fault" role="alert">${draft.fault}</p>` : nothing}
    <div class="composer-foot">
      <span>${isOffline ? "Offline: it goes out once the network is back." : "You can take it back for 10 s."}</span>
      <button class="button primary">${icon("send", 16)}Send<kbd aria-hidden="true">Ctrl ↵</kbd></button>
    </div>
  </form>`;
}

export function editing(item: Item): Draft | null {
  return item.what.kind === "mark" ? null : { ...draftOf(item.what, item.title, item.id), fault: item.fault };
}

function line(name: string, field: "to" | "subject", draft: Draft, hint: string): TemplateResult {
  return html`<label class="field"><span>${name}</span>
    <input type="text" maxlength=${field === "subject" ? 255 : nothing} placeholder=${hint} autocomplete="off" .value=${draft[field]} @input=${(event: InputEvent) => (draft[field] = valueOf(event))} /></label>`;
}

function valueOf(event: InputEvent): string {
  return (event.target as HTMLInputElement | HTMLTextAreaElement).value;
}

function submitted(event: Event, draft: Draft, acts: ComposerActs): void {
  event.preventDefault();
  if (isComplete(draft)) acts.send(draft);
  else acts.changed();
}

function quick(event: KeyboardEvent, draft: Draft, acts: ComposerActs): void {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submitted(event, draft, acts);
}
