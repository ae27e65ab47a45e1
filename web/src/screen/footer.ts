/** The bar below: what is known and kept, keys; on a phone the tabs. */
import { html, nothing, type TemplateResult } from "lit";
import { checkedWords, type Link } from "../model/link";
import { counted } from "../model/spans";
import { icon, type IconName } from "./icons";
import type { Route } from "./route";

export interface FooterView {
  readonly link: Link;
  readonly count: number;
  readonly isKept: boolean;
  readonly waiting: number; // in the outbox
  readonly route: Route;
}

export function footer(shown: FooterView): TemplateResult {
  const saved = shown.isKept ? `${counted(shown.count, "event")} saved on this device` : "not saved on this device";
  const { route } = shown;
  const checked = checkedWords(shown.link);
  return html`<footer class="foot">
    <span>${checked.charAt(0).toUpperCase() + checked.slice(1)}</span><span>${saved}</span>
    <a href="#/outbox">${shown.waiting ? `Outbox: ${shown.waiting.toLocaleString("en")} waiting` : "Outbox empty"}</a>
    <span class="keys" aria-hidden="true"><span><kbd>j</kbd><kbd>k</kbd>move</span><span><kbd>/</kbd>search</span><span><kbd>p</kbd>pause</span><span><kbd>?</kbd>all keys</span></span>
    <nav class="phone-tabs" aria-label="Pages">
      ${tab("#/mail/inbox", "Inbox", "inbox", route.kind === "mail" || route.kind === "compose")}
      ${tab("#/", "Events", "bolt", route.kind === "events" || route.kind === "event")}
      ${tab("#/health", "Health", "lifecycle", ["health", "quarantine", "dead-letters"].includes(route.kind))}
      ${tab("#/outbox", "Outbox", "send", route.kind === "outbox", shown.waiting)}
    </nav>
  </footer>`;
}

function tab(href: string, title: string, name: IconName, isOn: boolean, count = 0): TemplateResult {
  const words = count ? `${title} ${count}` : title;
  return html`<a href=${href} aria-current=${isOn ? "page" : nothing}>${icon(name)}${words}</a>`;
}
