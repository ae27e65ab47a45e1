/** The left column: views with their counts, and a card for each subscription. */
import { html, nothing, type TemplateResult } from "lit";
import { type Family, shortResource } from "../model/rows";
import { shortMoment, timeLeft } from "../model/spans";
import { type Folder, INBOX, keyOf } from "../model/mail";
import type { Management } from "../sync/management";
import type { Subscription } from "../sync/management_api";
import { icon, type IconName } from "./icons";
import { mailLink, type Route } from "./route";

export type View = "all" | Exclude<Family, "other">;

export const VIEWS: readonly { view: View; title: string; icon: IconName }[] = [
  { view: "all", title: "All events", icon: "bolt" },
  { view: "mail", title: "Mail and calendar", icon: "mail" },
  { view: "people", title: "Directory", icon: "people" },
  { view: "lifecycle", title: "Lifecycle", icon: "lifecycle" },
];

export interface RailView {
  readonly view: View;
  readonly route: Route;
  readonly counts: ReadonlyMap<View, number>;
  readonly folders: readonly Folder[];
  readonly waiting: number; // in the outbox
  readonly management: Management;
  pick(view: View): void;
}

export function rail(shown: RailView): TemplateResult {
  const { management } = shown;
  return html`<nav class="views" aria-label="Views">
      <h2>Mail</h2>
      ${folderLinks(shown)} ${link("#/outbox", "Outbox", "send", shown.route.kind === "outbox", shown.waiting)}
      <h2>Events</h2>
      ${VIEWS.map((one) => viewButton(one, shown))} ${management.isOperator ? operatorLinks(shown) : nothing}
    </nav>
    ${management.isOperator ? subscriptionCards(management) : nothing}`;
}

function folderLinks({ folders, route }: RailView): TemplateResult[] {
  const shown = folders.length ? folders : [{ id: INBOX, name: "Inbox", unread: 0, total: 0 }];
  return shown.map((folder) => {
    const key = keyOf(folder);
    const isOn = route.kind === "mail" && route.folder === key;
    return link(mailLink(key), folder.name, key === INBOX ? "inbox" : "folder", isOn, folder.unread);
  });
}

function viewButton({ view, title, icon: name }: (typeof VIEWS)[number], shown: RailView): TemplateResult {
  const isOn = shown.view === view && ["events", "event", "health"].includes(shown.route.kind);
  const count = shown.counts.get(view) ?? 0;
  return html`<button class="view" data-view=${view} aria-current=${isOn ? "page" : nothing} @click=${() => shown.pick(view)}>
    ${icon(name)}<span>${title}</span><b>${count ? count.toLocaleString("en") : nothing}</b>
  </button>`;
}

function operatorLinks({ management, route }: RailView): TemplateResult {
  const [rejections, letters] = [management.quarantine.body?.rejections, management.deadLetters.body?.dead_letters];
  return html`${link("#/quarantine", "Quarantine", "quarantine", route.kind === "quarantine", rejections?.length)}
    ${link("#/dead-letters", "Dead letters", "gap", route.kind === "dead-letters", letters?.length)}`;
}

function link(href: string, title: string, name: IconName, isOn: boolean, count = 0): TemplateResult {
  return html`<a class="view" href=${href} aria-current=${isOn ? "page" : nothing}>
    ${icon(name)}<span>${title}</span><b>${count ? count.toLocaleString("en") : nothing}</b>
  </a>`;
}

function subscriptionCards(management: Management): TemplateResult {
  const { subscriptions } = management;
  const known = subscriptions.body?.subscriptions;
  return html`<section class="cards" aria-label="Subscriptions">
    <h2>Subscriptions</h2>
    ${subscriptions.fault ? html`<p class="fault">${subscriptions.fault}</p>` : nothing} ${rotation(management)}
    ${known?.length === 0 ? html`<p class="none">None yet. The next keep-alive makes what subscriptions.toml asks for.</p>` : nothing}
    ${(known ?? []).map((one) => card(one, management))}
  </section>`;
}

/** Only while keys are being rotated, or once it stopped half way. */
function rotation(management: Management): TemplateResult | typeof nothing {
  const course = management.rotation.body?.rotation;
  if (!course || (course.state !== "running" && course.state !== "stopped") || course.total === 0) return nothing;
  const why = course.state === "stopped" ? `Stopped: ${course.why}` : "Running";
  return html`<article class="card ${course.state === "stopped" ? "troubled" : ""}">
    <div><h3>Key rotation to version ${course.to}</h3><span class="left">${course.done} of ${course.total}</span></div>
    <div class="bar"><i .style=${`width:${(100 * course.done) / course.total}%`}></i></div>
    <p>${why}</p>
  </article>`;
}

function card(one: Subscription, management: Management): TemplateResult {
  const { now, busy, told } = management;
  const left = one.expires_at === null ? null : Date.parse(one.expires_at) - now;
  const isTroubled = one.state !== "live" || left === null || left <= 0;
  const note = told.get(one.name) || one.note;
  return html`<article class="card ${isTroubled ? "troubled" : ""}">
    <div><h3 title=${one.name}>${shortName(one.name)}</h3><span class="left">${leftWords(left)}</span></div>
    <div class="bar"><i .style=${`width:${share(one, left)}%`}></i></div>
    <p title=${one.resource}>${shortResource(one.resource)} · ${one.change_types.join(", ")}</p>
    <div>
      <span class="state">${stateWords(one)}</span>
      <button class="text" ?disabled=${busy.has(one.name)} @click=${() => void management.renew(one.name)}>
        ${busy.has(one.name) ? "Renewing…" : "Renew now"}<span class="hidden"> ${one.name}</span>
      </button>
    </div>
    ${note ? html`<p class="note">${note}</p>` : nothing}
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
