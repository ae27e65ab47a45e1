/** The left column: views with their counts, and a card for each subscription. */
import { html, nothing, type TemplateResult } from "lit";
import { type Family, shortResource } from "../model/rows";
import { shortMoment, timeLeft } from "../model/spans";
import type { Subscription } from "../sync/api";
import { icon, type IconName } from "./icons";

export type View = "all" | Exclude<Family, "other">;

export const VIEWS: readonly { view: View; title: string; icon: IconName }[] = [
  { view: "all", title: "All events", icon: "bolt" },
  { view: "mail", title: "Mail and calendar", icon: "mail" },
  { view: "people", title: "Directory", icon: "people" },
  { view: "lifecycle", title: "Lifecycle", icon: "lifecycle" },
];

export interface RailView {
  readonly view: View;
  readonly isQuarantine: boolean;
  readonly counts: ReadonlyMap<View, number>;
  readonly isOperator: boolean;
  readonly rejections: number | null;
  readonly subscriptions: readonly Subscription[] | null;
  readonly fault: string;
  readonly renewing: ReadonlySet<string>;
  readonly refused: ReadonlyMap<string, string>;
  readonly now: number;
  pick(view: View): void;
  renew(name: string): void;
}

export function rail(shown: RailView): TemplateResult {
  return html`<nav class="views" aria-label="Views">
      <h2>Views</h2>
      ${VIEWS.map((one) => viewButton(one, shown))} ${shown.isOperator ? quarantineLink(shown) : nothing}
    </nav>
    ${shown.isOperator ? subscriptionCards(shown) : nothing}`;
}

function viewButton({ view, title, icon: name }: (typeof VIEWS)[number], shown: RailView): TemplateResult {
  const isOn = shown.view === view && !shown.isQuarantine;
  const count = shown.counts.get(view) ?? 0;
  return html`<button class="view" aria-current=${isOn ? "page" : nothing} @click=${() => shown.pick(view)}>
    ${icon(name)}<span>${title}</span><b>${count ? count.toLocaleString("en") : nothing}</b>
  </button>`;
}

function quarantineLink(shown: RailView): TemplateResult {
  return html`<a class="view" href="#/quarantine" aria-current=${shown.isQuarantine ? "page" : nothing}>
    ${icon("quarantine")}<span>Quarantine</span><b>${shown.rejections || nothing}</b>
  </a>`;
}

function subscriptionCards(shown: RailView): TemplateResult {
  return html`<section class="cards" aria-label="Subscriptions">
    <h2>Subscriptions</h2>
    ${shown.fault ? html`<p class="fault">${shown.fault}</p>` : nothing}
    ${shown.subscriptions?.length === 0 ? html`<p class="none">None yet. The next keep-alive makes what subscriptions.toml asks for.</p>` : nothing}
    ${(shown.subscriptions ?? []).map((one) => card(one, shown))}
  </section>`;
}

function card(one: Subscription, shown: RailView): TemplateResult {
  const left = one.expires_at === null ? null : Date.parse(one.expires_at) - shown.now;
  const isTroubled = one.state !== "live" || left === null || left <= 0;
  const fault = shown.refused.get(one.name);
  return html`<article class="card ${isTroubled ? "troubled" : ""}">
    <div><h3 title=${one.name}>${shortName(one.name)}</h3><span class="left">${leftWords(left)}</span></div>
    <div class="bar"><i .style=${`width:${share(one, left)}%`}></i></div>
    <p title=${one.resource}>${shortResource(one.resource)} · ${one.change_types.join(", ")}</p>
    <div>
      <span class="state">${stateWords(one)}</span>
      <button class="text" ?disabled=${shown.renewing.has(one.name)} @click=${() => shown.renew(one.name)}>
        ${shown.renewing.has(one.name) ? "Renewing…" : "Renew now"}<span class="hidden"> ${one.name}</span>
      </button>
    </div>
    ${fault || one.note ? html`<p class="note">${fault || one.note}</p>` : nothing}
  </article>`;
}

function leftWords(left: number | null): string {
  if (left === null) return "";
  return left > 0 ? timeLeft(left) : "expired";
}

/** Of its life, in per cent. */
function share(one: Subscription, left: number | null): number {
  if (left === null || one.expires_at === null || one.last_renewed_at === null) return 0;
  const life = Date.parse(one.expires_at) - Date.parse(one.last_renewed_at);
  return Math.max(0, Math.min(100, life > 0 ? (100 * left) / life : 0));
}

function stateWords(one: Subscription): string {
  if (one.state === "live" && one.due_at) return `live · renews ${shortMoment(Date.parse(one.due_at))}`;
  return one.state;
}

function shortName(name: string): string {
  return name.length > 22 ? `${name.slice(0, 14)}…${name.slice(-5)}` : name;
}
