import { expect, test } from "vitest";
import { ApiError } from "../../api/errors.ts";
import { openProblemOf } from "./open-problem.ts";

test("an old format may be upgraded", () => {
  const error = new ApiError(409, "notebook_needs_upgrade", "Old.", { nbformat: 2 });
  expect(openProblemOf(error)).toEqual({ kind: "upgrade", nbformat: 2 });
});

test("an invalid file names its place, and offers a copy only when the hub can make one", () => {
  const details = { place: "line 3, column 7", reason: "Expecting ','", line: 3, column: 7, salvageable: true };
  const problem = openProblemOf(new ApiError(422, "notebook_invalid", "No.", details));
  expect(problem).toEqual({
    kind: "invalid",
    where: "",
    why: "Expecting ','",
    position: { line: 3, column: 7 },
    canSalvage: true,
  });
  const inCell = openProblemOf(new ApiError(422, "notebook_invalid", "No.", { ...details, place: "cell 2" }));
  expect(inCell).toMatchObject({ where: "cell 2", position: { line: 3, column: 7 } });
  const hopeless = openProblemOf(new ApiError(422, "notebook_invalid", "No.", { place: "cell 2", reason: "r" }));
  expect(hopeless).toMatchObject({ position: null, canSalvage: false });
});

test("anything else is an error like any other", () => {
  expect(openProblemOf(new ApiError(503, "disk_full", "Full."))).toBeNull();
  expect(openProblemOf(new Error("notebook_invalid"))).toBeNull();
});
