/** The right column: one event, in four tabs. */
import { html, nothing, type TemplateResult } from "lit";
import { hopsOf, type Hop } from "../model/hops";
import type { Offset } from "../model/clock_offset";
import { type KeptRow, type Row, shortResource } from "../model/rows";
import { clockTime, dayAndTime, spanOf } from "../model/spans";
import type { Remote } from "../sync/remote";
import { icon } from "./icons";
import { jsonView } from "./json_view";
import { badge, chip, recoveredChip, titleOf } from "./lines";
import { eventLink } from "./route";

export const TABS = ["Overview", "CloudEvent", "Path", "History"] as const;
export type Tab = (typeof TABS)[number];

export interface InspectorView {
  readonly row: KeptRow | null;
  readonly id: string;
  readonly details: Remote<Row & { event: unknown }>;
  readonly history: readonly KeptRow[];
  readonly tab: Tab;
  readonly clock: Offset;
  readonly replay: { readonly isBusy: boolean; readonly told: string; run(): void } | null; // for operators
  pick(tab: Tab): void;
  copy(text: string): void;
  showOnly(token: string): void;
}

export function inspector(shown: InspectorView): TemplateResult {
  return html`<div class="tabs">
      <a class="back" href="#/"><span class="hidden">Back to the events</span>${icon("back")}</a>
      <div role="tablist" aria-label="Details" @keydown=${(event: KeyboardEvent) => arrow(event, shown)}>
        ${TABS.map((tab) => tabButton(tab, shown))}
      </div>
    </div>
    <div class="pane" id="pane" role="tabpanel" tabindex="0" aria-labelledby="tab-${shown.tab}">
      ${shown.row ? heading(shown.row) : nothing} ${shown.row ? content(shown.row, shown) : missing(shown)}
    </div>`;
}

export function nothingChosen(): TemplateResult {
  return html`<div class="fill"><div class="blank"><p>Choose an event to see its JSON, the way it took and what else happened to its resource.</p></div></div>`;
}

function tabButton(tab: Tab, shown: InspectorView): TemplateResult {
  const isOn = tab === shown.tab;
  const count = tab === "History" && shown.history.length > 1 ? html` <small>${shown.history.length}</small>` : nothing;
  return html`<button
    role="tab"
    id="tab-${tab}"
    aria-selected=${isOn}
    aria-controls="pane"
    tabindex=${isOn ? 0 : -1}
    @click=${() => shown.pick(tab)}
  >${tab}${count}</button>`;
}

function arrow(event: KeyboardEvent, shown: InspectorView): void {
  const step = { ArrowRight: 1, ArrowLeft: TABS.length - 1 }[event.key];
  if (step === undefined) return;
  const next = TABS[(TABS.indexOf(shown.tab) + step) % TABS.length]!;
  shown.pick(next);
  document.getElementById(`tab-${next}`)?.focus();
}

function heading(row: KeptRow): TemplateResult {
  return html`<header class="subject">
    ${badge(row)}
    <div>
      <h2>${titleOf(row)} ${chip(row)} ${recoveredChip(row)}</h2>
      <p>${dayAndTime(row.at)}</p>
    </div>
  </header>`;
}

function content(row: KeptRow, shown: InspectorView): TemplateResult {
  switch (shown.tab) {
    case "Overview":
      return overview(row, shown);
    case "CloudEvent":
      return cloudEvent(shown);
    case "Path":
      return path(row, shown);
    case "History":
      return history(shown);
  }
}

function overview(row: KeptRow, shown: InspectorView): TemplateResult {
  const link = `${location.origin}/${eventLink(row.id)}`;
  return html`<div class="buttons">
      <button class="button" @click=${() => shown.copy(link)}>${icon("link", 16)}Copy link</button>
      <button class="button" @click=${() => shown.showOnly(`resource:${row.resource.toLowerCase()}`)}>${icon("search", 16)}Only this resource</button>
      ${shown.replay ? replayButton(shown.replay) : nothing}
    </div>
    <p class="told" role="status">${shown.replay?.told ?? nothing}</p>
    <dl>
      ${row.summary ? fact("Says", row.summary) : nothing} ${fact("Type", row.type)} ${fact("Change", row.change_type || "none: a lifecycle event")} ${fact("Resource", row.resource)}
      ${row.subject === row.resource ? nothing : fact("Subject", row.subject)} ${fact("Version", row.version)}
      ${fact("Seen by", row.reader)} ${fact("Recovered", row.recovered ? "yes, by a delta query" : "no, it was delivered")}
      ${fact("Event time", row.time)} ${fact("In the journal", row.accepted_at)} ${fact("Id", row.id)}
    </dl>`;
}

function replayButton({ isBusy, run }: NonNullable<InspectorView["replay"]>): TemplateResult {
  return html`<button class="button" ?disabled=${isBusy} @click=${run} title="Run its handlers again">${icon("replay", 16)}${isBusy ? "Replaying…" : "Replay"}</button>`;
}

function fact(name: string, value: string): TemplateResult {
  return html`<dt>${name}</dt><dd>${value || "–"}</dd>`;
}

function cloudEvent({ details, copy }: InspectorView): TemplateResult {
  if (details.body?.event) return jsonView(details.body.event, copy);
  if (details.isLoading) return html`<p role="status">Loading…</p>`;
  const why = details.fault || "The journal no longer holds its text.";
  return html`<p class="fault">${why}</p><button class="button" @click=${() => void details.load()}>Try again</button>`;
}

function path(row: KeptRow, { clock }: InspectorView): TemplateResult {
  const hops = hopsOf(row, clock);
  return html`<h3>From the change to this screen</h3>
    <ul class="hops">${hops.map((hop) => hopLine(hop, hops.at(-1)!.end))}</ul>
    <p class="hint">Each clock is its own: the change and the event carry Graph's, the journal the app's, this screen yours. Spans between them are about right, not exact.</p>`;
}

function hopLine(hop: Hop, whole: number): TemplateResult {
  const percent = (ms: number): number => (whole > 0 ? Math.max(0, Math.min(100, (100 * ms) / whole)) : 0);
  const width = Math.max(1.5, percent(hop.end) - percent(hop.start));
  return html`<li>
    <span>${hop.name}<small>${clockTime(hop.at)}</small></span>
    <span class="track"><i .style=${`left:${Math.min(98.5, percent(hop.start))}%;width:${width}%`}></i></span>
    <em>${hop.start === hop.end ? "start" : `+${spanOf(hop.end - hop.start)}`}</em>
  </li>`;
}

function history({ history: rows, id }: InspectorView): TemplateResult {
  return html`<h3>${shortResource(rows[0]?.resource ?? "")}</h3>
    <ol class="history">
      ${rows.map(
        (row) => html`<li>
          <a href=${eventLink(row.id)} aria-current=${row.id === id ? "true" : nothing}>
            ${chip(row)} ${recoveredChip(row)}<time datetime=${row.accepted_at}>${dayAndTime(row.at)}</time>
          </a>
        </li>`,
      )}
    </ol>
    <p class="hint">What this device holds of the resource, newest first.</p>`;
}

function missing({ details }: InspectorView): TemplateResult {
  if (details.isLoading) return html`<p role="status">Loading…</p>`;
  return html`<h2>This event can't be shown</h2><p class="fault">${details.fault}</p><a href="#/">Back to the events</a>`;
}
