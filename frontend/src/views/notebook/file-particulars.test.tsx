// @vitest-environment jsdom
import { cleanup, render } from "@testing-library/react";
import { afterEach, beforeAll, expect, test } from "vitest";
import { fileNotes } from "../../i18n/ja/filenotes.ts";
import { setLanguage, withWords } from "../../i18n/t.ts";
import { FileParticulars } from "./file-particulars.tsx";

beforeAll(async () => {
  await withWords(Promise.resolve(), "filenotes");
  await setLanguage("ja");
});
afterEach(cleanup);

test("each reason of the hub's is told in the page's language, with its facts; an unknown one is left out", () => {
  const facts = { cells: 2, line: 31, column: 4, format: 3, mib: 256, byte: 7 };
  const reasons = [...Object.keys(fileNotes), "of_a_later_hub"].map((code) => ({ code, facts }));
  const told = render(<FileParticulars reasons={reasons} />).container.textContent ?? "";
  expect(told).toContain("ファイルの 31 行目から git の競合マーカー");
  expect(told).toContain("256 MiB を超えています。");
  expect(told).not.toMatch(/[{}]|of_a_later_hub|undefined/);
  expect(told.match(/。/g)?.length).toBeGreaterThanOrEqual(reasons.length - 1);
});
