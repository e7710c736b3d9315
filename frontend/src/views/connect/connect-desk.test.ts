import { expect, test } from "vitest";
import { type BindingState, UNBOUND } from "../../core/binding.ts";
import { Value } from "../../core/observable.ts";
import { ConnectDesk } from "./connect-desk.ts";

const target = { baseUrl: "http://127.0.0.1:8888/", label: "127.0.0.1:8888", kind: null };
const ready: Extract<BindingState, { phase: "ready" }> = {
  phase: "ready",
  target,
  attachment: { kernelId: "k", kernelspec: "python3", displayName: "Python 3", folder: { path: "", place: "root" } },
};

test("who asks for a runtime waits until there is one, and the dialog closes by itself", async () => {
  const binding = new Value<BindingState>(UNBOUND);
  const desk = new ConnectDesk(binding);
  const asked = desk.askForRuntime();
  expect(desk.open.get()).toBe("local");
  binding.set({ phase: "probing", target, step: "reach" });
  expect(desk.open.get()).toBe("local");
  binding.set(ready);
  await expect(asked).resolves.toBe(true);
  expect(desk.open.get()).toBeNull();
  await expect(desk.askForRuntime()).resolves.toBe(true);
  expect(desk.open.get()).toBeNull();
});

const onItsWay: BindingState = { phase: "connecting", target, step: "kernelspecs" };

test("no dialog opens for a runtime that comes by itself", async () => {
  const binding = new Value<BindingState>(onItsWay);
  const desk = new ConnectDesk(binding);
  const asked = desk.askForRuntime();
  binding.set({ phase: "connecting", target, step: "socket" });
  expect(desk.open.get()).toBeNull();
  binding.set(ready);
  await expect(asked).resolves.toBe(true);
});

const failure = { ok: false, code: "nothing_listening", facts: {}, needsToken: false } as const;

test.each<BindingState>([
  { phase: "unbound", failure },
  { phase: "probing", target, step: "confirm_token" },
  { phase: "authenticating", target, step: "token", failure },
  { phase: "connecting", target, step: "kernelspec_choice" },
  { phase: "gone", target, attachment: ready.attachment, reason: "kernel_died" },
])("the dialog opens for who waits when it does not come after all", async (after) => {
  const binding = new Value<BindingState>(onItsWay);
  const desk = new ConnectDesk(binding);
  const asked = desk.askForRuntime();
  binding.set(after);
  expect(desk.open.get()).toBe("local");
  desk.close();
  await expect(asked).resolves.toBe(false);
});

test("who disconnects runs nothing", async () => {
  const binding = new Value<BindingState>(onItsWay);
  const desk = new ConnectDesk(binding);
  const asked = desk.askForRuntime();
  binding.set(UNBOUND);
  await expect(asked).resolves.toBe(false);
  expect(desk.open.get()).toBeNull();
});

test("closing the dialog is a no to everyone who waits", async () => {
  const desk = new ConnectDesk(new Value<BindingState>(UNBOUND));
  const asked = [desk.askForRuntime(), desk.askForRuntime()];
  desk.close();
  await expect(Promise.all(asked)).resolves.toEqual([false, false]);
});

test("a connection that comes by itself leaves other dialogs open", () => {
  const binding = new Value<BindingState>(UNBOUND);
  const desk = new ConnectDesk(binding);
  desk.show("sessions");
  binding.set(ready);
  expect(desk.open.get()).toBe("sessions");
  desk.end();
  binding.set(UNBOUND);
});

test("picking a kernel asks first, and the present one changes nothing", () => {
  const desk = new ConnectDesk(new Value<BindingState>(ready));
  desk.pickKernel("python3");
  expect(desk.open.get()).toBeNull();
  desk.pickKernel("ir");
  expect([desk.open.get(), desk.wantedKernel]).toEqual(["kernel", "ir"]);
});

test("a dialog that was not seen yet is called off, unless a run waits for it", async () => {
  const desk = new ConnectDesk(new Value<BindingState>(UNBOUND));
  desk.show("local");
  desk.callOff();
  expect(desk.open.get()).toBeNull();
  const asked = desk.askForRuntime();
  desk.callOff();
  expect(desk.open.get()).toBe("local");
  desk.close();
  await expect(asked).resolves.toBe(false);
});
