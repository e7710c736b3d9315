import { afterEach, expect, test, vi } from "vitest";
import { realClock } from "../kernel/testing/clock.ts";
import { MemoryStorage } from "../kernel/testing/memory-storage.ts";
import { pagesByLock } from "../sync/pages.ts";
import { NotebookRuntime } from "./notebook-runtime.ts";
import type { RuntimeEnvironment } from "./runtime-environment.ts";
import { TokenVault } from "./token-vault.ts";

afterEach(() => {
  vi.doUnmock("./runtime-driver.ts");
  vi.resetModules();
});

function runtime(): NotebookRuntime {
  const openChannel = () => ({ postMessage: () => {}, listen: () => {}, close: () => {} });
  const environment: RuntimeEnvironment = {
    facts: { engine: "chromium", isSecureContext: true, hubOrigin: "http://127.0.0.1:8800" },
    fetch: () => Promise.reject(new TypeError("nobody is asked here")),
    openSocket: () => {
      throw new Error("nobody is asked here");
    },
    crypto: globalThis.crypto,
    clock: realClock,
    onWake: () => () => {},
    leavingMs: () => 0,
    locks: null,
    openChannel,
    queryPermission: async () => "granted",
    store: new MemoryStorage(),
    ownStore: new MemoryStorage(),
    vault: new TokenVault({
      owner: null,
      session: null,
      indexedDB: null,
      crypto: globalThis.crypto,
      openChannel,
      pages: pagesByLock(undefined),
    }),
    clientName: "test",
  };
  return new NotebookRuntime({ notebookId: "n", place: null }, environment);
}

test("a driver that cannot be fetched is a failure with a reason, and is fetched again at the next try", async () => {
  const hub = { isAway: true };
  vi.doMock("./runtime-driver.ts", async (original) => {
    if (hub.isAway) throw new TypeError("Failed to fetch dynamically imported module");
    return await original();
  });
  const one = runtime();
  await one.connect("");
  expect(one.binding.get()).toMatchObject({ phase: "unbound", failure: { code: "page_incomplete" } });
  hub.isAway = false;
  vi.resetModules();
  await one.connect("");
  expect(one.binding.get()).toMatchObject({ phase: "unbound", failure: { code: "address_empty" } });
});

test("what was asked for before the notebook was closed, or disconnected, comes to nothing", async () => {
  for (const end of ["close", "disconnect"] as const) {
    const one = runtime();
    const connecting = one.connect("");
    one[end]();
    await connecting;
    expect(one.binding.get()).toEqual({ phase: "unbound", failure: null });
  }
  const other = runtime();
  await other.connect("");
  expect(other.binding.get()).toMatchObject({ failure: { code: "address_empty" } });
});

test("goes on with nothing where nothing is remembered", async () => {
  expect(await runtime().reattach()).toBe(false);
});
