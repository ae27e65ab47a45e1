/** One line of the list, as markup. A row is a link to its event, a run a button that opens it. */
import { html, nothing, type TemplateResult } from "lit";
import { markWords } from "../model/catch_up";
import type { Run } from "../model/folding";
import { changeOf, familyOf, type KeptRow, nounOf, parentOf, shortResource } from "../model/rows";
import type { Line } from "../model/sections";
import { clockTime, counted, dayAndTime, shortMoment, spanOf } from "../model/spans";
import { icon } from "./icons";
import { eventLink } from "./route";

export interface LineActs {
  toggle(key: string): void;
  showOnly(token: string): void;
}

export function lineHeight(kind: string, isNarrow: boolean): number {
  if (kind === "heading") return 36;
  if (kind === "mark") return isNarrow ? 96 : 60;
  return 61;
}

export function lineTemplate(line: Line, isSelected: boolean, acts: LineActs): TemplateResult {
  switch (line.kind) {
    case "heading":
      return html`<h2 class="heading">${line.text}</h2>`;
    case "mark":
      return markTemplate(line, acts);
    case "run":
      return runTemplate(line.run, line.isOpen, isSelected, acts);
    case "row":
      return rowTemplate(line.row, line.isInner, isSelected);
  }
}

export function chip(row: KeptRow, text = wordOf(row)): TemplateResult {
  return html`<span class="chip ${changeOf(row)}">${text}</span>`;
}

export function recoveredChip(row: KeptRow): TemplateResult | typeof nothing {
  return row.recovered ? html`<span class="chip recovered">recovered</span>` : nothing;
}

export function titleOf(row: KeptRow): string {
  const noun = nounOf(row);
  return noun.charAt(0).toUpperCase() + noun.slice(1);
}

export function badge(row: KeptRow): TemplateResult {
  return html`<span class="badge ${familyOf(row)}">${icon(familyOf(row), 16)}</span>`;
}

function rowTemplate(row: KeptRow, isInner: boolean, isSelected: boolean): TemplateResult {
  return html`<a class="row ${isInner ? "inner" : ""}" href=${eventLink(row.id)} aria-current=${isSelected ? "true" : nothing}>
    ${badge(row)}
    <span class="what">
      <span class="first"><b>${titleOf(row)}</b>${chip(row)}${recoveredChip(row)}${row.echo ? html`<span class="chip own">own</span>` : nothing}</span>
      <span class="second">${row.summary || shortResource(row.resource || row.subject)}</span>
    </span>
    <span class="when"><time datetime=${row.accepted_at} title=${dayAndTime(row.at)}>${clockTime(row.at)}</time>${tookOf(row)}</span>
  </a>`;
}

function runTemplate(run: Run, isOpen: boolean, isSelected: boolean, acts: LineActs): TemplateResult {
  const newest = run.rows[0]!;
  return html`<button
    class="row run"
    aria-expanded=${isOpen}
    aria-current=${isSelected ? "true" : nothing}
    @click=${() => acts.toggle(run.key)}
  >
    <span class="badge count ${familyOf(newest)}">×${shortCount(run.rows.length)}</span>
    <span class="what">
      <span class="first"><b>${runTitle(run)}</b>${chip(newest)}${recoveredChip(newest)}</span>
      <span class="second">${runText(run)}</span>
    </span>
    <span class="when"><time datetime=${newest.accepted_at}>${clockTime(newest.at)}</time>${icon("chevron", 14)}</span>
  </button>`;
}

function markTemplate({ mark }: Extract<Line, { kind: "mark" }>, acts: LineActs): TemplateResult {
  const isRecent = Date.now() - mark.from < 12 * 3_600_000;
  const { lead, rest } = markWords(mark, isRecent ? clockTime : shortMoment);
  return html`<div class="mark ${mark.kind}">
    ${icon(mark.kind === "trimmed" ? "gap" : "replay", 16)}
    <span><b>${lead}</b> ${rest}</span>
    ${mark.count ? html`<button class="text" @click=${() => acts.showOnly(`catchup:${mark.id}`)}>Show only these</button>` : nothing}
  </div>`;
}

function wordOf(row: KeptRow): string {
  const change = changeOf(row);
  return change === "lifecycle" ? "lifecycle" : change;
}

/** From the change to the journal: two clocks are in it, so that nothing is said where it can't be true. */
function tookOf(row: KeptRow): TemplateResult | typeof nothing {
  const took = row.at - Date.parse(row.time);
  return took > 0 && took < 3_600_000 ? html`<span class="took">+${spanOf(took)}</span>` : nothing;
}

function runTitle(run: Run): string {
  const noun = nounOf(run.rows[0]!);
  return run.kind === "repeat" ? `${titleOf(run.rows[0]!)}, ${run.rows.length} times` : counted(run.rows.length, noun, `${noun}s`);
}

function runText(run: Run): string {
  const [newest, oldest] = [run.rows[0]!, run.rows.at(-1)!];
  const where = shortResource(run.kind === "repeat" ? newest.resource : parentOf(newest.resource) || newest.resource);
  const lead = `${run.kind === "repeat" ? "The same one" : "One burst"} ${withinWords(newest.at - oldest.at)}`;
  return [lead, newest.summary ? `last: ${newest.summary}` : where].filter(Boolean).join(" · ");
}

function withinWords(ms: number): string {
  return ms < 100 ? "at once" : `in ${spanOf(ms)}`;
}

function shortCount(count: number): string {
  return count < 1_000 ? String(count) : `${Math.floor(count / 1_000)}k`;
}
