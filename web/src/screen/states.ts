/** What stands where rows would: signed out, loading, nothing yet, nothing that matches, no answer. */
import { html, type TemplateResult } from "lit";
import { icon, type IconName, logo } from "./icons";

export function signedOut(signIn: () => void): TemplateResult {
  return html`<main class="welcome">
    <div class="blank">
      ${logo()}
      <h1>Graph Pulse</h1>
      <p>Mail and directory changes as they happen, and what came while you were away. Sign in with an account of your organisation.</p>
      <button class="button primary" @click=${signIn}>Sign in</button>
    </div>
  </main>`;
}

export function opening(): TemplateResult {
  return html`<main class="welcome" aria-busy="true"><div class="blank">${logo()}<h1>Graph Pulse</h1><p>Opening…</p></div></main>`;
}

export function loadingRows(words = "Loading events"): TemplateResult {
  const row = html`<div class="row skeleton"><span class="badge"></span><span class="what"><i></i><i></i></span></div>`;
  return html`<div class="fill" role="status"><span class="hidden">${words}</span>${[0, 1, 2, 3, 4, 5, 6].map(() => row)}</div>`;
}

export function nothingYet(): TemplateResult {
  return blank("lifecycle", "Listening. Nothing yet.", html`
    <p>Nothing has happened that you may see. In the demo, a second terminal can make something happen:</p>
    <code>pulse trigger message.created --count 5</code>`);
}

export function noMatch(clear: () => void): TemplateResult {
  return blank("search", "Nothing matches", html`
    <p>No event on this device fits what you look for. Tokens are type:, change:, resource: and is:recovered.</p>
    <button class="button" @click=${clear}>Show all events</button>`);
}

export function noAnswer(fault: string, again: () => void): TemplateResult {
  return blank("cloud", "No answer from the app", html`
    <p>${fault} It is tried again by itself.</p>
    <button class="button" @click=${again}>Try now</button>`);
}

export function offlineAndEmpty(): TemplateResult {
  return blank("cloud", "You are offline", html`<p>No events are saved on this device yet. They come with the network.</p>`);
}

export function blank(name: IconName, title: string, content: TemplateResult): TemplateResult {
  return html`<div class="fill"><div class="blank">${icon(name, 48)}<h2>${title}</h2>${content}</div></div>`;
}
