/** What was not believed or could not be read, for operators: the list, and one of them. */
import { html, nothing, type TemplateResult } from "lit";
import { dayAndTime } from "../model/spans";
import type { Management } from "../sync/management";
import type { Rejection, RejectionDetails } from "../sync/management_api";
import type { Remote } from "../sync/remote";
import { icon } from "./icons";
import { jsonView } from "./json_view";
import { rejectionLink } from "./route";
import { blank, loadingRows } from "./states";

export function quarantineList(management: Management, chosen: string): TemplateResult {
  const list = management.quarantine;
  const rejections = [...(list.body?.rejections ?? [])].sort((a, b) => b.accepted_at.localeCompare(a.accepted_at));
  return html`<div class="title"><h2>Quarantine</h2><p>Events that were not believed or could not be read. They were acknowledged and reached no handler.</p>
      ${rejections.length ? replayAllButton(management, "quarantine") : nothing}</div>
    <div class="plain-list">${rejections.length ? rejections.map((one) => line(one, one.id === chosen)) : empty(list)}</div>`;
}

/** Those that prove themselves now leave; the others stay. */
export function replayAllButton(management: Management, what: "quarantine" | "dead letters"): TemplateResult {
  const isBusy = management.busy.has(what);
  return html`<button class="button small" ?disabled=${isBusy} @click=${() => void management.replayAll(what)}>${icon("replay", 16)}${isBusy ? "Replaying…" : "Replay all"}</button>
    <span class="told" role="status">${management.told.get(what) ?? nothing}</span>`;
}

export function rejectionPane(details: Remote<RejectionDetails>, management: Management, copy: (text: string) => void): TemplateResult {
  const found = details.body;
  return html`<div class="tabs"><a class="back" href="#/quarantine"><span class="hidden">Back to the quarantine</span>${icon("back")}</a><h2>Why it is here</h2></div>
    <div class="pane" tabindex="0" role="region" aria-label="Rejected event">
      ${found ? rejection(found, management, copy) : html`<p role="status">${details.isLoading ? "Loading…" : details.fault}</p>`}
    </div>`;
}

function line(one: Rejection, isChosen: boolean): TemplateResult {
  return html`<a class="row" href=${rejectionLink(one.id)} aria-current=${isChosen ? "true" : nothing}>
    <span class="badge bad">${icon("quarantine", 16)}</span>
    <span class="what">
      <span class="first"><b>${words(one.reason)}</b></span>
      <span class="second">${one.type || "no type"}${one.detail ? ` · ${one.detail}` : ""}</span>
    </span>
    <span class="when"><time datetime=${one.accepted_at}>${dayAndTime(Date.parse(one.accepted_at))}</time></span>
  </a>`;
}

function empty(list: Remote<unknown>): TemplateResult {
  if (list.isLoading) return loadingRows();
  if (list.fault) return blank("quarantine", list.isForbidden ? "For operators" : "No answer", html`<p>${list.fault}</p>`);
  return blank("quarantine", "Nothing in quarantine", html`<p>Every event of the kept days was believed and could be read.</p>`);
}

function rejection(found: RejectionDetails, management: Management, copy: (text: string) => void): TemplateResult {
  const isBusy = management.busy.has(found.id);
  return html`<h2 class="reason">${words(found.reason)}</h2>
    <form class="buttons" @submit=${(event: SubmitEvent) => replay(event, found.id, management)}>
      <button class="button primary" ?disabled=${isBusy}>${icon("replay", 16)}${isBusy ? "Replaying…" : "Replay"}</button>
      <label class="field vouch"><span>I vouch that it is of</span><input name="spec" type="text" placeholder="entry~subject" autocomplete="off" /></label>
    </form>
    <p class="told" role="status">${management.told.get(found.id) ?? nothing}</p>
    <dl>
      <dt>Detail</dt><dd>${found.detail || "–"}</dd>
      <dt>Type</dt><dd>${found.type || "–"}</dd>
      <dt>Claimed entry</dt><dd>${found.claimed_spec || "–"}</dd>
      <dt>Came</dt><dd>${found.accepted_at}</dd>
      <dt>Id</dt><dd>${found.id}</dd>
    </dl>
    <h3>As it came</h3>
    ${jsonView(found.body, copy)}`;
}

/** Judged anew. With a spec the operator vouches for its origin; without, it must prove itself. */
function replay(event: SubmitEvent, id: string, management: Management): void {
  event.preventDefault();
  const spec = new FormData(event.target as HTMLFormElement).get("spec");
  void management.replayRejection(id, String(spec ?? "").trim());
}

export function words(reason: string): string {
  const spaced = reason.replace(/[_-]/g, " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
