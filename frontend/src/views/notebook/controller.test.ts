import { beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import type { CellId } from "../../core/cell.ts";
import { Value } from "../../core/observable.ts";
import { emptyQueue, entryOf, type QueueState, stepQueue } from "../../core/runs.ts";
import { NotebookDoc } from "../../doc/notebook-doc.ts";
import { formatRoot } from "../../doc/schema.ts";
import { FIRST_ROOM_STATE, type RoomState } from "../../sync/room-state.ts";
import { RunStore } from "../../sync/run-store.ts";
import { NotebookController } from "./controller.ts";
import { FindModel, type OutputFind } from "./find-model.ts";
import type { OutputSearchResult } from "./output-search.ts";
import { SectionModel } from "./section-model.ts";
import type { StdinQuestion } from "./services.ts";

let doc: NotebookDoc;
let room: Value<RoomState>;
let ran: string[][];
let stdin: Value<StdinQuestion | null>;
let queue: Value<QueueState>;
let controller: NotebookController;

function loaded(): NotebookDoc {
  const made = new NotebookDoc(new Y.Doc(), { now: () => 1, typingPauseMs: 0 });
  formatRoot(made.doc).set("schema", 1);
  return made;
}

beforeEach(() => {
  doc = loaded();
  const cells = ["# Top", "a = 1", "## Part", "b = 2", "c = 3"];
  doc.pasteCells(
    cells.map((source) => ({ type: source.startsWith("#") ? "markdown" : "code", source })),
    null,
  );
  room = new Value(FIRST_ROOM_STATE);
  ran = [];
  stdin = new Value<StdinQuestion | null>(null);
  queue = new Value(emptyQueue());
  controller = new NotebookController({
    doc,
    runs: new RunStore({ browserId: "b", putBlob: () => Promise.resolve() }),
    room: { state: room, reconnectNow: () => undefined },
    actions: {
      runCells: (ids) => void ran.push(ids.map(sourceOf)),
      runPart: (id, { anchor, head }) => ran.push([sourceOf(id).slice(anchor, head)]) > 0,
      extentOf: () => null,
      interrupt: () => undefined,
      cancel: () => undefined,
      queue,
      placeOf: (id) => (entryOf(queue.get(), id)?.phase === "running" ? "running" : null),
      subscribeCell: () => () => undefined,
      stdin,
      answerStdin: () => undefined,
    },
    help: { complete: () => Promise.resolve(null), inspect: () => Promise.resolve(null) },
    language: new Value("python"),
    person: { id: "p", name: "P", color: "#123456" },
    readBlob: () => Promise.reject(new Error("no blobs")),
    widgets: {
      openLine: () => Promise.reject(new Error("no widgets here")),
      openPlot: () => Promise.reject(new Error("no plots here")),
      readAsset: async () => null,
    },
    invoke: async () => null,
    now: () => 1,
  });
  controller.select(at(0));
});

/** What the find bar does. */
function finding(outputs: OutputFind = { search: () => undefined, close: () => undefined }): FindModel {
  return new FindModel(doc, controller.find, outputs, (match) => controller.showMatch(match));
}

const at = (index: number): string => doc.cellIds()[index] ?? "";
const sourceOf = (id: string): string => doc.cell(id)?.source.toString() ?? "?";
const sources = (): string[] => doc.cellIds().map(sourceOf);
const active = (): string => sourceOf(controller.activeId ?? "");

describe("NotebookController", () => {
  it("runs the selected code cells and goes on, adding a cell at the end", () => {
    controller.select(at(3));
    controller.select(at(4), { extend: true });
    controller.run("next");
    expect(ran).toEqual([["b = 2", "c = 3"]]);
    expect([sources().length, active(), controller.mode]).toEqual([6, "", "edit"]);
  });

  it("runs the selected text of the active cell, and stays in it", () => {
    controller.edit(at(3));
    controller.noteCursor(at(3), 2, 5);
    controller.runSelectedText();
    expect(ran).toEqual([["= 2"]]);
    expect([active(), controller.mode]).toEqual(["b = 2", "edit"]);
  });

  it("an empty notebook begins in its cell's text, any other one on its first cell", () => {
    const begun = (role: "editor" | "viewer", source: string) => {
      const hello = { role } as RoomState["hello"];
      const state = new Value<RoomState>({ ...FIRST_ROOM_STATE, hello });
      const services = { ...controller.services, doc: loaded(), room: { state, reconnectNow: () => undefined } };
      const opened = new NotebookController(services);
      services.doc.pasteCells([{ type: "code", source }], null);
      return [opened.mode, opened.activeId === services.doc.cellIds()[0]];
    };
    expect(begun("editor", "")).toEqual(["edit", true]);
    expect(begun("editor", "a = 1")).toEqual(["command", true]);
    expect(begun("viewer", "")).toEqual(["command", true]);
  });

  it("runs before and after by position, collapsed cells too", () => {
    controller.sections.toggle(at(2));
    controller.select(at(2));
    controller.runRange("before");
    controller.runRange("after");
    controller.runRange("all");
    expect(ran).toEqual([["a = 1"], ["b = 2", "c = 3"], ["a = 1", "b = 2", "c = 3"]]);
  });

  it("moves a collapsed heading with all it hides, says where to, and keeps the focus", () => {
    const part = at(2);
    controller.sections.toggle(part);
    controller.select(part);
    controller.move(-1);
    expect(sources()).toEqual(["## Part", "b = 2", "c = 3", "# Top", "a = 1"]);
    expect([controller.announcement.get()?.text, controller.focus.get()?.cellId]).toEqual([
      "Moved to position 1 of 5",
      part,
    ]);
  });

  it("stays put at the ends", () => {
    controller.move(-1);
    controller.selectEdge("last");
    controller.move(1);
    expect(sources()).toEqual(["# Top", "a = 1", "## Part", "b = 2", "c = 3"]);
  });

  it("deletes, selects what follows, and brings back by undo", () => {
    controller.select(at(1));
    controller.remove();
    expect([sources(), active()]).toEqual([["# Top", "## Part", "b = 2", "c = 3"], "## Part"]);
    controller.undo();
    expect([sources(), active()]).toEqual([["# Top", "a = 1", "## Part", "b = 2", "c = 3"], "a = 1"]);
  });

  it("never leaves a notebook without a cell", () => {
    const before = sources();
    controller.selectAll();
    controller.remove();
    expect(sources()).toEqual([""]);
    controller.undo(); // not the cell that took their place first: nothing would be left
    expect(sources()).toEqual(before);
    controller.redo();
    expect([sources(), doc.undo.canRedo]).toEqual([[""], false]);
  });

  it("cuts and pastes the same cell, then copies of it", () => {
    const id = at(1);
    controller.select(id);
    controller.cut();
    controller.selectEdge("last");
    controller.paste();
    expect([sources(), at(4)]).toEqual([["# Top", "## Part", "b = 2", "c = 3", "a = 1"], id]);
    controller.paste();
    expect([sources().at(-1), at(5) === id]).toEqual(["a = 1", false]);
  });

  it("splits at the cursor and merges back", () => {
    controller.edit(at(1));
    controller.noteCursor(at(1), 2, 2);
    controller.split();
    expect([sources().slice(1, 3), controller.focus.get()?.where]).toEqual([["a ", "= 1"], "start"]);
    controller.command();
    controller.merge("above");
    expect([sources()[1], active()]).toEqual(["a \n= 1", "a \n= 1"]);
  });

  it("goes on writing where a split is undone: the next letter is no command", () => {
    controller.edit(at(1));
    controller.noteCursor(at(1), 2, 2);
    controller.split();
    controller.undo();
    expect([sources()[1], active(), controller.mode]).toEqual(["a = 1", "a = 1", "edit"]);
    controller.insert("code", "below", at(1), "edit");
    controller.undo();
    expect([sources().length, controller.mode]).toEqual([5, "edit"]);
    controller.command();
    controller.redo();
    expect(controller.mode).toBe("command");
  });

  it("changes the type of several cells, and makes a heading of code, as one step each", () => {
    const types = (): readonly unknown[] => [at(3), at(4)].map((id) => doc.cell(id)?.type);
    controller.select(at(3));
    controller.select(at(4), { extend: true });
    controller.setType("markdown");
    expect(types()).toEqual(["markdown", "markdown"]);
    controller.undo();
    expect(types()).toEqual(["code", "code"]);
    controller.select(at(3));
    controller.setHeading(3);
    expect([types()[0], sources()[3]]).toEqual(["markdown", "### b = 2"]);
    controller.undo();
    expect([types()[0], sources()[3]]).toEqual(["code", "b = 2"]);
  });

  it("opens the section that hides a cell before it selects it", () => {
    controller.sections.toggle(at(0));
    expect(controller.sections.view.get().visible).toHaveLength(1);
    controller.select(at(3));
    expect(controller.sections.view.get().visible).toHaveLength(5);
  });

  it("opens the section whose cell asks for an input: it would wait for ever in there", () => {
    const before = active();
    controller.sections.toggle(at(0));
    stdin.set({ cellId: at(3), prompt: "who? ", password: false });
    expect([controller.sections.view.get().visible.length, active()]).toEqual([5, before]);
  });

  it("tells that a cell asks, wherever the focus is, and leads into its field", () => {
    stdin.set({ cellId: at(4), prompt: "who? ", password: false });
    expect(controller.announcement.get()?.text).toBe("Cell 5 waits for your input");
    controller.toInput(at(4));
    expect([active(), controller.focus.get()]).toMatchObject(["c = 3", { cellId: at(4), where: "input" }]);
  });

  it("goes to the cell that runs, into the field of one that asks, and nowhere while nothing runs", () => {
    expect(controller.runningId).toBeNull();
    controller.goToRunning();
    expect(active()).toBe("# Top");
    const cellId = at(4);
    queue.set(stepQueue(queue.get(), { type: "adopt", runId: "r", cellId, source: "" }).state);
    controller.goToRunning();
    expect([active(), controller.focus.get()?.where]).toEqual(["c = 3", "cell"]);
    stdin.set({ cellId, prompt: "", password: false });
    controller.goToRunning();
    expect(controller.focus.get()?.where).toBe("input");
    doc.deleteCells([cellId]);
    expect(controller.runningId).toBeNull();
  });

  it("leaves the selection with a neighbour when somebody else deletes the cell", () => {
    controller.edit(at(1));
    doc.doc.transact(() => doc.deleteCells([at(1)]), "remote");
    expect([active(), controller.mode]).toEqual(["## Part", "command"]);
  });

  it("finds and replaces everywhere as one step", () => {
    controller.find.open("= ");
    const find = finding();
    find.begin();
    expect(controller.find.state.get().matches).toHaveLength(3);
    expect(find.replaceAll(":= ")).toBe(3);
    expect(sources()).toEqual(["# Top", "a := 1", "## Part", "b := 2", "c := 3"]);
    controller.undo();
    expect(sources()).toEqual(["# Top", "a = 1", "## Part", "b = 2", "c = 3"]);
  });

  it("replaces one match after the other, not what it just put in, and nothing that changed meanwhile", () => {
    controller.find.open("= ");
    const find = finding();
    const { state } = controller.find;
    find.begin();
    find.step(1);
    find.replace("== ");
    expect([sources()[1], state.get().current, active()]).toEqual(["a == 1", 1, "b = 2"]);
    find.replace("== ");
    find.replace("== ");
    expect([sources().slice(3), active()]).toEqual([["b == 2", "c == 3"], "a == 1"]);
    doc.setSource(at(1), "something else altogether");
    find.replace("x");
    expect(sources()[1]).toBe("something else altogether");
  });

  it("opened again it goes on from the cursor, and what is selected is the match that is shown", () => {
    controller.find.open("= ");
    const find = finding();
    const { state } = controller.find;
    const opened = (offset: number, end: number): number => {
      find.close();
      controller.find.open(null);
      find.begin({ cellId: at(3), offset, end });
      return state.get().current;
    };
    const here = { cellId: at(3), offset: 0, end: 0 };
    expect(opened(0, 0)).toBe(-1);
    find.step(1, here);
    expect(state.get().current).toBe(1);
    expect(opened(0, 0)).toBe(-1);
    find.step(-1, here);
    expect(state.get().current).toBe(0);
    expect(opened(2, 4)).toBe(1);
  });

  it("goes over sources and outputs in the order of the cells, and replaces nothing in outputs", () => {
    let tell = (_: OutputSearchResult): void => undefined;
    const find = finding({ search: (_, told) => (tell = told), close: () => undefined });
    const inOutput = { cellId: at(1), from: 0, to: 2, output: { index: 0, line: 0, nth: 0 } };
    const { state } = controller.find;
    const current = () => state.get().matches[state.get().current];
    controller.find.open(null);
    find.begin();
    find.setOptions({ text: "= " }, { cellId: null, offset: 0, end: 0 });
    find.step(1);
    expect(current()?.cellId).toBe(at(3));
    find.toggleOutputs();
    tell({ matches: [inOutput], isDone: false, missed: 0 });
    expect([state.get().isLooking, state.get().current, current()?.cellId]).toEqual([true, 2, at(3)]);
    tell({ matches: [inOutput], isDone: true, missed: 1 });
    expect([state.get().isLooking, state.get().missed]).toEqual([false, 1]);
    find.step(-1);
    expect([current(), active()]).toEqual([inOutput, "a = 1"]);
    find.replace("x");
    expect(find.replaceAll("~")).toBe(3);
    expect(state.get().matches).toEqual([inOutput]);
    find.toggleOutputs();
    expect(state.get().matches).toEqual([]);
    find.close();
    expect(state.get().isOpen).toBe(false);
  });

  it("moves the cells that are dragged, as one step to undo", () => {
    const before = sources();
    controller.moveBefore([at(3), at(4)], at(1));
    expect(sources()).toEqual(["# Top", "b = 2", "c = 3", "a = 1", "## Part"]);
    controller.moveBefore([at(1)], null);
    expect(sources()).toEqual(["# Top", "c = 3", "a = 1", "## Part", "b = 2"]);
    controller.undo();
    controller.undo();
    expect(sources()).toEqual(before);
    for (const place of [at(3), at(4), null]) controller.moveBefore([at(3), at(4)], place);
    expect([sources(), doc.undo.canRedo]).toEqual([before, true]); // no new step
  });

  it("drags nothing where nothing may be written", () => {
    const before = sources();
    room.set({ ...FIRST_ROOM_STATE, hello: { role: "viewer" } as RoomState["hello"] });
    controller.moveBefore([at(3)], at(0));
    expect(sources()).toEqual(before);
  });

  it("shows a hidden output where something was found in it, in this page only", () => {
    const id = at(1);
    doc.setCellMetadata(id, "collapsed", true);
    controller.showMatch({ cellId: id, from: 0, to: 1, output: { index: 0, line: 0, nth: 0 } });
    expect(controller.foldsHere.get().get(id)).toBe(false);
    expect(doc.cell(id)?.metadata("collapsed")).toBe(true);
    controller.toggleOutput([id]); // it is in sight: hidden again, for everybody as before
    expect([controller.foldsHere.get().get(id), doc.cell(id)?.metadata("collapsed")]).toEqual([undefined, true]);
  });

  it("hides and shows the code of the selected cells, and shows it to whoever writes in it", () => {
    controller.select(at(3));
    controller.select(at(4), { extend: true });
    controller.toggleCode();
    expect([at(3), at(4)].map((id) => controller.isCodeHidden(id))).toEqual([true, true]);
    expect(doc.cell(at(3))?.metadata("jupyter")).toEqual({ source_hidden: true });
    controller.edit(at(1));
    controller.leaveEditor(at(1), 1);
    controller.leaveEditor(at(2), 1); // the cursor does not land in what is hidden
    expect([active(), controller.mode]).toEqual(["b = 2", "command"]);
    controller.edit();
    expect([controller.isCodeHidden(at(3)), doc.cell(at(3))?.metadata("jupyter"), controller.mode]).toEqual([
      false,
      undefined,
      "edit",
    ]);
  });

  it("takes back and makes again the hiding of a form, which the file notes twice, in one step", () => {
    const id = at(1);
    doc.setSource(id, "a = 1 #@param");
    controller.foldCode(id, true);
    const hidden = { jupyter: { source_hidden: true }, cellView: "form" };
    const noted = () =>
      Object.fromEntries((doc.cell(id)?.metadataKeys ?? []).map((key) => [key, doc.cell(id)?.metadata(key)]));
    expect(noted()).toEqual(hidden);
    controller.undo();
    expect([noted(), sourceOf(id)]).toEqual([{}, "a = 1 #@param"]);
    controller.redo();
    expect(noted()).toEqual(hidden);
    expect(controller.isCodeHidden(id)).toBe(true);
  });

  it("takes back the hiding of several cells in one step", () => {
    controller.select(at(3));
    controller.select(at(4), { extend: true });
    controller.toggleCode();
    controller.undo();
    expect([at(3), at(4)].map((id) => controller.isCodeHidden(id))).toEqual([false, false]);
    controller.toggleOutput([at(3), at(4)]);
    controller.undo();
    expect([at(3), at(4)].map((id) => doc.cell(id)?.metadataKeys)).toEqual([[], []]);
    expect(sources()).toHaveLength(5);
  });

  it("goes back past the showing of code that somebody wrote in, and the cursor is not left in what is hidden", () => {
    controller.foldCode(at(1), true);
    controller.edit(at(1)); // shows it
    controller.edit(at(3));
    controller.undo();
    expect([controller.isCodeHidden(at(1)), active(), controller.mode]).toEqual([true, "a = 1", "command"]);
    controller.undo();
    expect([controller.isCodeHidden(at(1)), sources().length]).toEqual([false, 5]);
    controller.redo();
    controller.redo();
    expect([controller.isCodeHidden(at(1)), doc.undo.canRedo]).toEqual([false, false]);
  });

  it("shows hidden code where something was found in it, in this page only", () => {
    doc.setCellMetadata(at(1), "cellView", "form");
    controller.showMatch({ cellId: at(1), from: 0, to: 1 });
    expect([controller.isCodeHidden(at(1)), doc.cell(at(1))?.metadata("cellView")]).toEqual([false, "form"]);
    controller.foldCode(at(1), true);
    expect(controller.isCodeHidden(at(1))).toBe(true);
    room.set({ ...FIRST_ROOM_STATE, hello: { role: "viewer" } as RoomState["hello"] });
    controller.foldCode(at(1), false);
    expect([controller.isCodeHidden(at(1)), doc.cell(at(1))?.metadata("cellView")]).toEqual([false, "form"]);
  });

  it("shows an output that JupyterLab hid, for everybody, and hides it again", () => {
    const id = at(1);
    doc.setCellMetadata(id, "jupyter", { outputs_hidden: true, source_hidden: true });
    controller.toggleOutput([id]);
    expect(doc.cell(id)?.metadata("jupyter")).toEqual({ source_hidden: true });
    expect(doc.cell(id)?.metadata("collapsed")).toBeUndefined();
    controller.toggleOutput([id]);
    expect(doc.cell(id)?.metadata("collapsed")).toBe(true);
    controller.toggleOutput([at(0)]);
    expect(doc.cell(at(0))?.metadataKeys).toEqual([]);
  });

  it("lets a reader show and hide outputs without writing into the notebook", () => {
    const id = at(1);
    doc.setCellMetadata(id, "collapsed", true);
    room.set({ ...FIRST_ROOM_STATE, hello: { role: "viewer" } as RoomState["hello"] });
    const before = Y.encodeStateAsUpdate(doc.doc);
    controller.toggleOutput([id]);
    expect(controller.foldsHere.get().get(id)).toBe(false);
    controller.toggleOutput([id]);
    expect(controller.foldsHere.get().get(id)).toBe(true);
    expect(Y.encodeStateAsUpdate(doc.doc)).toEqual(before);
  });

  it("is read-only until the hub's document is there, and for viewers", () => {
    expect(controller.isReadOnly).toBe(false);
    room.set({ ...FIRST_ROOM_STATE, hello: { role: "viewer" } as RoomState["hello"] });
    expect(controller.isReadOnly).toBe(true);
  });

  it("says who may only read once the notebook is there, also when the role came first", () => {
    const late = new NotebookDoc(new Y.Doc(), { now: () => 1, typingPauseMs: 0 });
    const coming = new NotebookController({ ...controller.services, doc: late });
    const heard: boolean[] = [];
    coming.isReader.subscribe(() => heard.push(coming.isReader.get()));
    room.set({ ...FIRST_ROOM_STATE, hello: { role: "viewer" } as RoomState["hello"] });
    expect(coming.isReader.get()).toBe(false);
    formatRoot(late.doc).set("schema", 1);
    expect(heard).toEqual([true]);
    room.set({ ...FIRST_ROOM_STATE, hello: { role: "editor" } as RoomState["hello"] });
    expect(coming.isReader.get()).toBe(false);
  });

  it("keeps which sections are collapsed for the next opening", () => {
    let kept: readonly CellId[] = [];
    const memory = {
      collapsed: () => kept,
      keep: (ids: readonly CellId[]) => {
        kept = ids;
      },
    };
    const first = new SectionModel(doc, memory);
    first.toggle(at(2));
    first.close();
    const next = new SectionModel(doc, memory);
    expect(next.view.get().visible).toEqual([at(0), at(1), at(2)]);
    next.expandAll();
    expect(kept).toEqual([]);
    next.close();
  });

  it("moves a collapsed section over its neighbour section, as a whole", () => {
    doc.pasteCells(
      ["## Other", "d = 4", "## Third", "e = 5"].map((source) => ({
        type: source.startsWith("#") ? "markdown" : "code",
        source,
      })),
      at(4),
    );
    controller.sections.toggle(at(5));
    controller.select(at(5));
    controller.move(-1);
    const up = ["# Top", "a = 1", "## Other", "d = 4", "## Part", "b = 2", "c = 3", "## Third", "e = 5"];
    expect(sources()).toEqual(up);
    controller.move(1);
    controller.move(1);
    expect(sources().slice(-4)).toEqual(["## Third", "e = 5", "## Other", "d = 4"]);
    controller.move(1);
    expect(sources().slice(-4)).toEqual(["## Third", "e = 5", "## Other", "d = 4"]);
  });
});
