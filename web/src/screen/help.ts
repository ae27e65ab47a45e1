/** The dialog with all keys. */
import { html, type TemplateResult } from "lit";
import { KEYS } from "./keys";

export function helpDialog(): TemplateResult {
  return html`<dialog id="help" aria-labelledby="help-title">
    <h2 id="help-title">Keys</h2>
    <dl>${KEYS.map(({ keys, does }) => html`<dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${does}</dd>`)}</dl>
    <h2>Search</h2>
    <p><code>type:message</code> <code>change:deleted</code> <code>resource:users/…</code> <code>is:recovered</code> and words. A minus before a token turns it round: <code>-type:user</code>.</p>
    <form method="dialog"><button class="button primary">Close</button></form>
  </dialog>`;
}

export function showHelp(): void {
  document.querySelector<HTMLDialogElement>("#help")?.showModal();
}
