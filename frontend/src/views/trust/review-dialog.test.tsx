// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { withWords } from "../../i18n/t.ts";
import type { Review } from "./review.ts";
import { ReviewDialog } from "./review-dialog.tsx";

beforeAll(async () => {
  // What jsdom lacks: nothing is ever hit there, so the answers stay deaf.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
  document.elementFromPoint ??= () => null;
  await withWords(Promise.resolve(), "trust");
});
afterEach(cleanup);

const review: Review = {
  owner: { id: "eve", name: "Eve" },
  isHubAway: false,
  cells: [],
  turnToHosted: null,
  answer: () => {},
};

test("where the hub has no hosted runtimes none is offered", async () => {
  render(<ReviewDialog review={review} />);
  await screen.findByRole("button", { name: "Run once" });
  expect(screen.queryByRole("button", { name: "Use a hosted runtime" })).toBeNull();
  expect(screen.queryByText(/hosted/i)).toBeNull();
});

test("where it has, one turns to it from the question", async () => {
  const turnToHosted = vi.fn();
  render(<ReviewDialog review={{ ...review, turnToHosted }} />);
  fireEvent.click(await screen.findByRole("button", { name: "Use a hosted runtime" }));
  expect(turnToHosted).toHaveBeenCalledOnce();
});
