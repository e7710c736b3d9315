import { describe, expect, it } from "vitest";
import { MemoryStorage } from "../kernel/testing/memory-storage.ts";
import { type RememberedRuntime, RuntimeMemory } from "./runtime-memory.ts";

function onKernel(kernelspec: string): RememberedRuntime {
  const folder = { path: "", place: "notebook" } as const;
  const kernel = { kernelId: `kernel of ${kernelspec}`, kernelspec, displayName: kernelspec, folder, process: null };
  return { baseUrl: "http://127.0.0.1:8888/", label: "127.0.0.1:8888", kind: "jupyter", auth: "header", kernel };
}

/** Two tabs of one browser on one kernel, and what a third would find. */
function twoTabs() {
  const store = new MemoryStorage();
  const [one, other] = [0, 1].map(() => new RuntimeMemory(store, "n", () => "session")) as [
    RuntimeMemory,
    RuntimeMemory,
  ];
  one.bind(onKernel("python3"));
  other.refresh();
  return { one, other, later: () => new RuntimeMemory(store, "n", () => "another session") };
}

describe("RuntimeMemory of two tabs", () => {
  it("news of their kernel reach the next tab, from whichever", () => {
    const { other, later } = twoTabs();
    other.process("p");
    expect(later().runtime?.kernel?.process).toBe("p");
    other.forgetKernel();
    expect([later().runtime?.kernel, later().runtime?.label]).toEqual([null, "127.0.0.1:8888"]);
  });

  it("the kernel that one of them changed to is remembered, also when the other hears that the old one is gone", () => {
    const { one, other, later } = twoTabs();
    one.bind(onKernel("second"));
    other.process("a last word");
    other.forgetKernel();
    expect([later().kernelspec, later().runtime?.kernel]).toEqual(["second", onKernel("second").kernel]);
    // It is still bound to the server, and may have a new kernel there.
    expect(other.runtime).toEqual({ ...onKernel("python3"), kernel: null });
  });

  it("what one of them disconnected from stays so, whatever the other hears", () => {
    const { one, other, later } = twoTabs();
    one.unbind();
    other.process("p");
    other.forgetKernel();
    expect([later().runtime, later().isDetached]).toEqual([null, true]);
  });
});
