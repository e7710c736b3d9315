import { expect, test } from "vitest";
import { MemoryStorage } from "../kernel/testing/memory-storage.ts";
import { DefaultRuntime } from "./default-runtime.ts";
import { ownStore } from "./runtime-environment.ts";
import { type RememberedRuntime, RuntimeMemory } from "./runtime-memory.ts";

const HERS: RememberedRuntime = {
  baseUrl: "http://127.0.0.1:8888/",
  label: "this computer",
  kind: "companion",
  auth: "header",
  kernel: null,
};

test("a notebook is bound to no runtime of whoever used the browser before, and to one's own again", () => {
  const browser = new MemoryStorage();
  const of = (owner: string | null) => new RuntimeMemory(ownStore(browser, owner), "shared", () => `session-${owner}`);
  of("ada").bind(HERS);
  of("bob").unbind();
  expect(of(null).runtime).toBeNull();
  expect(RuntimeMemory.peek(ownStore(browser, "bob"), "shared")).toEqual({ runtime: null, isDetached: true });
  expect(RuntimeMemory.peek(ownStore(browser, "ada"), "shared")).toEqual({ runtime: HERS, isDetached: false });
  expect(of("ada").sessionId).not.toBe(of("bob").sessionId);
});

test("the default runtime is one person's", async () => {
  const browser = new MemoryStorage();
  const of = (owner: string) => {
    const store = ownStore(browser, owner);
    const vault = { keep: async () => {} };
    return new DefaultRuntime({ store, vault, fetch, clientName: "test", owner, locks: undefined });
  };
  of("ada").adopt(`${HERS.baseUrl}?token=abc`);
  await expect.poll(() => of("ada").inputFor(null)).toBe(HERS.baseUrl);
  expect(await of("bob").inputFor(null)).toBeNull();
});

test("what the one person of a hub had before keys named a person is still theirs", () => {
  const browser = new MemoryStorage();
  browser.setItem("runhere.kernel:n", JSON.stringify({ sessionId: "old", kernelspec: null, runtime: HERS }));
  expect(RuntimeMemory.peek(ownStore(browser, null), "n").runtime).toEqual(HERS);
});
