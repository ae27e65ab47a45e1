/** How far the server's clock is from this one, out of HTTP `Date` headers, which tell whole seconds. Pure.
 *
 * Each answer says: at some moment between `sent` and `received` the server's clock stood in [date, date + 1 s).
 * So the offset lies in [date - received, date + 1 s - sent); what all answers allow soon is a narrow span.
 */
export interface Offset {
  readonly low: number;
  readonly high: number;
}

export const UNKNOWN: Offset = { low: -Infinity, high: Infinity };

export function narrowed(known: Offset, answer: { date: number; sent: number; received: number }): Offset {
  const fresh = { low: answer.date - answer.received, high: answer.date + 1_000 - answer.sent };
  const both = { low: Math.max(known.low, fresh.low), high: Math.min(known.high, fresh.high) };
  return both.low < both.high ? both : fresh; // a clock was set: begin again
}

/** Server minus browser, in ms, and how sure that is; null while nothing is known. */
export function estimate(offset: Offset): { ms: number; plusMinus: number } | null {
  if (!Number.isFinite(offset.low) || !Number.isFinite(offset.high)) return null;
  return { ms: (offset.low + offset.high) / 2, plusMinus: (offset.high - offset.low) / 2 };
}
