/** What the page says after it was away: true numbers, and a gap where the journal no longer has what came. Pure. */

/** `from` is when the page had last asked, `to` when it was done; ms. `recovered` counts rows that the app found by delta. */
export interface Mark {
  readonly id: number;
  readonly kind: "caught-up" | "trimmed";
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly recovered: number;
}

export const AWAY_MS = 90_000; // the page asks every 60 s at the least, so that a longer silence was an absence

/** Was nobody looking since the last answer? `wasCut`: a pull failed or the network was gone in between. */
export function wasAway(checkedAt: number | null, wasCut: boolean, now: number): checkedAt is number {
  return checkedAt !== null && (wasCut || now - checkedAt > AWAY_MS);
}

export function grown(mark: Mark, rows: readonly { readonly recovered: boolean }[], now: number): Mark {
  const recovered = rows.filter((row) => row.recovered).length;
  return { ...mark, to: now, count: mark.count + rows.length, recovered: mark.recovered + recovered };
}

export function markWords(mark: Mark, clock: (ms: number) => string): { lead: string; rest: string } {
  const span = `from ${clock(mark.from)} to ${clock(mark.to)}`;
  const events = `${mark.count.toLocaleString("en")} ${mark.count === 1 ? "event" : "events"}`;
  if (mark.kind === "trimmed") {
    return { lead: "A gap.", rest: `Events ${span} may be missing: the journal no longer holds them all. Loaded again: ${events}.` };
  }
  const found = mark.recovered ? ` ${mark.recovered.toLocaleString("en")} of them by a delta query.` : "";
  return { lead: "Caught up.", rest: `Away ${span}: ${mark.count.toLocaleString("en")} recovered.${found}` };
}
