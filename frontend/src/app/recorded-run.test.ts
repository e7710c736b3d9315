import { expect, test } from "vitest";
import { foldOps, NOTHING_FOLDED, type Output } from "../core/outputs.ts";
import type { RunRecording } from "../kernel/recorder.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import { type HeardEvent, heardBehind, inPlace, joined, type RunTold, toldBy } from "./recorded-run.ts";

const RUN = "f00d";
const NOBODY = { kept: null, isHeard: () => false };

function message(n: number, type: string, content: Readonly<Record<string, unknown>>): KernelMessage {
  const header = { msg_id: `kernel_7_${n}`, msg_type: type, session: "", username: "", date: "", version: "5.4" };
  return { channel: "iopub", header, parent_header: { msg_id: RUN }, metadata: {}, content, buffers: [] };
}

const busy = (n: number) => message(n, "status", { execution_state: "busy" });
const idle = (n: number) => message(n, "status", { execution_state: "idle" });
const line = (n: number, text = `${n}\n`) => message(n, "stream", { name: "stdout", text });

function heardLine(n: number): HeardEvent {
  const output: Output = { output_type: "stream", name: "stdout", text: `${n}\n` };
  return { id: `kernel_7_${n}`, event: { type: "ops", ops: [{ op: "output", output }] } };
}

function told(messages: readonly KernelMessage[], end: RunRecording["end"] = null): RunTold {
  const found = toldBy({ messages, end }, NOBODY);
  if (found === null) throw new Error("The kernel cannot tell.");
  return found;
}

function printed(events: readonly HeardEvent[]): string {
  const ops = events.flatMap(({ event }) => (event.type === "ops" ? event.ops : []));
  const { outputs } = foldOps(NOTHING_FOLDED, ops);
  return outputs.map((output) => ("text" in output ? output.text : "?")).join("");
}

test("what the kernel tells and what was heard meanwhile: each once, in the kernel's order", () => {
  // Threads: numbers are taken before the messages leave.
  const kept = told([line(3), line(5), line(4), line(6)]);
  for (const heard of [[], [5], [6, 7], [3, 5, 4, 6, 7], [7]]) {
    const after = heard.includes(7) ? "7\n" : "";
    expect(printed(joined(kept, heard.map(heardLine)))).toBe(`3\n5\n4\n6\n${after}`);
  }
  const server: HeardEvent = { ...heardLine(9), id: null };
  expect(printed(joined(kept, [server]))).toBe("3\n5\n4\n6\n9\n");
});

test("a run that a page took over: what was heard behind all that is told, and how it ended where the reply was lost", () => {
  const heard = {
    executionCount: null,
    reply: null,
    isIdle: false,
    input: null,
    outputs: [heardLine(4), heardLine(8)].map(({ id, event }) => ({
      id: id ?? "",
      ops: event.type === "ops" ? event.ops : [],
    })),
    lastId: "kernel_7_8",
  };
  const goesOn = heardBehind(told([line(3), line(4), line(5)]), heard);
  expect(goesOn.outputs.map(({ id }) => id)).toEqual(["kernel_7_8"]);
  expect([goesOn.reply, goesOn.isIdle]).toEqual([null, false]);
  for (const [end, reply] of [
    [
      { executionCount: 7, failed: null, ran: true },
      { status: "ok", interrupted: false },
    ],
    [
      { executionCount: 7, failed: "ValueError", ran: true },
      { status: "error", interrupted: false },
    ],
    [
      { executionCount: 7, failed: "KeyboardInterrupt", ran: true },
      { status: "error", interrupted: true },
    ],
    [
      { executionCount: null, failed: null, ran: false },
      { status: "aborted", interrupted: false },
    ],
  ] as const) {
    const over = heardBehind(told([line(3), idle(4)], end), heard);
    expect(over.reply).toEqual({ type: "replied", executionCount: end.executionCount, ...reply });
    expect([over.isIdle, over.executionCount]).toEqual([true, end.executionCount]);
  }
});

test("a widget's word that nobody heard cannot be told again; one that was heard does no harm", () => {
  const recording = { messages: [line(3), message(4, "comm_msg", {}), line(5)], end: null };
  expect(toldBy(recording, NOBODY)).toBeNull();
  const heard = toldBy(recording, { kept: null, isHeard: (id) => id === "kernel_7_4" });
  expect(printed(heard?.events ?? [])).toBe("3\n5\n");
  // The page before heard, and stored, everything up to there.
  const rest = toldBy(recording, { kept: "kernel_7_4", isHeard: () => false });
  expect(printed(rest?.events ?? [])).toBe("5\n");
  expect(rest?.ids.size).toBe(3);
});

test("told in place of what is shown: updates and clears as they came, another cell's displays changed and not shown", () => {
  const display = (n: number, type: string, id: string, text: string) =>
    message(n, type, { data: { "text/plain": text }, metadata: {}, transient: { display_id: id } });
  const { events, ids } = inPlace(
    told([
      busy(1),
      line(2),
      display(3, "display_data", "own", "old"),
      display(4, "update_display_data", "own", "new"),
      display(5, "update_display_data", "elsewhere", "theirs"),
      message(6, "clear_output", { wait: true }),
      line(7),
      display(8, "display_data", "own", "again"),
    ]),
    NOTHING_FOLDED,
  );
  const ops = events.flatMap(({ event }) => (event.type === "ops" ? event.ops : []));
  const before = foldOps(NOTHING_FOLDED, [
    { op: "output", output: { output_type: "stream", name: "stdout", text: "2\n" } },
  ]);
  const shown = foldOps(before, ops).outputs;
  expect(
    shown.map((output) => ("text" in output ? output.text : "data" in output && output.data["text/plain"])),
  ).toEqual(["7\n", "again"]);
  expect(ops.filter((op) => op.op === "update_display").map(({ display_id }) => display_id)).toEqual(["elsewhere"]);
  expect(events.map(({ event }) => event.type)).toEqual(["ops", "started"]);
  expect(ids.has("kernel_7_6")).toBe(true);
});
