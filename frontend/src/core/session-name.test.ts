import { expect, test } from "vitest";
import { ownSessionName, sessionName } from "./session-name.ts";

const ID = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed";

test.each([
  ["ours", "rain-runhere-1a2b3c4d.ipynb", "rain"],
  ["ours in a folder", "team/My rain 1-runhere-1a2b3c4d.ipynb", "team/My rain 1"],
  ["one that is called like ours", "rain-runhere-1a2b3c4d-runhere-5e6f7a8b.ipynb", "rain-runhere-1a2b3c4d"],
  ["a file of that name which another client opened", "what-runhere-is-about.ipynb", "what-runhere-is-about.ipynb"],
  ["another client's notebook", "work/rain.ipynb", "work/rain.ipynb"],
  ["an editor's notebook", `/home/ann/rain.ipynb-jvsc-${ID}ipynb`, "/home/ann/rain.ipynb"],
  ["a console", `work/console-1-${ID}`, "work/console-1"],
  ["nothing but an id", ID, ""],
  ["none", "", ""],
])("%s", (_, path, name) => {
  expect(sessionName(path)).toBe(name);
});

test.each([
  ["in no folder", "rain-runhere-1a2b3c4d.ipynb", "Snow", "Snow"],
  ["in a folder", "team/rain-runhere-1a2b3c4d.ipynb", "Snow", "team/Snow"],
  ["on a kernel that another client started", "team/rain.ipynb", "Snow", "team/rain.ipynb"],
])("a notebook is called as it is now, %s", (_, path, now, name) => {
  expect(ownSessionName(path, now)).toBe(name);
});
