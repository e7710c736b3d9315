import { beforeEach, expect, it } from "vitest";
import type { PageMessage } from "../core/frame-messages.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import { PlotLine } from "./plot-lines.ts";
import { type CommWish, WidgetStore } from "./store.ts";

const [OUT, IN, OTHER] = ["a", "b", "c"].map((digit) => digit.repeat(32)) as [string, string, string];
let sent: CommWish[];
let hasKernel: boolean;
let store: WidgetStore;

beforeEach(() => {
  sent = [];
  hasKernel = true;
  let count = 0;
  store = new WidgetStore({
    send: (wish) => (hasKernel ? `sent-${sent.push(wish)}` : null),
    newId: () => `new-${++count}`,
    clock: { after: () => () => {} },
  });
});

function plot({ shown = `{"client_comm_id":"${OUT}","comm_id":"${IN}"}`, isOwn = true } = {}) {
  const heard: PageMessage[] = [];
  const told = { deaf: 0, unsure: 0 };
  const line = new PlotLine({
    store,
    shown,
    runId: "run-1",
    isOwn,
    tell: (message) => heard.push(message),
    onDeaf: () => {
      told.deaf += 1;
    },
    onUnsure: () => {
      told.unsure += 1;
    },
  });
  const say = () => line.receive({ type: "plot_say", channel: 0, data: { patch: 1 }, buffers: [] });
  return { line, heard, told, say };
}

function said(type: string, content: Record<string, unknown>, metadata = {}): boolean {
  const header = { msg_id: "k", msg_type: type, session: "", username: "", date: "", version: "5.4" };
  const message: KernelMessage = { channel: "iopub", header, parent_header: {}, metadata, content, buffers: [] };
  return store.heard(message);
}

it("opens what its output names, speaks on it, and hears the kernel on both channels", () => {
  const one = plot();
  const other = plot({ shown: "a table" });
  one.line.receive({ type: "plot_open", channel: 0, target: OUT });
  expect(sent).toEqual([{ type: "comm_open", commId: "new-1", target: OUT, data: {} }]);
  said("comm_open", { comm_id: "kernels", target_name: IN, data: {} });
  one.say();
  expect(sent.at(-1)).toEqual({ type: "comm_msg", commId: "new-1", data: { patch: 1 }, buffers: [] });
  said("comm_msg", { comm_id: "kernels", data: "header" });
  said("comm_msg", { comm_id: "new-1", data: null }, { msg_type: "Ready" });
  expect(one.heard).toEqual([
    { type: "plot", channel: null, target: IN, data: "header", metadata: {}, buffers: [] },
    { type: "plot", channel: 0, target: null, data: null, metadata: { msg_type: "Ready" }, buffers: [] },
  ]);
  expect([other.heard, one.told]).toEqual([[], { deaf: 0, unsure: 0 }]);
});

it("reaches no target that the output does not name, no widget, and nothing at all from another person's output", () => {
  const one = plot();
  for (const target of [OTHER, "jupyter.widget", "jupyter.widget.control", ""])
    one.line.receive({ type: "plot_open", channel: 0, target });
  one.say();
  const foreign = plot({ isOwn: false });
  foreign.line.receive({ type: "plot_open", channel: 0, target: OUT });
  foreign.say();
  expect(sent).toEqual([]);
  expect([one.told.deaf, foreign.told.deaf]).toEqual([1, 1]);
});

it("a frame that begins anew goes on with the channel that the kernel has opened", () => {
  const before = plot();
  before.line.receive({ type: "plot_open", channel: 0, target: OUT });
  said("comm_open", { comm_id: "kernels", target_name: IN, data: {} });
  before.line.close();
  expect(sent.at(-1)).toEqual({ type: "comm_close", commId: "new-1", data: {} });
  const again = plot();
  said("comm_msg", { comm_id: "kernels", data: "news" });
  expect([before.heard.length, again.heard.length]).toEqual([0, 1]);
});

it("a kernel that comes later is spoken to, and one that does not know the plot is told of", () => {
  hasKernel = false;
  const { line, told, say } = plot();
  line.receive({ type: "plot_open", channel: 0, target: OUT });
  say();
  expect([sent, told.deaf]).toEqual([[], 1]);
  hasKernel = true;
  say();
  expect(sent.map(({ type }) => type)).toEqual(["comm_open", "comm_msg"]);
  said("comm_close", { comm_id: sent[0]?.commId });
  expect(told.deaf).toBe(2);
  say();
  expect([sent.length, told.deaf]).toEqual([2, 3]);
});

it("a cut line is told to who spoke last", () => {
  const { line, told, say } = plot();
  line.receive({ type: "plot_open", channel: 0, target: OUT });
  say();
  store.kernelCame(true);
  expect(told.unsure).toBe(1);
});
