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
  readonly isOperator: boolean;
  readonly route: Route;
}

export function footer(shown: FooterView): TemplateResult {
  const saved = shown.isKept ? `${counted(shown.count, "event")} saved on this device` : "not saved on this device";
  const checked = checkedWords(shown.link);
  return html`<footer class="foot">
    <span>${checked.charAt(0).toUpperCase() + checked.slice(1)}</span><span>${saved}</span>
    <span class="keys" aria-hidden="true"><span><kbd>j</kbd><kbd>k</kbd>move</span><span><kbd>/</kbd>search</span><span><kbd>p</kbd>pause</span><span><kbd>?</kbd>all keys</span></span>
    <nav class="phone-tabs" aria-label="Pages">
      ${tab("#/", "Events", "bolt", shown.route.kind === "events" || shown.route.kind === "event")}
      ${tab("#/subscriptions", "Views", "subscriptions", shown.route.kind === "subscriptions")}
      ${shown.isOperator ? tab("#/quarantine", "Quarantine", "quarantine", shown.route.kind === "quarantine") : nothing}
    </nav>
  </footer>`;
}

function tab(href: string, title: string, name: IconName, isOn: boolean): TemplateResult {
  return html`<a href=${href} aria-current=${isOn ? "page" : nothing}>${icon(name)}${title}</a>`;
}
