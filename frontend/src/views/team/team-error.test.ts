import { afterEach, beforeAll, expect, test } from "vitest";
import { ApiError } from "../../api/errors.ts";
import { errorText } from "../../i18n/error-text.ts";
import { setLanguage, withWords } from "../../i18n/t.ts";
import { teamErrorText } from "./team-error.ts";

beforeAll(() => withWords(Promise.resolve(), "team"));
afterEach(() => setLanguage("en"));

const CONFLICTS = [
  "conflict",
  "user_name_taken",
  "last_administrator",
  "owner_already",
  "too_many_links",
  "too_many_comments",
  "holds_bound_folder",
];

test("each thing that the hub refuses because of how things stand has words of its own", async () => {
  const told = CONFLICTS.map((code) => new ApiError(409, code, `The hub says ${code}.`));
  for (const read of [errorText, teamErrorText]) {
    await setLanguage("en"); // the hub knows the particulars
    expect(told.map(read)).toEqual(CONFLICTS.map((code) => `The hub says ${code}.`));
    await setLanguage("ja");
    const japanese = told.map(read);
    expect(new Set(japanese).size).toBe(CONFLICTS.length);
    for (const words of japanese) expect(words).toMatch(/[ぁ-ん]/);
  }
});
