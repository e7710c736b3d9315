import { afterEach, describe, expect, test } from "vitest";
import * as Y from "yjs";
import type { CellContent } from "../core/cell.ts";
import { NotebookDoc } from "./notebook-doc.ts";
import { cellsRoot, formatRoot } from "./schema.ts";
import { exchange, replica, seededDoc, seededRandom } from "./seed-for-tests.ts";

const open: NotebookDoc[] = [];
afterEach(() => {
  for (const doc of open.splice(0)) doc.destroy();
});

let seed = 0;
function page(doc: Y.Doc, typingPauseMs = 0): NotebookDoc {
  seed += 1;
  const made = new NotebookDoc(doc, { now: () => 1_000, random: seededRandom(seed), typingPauseMs });
  open.push(made);
  return made;
}

const code = (source: string): CellContent => ({ type: "code", source });
const seeded = (...sources: string[]): Y.Doc => seededDoc(sources.map(code), seededRandom(99));
const sources = (doc: NotebookDoc): (string | undefined)[] =>
  doc.cellIds().map((id) => doc.cell(id)?.source.toString());
/** Types as an editor does. */
function type(doc: NotebookDoc, id: string, offset: number, text: string): void {
  doc.doc.transact(() => doc.cell(id)?.source.insert(offset, text), doc.origin);
}

describe("1.5 cells", () => {
  test("are inserted at the top, behind another, and at the end", () => {
    const doc = page(seeded("a", "b"));
    doc.insertCell({ after: null, type: "markdown", source: "top" });
    const middle = doc.insertCell({ after: "c0", type: "code", source: "middle\r\nline", metadata: { tags: ["x"] } });
    doc.insertCell({ after: "c1", type: "raw" });
    expect(sources(doc)).toEqual(["top", "a", "middle\nline", "b", ""]);
    expect(doc.cell(middle)?.metadata("tags")).toEqual(["x"]);
    expect(doc.cell(middle)?.type).toBe("code");
  });

  test("an id that was ever used is refused, and nothing happens; a free one is taken", () => {
    const doc = page(seeded("a"));
    doc.deleteCells(["c0"]);
    expect(() => doc.insertCell({ after: null, type: "code", id: "c0" })).toThrow("exists already");
    expect(() => doc.insertCell({ after: null, type: "code", id: "no id!" })).toThrow("not a cell id");
    expect(doc.cellIds()).toEqual([]);
    expect(doc.insertCell({ after: null, type: "code", id: "free" })).toBe("free");
    expect(doc.cellIds()).toEqual(["free"]);
  });

  test("are deleted without losing their key or text, and undone back", () => {
    const doc = page(seeded("a", "b", "c"));
    doc.deleteCells(["c0", "c2", "never"]);
    expect(sources(doc)).toEqual(["b"]);
    expect(cellsRoot(doc.doc).get("c0")?.get("source")?.toString()).toBe("a");
    expect(doc.undo.undo()).toEqual(expect.arrayContaining(["c0", "c2"]));
    expect(sources(doc)).toEqual(["a", "b", "c"]);
    doc.undo.redo();
    expect(sources(doc)).toEqual(["b"]);
  });

  test("move as a block, in their order, wherever they stood", () => {
    const doc = page(seeded("a", "b", "c", "d", "e"));
    doc.moveCells(["c3", "c0"], "c4");
    expect(sources(doc)).toEqual(["b", "c", "e", "a", "d"]);
    doc.moveCells(["c4"], null);
    expect(sources(doc)).toEqual(["e", "b", "c", "a", "d"]);
    doc.moveCells(["c2", "c0"], "c2");
    expect(sources(doc)).toEqual(["e", "b", "c", "a", "d"]);
    doc.undo.undo();
    doc.undo.undo();
    doc.undo.undo();
    expect(sources(doc)).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("a place that is gone is refused, and nothing moves; one that stands is taken", () => {
    const doc = page(seeded("a", "b"));
    doc.deleteCells(["c1"]);
    expect(() => doc.moveCells(["c0"], "c1")).toThrow("choose another place");
    expect(() => doc.insertCell({ after: "c1", type: "code" })).toThrow("choose another place");
    expect(cellsRoot(doc.doc).size).toBe(2);
    doc.insertCell({ after: "c0", type: "code", source: "n" });
    expect(sources(doc)).toEqual(["a", "n"]);
  });
});

describe("split and merge", () => {
  test("splitting keeps id and outputs with the first half; merging is the way back; undo takes one step each", () => {
    const doc = page(seeded("one\ntwo", "x"));
    const second = doc.splitCell("c0", 4);
    expect(doc.cellIds()).toEqual(["c0", second, "c1"]);
    expect(sources(doc)).toEqual(["one", "two", "x"]);
    expect(doc.mergeCells([second, "c0"])).toBe("c0");
    expect(sources(doc)).toEqual(["one\ntwo", "x"]);
    doc.undo.undo();
    expect(sources(doc)).toEqual(["one", "two", "x"]);
    doc.undo.undo();
    expect(sources(doc)).toEqual(["one\ntwo", "x"]);
    doc.undo.redo();
    expect(sources(doc)).toEqual(["one", "two", "x"]);
  });

  test("the cut may stand before a line end, at the ends, and never inside a character", () => {
    const doc = page(seeded("one\ntwo", "a😀b", "x"));
    doc.splitCell("c0", 3);
    expect(sources(doc).slice(0, 2)).toEqual(["one", "two"]);
    doc.splitCell("c1", 2);
    expect(sources(doc).slice(2, 4)).toEqual(["a", "😀b"]);
    doc.splitCell("c2", 0);
    expect(sources(doc).slice(4)).toEqual(["", "x"]);
    expect(() => doc.splitCell("c2", 9)).toThrow("place the cursor again");
    expect(() => doc.splitCell("gone", 0)).toThrow("was deleted");
    expect(doc.cellIds()).toHaveLength(6);
  });

  test("what is made of a cell whose outputs stay at home keeps them there", () => {
    const doc = page(seeded("a", "b", "c"));
    doc.setCellMetadata("c1", "runhere", { private_outputs: true });
    const second = doc.splitCell("c1", 0);
    expect(doc.cell(second)?.metadata("runhere")).toEqual({ private_outputs: true });
    doc.setCellMetadata("c0", "runhere", { other: 1 });
    doc.mergeCells(["c0", "c1"]);
    expect(doc.cell("c0")?.metadata("runhere")).toEqual({ other: 1, private_outputs: true });
    doc.mergeCells([second, "c2"]);
    expect(doc.cell("c2")).toBeNull();
  });

  test("both halves keep type, metadata and attachments; merged text cells keep an empty line and all attachments", () => {
    const attachments = { "a.png": { "image/png": "AAAA" } };
    const text: CellContent = { type: "markdown", source: "one\ntwo", metadata: { tags: ["t"] }, attachments };
    const doc = page(
      seededDoc([text, { type: "markdown", source: "three", attachments: { "b.png": {} } }], seededRandom(5)),
    );
    const second = doc.splitCell("c0", 3);
    const half = doc.cell(second);
    expect([half?.type, half?.metadata("tags"), half?.attachments]).toEqual(["markdown", ["t"], attachments]);
    doc.mergeCells(["c0", second, "c1"]);
    expect(sources(doc)).toEqual(["one\n\ntwo\n\nthree"]);
    expect(doc.cell("c0")?.attachments).toEqual({ ...attachments, "b.png": {} });
  });

  test("merging one cell changes nothing, merging none is refused", () => {
    const doc = page(seeded("a"));
    expect(doc.mergeCells(["c0"])).toBe("c0");
    expect(() => doc.mergeCells(["gone"])).toThrow("not there any more");
    expect(doc.undo.canUndo).toBe(false);
  });
});

describe("duplicate and paste", () => {
  test("duplicates stand behind the last, with new ids and everything in them", () => {
    const doc = page(seededDoc([{ ...code("a"), metadata: { k: 1.5 } }, code("b"), code("c")], seededRandom(1)));
    const made = doc.duplicateCells(["c1", "c0"]);
    expect([...made.keys()]).toEqual(["c0", "c1"]);
    expect(sources(doc)).toEqual(["a", "b", "a", "b", "c"]);
    expect(doc.cell(made.get("c0") ?? "")?.metadata("k")).toBe(1.5);
    expect(new Set(doc.cellIds()).size).toBe(5);
  });

  test("cut and paste keeps the id once; a second paste makes a new cell", () => {
    const doc = page(seeded("a", "b"));
    doc.deleteCells(["c0"]);
    const cut = [{ ...code("a"), id: "c0" }];
    expect(doc.pasteCells(cut, "c1")).toEqual(["c0"]);
    const again = doc.pasteCells(cut, "c1");
    expect(again).not.toEqual(["c0"]);
    expect(sources(doc)).toEqual(["b", "a", "a"]);
    doc.undo.undo();
    doc.undo.undo();
    expect(sources(doc)).toEqual(["b"]);
    doc.undo.undo();
    expect(sources(doc)).toEqual(["a", "b"]);
  });

  test("pasting a block with one id twice makes two cells", () => {
    const doc = page(seeded("b"));
    doc.deleteCells(["c0"]);
    const ids = doc.pasteCells(
      [
        { ...code("b"), id: "c0" },
        { ...code("b"), id: "c0" },
      ],
      null,
    );
    expect(ids[0]).toBe("c0");
    expect(new Set(ids).size).toBe(2);
    expect(doc.pasteCells([], null)).toEqual([]);
  });

  test("a cut cell brings back what others typed into it meanwhile", () => {
    const mine = page(seeded("text"));
    const theirs = page(replica(mine.doc));
    mine.deleteCells(["c0"]);
    type(theirs, "c0", 4, " and more");
    exchange(mine.doc, theirs.doc);
    mine.pasteCells([{ ...code("text"), id: "c0" }], null);
    expect(sources(mine)).toEqual(["text and more"]);
  });
});

describe("text typed while others delete", () => {
  test("into a deleted cell is offered back, alone and whole, until it is restored", () => {
    const mine = page(seeded("a", "text"));
    const theirs = page(replica(mine.doc));
    mine.deleteCells(["c1"]);
    type(theirs, "c1", 4, " typed meanwhile");
    type(theirs, "c1", 0, "and ");
    exchange(mine.doc, theirs.doc);
    const offered = [{ cellId: "c1", text: "and  typed meanwhile", source: "and text typed meanwhile", after: "c0" }];
    expect(mine.orphans()).toEqual(offered);
    expect(theirs.orphans()).toEqual(offered);
    expect(mine.orphans()).toBe(mine.orphans());
    mine.restoreCell("c1");
    exchange(mine.doc, theirs.doc);
    expect(sources(theirs)).toEqual(["a", "and text typed meanwhile"]);
    expect(theirs.orphans()).toEqual([]);
  });

  test("nothing is offered where nothing was typed", () => {
    const mine = page(seeded("a"));
    const theirs = page(replica(mine.doc));
    mine.deleteCells(["c0"]);
    theirs.deleteCells(["c0"]);
    exchange(mine.doc, theirs.doc);
    expect(mine.orphans()).toEqual([]);
  });

  test("into a merged cell is offered, without what was merged", () => {
    const mine = page(seeded("one", "two"));
    const theirs = page(replica(mine.doc));
    mine.mergeCells(["c0", "c1"]);
    type(theirs, "c1", 3, "!");
    exchange(mine.doc, theirs.doc);
    expect(sources(theirs)).toEqual(["one\ntwo"]);
    expect(mine.orphans()).toEqual([{ cellId: "c1", text: "!", source: "two!", after: "c0" }]);
    mine.dismissOrphan("c1");
    exchange(mine.doc, theirs.doc);
    expect(theirs.orphans()).toEqual([]);
    expect(cellsRoot(theirs.doc).get("c1")?.get("source")?.toString()).toBe("two!");
  });

  test("into the second half of a split cell stays in the first", () => {
    const mine = page(seeded("one\ntwo"));
    const theirs = page(replica(mine.doc));
    mine.splitCell("c0", 4);
    type(theirs, "c0", 5, "XX");
    exchange(mine.doc, theirs.doc);
    expect(sources(theirs)).toEqual(["oneXX", "two"]);
  });

  test("into a cell whose birth is undone is offered", () => {
    const mine = page(seeded("a"));
    const id = mine.insertCell({ after: "c0", type: "code", source: "born" });
    const theirs = page(replica(mine.doc));
    type(theirs, id, 4, " here");
    mine.undo.undo();
    exchange(mine.doc, theirs.doc);
    expect(sources(theirs)).toEqual(["a"]);
    expect(theirs.orphans()).toEqual([{ cellId: id, text: " here", source: "born here", after: "c0" }]);
  });

  test("however much I undo, what others typed into my new cells is kept", () => {
    const mine = page(seeded("a"));
    const id = mine.insertCell({ after: "c0", type: "code", source: "born" });
    const theirs = page(replica(mine.doc));
    type(theirs, id, 4, " here");
    exchange(mine.doc, theirs.doc);
    while (mine.undo.canUndo) mine.undo.undo();
    exchange(mine.doc, theirs.doc);
    expect(cellsRoot(theirs.doc).get(id)?.get("source")?.toString()).toBe("born here");
    expect(theirs.orphans().map((orphan) => orphan.text)).toEqual([" here"]);
  });

  test("a cell that the hub purged cannot come back, and that is said", () => {
    const doc = page(seeded("a"));
    expect(() => doc.restoreCell("long-gone")).toThrow("removed for good");
  });
});

describe("undo", () => {
  test("takes back one's own edits only, over all cells", () => {
    const mine = page(seeded("a", "b"));
    const theirs = page(replica(mine.doc));
    type(mine, "c0", 1, "1");
    type(theirs, "c0", 0, "their ");
    type(mine, "c1", 1, "2");
    exchange(mine.doc, theirs.doc);
    expect(mine.undo.undo()).toEqual(["c1"]);
    expect(mine.undo.undo()).toEqual(["c0"]);
    expect(mine.undo.undo()).toEqual([]);
    expect(sources(mine)).toEqual(["their a", "b"]);
    mine.undo.redo();
    expect(sources(mine)).toEqual(["their a1", "b"]);
  });

  test.each([
    ["moved", (doc: NotebookDoc, last: boolean) => doc.moveCells(["c1"], last ? "c2" : null)],
    ["turned", (doc: NotebookDoc, last: boolean) => doc.setType("c1", last ? "markdown" : "raw")],
  ])("a cell that two %s at once stays a cell, whoever undoes", (_, change) => {
    for (const mineIsLater of [true, false]) {
      const mine = page(seeded("a", "b", "c"));
      const theirs = page(replica(mine.doc));
      mine.doc.clientID = mineIsLater ? 20 : 10;
      theirs.doc.clientID = 15;
      change(mine, true);
      change(theirs, false);
      exchange(mine.doc, theirs.doc);
      mine.undo.undo();
      exchange(mine.doc, theirs.doc);
      const ours = [...sources(mine)].sort();
      expect(ours).toEqual(["a", "b", "c"]);
      expect(sources(theirs)).toEqual(sources(mine));
      expect(theirs.cell("c1")?.type).toBe(mine.cell("c1")?.type);
      mine.undo.redo();
      theirs.undo.undo();
      exchange(mine.doc, theirs.doc);
      expect([...sources(theirs)].sort()).toEqual(["a", "b", "c"]);
      expect(sources(theirs)).toEqual(sources(mine));
    }
  });

  const twoWays: [string, (doc: NotebookDoc, what: string) => void, (doc: NotebookDoc) => unknown][] = [
    ["metadata", (doc, what) => doc.setCellMetadata("c1", "tag", what), (doc) => doc.cell("c1")?.metadata("tag")],
    [
      "attachments",
      (doc, what) => doc.setAttachments("c1", { "a.png": { "text/plain": what } }),
      (doc) => doc.cell("c1")?.attachments?.["a.png"] as { [mime: string]: unknown } | undefined,
    ],
  ];
  const stoodBefore: [string, (doc: NotebookDoc, set: (doc: NotebookDoc, what: string) => void) => void][] = [
    ["over an older value", (doc, set) => set(doc, "old")],
    ["over nothing", () => {}],
    [
      "over one that was removed",
      (doc, set) => {
        set(doc, "old");
        doc.setCellMetadata("c1", "tag", undefined);
        doc.setAttachments("c1", {});
      },
    ],
  ];
  describe.each(twoWays)("%s of a cell", (_, set, read) => {
    test.each(stoodBefore)("that two set at once, %s, are not gone when one undoes", (_name, prepare) => {
      for (const mineIsLater of [true, false]) {
        const mine = page(seeded("a", "b", "c"));
        const first = page(mine.doc);
        prepare(first, set);
        const theirs = page(replica(mine.doc));
        mine.doc.clientID = mineIsLater ? 20 : 10;
        theirs.doc.clientID = 15;
        set(mine, "mine");
        set(theirs, "theirs");
        exchange(mine.doc, theirs.doc);
        mine.undo.undo();
        exchange(mine.doc, theirs.doc);
        expect(read(mine)).toBeDefined();
        expect(read(theirs)).toEqual(read(mine));
        mine.undo.redo();
        theirs.undo.undo();
        exchange(mine.doc, theirs.doc);
        expect(read(mine)).toBeDefined();
        expect(read(theirs)).toEqual(read(mine));
      }
    });

    test.each(stoodBefore)("that one alone set, %s, are what they were when it is undone", (_name, prepare) => {
      const doc = page(seeded("a", "b", "c"));
      prepare(doc, set);
      const before = read(doc);
      set(doc, "mine");
      const mine = read(doc);
      doc.undo.undo();
      expect(read(doc)).toEqual(before);
      doc.undo.redo();
      expect(read(doc)).toEqual(mine);
      doc.undo.undo();
      expect(read(doc)).toEqual(before);
    });
  });

  test("typing in one cell is one step; another cell or a command ends it", () => {
    const doc = page(seeded("", ""), 60_000);
    for (const [at, character] of [..."word"].entries()) type(doc, "c0", at, character);
    type(doc, "c1", 0, "x");
    type(doc, "c0", 4, "!");
    doc.setType("c0", "markdown");
    type(doc, "c0", 5, "?");
    doc.undo.endStep();
    type(doc, "c0", 6, ".");
    const seen: (string | undefined)[] = [];
    while (doc.undo.canUndo) {
      doc.undo.undo();
      seen.push(sources(doc).join("|"));
    }
    expect(seen).toEqual(["word!?|x", "word!|x", "word!|x", "word|x", "word|", "|"]);
    expect(doc.cell("c0")?.type).toBe("code");
  });

  test("does not undo a deletion that somebody else repeated", () => {
    const mine = page(seeded("a"));
    const theirs = page(replica(mine.doc));
    mine.deleteCells(["c0"]);
    exchange(mine.doc, theirs.doc);
    theirs.restoreCell("c0");
    theirs.deleteCells(["c0"]);
    exchange(mine.doc, theirs.doc);
    mine.undo.undo();
    expect(sources(mine)).toEqual([]);
  });

  test("tells when it can", () => {
    const doc = page(seeded("a"));
    let told = 0;
    const end = doc.undo.subscribe(() => {
      told += 1;
    });
    doc.setSource("c0", "b");
    expect([told > 0, doc.undo.canUndo, doc.undo.canRedo]).toEqual([true, true, false]);
    doc.undo.undo();
    expect([doc.undo.canUndo, doc.undo.canRedo]).toEqual([false, true]);
    end();
  });

  test("an editor's own origin can be tracked", () => {
    const doc = page(seeded("a"));
    const editor = {};
    doc.doc.transact(() => doc.cell("c0")?.source.insert(1, "x"), editor);
    expect(doc.undo.canUndo).toBe(false);
    doc.undo.track(editor);
    doc.doc.transact(() => doc.cell("c0")?.source.insert(1, "x"), editor);
    expect(doc.undo.canUndo).toBe(true);
    expect(doc.undo.manager.canUndo()).toBe(true);
  });
});

describe("one cell", () => {
  test("source is rewritten by the smallest change, so that cursors stay", () => {
    const doc = page(seeded("first\nsecond\nthird"));
    const source = doc.cell("c0")?.source;
    if (!source) throw new Error("no cell");
    const cursor = Y.createRelativePositionFromTypeIndex(source, 13);
    doc.setSource("c0", "first!\nsecond\nthird");
    expect(Y.createAbsolutePositionFromRelativePosition(cursor, doc.doc)?.index).toBe(14);
    doc.setSource("c0", "a😀b");
    doc.setSource("c0", "a😁b");
    expect(sources(doc)).toEqual(["a😁b"]);
    doc.setSource("c0", "");
    expect(sources(doc)).toEqual([""]);
  });

  test("several places change at once, with offsets of the text before", () => {
    const doc = page(seeded("x = x + x"));
    doc.changeSource("c0", [
      { from: 0, to: 1, insert: "long" },
      { from: 8, to: 9, insert: "" },
      { from: 4, to: 5, insert: "y" },
    ]);
    expect(sources(doc)).toEqual(["long = y + "]);
  });

  test("metadata and attachments are set, kept as JSON, and removed", () => {
    const doc = page(seeded("a"));
    doc.setCellMetadata("c0", "cellView", "form");
    doc.setCellMetadata("c0", "n", 1);
    expect([doc.cell("c0")?.metadata("cellView"), doc.cell("c0")?.metadataKeys]).toEqual(["form", ["cellView", "n"]]);
    doc.setCellMetadata("c0", "cellView", undefined);
    expect(doc.cell("c0")?.metadata("cellView")).toBeUndefined();
    doc.setAttachments("c0", { a: {} });
    expect(doc.cell("c0")?.attachments).toEqual({ a: {} });
    doc.setAttachments("c0", {});
    expect(doc.cell("c0")?.attachments).toBeNull();
    doc.setNotebookMetadata("kernelspec", { name: "python3" });
    expect(doc.metadata("kernelspec")).toEqual({ name: "python3" });
    expect(doc.metadata("none")).toBeUndefined();
    doc.setNotebookMetadata("kernelspec", undefined);
    expect(doc.metadata("kernelspec")).toBeUndefined();
  });
});

describe("snapshots", () => {
  test("cells and views are the same objects until they change, and tell exactly who changed", () => {
    const doc = page(seeded("a", "b"));
    const told: string[] = [];
    doc.subscribeCells(() => told.push("cells"));
    doc.subscribeCell("c0", () => told.push("c0"));
    const end = doc.subscribeCell("c1", () => told.push("c1"));
    const [ids, first, second] = [doc.cellIds(), doc.cell("c0"), doc.cell("c1")];
    type(doc, "c0", 1, "x");
    expect([told, doc.cellIds() === ids, doc.cell("c0") === first]).toEqual([[], true, true]);
    doc.setType("c0", "raw");
    expect([told, doc.cellIds() === ids, doc.cell("c0") === first, doc.cell("c1") === second]).toEqual([
      ["c0"],
      true,
      false,
      true,
    ]);
    end();
    doc.deleteCells(["c1"]);
    expect(told).toEqual(["c0", "cells"]);
    expect(doc.cell("c1")).toBeNull();
    doc.undo.undo();
    expect(doc.cell("c1")?.source).toBe(second?.source);
  });

  test("metadata tells", () => {
    const doc = page(seeded("a"));
    let told = 0;
    doc.subscribeMetadata(() => {
      told += 1;
    });
    doc.setNotebookMetadata("k", 1);
    doc.setNotebookMetadata("k", 1);
    expect(told).toBe(1);
  });

  test("broken entries of other programs are left alone and not shown", () => {
    const doc = page(seeded("a"));
    doc.doc.transact(() => {
      const root = cellsRoot(doc.doc);
      root.set(
        "no-source",
        new Y.Map<unknown>([
          ["type", "code"],
          ["position", "V"],
        ]),
      );
      root.set(
        "no-type",
        new Y.Map<unknown>([
          ["position", "V"],
          ["source", new Y.Text("x")],
        ]),
      );
      cellsRoot(doc.doc).get("c0")?.set("attachments", "no JSON");
    });
    expect([doc.cellIds(), doc.cell("no-source"), doc.cell("c0")?.attachments]).toEqual([["c0"], null, null]);
    expect(cellsRoot(doc.doc).size).toBe(3);
  });
});

describe("1.7 a cell that lost its position or type", () => {
  const lost = (...keys: string[]) => {
    const doc = seeded("a", "b", "c");
    doc.transact(() => keys.forEach((key) => void cellsRoot(doc).get("c1")?.delete(key)));
    return doc;
  };

  test.each([["position"], ["type"], ["position", "type"]])(
    "is shown once the hub has put it back (%s, %s)",
    (...keys) => {
      const stood = new Map(
        keys.map((key) => [
          key,
          cellsRoot(seeded("a", "b", "c"))
            .get("c1")
            ?.get(key),
        ]),
      );
      const doc = page(lost(...keys));
      let told = 0;
      doc.subscribeCells(() => (told += 1));
      expect([sources(doc), doc.cell("c1"), doc.orphans()]).toEqual([["a", "c"], null, []]);
      const hub = replica(doc.doc);
      hub.transact(() => stood.forEach((value, key) => void cellsRoot(hub).get("c1")?.set(key, value)));
      exchange(hub, doc.doc);
      expect([sources(doc), doc.cell("c1")?.type, told]).toEqual([["a", "b", "c"], "code", 1]);
      type(doc, "c1", 1, "!");
      expect(sources(doc)).toEqual(["a", "b!", "c"]);
    },
  );

  test("is in nobody's way before, and keeps its text", () => {
    const doc = page(lost("position"));
    doc.moveCells(["c0", "c1"], "c2");
    doc.deleteCells(["c1", "c2"]);
    doc.undo.undo();
    doc.mergeCells(["c2", "c1", "c0"]);
    doc.undo.undo();
    doc.insertCell({ after: "c2", type: "code", source: "new" });
    expect(sources(doc)).toEqual(["c", "new", "a"]);
    expect(() => doc.setType("c1", "raw")).toThrow("deleted");
    expect(() => doc.insertCell({ after: null, type: "code", id: "c1" })).toThrow("exists already");
    expect(cellsRoot(doc.doc).get("c1")?.get("source")?.toString()).toBe("b");
  });

  test("disappears from an open page and comes back to it", () => {
    const doc = page(seeded("a", "b", "c"));
    const other = replica(doc.doc);
    const map = cellsRoot(other).get("c1");
    const position = map?.get("position");
    map?.delete("position");
    exchange(other, doc.doc);
    expect([sources(doc), doc.cell("c1")]).toEqual([["a", "c"], null]);
    map?.set("position", position);
    exchange(other, doc.doc);
    expect(sources(doc)).toEqual(["a", "b", "c"]);
  });
});

describe("1.2 and 1.7 other documents", () => {
  test("a page seeds nothing", () => {
    const doc = page(new Y.Doc());
    expect([doc.isLoaded, doc.cellIds(), doc.doc.store.clients.size]).toEqual([false, [], 0]);
    expect(page(seeded("a")).isLoaded).toBe(true);
  });

  test("a newer layout is read-only", () => {
    const doc = page(seeded("a"));
    formatRoot(doc.doc).set("schema", 2);
    expect(doc.isReadOnly).toBe(true);
    expect(() => doc.deleteCells(["c0"])).toThrow("newer Runhere");
    expect(() => doc.insertCell({ after: null, type: "code" })).toThrow("newer Runhere");
    expect(sources(doc)).toEqual(["a"]);
    formatRoot(doc.doc).set("schema", 1);
    doc.deleteCells(["c0"]);
    expect(sources(doc)).toEqual([]);
  });
});
