/** What Event Grid gave up on, for operators: the list, one of them, and its replay. */
import { html, nothing, type TemplateResult } from "lit";
import { dayAndTime } from "../model/spans";
import type { Management } from "../sync/management";
import type { DeadLetter, DeadLetterDetails } from "../sync/management_api";
import type { Remote } from "../sync/remote";
import { icon } from "./icons";
import { jsonView } from "./json_view";
import { replayAllButton, words } from "./quarantine";
import { deadLetterLink } from "./route";
import { blank, loadingRows } from "./states";

export function deadLetterList(management: Management, chosen: string): TemplateResult {
  const list = management.deadLetters;
  const letters = list.body?.dead_letters ?? [];
  return html`<div class="title"><h2>Dead letters</h2><p>Events that Event Grid could not deliver. They are tried again by themselves; here, at once.</p>
      ${letters.length ? replayAllButton(management, "dead letters") : nothing}</div>
    <div class="plain-list">${letters.length ? letters.map((one) => line(one, one.id === chosen)) : empty(list)}</div>`;
}

export function deadLetterPane(details: Remote<DeadLetterDetails>, management: Management, copy: (text: string) => void): TemplateResult {
  const found = details.body;
  return html`<div class="tabs"><a class="back" href="#/dead-letters"><span class="hidden">Back to the dead letters</span>${icon("back")}</a><h2>Why it is here</h2></div>
    <div class="pane" tabindex="0" role="region" aria-label="Dead letter">
      ${found ? letter(found, management, copy) : html`<p role="status">${details.isLoading ? "Loading…" : details.fault}</p>`}
    </div>`;
}

function line(one: DeadLetter, isChosen: boolean): TemplateResult {
  return html`<a class="row" href=${deadLetterLink(one.id)} aria-current=${isChosen ? "true" : nothing}>
    <span class="badge bad">${icon("quarantine", 16)}</span>
    <span class="what">
      <span class="first"><b>${words(one.reason)}</b></span>
      <span class="second">${one.type || "no type"} · ${one.attempts} attempts</span>
    </span>
    <span class="when">${one.dead_since ? html`<time datetime=${one.dead_since}>${dayAndTime(Date.parse(one.dead_since))}</time>` : nothing}</span>
  </a>`;
}

function empty(list: Remote<unknown>): TemplateResult {
  if (list.isLoading) return loadingRows("Loading dead letters");
  if (list.fault) return blank("quarantine", list.isForbidden ? "For operators" : "No answer", html`<p>${list.fault}</p>`);
  return blank("check", "No dead letters", html`<p>Event Grid has given up on nothing that is still kept.</p>`);
}

function letter(found: DeadLetterDetails, management: Management, copy: (text: string) => void): TemplateResult {
  const isBusy = management.busy.has(found.id);
  return html`<h2 class="reason">${words(found.reason)}</h2>
    <div class="buttons"><button class="button primary" ?disabled=${isBusy} @click=${() => void management.replayDeadLetter(found.id)}>${icon("replay", 16)}${isBusy ? "Replaying…" : "Replay"}</button></div>
    <p class="told" role="status">${management.told.get(found.id) ?? nothing}</p>
    <dl>
      <dt>Type</dt><dd>${found.type || "–"}</dd>
      <dt>Outcome</dt><dd>${found.outcome || "–"}</dd>
      <dt>Attempts</dt><dd>${found.attempts} by Event Grid, ${found.tries} by us since</dd>
      <dt>Dead since</dt><dd>${found.dead_since ?? "–"}</dd>
      <dt>Id</dt><dd>${found.id}</dd>
    </dl>
    <h3>The event</h3>
    ${jsonView(found.body, copy)}`;
}
