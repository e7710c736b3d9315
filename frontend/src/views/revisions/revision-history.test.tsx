// @vitest-environment jsdom
import { act, cleanup, render, screen, within } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Revision } from "../../api/client.ts";
import { withWords } from "../../i18n/t.ts";
import { RevisionHistory, type RevisionHistoryProps } from "./revision-history.tsx";
import { LOOK_AGAIN_MS } from "./use-revisions.ts";

beforeAll(async () => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
  Element.prototype.scrollIntoView ??= () => {};
  await withWords(Promise.resolve(), "revisions");
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

test.each([true, false])(
  "a history without a version says why and what comes (may only read: %s)",
  async (isReadOnly) => {
    const props = {
      hub: { revisions: async () => [] },
      notebookId: "n",
      isReadOnly,
    } as unknown as RevisionHistoryProps;
    render(<RevisionHistory {...props} />);
    const heading = await screen.findByRole("heading", { name: "No version is kept yet" });
    const place = within(heading.parentElement as HTMLElement);
    expect(place.getByText(/One is kept when nobody typed for five minutes/)).toBeTruthy();
    expect(screen.queryAllByRole("button", { name: "Name this moment…" })).toHaveLength(isReadOnly ? 0 : 1);
  },
);

function version(id: string, name: string): Revision {
  const kept = { id, name, kind: "named", seq: 1, created_at: 1_700_000_000_000 };
  return { ...kept, editors: [], person: null, restored_from: null } as unknown as Revision;
}

test("a version that somebody else keeps appears, and takes nothing from the sight; a name that changes is shown", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  let kept: readonly Revision[] = [version("a", "Draft")];
  const revisions = vi.fn(async () => {
    if (kept.length === 0) throw new Error("The hub is away.");
    return kept;
  });
  const props = {
    hub: { revisions, revision: async () => [] },
    notebookId: "n",
    isReadOnly: true,
    language: "python",
    cellsNow: () => [],
  } as unknown as RevisionHistoryProps;
  const { unmount } = render(<RevisionHistory {...props} />);
  await screen.findByRole("heading", { name: "Draft" });
  const later = () => act(async () => void (await vi.advanceTimersByTimeAsync(LOOK_AGAIN_MS)));
  const listed = () => screen.getAllByRole("listitem").map((one) => one.textContent?.slice(0, 5));

  kept = [version("b", "Final"), ...kept];
  await later();
  expect(listed()).toEqual(["Final", "Draft"]);
  expect(screen.getByRole("heading", { level: 2, name: "Draft" })).toBeTruthy();
  kept = [version("b", "Final"), version("a", "First")];
  await later();
  expect(screen.getByRole("heading", { level: 2, name: "First" })).toBeTruthy();

  kept = [];
  await later();
  expect([listed(), screen.queryByText("The hub is away.")]).toEqual([["Final", "First"], null]);
  unmount();
  const asked = revisions.mock.calls.length;
  await later();
  expect(revisions.mock.calls.length).toBe(asked);
});
