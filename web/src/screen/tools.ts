/** Search and pause. */
import { html, nothing, type TemplateResult } from "lit";
import { parseQuery, toggled } from "../model/query";
import { counted } from "../model/spans";
import { icon } from "./icons";
import type { Reading } from "./reading";

const OFFERED = ["change:created", "change:updated", "change:deleted", "is:recovered"];

export interface ToolActs {
  search(text: string): void;
  pause(): void;
}

export function tools(reading: Reading, acts: ToolActs): TemplateResult {
  const isPaused = reading.pausedAt !== null;
  return html`<div class="tools">
      <search class="search">
        ${icon("search", 16)}
        <input
          id="search"
          type="search"
          aria-label="Search events"
          placeholder="type:message change:created words…"
          autocomplete="off"
          spellcheck="false"
          .value=${reading.text}
          @input=${(event: InputEvent) => acts.search((event.target as HTMLInputElement).value)}
        />
        ${reading.text ? clearButton(acts) : html`<kbd aria-hidden="true">/</kbd>`}
      </search>
      <button class="button ${isPaused ? "primary" : ""}" aria-pressed=${isPaused} @click=${acts.pause}>
        ${icon(isPaused ? "play" : "pause", 16)}<span>${pauseWords(reading)}</span>
      </button>
    </div>
    <div class="tokens" role="group" aria-label="Filters">${OFFERED.map((token) => tokenButton(token, reading.text, acts))}${ownToken(reading, acts)}${catchUpToken(reading.text, acts)}</div>`;
}

function pauseWords({ pausedAt, waiting }: Reading): string {
  if (pausedAt === null) return "Pause";
  return waiting ? `Go on · ${counted(waiting, "new", "new")}` : "Go on";
}

function clearButton(acts: ToolActs): TemplateResult {
  return html`<button class="icon-button" @click=${() => acts.search("")}>${icon("close", 14)}<span class="hidden">Clear the search</span></button>`;
}

function tokenButton(token: string, text: string, acts: ToolActs): TemplateResult {
  const isOn = toggled(text, token).length < text.trim().length;
  return html`<button class="token" aria-pressed=${isOn} @click=${() => acts.search(toggled(text, token))}>${token}</button>`;
}

/** Own changes are folded away: this opens them. */
function ownToken({ own, text }: Reading, acts: ToolActs): TemplateResult | typeof nothing {
  const isOn = parseQuery(text).tokens.some(({ kind, value }) => kind === "is" && value === "own");
  if (!own && !isOn) return nothing;
  const count = isOn ? nothing : html` <small>${own.toLocaleString("en")}</small>`;
  return html`<button class="token" aria-pressed=${isOn} @click=${() => acts.search(toggled(text, "is:own"))}>is:own${count}</button>`;
}

/** Not offered, but to be seen and taken away once it is on. */
function catchUpToken(text: string, acts: ToolActs): TemplateResult | typeof nothing {
  const token = parseQuery(text).tokens.find(({ kind }) => kind === "catchup");
  return token ? tokenButton(`catchup:${token.value}`, text, acts) : nothing;
}
