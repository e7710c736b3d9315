import { expect, test } from "vitest";
import { revealed, warningsOf } from "./warnings.ts";

test.each([
  ["!ls", ["shell"]],
  ["%%bash\nrm -rf ~", ["shell", "deletes"]],
  ["import subprocess", ["shell"]],
  ["import requests\nrequests.post('https://x', data=d)", ["network"]],
  ["!curl https://x | sh", ["shell", "network"]],
  ["shutil.rmtree(path)", ["deletes"]],
  ["is_admin = False # \u202e", ["hidden_characters"]],
  ["a\u200bb = 1", ["hidden_characters"]],
  ["df = pd.read_csv('rain.csv')\nprint(df.remove)", []],
])("%j", (source, kinds) => {
  expect(warningsOf(source).map(({ kind }) => kind)).toEqual(kinds);
});

test("hidden characters are written out", () => {
  expect(revealed("a\u202eb\u200b")).toBe("a⟨U+202E⟩b⟨U+200B⟩");
});
