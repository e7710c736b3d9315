import { beforeEach, describe, expect, it } from "vitest";
import type { PageMessage, WidgetData } from "../core/frame-messages.ts";
import type { OutputOp } from "../core/outputs.ts";
import { fromSaved, type JsonRecord, toSaved, type WidgetState } from "../core/widget-state.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import { WidgetLine } from "./line.ts";
import { type CommWish, WidgetStore } from "./store.ts";

let sent: (CommWish & { readonly msgId: string })[];
let hasKernel: boolean;
let timers: (() => void)[];
let store: WidgetStore;

beforeEach(() => {
  sent = [];
  timers = [];
  hasKernel = true;
  let count = 0;
  store = new WidgetStore({
    send: (wish) => {
      if (!hasKernel) return null;
      sent.push({ ...wish, msgId: `sent-${sent.length + 1}` });
      return `sent-${sent.length}`;
    },
    newId: () => `new-${++count}`,
    clock: {
      after: (_ms, fn) => {
        timers.push(fn);
        return () => {};
      },
    },
  });
});

function said(type: string, content: JsonRecord, { parent = "run-1", buffers = [] as Uint8Array[] } = {}): boolean {
  const header = { msg_id: "k", msg_type: type, session: "", username: "", date: "", version: "5.4" };
  const message: KernelMessage = {
    channel: "iopub",
    header,
    parent_header: { msg_id: parent },
    metadata: {},
    content,
    buffers,
  };
  return store.heard(message);
}

const opens = (id: string, state: JsonRecord, parent = "run-1") =>
  said("comm_open", { comm_id: id, target_name: "jupyter.widget", data: { state, buffer_paths: [] } }, { parent });
const updates = (id: string, state: JsonRecord, method = "update", parent = "run-1") =>
  said("comm_msg", { comm_id: id, data: { method, state, buffer_paths: [] } }, { parent });

function frame(root: string, { runId = "run-1", isOwn = true, saved = new Map<string, WidgetState>() } = {}) {
  const heard: PageMessage[] = [];
  const told = { deaf: 0, unsure: 0, revived: 0 };
  const line = new WidgetLine({
    store,
    root,
    runId,
    isOwn,
    saved,
    tell: (message) => heard.push(message),
    onDeaf: () => {
      told.deaf += 1;
    },
    onUnsure: () => {
      told.unsure += 1;
    },
    onRevived: () => {
      told.revived += 1;
    },
  });
  const say = (id: number, modelId: string, data: WidgetData) =>
    line.receive({ type: "comm_msg", id, comm_id: modelId, data, buffers: [] });
  const models = () => heard.flatMap((one) => (one.type === "models" ? one.models : []));
  return { line, heard, told, say, models };
}

const update = (state: JsonRecord): WidgetData => ({ method: "update", state, buffer_paths: [] });
const printed = (text: string): OutputOp => ({ op: "output", output: { output_type: "stream", name: "stdout", text } });

describe("models", () => {
  it("gives a late frame the whole present state, binary pieces too", () => {
    opens("layout", { width: "1px" });
    opens("slider", { value: 1, layout: "IPY_MODEL_layout" });
    updates("slider", { value: 2 });
    const bytes = new Uint8Array([1, 2, 3]);
    const data = { method: "update", state: { image: {} }, buffer_paths: [["image", "data"]] };
    said("comm_msg", { comm_id: "slider", data }, { buffers: [bytes] });
    const { models } = frame("slider");
    expect(models()).toEqual([
      {
        model_id: "slider",
        is_live: true,
        state: { value: 2, layout: "IPY_MODEL_layout", image: {} },
        buffer_paths: [["image", "data"]],
        buffers: [bytes],
      },
      { model_id: "layout", is_live: true, state: { width: "1px" }, buffer_paths: [], buffers: [] },
    ]);
  });

  it("tells a change to the kernel and to the other frames, and its echo to the one that made it", () => {
    opens("slider", { value: 1 });
    const one = frame("slider");
    const other = frame("slider", { runId: "run-2" });
    one.heard.length = 0;
    other.heard.length = 0;
    one.say(7, "slider", update({ value: 5 }));
    expect(sent.at(-1)).toMatchObject({
      type: "comm_msg",
      commId: "slider",
      data: { method: "update", state: { value: 5 } },
    });
    expect(other.heard).toEqual([
      { type: "comm", comm_id: "slider", data: update({ value: 5 }), buffers: [], answers: null },
    ]);
    updates("slider", { value: 5 }, "echo_update", sent.at(-1)?.msgId);
    said("status", { execution_state: "idle" }, { parent: sent.at(-1)?.msgId ?? "" });
    expect(one.heard).toEqual([
      {
        type: "comm",
        comm_id: "slider",
        data: { ...update({ value: 5 }), method: "echo_update" },
        buffers: [],
        answers: 7,
      },
      { type: "sent", id: 7 },
    ]);
    expect(other.heard).toHaveLength(1);
  });

  it("takes another page's echo as a change", () => {
    opens("slider", { value: 1 });
    const { heard } = frame("slider");
    updates("slider", { value: 9 }, "echo_update", "of-another-page");
    expect(heard.at(-1)).toMatchObject({ type: "comm", data: { state: { value: 9 } }, answers: null });
    expect(store.stateOf("slider")?.state).toEqual({ value: 9 });
  });

  it("joins the ends of a link, both ways or one, without going round for ever", () => {
    opens("a", { value: 1 });
    opens("b", { value: 2 });
    opens("c", { value: 3 });
    opens("l1", { _model_name: "LinkModel", source: ["IPY_MODEL_a", "value"], target: ["IPY_MODEL_b", "value"] });
    opens("l2", {
      _model_name: "DirectionalLinkModel",
      source: ["IPY_MODEL_b", "value"],
      target: ["IPY_MODEL_c", "value"],
    });
    expect(store.stateOf("c")?.state["value"]).toBe(1);
    const { say } = frame("b");
    say(1, "b", update({ value: 8 }));
    expect(["a", "b", "c"].map((id) => store.stateOf(id)?.state["value"])).toEqual([8, 8, 8]);
    updates("c", { value: 0 });
    expect(store.stateOf("b")?.state["value"]).toBe(8);
    expect(sent.filter(({ commId }) => commId === "a").at(-1)?.data["state"]).toEqual({ value: 8 });
  });
});

describe("what a frame may reach", () => {
  it("is what its model needs and what its own run opened, and nothing else", () => {
    opens("mine", { child: "IPY_MODEL_child" });
    opens("child", {}, "run-0");
    opens("same run", {});
    opens("secret", { value: 1 }, "run-9");
    const { line, say, heard, told } = frame("mine");
    for (const id of ["child", "same run", "secret"]) line.receive({ type: "want_model", model_id: id });
    expect(heard.filter(({ type }) => type === "no_model")).toEqual([{ type: "no_model", model_id: "secret" }]);
    const before = sent.length;
    say(1, "secret", update({ value: 666 }));
    line.receive({ type: "comm_close", id: 2, comm_id: "secret" });
    expect([sent.length - before, store.stateOf("secret")?.state, told.deaf]).toEqual([0, { value: 1 }, 1]);
    say(3, "child", update({ value: 1 }));
    expect(sent.length - before).toBe(1);
  });

  it("does not grow by what the frame itself says, nor by its echo", () => {
    opens("mine", {});
    opens("secret", { value: 1 }, "run-9");
    const { say, told } = frame("mine");
    say(1, "mine", update({ child: "IPY_MODEL_secret" }));
    updates("mine", { child: "IPY_MODEL_secret" }, "echo_update", sent.at(-1)?.msgId);
    say(2, "secret", update({ value: 666 }));
    expect([store.stateOf("secret")?.state, told.deaf]).toEqual([{ value: 1 }, 1]);
    updates("mine", { child: "IPY_MODEL_secret" });
    say(3, "secret", update({ value: 2 }));
    expect(store.stateOf("secret")?.state).toEqual({ value: 2 });
  });

  it("is no kernel at all for an output of somebody else", () => {
    opens("slider", { value: 1 });
    const saved = new Map([["slider", { state: { value: 0 }, buffers: [] }]]);
    const { line, say, models, heard, told } = frame("slider", { isOwn: false, saved });
    expect(models()).toEqual([
      { model_id: "slider", is_live: false, state: { value: 0 }, buffer_paths: [], buffers: [] },
    ]);
    say(1, "slider", update({ value: 666 }));
    line.receive({ type: "comm_open", id: 2, comm_id: "new", state: {}, buffer_paths: [], buffers: [] });
    expect([sent, told.deaf, heard.at(-1)]).toEqual([[], 1, { type: "sent", id: 2 }]);
  });

  it("includes models that it makes itself", () => {
    opens("mine", {});
    const { line, say } = frame("mine");
    line.receive({ type: "comm_open", id: 1, comm_id: "made", state: { x: 1 }, buffer_paths: [], buffers: [] });
    expect(sent.at(-1)).toMatchObject({
      type: "comm_open",
      commId: "made",
      target: "jupyter.widget",
      version: "2.1.0",
    });
    say(2, "made", update({ x: 2 }));
    expect(store.stateOf("made")?.state).toEqual({ x: 2 });
  });
});

describe("kernels that come and go", () => {
  it("asks a kernel for its models when a reloaded page shows one, once", () => {
    const one = frame("slider");
    const two = frame("slider");
    expect(sent.map(({ type, target }) => [type, target])).toEqual([
      ["comm_open", "jupyter.widget.control"],
      ["comm_msg", undefined],
    ]);
    const states = { slider: { model_name: "x", state: { value: 3 } } };
    said(
      "comm_msg",
      { comm_id: "new-1", data: { method: "update_states", states, buffer_paths: [["slider", "state", "raw"]] } },
      { buffers: [new Uint8Array([7])] },
    );
    expect([one.models(), two.models()].map(([model]) => [model?.state, model?.buffer_paths])).toEqual([
      [{ value: 3 }, [["raw"]]],
      [{ value: 3 }, [["raw"]]],
    ]);
  });

  it("shows the saved state until a kernel has the model, then begins again", () => {
    hasKernel = false;
    const saved = new Map([["slider", { state: { value: 0 }, buffers: [] }]]);
    const { models, told } = frame("slider", { saved });
    expect(models()[0]?.is_live).toBe(false);
    hasKernel = true;
    store.kernelCame(false);
    opens("slider", { value: 4 });
    expect(told.revived).toBe(1);
  });

  it("gives a kernel that is being asked what was done to the saved state meanwhile", () => {
    const saved = new Map([["slider", { state: { value: 9 }, buffers: [] }]]);
    const early = frame("slider", { saved });
    early.say(1, "slider", update({ value: 8 }));
    early.say(2, "slider", update({ value: 7 }));
    expect(early.heard.slice(1)).toEqual([
      { type: "sent", id: 1 },
      { type: "sent", id: 2 },
    ]);
    expect(sent.filter(({ commId }) => commId === "slider")).toEqual([]);
    const states = { slider: { model_name: "x", state: { value: 9 } } };
    said("comm_msg", { comm_id: "new-1", data: { method: "update_states", states, buffer_paths: [] } });
    expect(sent.filter(({ commId }) => commId === "slider").map(({ data }) => data)).toEqual([
      update({ value: 8 }),
      update({ value: 7 }),
    ]);
    expect(early.told).toEqual({ deaf: 0, unsure: 0, revived: 1 });
    expect(frame("slider", { saved }).models()[0]?.state).toEqual({ value: 7 });
  });

  it("says that no kernel listens once the kernel that was asked does not have it, and gives it nothing", () => {
    const saved = new Map([["slider", { state: { value: 9 }, buffers: [] }]]);
    const { say, told } = frame("slider", { saved });
    say(1, "slider", update({ value: 8 }));
    expect(told.deaf).toBe(0);
    said("comm_close", { comm_id: "new-1", data: {} });
    expect(told).toEqual({ deaf: 1, unsure: 0, revived: 0 });
    say(2, "slider", update({ value: 7 }));
    expect(told.deaf).toBe(2);
    expect(sent.filter(({ commId }) => commId === "slider")).toEqual([]);
  });

  it("waits for a kernel that the page has not found yet", () => {
    hasKernel = false;
    const { heard, models } = frame("slider");
    expect(heard).toEqual([]);
    hasKernel = true;
    store.kernelCame(false);
    opens("slider", { value: 4 });
    for (const fire of timers.splice(0)) fire();
    expect(models().map(({ state }) => state)).toEqual([{ value: 4 }]);
  });

  it("lets a kernel say more than a frame may", () => {
    opens("slider", { value: 1 });
    updates("slider", { value: "x".repeat(2_000_000) });
    expect(String(store.stateOf("slider")?.state["value"]).length).toBe(2_000_000);
  });

  it("says that there is nothing when neither the kernel nor the notebook has it", () => {
    const { heard } = frame("slider");
    said("comm_close", { comm_id: "new-1", data: {} });
    expect(heard).toEqual([]);
    for (const fire of timers.splice(0)) fire();
    expect(heard).toEqual([{ type: "no_model", model_id: "slider" }]);
  });

  it("leaves the last picture when the kernel is lost, and says so to who acts on it", () => {
    opens("slider", { value: 4 });
    const { say, told, heard } = frame("slider");
    store.kernelLost();
    const before = sent.length;
    say(1, "slider", update({ value: 5 }));
    expect([sent.length - before, told.deaf, heard.at(-1)]).toEqual([0, 1, { type: "sent", id: 1 }]);
  });
});

describe("Output widgets", () => {
  const OUTPUT = { _model_name: "OutputModel", msg_id: "", outputs: [] };

  it("take what is printed while they are entered, clear and all, and tell the kernel", () => {
    opens("out", OUTPUT);
    expect(store.capture("run-1", [printed("before")], true)).toEqual([printed("before")]);
    updates("out", { msg_id: "run-1" });
    expect(store.capture("run-1", [printed("one"), printed(" two")], true)).toEqual([]);
    for (const fire of timers.splice(0)) fire();
    const outputs = [{ output_type: "stream", name: "stdout", text: "one two" }];
    expect(store.stateOf("out")?.state["outputs"]).toEqual(outputs);
    expect(sent.at(-1)?.data["state"]).toEqual({ outputs });
    store.capture("run-1", [{ op: "clear", wait: true }, printed("three")], true);
    updates("out", { msg_id: "" });
    expect(store.capture("run-1", [printed("after")], true)).toEqual([printed("after")]);
    for (const fire of timers.splice(0)) fire();
    expect(store.stateOf("out")?.state["outputs"]).toEqual([{ output_type: "stream", name: "stdout", text: "three" }]);
  });

  it("nest: the one that was entered last takes it", () => {
    opens("outer", OUTPUT);
    opens("inner", OUTPUT);
    updates("outer", { msg_id: "run-1" });
    updates("inner", { msg_id: "run-1" });
    store.capture("run-1", [printed("in")], false);
    updates("inner", { msg_id: "" });
    store.capture("run-1", [printed("out")], false);
    for (const fire of timers.splice(0)) fire();
    const text = (id: string) => (store.stateOf(id)?.state["outputs"] as { text: string }[] | undefined)?.[0]?.text;
    expect([text("inner"), text("outer"), sent]).toEqual(["in", "out", []]);
  });

  it("let the frame reach the widgets that they show", () => {
    opens("out", OUTPUT);
    opens("html", { value: "<b>" }, "run-5");
    const { line, models } = frame("out");
    updates("out", { msg_id: "run-5" });
    const view = { "application/vnd.jupyter.widget-view+json": { model_id: "html" } };
    store.capture(
      "run-5",
      [{ op: "output", output: { output_type: "display_data", data: view, metadata: {} } }],
      false,
    );
    for (const fire of timers.splice(0)) fire();
    line.receive({ type: "want_model", model_id: "html" });
    expect(models().map(({ model_id }) => model_id)).toEqual(["out", "html"]);
  });
});

it("keeps state in the form of files, and reads it again", () => {
  const state = { _model_name: "A", _model_module: "m", _model_module_version: "1", value: [1, null] };
  const held: WidgetState = { state, buffers: [{ path: ["raw", 0], bytes: new Uint8Array([0, 255]) }] };
  const saved = toSaved(new Map([["id", held]]));
  expect(saved).toEqual({
    version_major: 2,
    version_minor: 0,
    state: {
      id: {
        model_name: "A",
        model_module: "m",
        model_module_version: "1",
        state,
        buffers: [{ encoding: "base64", path: ["raw", 0], data: "AP8=" }],
      },
    },
  });
  expect(fromSaved(JSON.parse(JSON.stringify(saved)))).toEqual(new Map([["id", held]]));
  expect(fromSaved({ version_major: 1, state: {} }).size).toBe(0);
});

describe("a cable that was cut", () => {
  const states = (values: Readonly<Record<string, number>>) => {
    const entries = Object.entries(values).map(([id, value]) => [id, { model_name: "", state: { value } }]);
    const control = sent.findLast(({ target }) => target === "jupyter.widget.control")?.commId ?? "";
    const data = { method: "update_states", states: Object.fromEntries(entries), buffer_paths: [] };
    said("comm_msg", { comm_id: control, data }, { parent: "control" });
  };
  const toKernel = () => sent.flatMap(({ commId, data }) => ("state" in data ? [[commId, data["state"]]] : []));

  it("frees the frame, and tells the kernel what it never got, unless it has something else by now", () => {
    for (const id of ["lost", "got", "moved", "still"]) opens(id, { value: 1 });
    const { say, heard } = frame("lost", { runId: "run-1" });
    for (const [index, id] of ["lost", "got", "moved"].entries()) say(index + 1, id, update({ value: 5 }));
    const before = toKernel().length;
    heard.length = 0;
    store.kernelCame(true);
    expect(heard).toEqual([]);
    states({ lost: 1, got: 5, moved: 9, still: 1 });
    expect(toKernel().slice(before)).toEqual([["lost", { value: 5 }]]);
    expect(heard.filter(({ type }) => type === "sent")).toEqual([1, 2, 3].map((id) => ({ type: "sent", id })));
    const values = ["lost", "got", "moved", "still"].map((id) => store.stateOf(id)?.state["value"]);
    expect(values).toEqual([5, 5, 9, 1]);
  });

  it("says again what was said again, when it is cut once more", () => {
    opens("slider", { value: 1 });
    const { say } = frame("slider");
    say(1, "slider", update({ value: 5 }));
    store.kernelCame(true);
    states({ slider: 1 });
    store.kernelCame(true);
    states({ slider: 1 });
    expect(toKernel()).toEqual([1, 2, 3].map(() => ["slider", { value: 5 }]));
  });

  it("says a press of a button never twice, and that it may not have arrived", () => {
    opens("button", {});
    const { say, told } = frame("button");
    say(1, "button", { method: "custom", content: { event: "click" } });
    said("status", { execution_state: "idle" }, { parent: sent.at(-1)?.msgId ?? "" });
    store.kernelCame(true);
    expect(told.unsure).toBe(0);
    say(2, "button", { method: "custom", content: { event: "click" } });
    const presses = sent.filter(({ data }) => data["method"] === "custom").length;
    store.kernelCame(true);
    states({ button: 0 });
    expect([told.unsure, sent.filter(({ data }) => data["method"] === "custom").length]).toEqual([1, presses]);
  });

  it("an echo of our last word counts, even where the kernel said something else in between", () => {
    opens("slider", { value: 1 });
    const one = frame("slider");
    const other = frame("slider", { runId: "run-2" });
    one.say(1, "slider", update({ value: 10 }));
    const [first] = [sent.at(-1)?.msgId ?? ""];
    updates("slider", { value: 42 });
    expect(store.stateOf("slider")?.state["value"]).toBe(42);
    updates("slider", { value: 10 }, "echo_update", first);
    expect(store.stateOf("slider")?.state["value"]).toBe(10);
    expect(other.heard.at(-1)).toMatchObject({ type: "comm", data: { state: { value: 10 } } });
    // Not where a later word of ours is still on its way.
    one.say(2, "slider", update({ value: 11 }));
    const second = sent.at(-1)?.msgId ?? "";
    one.say(3, "slider", update({ value: 12 }));
    updates("slider", { value: 11 }, "echo_update", second);
    expect(store.stateOf("slider")?.state["value"]).toBe(12);
  });
});
