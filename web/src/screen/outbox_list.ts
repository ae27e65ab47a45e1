/** What waits to be sent, what was sent of late, and what failed, with what can be done about it. */
import { html, nothing, type TemplateResult } from "lit";
import { canUndo, type Item, itemWords } from "../model/outbox";
import { clockTime } from "../model/spans";
import { icon, type IconName } from "./icons";
import { blank } from "./states";

export interface OutboxActs {
  undo(item: Item): void;
  edit(item: Item): void;
  again(item: Item): void;
  discard(item: Item): void;
}

const ICONS: Record<Item["state"], IconName> = { waiting: "subscriptions", sending: "send", sent: "check", failed: "quarantine" };

export function outboxList(items: readonly Item[], isOffline: boolean, acts: OutboxActs): TemplateResult {
  const letters = items.filter(({ what }) => what.kind !== "mark").toReversed();
  const marks = items.length - letters.length;
  return html`<div class="title"><h2>Outbox</h2><p>What you send is kept on this device until it is out. It is sent once, however often it is tried.</p></div>
    ${marks ? html`<p class="marks">${marks === 1 ? "One read mark waits" : `${marks} read marks wait`} for the network.</p>` : nothing}
    <div class="plain-list">${letters.length ? letters.map((item) => line(item, isOffline, acts)) : blank("send", "Nothing waits", html`<p>Messages that you send stand here until they are out, also without a network.</p>`)}</div>`;
}

/** Over the page's foot: the newest letter that can still be taken back. */
export function undoBar(item: Item | undefined, { now, isOffline }: { now: number; isOffline: boolean }, acts: OutboxActs): TemplateResult | typeof nothing {
  if (!item) return nothing;
  const seconds = Math.max(0, Math.ceil((item.notBefore - now) / 1_000));
  const words = isOffline ? `“${item.title}” goes out once the network is back` : `Sending “${item.title}” in ${seconds} s`;
  return html`<aside class="toast" aria-label="Notice"><span>${words}</span><button class="text" @click=${() => acts.undo(item)}>Undo send</button></aside>`;
}

function line(item: Item, isOffline: boolean, acts: OutboxActs): TemplateResult {
  const to = item.what.kind === "new" ? `to ${item.what.to.join(", ")}` : "";
  return html`<article class="row outbox-row ${item.state}">
    <span class="badge ${item.state === "failed" ? "bad" : item.state === "sent" ? "good" : "mail"}">${icon(ICONS[item.state], 16)}</span>
    <span class="what">
      <b>${item.title} ${to}</b>
      <span class="state" aria-live="polite">${itemWords(item, Date.now(), isOffline)}</span>
      <span class="buttons">${buttons(item, acts)}</span>
    </span>
    <span class="when"><time>${clockTime(item.madeAt)}</time></span>
  </article>`;
}

function buttons(item: Item, acts: OutboxActs): TemplateResult | typeof nothing {
  const button = (text: string, act: (item: Item) => void): TemplateResult =>
    html`<button class="button small" @click=${() => act(item)}>${text}<span class="hidden"> ${item.title}</span></button>`;
  if (canUndo(item)) return button("Undo send", acts.undo);
  if (item.state === "sent") return button("Clear", acts.discard);
  if (item.state !== "failed") return nothing;
  return html`${button("Edit", acts.edit)} ${button("Try again", acts.again)} ${button("Discard", acts.discard)}`;
}
