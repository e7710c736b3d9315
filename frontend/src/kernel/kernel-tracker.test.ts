import { expect, it } from "vitest";
import { KernelTracker } from "./kernel-tracker.ts";
import type { KernelMessage } from "./wire.ts";

function message(type: string, parent: { id: string; type: string }, content: Record<string, unknown>): KernelMessage {
  const named = { session: "process", username: "", date: "", version: "5.4" };
  return {
    channel: type === "status" ? "iopub" : "shell",
    header: { ...named, msg_id: "any", msg_type: type },
    parent_header: { ...named, msg_id: parent.id, msg_type: parent.type },
    metadata: {},
    content,
    buffers: [],
  };
}

const CELL = { id: "cell", type: "execute_request" };
const LATER = { id: "later", type: "execute_request" };

function opened() {
  const asked: string[] = [];
  const tracker = new KernelTracker({
    process: null,
    ask: (channel) => {
      asked.push(`${channel}-${asked.length}`);
      return asked.at(-1) ?? null;
    },
    emit: () => {},
    onNewProcess: () => {},
  });
  tracker.opened();
  const question = { id: asked.find((id) => id.startsWith("shell")) ?? "", type: "kernel_info_request" };
  const hears = (state: string, parent: typeof CELL) =>
    tracker.heard(message("status", parent, { execution_state: state }));
  const answered = () => tracker.answered(message("kernel_info_reply", question, {}));
  return { status: () => tracker.status.get(), question, hears, answered };
}

it("takes the kernel for idle once its shell has answered, when the end of the work before was lost", () => {
  const { status, hears, answered } = opened();
  hears("busy", CELL);
  expect([status(), answered(), status()]).toEqual(["busy", "shell", "idle"]);
});

it("takes it for busy with what began after the question and is heard of before the answer, which comes on another line", () => {
  const { status, question, hears, answered } = opened();
  hears("busy", CELL);
  hears("busy", question);
  hears("idle", question);
  hears("busy", LATER);
  expect([status(), answered(), status()]).toEqual(["busy", "shell", "busy"]);
  hears("idle", LATER);
  expect(status()).toBe("idle");
});
