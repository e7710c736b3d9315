// @vitest-environment jsdom
/** Everybody's hosted runtimes, for administrators. */
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { HubClient } from "../../api/client.ts";
import { type HeldRuntime, TeamClient } from "../../api/team-client.ts";
import { RuntimesSection } from "./runtimes-section.tsx";

beforeAll(() => {
  globalThis.CSS ??= {} as typeof CSS; // jsdom has none
  CSS.escape ??= (text) => text;
});
afterEach(cleanup);

const ben: HeldRuntime = {
  person_id: "b",
  user_name: "ben",
  name: "Ben",
  state: "ready",
  since: 0,
  is_busy: true,
  used_at: 1_000,
  memory_bytes: 300 * 2 ** 20,
};
const cleo: HeldRuntime = { ...ben, person_id: "c", user_name: "cleo", name: "Cleo" };
const far: HeldRuntime = { ...cleo, is_busy: null, used_at: null, memory_bytes: null };

async function shown(runtimes: HeldRuntime[]) {
  const asked: string[] = [];
  const hub = {
    ask: async (path: string, init?: { readonly method?: string }) => {
      asked.push(`${init?.method ?? "GET"} ${path}`);
      if (init?.method === "POST") runtimes.shift();
      return { provider: "local", runtimes: [...runtimes], was_running: true };
    },
  } as unknown as HubClient;
  await act(async () => void render(<RuntimesSection team={new TeamClient(hub)} now={() => 61_000} />));
  return asked;
}

test("each says whose it is and what goes on; what is not known is left out", async () => {
  await shown([ben, far]);
  const [first, second] = screen.getAllByRole("listitem");
  expect(first?.textContent).toMatch(/Ben.*Running · Since .* · Busy · .*1 minute ago · 315 MB of memory/);
  expect(second?.textContent).toMatch(/Cleo.*Running · Since /);
  expect(second?.textContent).not.toMatch(/Busy|Idle|ago|MB/);
});

test("one is stopped after a question, and the list is read again", async () => {
  const asked = await shown([ben, cleo]);
  await act(async () => void fireEvent.click(screen.getByRole("button", { name: "Stop the runtime of Ben" })));
  expect(asked).toEqual(["GET /admin/runtimes"]);
  const question = await screen.findByRole("alertdialog", {}, { timeout: 10_000 });
  await act(async () => void fireEvent.click(within(question).getByRole("button", { name: "Stop" })));
  expect(asked).toEqual(["GET /admin/runtimes", "POST /admin/runtimes/ben/stop", "GET /admin/runtimes"]);
  expect(screen.getAllByRole("listitem").map((one) => one.textContent)).toEqual([expect.stringContaining("Cleo")]);
});

test("where nobody has one it says so", async () => {
  await shown([]);
  expect(screen.getByText("Nobody has one now.")).toBeDefined();
});
