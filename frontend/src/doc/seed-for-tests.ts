/** FOR TESTS: what the hub's loader does (SPEC 1.7). A page never seeds a document, so nothing outside tests may import this. */
import * as Y from "yjs";
import type { CellContent, CellId } from "../core/cell.ts";
import { layDown, revive } from "./edits.ts";
import { positionsBetween, type Random } from "./positions.ts";
import { cellsRoot, formatRoot } from "./schema.ts";

/** A document as the hub loads it; cells are named `c0`, `c1`, … unless `ids` names them. */
export function seededDoc(cells: readonly CellContent[], random: Random, ids?: readonly CellId[]): Y.Doc {
  const doc = new Y.Doc();
  doc.transact(() => {
    formatRoot(doc).set("schema", 1);
    formatRoot(doc).set("nbformat", 4);
    formatRoot(doc).set("nbformat_minor", 5);
    const root = cellsRoot(doc);
    const positions = positionsBetween(null, null, cells.length, random);
    cells.forEach((content, at) => {
      const id = ids?.[at] ?? `c${at}`;
      layDown(root, id, positions[at] ?? "", content, 0);
      const map = root.get(id);
      if (map) revive(map);
      map?.delete("deleted_seen");
    });
  });
  return doc;
}

/** A copy of a document, as another page receives it. */
export function replica(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}

/** Each gets what the other has. */
export function exchange(a: Y.Doc, b: Y.Doc): void {
  Y.applyUpdate(b, Y.encodeStateAsUpdate(a, Y.encodeStateVector(b)));
  Y.applyUpdate(a, Y.encodeStateAsUpdate(b, Y.encodeStateVector(a)));
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
