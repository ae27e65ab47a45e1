/** The connection, in words. Pure: nothing is claimed that is not known. */
import { type Offset, UNKNOWN } from "./clock_offset";
import { clockTime, counted } from "./spans";

/** `checkedAt`: last complete answer, ms; `retryAt`: when the next attempt starts; `caught`: rows so far while catching up. */
export interface Link {
  readonly isOffline: boolean;
  readonly push: "connecting" | "live" | "unreachable";
  readonly pull: "first" | "catching-up" | "settled" | "failed";
  readonly fault: string;
  readonly checkedAt: number | null;
  readonly retryAt: number | null;
  readonly caught: number;
  readonly clock: Offset;
}

export const FIRST_LINK: Link = {
  isOffline: false,
  push: "connecting",
  pull: "first",
  fault: "",
  checkedAt: null,
  retryAt: null,
  caught: 0,
  clock: UNKNOWN,
};

export type Tone = "ok" | "warn" | "quiet";

export function linkWords(link: Link, now: number): { tone: Tone; text: string } {
  if (link.isOffline) return { tone: "warn", text: "Offline" };
  if (link.pull === "failed") return { tone: "warn", text: `No answer · ${retryWords(link, now)}` };
  if (link.pull === "catching-up") return { tone: "quiet", text: `Catching up · ${counted(link.caught, "event")}` };
  if (link.pull === "first") return { tone: "quiet", text: "Connecting…" };
  if (link.push === "live") return { tone: "ok", text: "Live" };
  if (link.push === "unreachable") return { tone: "warn", text: "No push · asking every 15 s" };
  return { tone: "quiet", text: "Connecting…" };
}

export function checkedWords(link: Link): string {
  return link.checkedAt === null ? "not checked yet" : `last checked ${clockTime(link.checkedAt)}`;
}

/** May rates and spans be shown, or would they speak of a time that nobody saw? */
export function isFresh(link: Link, now: number): boolean {
  return !link.isOffline && link.pull !== "failed" && link.checkedAt !== null && now - link.checkedAt < 90_000;
}

function retryWords(link: Link, now: number): string {
  const seconds = Math.ceil(((link.retryAt ?? now) - now) / 1_000);
  return seconds > 0 ? `trying again in ${seconds} s` : "trying again";
}
