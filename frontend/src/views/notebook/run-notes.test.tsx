// @vitest-environment jsdom
import { act, cleanup, render, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { CellId } from "../../core/cell.ts";
import { sha256Hex } from "../../core/hex.ts";
import type { RunRecord } from "../../core/notebook.ts";
import { setLanguage } from "../../i18n/t.ts";
import type { NotebookController } from "./controller.ts";
import { RunNotes, runFacts } from "./run-notes.tsx";
import type { NotebookServices } from "./services.ts";
import { ShownRuns } from "./shown-runs.ts";

const RAN = "print(1)";
const AT = Date.UTC(2026, 1, 3, 4, 5);
const ada = { id: "a", name: "Ada" };
const bob = { id: "b", name: "Bob" };
const cell = "c1" as CellId;

beforeAll(() => setLanguage("en"));
afterEach(() => {
  vi.useRealTimers();
  cleanup();
});

/** What a page of `me` says under a cell with this source that shows this run. */
function notes(
  me: typeof ada,
  run: RunRecord,
  source = RAN,
  { isLost = false, extent = null as "whole" | "part" | null } = {},
): HTMLElement {
  const text = { toString: () => source, observe: () => {}, unobserve: () => {} };
  const none = () => () => {};
  const services = {
    person: me,
    doc: { cell: () => ({ source: text }) },
    runs: {
      subscribeCell: none,
      headOf: () => run,
      isWriter: () => false,
      isContactLost: () => isLost,
      rivalOf: () => null,
    },
    actions: { subscribeCell: none, placeOf: () => null, extentOf: () => extent },
  };
  // Only what the notes read of a page.
  const shownRuns = new ShownRuns(services as unknown as NotebookServices);
  return render(<RunNotes controller={{ services, shownRuns } as unknown as NotebookController} id={cell} />).container;
}

async function ranBy(person: typeof ada, kind: string): Promise<RunRecord> {
  return {
    run_id: "r" as RunRecord["run_id"],
    cell_id: cell,
    kind: "executed",
    status: "ok",
    source_digest: await sha256Hex(new TextEncoder().encode(RAN)),
    person,
    runtime: { kind, label: "Python 3" },
    execution_count: 1,
    started_at: AT,
    finished_at: AT + 10,
    epoch: 1,
    n: 2,
    through: null,
    writer: null,
    outputs: [],
  };
}

test("each of two people is told who ran it, where and when, and nothing of their own run", async () => {
  const [hers, his] = [await ranBy(ada, "local"), await ranBy(bob, "hosted")];
  expect(notes(bob, hers).textContent).toMatch(/^Run by Ada, on their own machine, Feb 3, 2026/);
  expect(notes(ada, his).textContent).toMatch(/^Run by Bob, on a hosted runtime, Feb 3, 2026/);
  expect(notes(ada, hers).textContent).toBe("");
  expect(notes(bob, his).textContent).toBe("");
});

test("who and where are told of a run whose time stays at home with its outputs", async () => {
  const hers: RunRecord = {
    ...(await ranBy(ada, "hosted")),
    started_at: null,
    finished_at: null,
    execution_count: null,
  };
  expect(notes(bob, hers).textContent).toBe("Run by Ada, on a hosted runtime, time kept at home");
  expect(notes(bob, { ...hers, status: "cancelled" }).textContent).toBe("");
});

test("both are told that the source is another one since", async () => {
  const hers = await ranBy(ada, "local");
  const shown = [notes(ada, hers, "print(2)"), notes(bob, hers, "print(2)")];
  await waitFor(() => {
    for (const page of shown) expect(page.textContent).toContain("Edited since this ran");
  });
  expect(notes(bob, hers).textContent).not.toContain("Edited");
});

test("whether it was edited or run in part is told as far as it is known", async () => {
  const hers = await ranBy(ada, "local");
  const shown = (extent: "whole" | "part" | null) => notes(ada, hers, "print(1)\nprint(2)", { extent });
  const [whole, part, unknown] = [shown("whole"), shown("part"), shown(null)];
  await waitFor(() => {
    expect(whole.textContent).toBe("Edited since this ran");
    expect(part.textContent).toBe("Only a part of the code ran");
    expect(unknown.textContent).toBe("Edited since this ran, or only a part of it ran");
  });
});

test("of a run that nobody hears any more each is told what to do, once that lasts", async () => {
  const hers: RunRecord = { ...(await ranBy(ada, "local")), status: "running", finished_at: null };
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const [mine, his] = [notes(ada, hers, RAN, { isLost: true }), notes(bob, hers, RAN, { isLost: true })];
  act(() => void vi.advanceTimersByTime(3_900));
  expect(mine.textContent).toBe("");
  act(() => void vi.advanceTimersByTime(200));
  expect(mine.textContent).toMatch(/^Contact lost.*connect to it in the browser that ran the cell.*run the cell again/);
  expect(his.textContent).toContain("It goes on when Ada opens this notebook again.");
  // A row that comes back into sight does not begin to wait again.
  expect(notes(ada, hers, RAN, { isLost: true }).textContent).toContain("Contact lost");
  expect(notes(ada, hers).textContent).toBe("");
});

test("says when, by whom and where a cell ran last", async () => {
  const run = await ranBy(bob, "local");
  const controller = { services: { runs: { headOf: () => run } } } as unknown as NotebookController;
  const facts = runFacts(controller, cell) ?? "";
  expect(facts).toContain("Bob");
  expect(facts).toContain("Python 3");
  expect(facts).toContain("2026");
  const never = { services: { runs: { headOf: () => null } } } as unknown as NotebookController;
  expect(runFacts(never, cell)).toBeNull();
});
