/** The bar on top: name, connection in words, theme, account. */
import { html, nothing, type TemplateResult } from "lit";
import { type Link, linkWords } from "../model/link";
import { icon, logo } from "./icons";
import type { Theme } from "./theme";

const THEME_ICONS = { system: "system", light: "sun", dark: "moon" } as const;

export interface TopBarView {
  readonly link: Link;
  readonly who: string;
  readonly theme: Theme;
  readonly twin: { readonly isOpen: boolean; toggle(): void } | null; // in a demo
  switchTheme(): void;
  help(): void;
  signOut(): void;
}

export function topBar(shown: TopBarView): TemplateResult {
  const { tone, text } = linkWords(shown.link, Date.now());
  return html`<header class="top">
    <a class="brand" href="#/">${logo()}<span>Graph Pulse</span></a>
    <span class="pill ${tone}" title=${shown.link.fault || nothing}><i></i>${text}</span>
    <span class="who">${shown.who}</span>
    ${shown.twin ? html`<button class="button quiet" aria-pressed=${shown.twin.isOpen} @click=${shown.twin.toggle}>${icon("twin", 16)}Twin</button>` : nothing}
    <button class="icon-button" title="Theme: ${shown.theme}" @click=${shown.switchTheme}>
      ${icon(THEME_ICONS[shown.theme])}<span class="hidden">Theme: ${shown.theme}. Switch</span>
    </button>
    <button class="icon-button keys-button" title="Keys" @click=${shown.help}><kbd>?</kbd><span class="hidden">Keys</span></button>
    <button
      class="button quiet"
      ?disabled=${shown.link.isOffline}
      title=${shown.link.isOffline ? "Signing out needs the network" : nothing}
      @click=${shown.signOut}
    >
      Sign out
    </button>
  </header>`;
}
