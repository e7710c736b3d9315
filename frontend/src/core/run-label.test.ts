import { expect, test } from "vitest";
import { shareableLabel } from "./run-label.ts";

test.each(["Python 3 (ipykernel)", "R", "Julia 1.11: threads"])("%s is a name", (name) => {
  expect(shareableLabel(name)).toBe(name);
});

test.each(["Python (/home/ada/env)", "C:\\env", "gpu-box:8888", "ada@gpu", "http://127.0.0.1", null])(
  "%s leads to somebody's machine and is told to nobody",
  (name) => {
    expect(shareableLabel(name)).toBe("");
  },
);
