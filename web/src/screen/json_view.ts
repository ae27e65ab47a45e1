/** JSON in colours, with a button that copies it. */
import { html, type TemplateResult } from "lit";
import { pieces } from "../model/json_tokens";
import { icon } from "./icons";

export function jsonView(value: unknown, copy: (text: string) => void): TemplateResult {
  const text = typeof value === "string" ? pretty(value) : JSON.stringify(value, null, 2);
  return html`<div class="json">
    <button class="button small" @click=${() => copy(text)}>${icon("copy", 16)}Copy</button>
    <pre tabindex="0">${pieces(text).map(({ kind, text: piece }) => (kind === "mark" ? piece : html`<span class=${kind}>${piece}</span>`))}</pre>
  </div>`;
}

/** Text that may be JSON; what is not stays as it came. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
