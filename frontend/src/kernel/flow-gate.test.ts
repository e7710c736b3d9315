import { expect, test } from "vitest";
import { FlowGate } from "./flow-gate.ts";
import { TestClock } from "./testing/clock.ts";
import type { Channel, KernelMessage } from "./wire.ts";

function setUp() {
  const clock = new TestClock();
  let asked = 0;
  let opened = 0;
  const gate = new FlowGate({
    clock,
    ask: () => {
      asked += 1;
      gate.asked(`q${asked}`);
    },
    onOpen: () => {
      opened += 1;
    },
  });
  gate.close();
  gate.asked("q0");
  const says = (channel: Channel, type: string, parent: string) => gate.heard(message(channel, type, parent));
  return { clock, gate, says, asked: () => asked, opened: () => opened };
}

function message(channel: Channel, type: string, parent: string): KernelMessage {
  const header = { msg_id: "m", msg_type: type, session: "p", username: "", date: "", version: "5.4" };
  return { channel, header, parent_header: { msg_id: parent }, metadata: {}, content: {}, buffers: [] };
}

test("an answer alone opens nothing: what is published may still go nowhere", () => {
  const { gate, says, opened } = setUp();
  says("shell", "kernel_info_reply", "q0");
  expect(gate.isOpen).toBe(false);
  says("iopub", "status", "q0");
  expect(gate.isOpen).toBe(true);
  says("iopub", "status", "q0");
  expect(opened()).toBe(1);
});

test("what others asked, or what was asked of the process before, proves nothing", () => {
  const { gate, says } = setUp();
  says("shell", "kernel_info_reply", "another's");
  says("iopub", "status", "another's");
  expect(gate.isOpen).toBe(false);
  gate.close();
  says("control", "kernel_info_reply", "q0");
  says("iopub", "status", "q0");
  expect(gate.isOpen).toBe(false);
  gate.asked("q9");
  says("iopub", "status", "q9");
  says("control", "kernel_info_reply", "q9");
  expect(gate.isOpen).toBe(true);
});

test("asks again, ever more rarely, until both have come; then no more", () => {
  const { clock, says, asked, gate } = setUp();
  clock.advance(500);
  expect(asked()).toBe(1);
  clock.advance(1_000);
  expect(asked()).toBe(2);
  clock.advance(60_000);
  expect(asked()).toBeLessThan(9);
  const last = asked();
  says("shell", "kernel_info_reply", `q${last}`);
  says("iopub", "status", `q${last}`);
  expect(gate.isOpen).toBe(true);
  clock.advance(120_000);
  expect(asked()).toBe(last);
});

test("a kernel that answers and never publishes is taken as it is", () => {
  const { clock, gate, says } = setUp();
  says("shell", "kernel_info_reply", "q0");
  clock.advance(5_000);
  expect(gate.isOpen).toBe(false);
  clock.advance(30_000);
  expect(gate.isOpen).toBe(true);
});

test("a kernel that does not answer keeps it closed, however long", () => {
  const { clock, gate, says } = setUp();
  says("iopub", "status", "q0");
  clock.advance(600_000);
  expect(gate.isOpen).toBe(false);
});

test("without a socket nothing is asked", () => {
  const { clock, gate, asked } = setUp();
  gate.stop();
  clock.advance(60_000);
  expect(asked()).toBe(0);
});
