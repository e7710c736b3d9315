import { expect, test } from "vitest";
import type { AuditEntry } from "../../api/team-client.ts";
import "../../i18n/words-for-tests.ts";
import { logLine } from "./log-line.ts";

const entry: AuditEntry = {
  at: 1,
  person_id: "a",
  action: "share",
  object_id: "notebook",
  detail: '{"role": "editor", "to": "b"}',
  ip: "192.0.2.1",
  agent: null,
};
const names = new Map([
  ["a", "Ada"],
  ["b", "Bob"],
]);
const all = (changes: Partial<AuditEntry>) => logLine({ ...entry, ...changes }, names, "all");

test("a line says who did what, for whom, and from where", () => {
  expect(all({})).toEqual({ what: "Role given", more: ["by Ada", "for Bob", "from 192.0.2.1"] });
  expect(logLine(entry, new Map(), "own")).toEqual({ what: "Role given", more: ["from 192.0.2.1"] });
});

test("a refused sign-in names the account and nobody who did it", () => {
  const refused = { action: "sign_in_refused", person_id: null, object_id: "b", detail: null };
  expect(all(refused)).toEqual({ what: "Sign-in refused", more: ["for Bob", "from 192.0.2.1"] });
});

test("a runtime that ended by itself says whose it was and why; the command line is called so", () => {
  const ended = { action: "runtime_stop", object_id: null, detail: '{"provider": "local", "why": "gone"}', ip: null };
  expect(all(ended)).toEqual({ what: "Hosted runtime stopped", more: ["for Ada", "it was ended elsewhere"] });
  const stopped = { ...ended, object_id: "b", detail: '{"provider": "local"}' };
  expect(all(stopped).more).toEqual(["by Ada", "for Bob"]);
  const invited = { action: "invite", person_id: null, object_id: null, detail: '{"user_name": "cleo"}', ip: null };
  expect(all(invited)).toEqual({ what: "Invitation made", more: ["by the command line", "for cleo"] });
});

test("what a newer hub writes keeps its own name", () => {
  const newer = { action: "new.thing", object_id: null, detail: '{"why": "moon"}', ip: null };
  expect(all(newer)).toEqual({ what: "new.thing", more: ["by Ada", "moon"] });
});
