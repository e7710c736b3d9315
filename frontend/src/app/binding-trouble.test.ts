import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type BindingState, type Failure, UNBOUND } from "../core/binding.ts";
import { Value } from "../core/observable.ts";
import { ConnectDesk } from "../views/connect/connect-desk.ts";
import { watchTrouble } from "./binding-trouble.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const target = { baseUrl: "http://127.0.0.1:8888/", label: "127.0.0.1:8888", kind: null };
const connecting: BindingState = { phase: "connecting", target, step: "kernelspecs" };
const failed = (code: Failure["code"]): BindingState => ({
  phase: "unbound",
  failure: { ok: false, code, facts: {}, needsToken: false },
});

function watched(first: BindingState) {
  const binding = new Value<BindingState>(first);
  const desk = new ConnectDesk(binding);
  const told: string[] = [];
  const end = watchTrouble(binding, desk, ({ code }) => told.push(code));
  return { binding, desk, told, end };
}

test("a connection that fails while nobody looks is told of, once", () => {
  const { binding, told, end } = watched(connecting);
  binding.set(failed("kernel_start_failed"));
  vi.runAllTimers();
  binding.set({ ...binding.get() });
  vi.runAllTimers();
  expect(told).toEqual(["kernel_start_failed"]);
  end();
  binding.set(failed("nothing_listening"));
  vi.runAllTimers();
  expect(told).toHaveLength(1);
});

test("nothing is told twice, and nothing of what the person broke off", () => {
  const { binding, desk, told } = watched(connecting);
  void desk.askForRuntime(); // the dialog opens when it fails, and says why
  binding.set(failed("nothing_listening"));
  vi.runAllTimers();
  expect([desk.open.get(), told]).toEqual(["local", []]);
  desk.close();
  binding.set(failed("cancelled"));
  vi.runAllTimers();
  binding.set(UNBOUND);
  vi.runAllTimers();
  expect(told).toEqual([]);
});
