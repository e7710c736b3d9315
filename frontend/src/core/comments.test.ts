import { expect, test } from "vitest";
import { type CommentFacts, linkParts, openCounts, threadsOf } from "./comments.ts";

const comment = (id: string, cell: string, more: Partial<CommentFacts> = {}): CommentFacts => ({
  id,
  cell_id: cell,
  reply_to: null,
  resolved_at: null,
  is_deleted: false,
  ...more,
});

test("threads stand in the order of their cells, replies in theirs, and those of cells that are gone last", () => {
  const all = [
    comment("1", "gone"),
    comment("2", "b"),
    comment("3", "a"),
    comment("4", "b"),
    comment("5", "b", { reply_to: "2" }),
    comment("6", "b", { reply_to: "2" }),
  ];
  const threads = threadsOf(all, ["a", "b"]);
  expect(threads.map(({ first }) => first.id)).toEqual(["3", "2", "4", "1"]);
  expect(threads[1]?.replies.map(({ id }) => id)).toEqual(["5", "6"]);
});

test("the margin counts what is open, replies too, and nothing that was deleted or resolved", () => {
  const all = [
    comment("1", "a"),
    comment("2", "a", { reply_to: "1" }),
    comment("3", "b", { resolved_at: 5 }),
    comment("4", "b", { reply_to: "3" }),
    comment("5", "c", { is_deleted: true }),
    comment("6", "c", { reply_to: "5" }),
  ];
  expect([...openCounts(all)]).toEqual([
    ["a", 2],
    ["c", 1],
  ]);
});

test.each([
  ["see https://example.org/a_(b)?q=1#c.", ["see ", "https://example.org/a_(b)?q=1#c", "."]],
  ["(https://example.org)", ["(", "https://example.org", ")"]],
  ["nothing here", ["nothing here"]],
  ["", []],
])("addresses in %s are links", (body, texts) => {
  const parts = linkParts(body);
  expect(parts.map(({ text }) => text)).toEqual(texts);
  expect(parts.filter(({ href }) => href !== null).map(({ text }) => text)).toEqual(
    texts.filter((text) => text.startsWith("http")),
  );
});

test.each([
  "javascript:alert(1)",
  "JAVASCRIPT:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "https://bank.test@evil.test/",
  "http://",
  "[click](javascript:alert(1))",
  "<img src=x onerror=alert(1)>",
  "vbscript:x ftp://host/file file:///etc/passwd",
])("%s is text, whatever it says", (body) => {
  expect(linkParts(body).filter(({ href }) => href !== null)).toEqual([]);
});

test("an address ends before a mark that turns the direction of text", () => {
  const [, link, rest] = linkParts("x https://example.org/\u202Emoc.evil");
  expect(link).toEqual({ text: "https://example.org/", href: "https://example.org/" });
  expect(rest?.href).toBeNull();
});
