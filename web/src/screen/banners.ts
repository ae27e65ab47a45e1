/** Lines over the list that say what is not as usual, and what can be done about it. */
import { html, nothing, type TemplateResult } from "lit";
import type { Mark } from "../model/catch_up";
import { checkedWords, type Link } from "../model/link";
import { clockTime, counted } from "../model/spans";

export interface BannerView {
  readonly link: Link;
  readonly count: number;
  readonly isKept: boolean;
  readonly isMail: boolean;
  readonly gap: Mark | null;
  readonly hasNewVersion: boolean;
  ask(): void;
  closeGap(): void;
  takeNewVersion(): void;
}

export function banners(shown: BannerView): TemplateResult {
  return html`${connection(shown)} ${gap(shown)} ${notKept(shown)} ${newVersion(shown)}`;
}

function connection({ link, count, isKept, isMail, ask }: BannerView): TemplateResult | typeof nothing {
  const saved = count && isKept ? ` The ${counted(count, "event")} below are saved on this device.` : "";
  if (isMail && (link.isOffline || link.pull === "failed")) {
    const lead = link.isOffline ? "You are offline." : link.fault;
    return banner("warn", html`<b>${lead}</b> What you read before is here, and what you send waits in the outbox; ${checkedWords(link)}.`);
  }
  if (link.isOffline) {
    return banner("warn", html`<b>You are offline.</b>${saved} What comes meanwhile is fetched once the network is back; ${checkedWords(link)}.`);
  }
  if (link.pull !== "failed" || count === 0) return nothing;
  return banner("warn", html`<b>${link.fault}</b>${saved} It is tried again by itself; ${checkedWords(link)}.`, button("Try now", ask));
}

function gap({ gap: mark, closeGap }: BannerView): TemplateResult | typeof nothing {
  if (!mark) return nothing;
  return banner(
    "warn",
    html`<b>The place where this page stopped is no longer in the journal.</b> ${loadedWords(mark.count)} Others of before
      ${clockTime(mark.to)} may be missing here.`,
    button("Close", closeGap),
  );
}

function loadedWords(count: number): string {
  return count ? `What the journal holds was loaded: ${counted(count, "event")}.` : "What the journal holds was here already.";
}

function notKept({ isKept }: BannerView): TemplateResult | typeof nothing {
  if (isKept) return nothing;
  return banner("warn", html`<b>Nothing is saved on this device:</b> the browser gives no storage. The feed works while this tab is open.`);
}

function newVersion({ hasNewVersion, takeNewVersion }: BannerView): TemplateResult | typeof nothing {
  return hasNewVersion ? banner("info", html`<b>A new version is here.</b>`, button("Load it", takeNewVersion)) : nothing;
}

function banner(tone: "warn" | "info", text: TemplateResult, act?: TemplateResult): TemplateResult {
  return html`<div class="banner ${tone}"><span>${text}</span>${act ?? nothing}</div>`;
}

function button(text: string, act: () => void): TemplateResult {
  return html`<button class="text" @click=${act}>${text}</button>`;
}
