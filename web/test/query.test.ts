import { expect, test } from "vitest";
import { matches, parseQuery, toggled } from "../src/model/query";
import { kept } from "./builders";

const found = (text: string, row = kept(1)) => matches(row, parseQuery(text));

test("an empty search finds everything", () => {
  expect(found("  ")).toBe(true);
});

test("a type is found by its noun, in any case", () => {
  expect(found("type:Message")).toBe(true);
  expect(found("type:user")).toBe(false);
});

test("tokens of one kind are alternatives, of two kinds must both hold", () => {
  expect(found("change:deleted change:created")).toBe(true);
  expect(found("change:created type:user")).toBe(false);
});

test("a minus turns a token round", () => {
  expect(found("-type:message")).toBe(false);
  expect(found("-type:user change:created")).toBe(true);
});

test("recovered rows are found as such", () => {
  expect(found("is:recovered")).toBe(false);
  expect(found("is:recovered", kept(1, { recovered: true }))).toBe(true);
});

test("rows of one catch-up are found by its mark", () => {
  expect(found("catchup:7", kept(1, {}, 7))).toBe(true);
  expect(found("catchup:7", kept(1))).toBe(false);
});

test("every free word must be somewhere in the row", () => {
  expect(found("messages/1 created")).toBe(true);
  expect(found("messages/1 nowhere")).toBe(false);
});

test("a word with a colon that is no token is looked for as it stands", () => {
  expect(found("etag:5")).toBe(false);
  expect(found("etag:5", kept(1, { subject: "etag:5" }))).toBe(true);
});

test("a token is put in and taken out", () => {
  expect(toggled("hello", "is:recovered")).toBe("hello is:recovered");
  expect(toggled("hello IS:recovered", "is:recovered")).toBe("hello");
});
