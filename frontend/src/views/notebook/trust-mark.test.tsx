// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import type { CellId } from "../../core/cell.ts";
import { Value } from "../../core/observable.ts";
import { TrustMark } from "./trust-mark.tsx";

afterEach(cleanup);

const mark = () => screen.queryByTitle(/^Not reviewed yet: you are asked before/);

test("a cell that needs a review is marked, unless cells run where nothing is asked", () => {
  const asks = new Value(true);
  const states = new Value<ReadonlyMap<CellId, "own" | "review">>(new Map([["c0" as CellId, "review"]]));
  render(<TrustMark trust={{ states, asks }} id={"c0" as CellId} />);
  expect(mark()).not.toBeNull();
  act(() => asks.set(false)); // bound to a hosted runtime
  expect(mark()).toBeNull();
  act(() => asks.set(true));
  expect(mark()).not.toBeNull();
  act(() => states.set(new Map([["c0" as CellId, "own"]])));
  expect(mark()).toBeNull();
});
