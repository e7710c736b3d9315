/**
 * Architecture §3: any interleaving of edits, moves, deletes, splits, merges, undo, offline spells and reconnects converges; no id twice; every
 * acknowledged character is in a cell or a tombstone unless its own range was deleted; metadata and attachments that nobody takes out stay.
 *
 * Every character typed is unlike all others, so that it can be found again. What a page takes out by a deletion of text or by its own undo is
 * written down; no other character may ever be missing.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { NotebookDoc } from "./notebook-doc.ts";
import { compareCells } from "./positions.ts";
import { attachmentsOf, cellsRoot, metadataValues, storedCell } from "./schema.ts";
import { replica, seededDoc, seededRandom } from "./seed-for-tests.ts";

type Step =
  | {
      readonly do: "type" | "erase" | "split" | "setType";
      readonly who: number;
      readonly cell: number;
      readonly at: number;
    }
  | {
      readonly do: "insert" | "delete" | "duplicate" | "cutPaste" | "restore" | "mark" | "attach";
      readonly who: number;
      readonly cell: number;
      readonly at: number;
    }
  | { readonly do: "move" | "merge"; readonly who: number; readonly cell: number; readonly at: number }
  | { readonly do: "undo" | "redo" | "send" | "receive" | "reload"; readonly who: number };

const PEOPLE = 3;
const SEEDED = ["alpha", "beta", "gamma"];
/** Key of metadata and name of an attachment that the first cells have; people set others, nobody takes them out. */
const MARK = "mark";
const who = fc.nat(PEOPLE - 1);
const place = { who, cell: fc.nat(20), at: fc.nat(20) };
const one = (name: Extract<Step, { cell: number }>["do"]) => fc.record({ do: fc.constant(name), ...place });
const bare = (name: Exclude<Step, { cell: number }>["do"]) => fc.record({ do: fc.constant(name), who });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: one("type") },
  { weight: 2, arbitrary: one("erase") },
  { weight: 2, arbitrary: one("split") },
  { weight: 2, arbitrary: one("merge") },
  { weight: 2, arbitrary: one("delete") },
  { weight: 2, arbitrary: one("move") },
  { weight: 1, arbitrary: one("insert") },
  { weight: 1, arbitrary: one("duplicate") },
  { weight: 1, arbitrary: one("cutPaste") },
  { weight: 1, arbitrary: one("restore") },
  { weight: 1, arbitrary: one("setType") },
  { weight: 1, arbitrary: one("mark") },
  { weight: 1, arbitrary: one("attach") },
  { weight: 3, arbitrary: bare("undo") },
  { weight: 1, arbitrary: bare("redo") },
  { weight: 3, arbitrary: bare("send") },
  { weight: 3, arbitrary: bare("receive") },
  { weight: 1, arbitrary: bare("reload") },
);

/** All text of a document, tombstones too. */
function everything(doc: Y.Doc): string {
  let text = "";
  for (const id of cellsRoot(doc).keys()) text += storedCell(cellsRoot(doc), id)?.source.toString() ?? "";
  return text;
}

class World {
  readonly hub: Y.Doc;
  readonly pages: NotebookDoc[];
  readonly random: () => number;
  readonly deleted = new Set<string>();
  readonly typed = new Map<string, number>();
  readonly acknowledged = new Set<string>();
  #next = 0x4e00;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.hub = seededDoc(
      SEEDED.map((source) => ({
        type: "code",
        source,
        metadata: { [MARK]: -1 },
        attachments: { [MARK]: { "text/plain": "-1" } },
      })),
      this.random,
    );
    this.pages = Array.from({ length: PEOPLE }, () => this.#open());
  }

  // Which of two edits at the same time counts depends on who made it.
  #open(): NotebookDoc {
    const copy = replica(this.hub);
    copy.clientID = Math.floor(this.random() * 2 ** 32);
    return new NotebookDoc(copy, { now: () => 1, random: this.random, typingPauseMs: 0 });
  }

  take(step: Step): void {
    const page = this.pages[step.who];
    if (!page) return;
    const before = new Set(everything(page.doc));
    if ("cell" in step) this.#edit(page, step);
    else this.#other(page, step);
    const after = new Set(everything(page.doc));
    const gone = [...before].filter((character) => !after.has(character));
    if (step.do === "receive" || step.do === "reload") return;
    if (step.do === "undo") {
      // Undo takes back what this person typed, never what others did.
      const others = gone.filter((character) => this.typed.has(character) && this.typed.get(character) !== step.who);
      expect(others.filter((character) => !this.deleted.has(character))).toEqual([]);
    }
    if (["erase", "undo", "redo"].includes(step.do)) for (const character of gone) this.deleted.add(character);
    else expect(gone.filter((character) => character >= "\u4e00")).toEqual([]);
  }

  #edit(page: NotebookDoc, step: Extract<Step, { cell: number }>): void {
    const ids = page.cellIds();
    const id = ids[step.cell % Math.max(1, ids.length)];
    if (step.do === "insert") {
      page.insertCell({ after: id ?? null, type: "code", source: this.#character(step.who) });
      return;
    }
    if (step.do === "restore") {
      const orphan = page.orphans()[0];
      if (orphan) page.restoreCell(orphan.cellId);
      return;
    }
    const source = id === undefined ? undefined : page.cell(id)?.source;
    if (id === undefined || !source) return;
    const offset = step.at % (source.length + 1);
    const other = ids[step.at % ids.length] ?? id;
    switch (step.do) {
      case "type":
        page.doc.transact(() => source.insert(offset, this.#character(step.who)), page.origin);
        break;
      case "erase":
        page.doc.transact(() => source.delete(offset, Math.min(2, source.length - offset)), page.origin);
        break;
      case "split":
        page.splitCell(id, offset);
        break;
      case "merge":
        page.mergeCells([id, other]);
        break;
      case "delete":
        page.deleteCells([id, other]);
        break;
      case "move":
        page.moveCells([id], other);
        break;
      case "duplicate":
        page.duplicateCells([id]);
        break;
      case "cutPaste": {
        const cut = { id, type: "code" as const, source: source.toString() };
        page.deleteCells([id]);
        page.pasteCells([cut], page.cellIds()[0] ?? null);
        break;
      }
      case "mark":
        page.setCellMetadata(id, MARK, step.at);
        break;
      case "attach":
        page.setAttachments(id, { [MARK]: { "text/plain": `${step.at}` } });
        break;
      case "setType":
        page.setType(id, step.at % 2 === 0 ? "markdown" : "code");
        break;
    }
  }

  #other(page: NotebookDoc, step: Exclude<Step, { cell: number }>): void {
    switch (step.do) {
      case "undo":
        page.undo.undo();
        break;
      case "redo":
        page.undo.redo();
        break;
      case "send":
        Y.applyUpdate(this.hub, Y.encodeStateAsUpdate(page.doc, Y.encodeStateVector(this.hub)));
        for (const [character, by] of this.typed) if (by === step.who) this.acknowledged.add(character);
        break;
      case "receive":
        Y.applyUpdate(page.doc, Y.encodeStateAsUpdate(this.hub, Y.encodeStateVector(page.doc)));
        break;
      case "reload": {
        // The tab dies with what it had not sent.
        for (const [character, by] of this.typed)
          if (by === step.who && !this.acknowledged.has(character)) this.typed.delete(character);
        page.destroy();
        this.pages[step.who] = this.#open();
        break;
      }
    }
  }

  #character(by: number): string {
    const character = String.fromCharCode(this.#next);
    this.#next += 1;
    this.typed.set(character, by);
    return character;
  }

  settle(): void {
    for (let round = 0; round < 2; round += 1) {
      this.pages.forEach((page, at) => {
        this.#other(page, { do: "send", who: at });
        this.#other(page, { do: "receive", who: at });
      });
    }
    this.#other(this.pages[0] as NotebookDoc, { do: "receive", who: 0 });
  }

  close(): void {
    for (const page of this.pages) page.destroy();
  }
}

describe("simulated pages", () => {
  test("converge, keep every id once and every character", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 80 }), fc.integer(), (steps, seed) => {
        const world = new World(seed);
        try {
          for (const one of steps) world.take(one);
          world.settle();
          const hub = world.hub;
          const shown = world.pages.map((page) =>
            page.cellIds().map((id) => [id, page.cell(id)?.type, page.cell(id)?.source.toString()]),
          );
          for (const view of shown) expect(view).toEqual(shown[0]);
          const ids = world.pages[0]?.cellIds() ?? [];
          expect(new Set(ids).size).toBe(ids.length);
          const alive = [...cellsRoot(hub).keys()]
            .flatMap((id) => storedCell(cellsRoot(hub), id) ?? [])
            .filter((cell) => !cell.deleted);
          expect(alive.sort(compareCells).map((cell) => cell.id)).toEqual(ids);
          for (const page of world.pages) expect(everything(page.doc).length).toBe(everything(hub).length);
          for (const at of SEEDED.keys()) {
            const map = cellsRoot(hub).get(`c${at}`) as Y.Map<unknown>;
            expect([metadataValues(map)[MARK], attachmentsOf(map)]).toEqual([expect.any(Number), expect.any(Object)]);
          }
          const text = new Set(everything(hub));
          const lost = [...world.acknowledged].filter(
            (character) => !text.has(character) && !world.deleted.has(character),
          );
          expect(lost).toEqual([]);
        } finally {
          world.close();
        }
      }),
      { numRuns: Number(process.env["RUNHERE_PROPERTY_RUNS"] ?? 300) },
    );
  }, 60_000);
});
