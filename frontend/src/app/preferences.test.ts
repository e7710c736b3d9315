import { expect, test } from "vitest";
import { readPreferences } from "./preferences.ts";

const usual = { language: "en", theme: "system", editorFontSize: 14, lineNumbers: false };

test.each([null, "", "{", "[]", "null", '{"theme":"pink","editorFontSize":400,"language":"fr","lineNumbers":"yes"}'])(
  "what makes no sense gives the usual values: %s",
  (stored) => {
    expect(readPreferences(stored, ["en-US"])).toEqual(usual);
  },
);

test("what was chosen is kept, and wins over the browser's language", () => {
  const chosen = { language: "ja", theme: "dark", editorFontSize: 18, lineNumbers: true };
  expect(readPreferences(JSON.stringify(chosen), ["en-US"])).toEqual(chosen);
  expect(readPreferences(null, ["ja-JP", "en"]).language).toBe("ja");
});
