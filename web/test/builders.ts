/** The defaults of the tests' rows. */
import { keptRow, type KeptRow, type Row } from "../src/model/rows";

export const NOON = Date.parse("2026-06-16T12:00:00Z");

export function row(number: number, more: Partial<Row> = {}): Row {
  const at = new Date(NOON + number * 1_000).toISOString();
  return {
    id: `20260616.00.${number}`,
    type: "Microsoft.Graph.MessageCreated",
    subject: `users/1/messages/${number}`,
    change_type: "created",
    resource: `users/1/messages/${number}`,
    version: "1",
    reader: "1",
    time: at,
    accepted_at: at,
    recovered: false,
    ...more,
  };
}

export function kept(number: number, more: Partial<Row> = {}, mark: number | null = null): KeptRow {
  const made = row(number, more);
  return keptRow(made, { place: number, arrived: Date.parse(made.accepted_at) + 50, mark, isLive: true });
}
