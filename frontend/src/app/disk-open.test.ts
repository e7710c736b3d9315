import { expect, test } from "vitest";
import { pathInFolder } from "./disk-open.ts";

test.each([
  ["the same folder", "rain.ipynb", "", "", "rain.ipynb"],
  ["the hub's folder is one of the server's", "work/a/rain.ipynb", "work", "", "a/rain.ipynb"],
  ["the notebook lies deeper in both", "work/a/rain.ipynb", "work/a", "a", "a/rain.ipynb"],
  ["the server's folder is one of the hub's", "rain.ipynb", "", "deep/work", "deep/work/rain.ipynb"],
  ["both are below what they share", "b/rain.ipynb", "a", "work/a", "work/b/rain.ipynb"],
  ["outside of the hub's folder", "other/rain.ipynb", "work", "", null],
  ["a name that only begins like the folder's", "workshop/rain.ipynb", "work", "", null],
  ["folders that are not one", "x/rain.ipynb", "x/y", "z", null],
])("where a file of the server lies in the hub's folder: %s", (_, path, known, asKnown, found) => {
  expect(pathInFolder(path, known, asKnown)).toBe(found);
});
