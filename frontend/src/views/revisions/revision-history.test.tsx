// @vitest-environment jsdom
import { cleanup, render, screen, within } from "@testing-library/react";
import { afterEach, beforeAll, expect, test } from "vitest";
import { withWords } from "../../i18n/t.ts";
import { RevisionHistory, type RevisionHistoryProps } from "./revision-history.tsx";

beforeAll(async () => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
  Element.prototype.scrollIntoView ??= () => {};
  await withWords(Promise.resolve(), "revisions");
});
afterEach(cleanup);

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
