/**
 * Counts, for each source, the changes that its person did not type here: by others, undo, a paste, a cell that was split or merged. A
 * keystroke costs a look at what its transaction changed, whatever the size of the document.
 */
import * as Y from "yjs";
import { isTyped } from "../core/vouched.ts";

export class Typing {
  readonly #doc: Y.Doc;
  readonly #origin: unknown;
  readonly #changes = new WeakMap<Y.Text, number>();

  /** @param origin of the person's own edits; undo has another one. */
  constructor(doc: Y.Doc, origin: unknown) {
    this.#doc = doc;
    this.#origin = origin;
    doc.on("afterTransaction", this.#look);
  }

  /** How often this source changed otherwise than by typing, as far as this object has seen. */
  changes(source: Y.Text): number {
    return this.#changes.get(source) ?? 0;
  }

  close(): void {
    this.#doc.off("afterTransaction", this.#look);
  }

  readonly #look = (transaction: Y.Transaction): void => {
    const isOwnEdit = transaction.local && transaction.origin === this.#origin;
    const isAlone = transaction.changed.size === 1;
    for (const type of transaction.changed.keys()) {
      if (!(type instanceof Y.Text)) continue;
      const inserted = isOwnEdit && isAlone ? insertedInto(type, transaction) : "";
      if (!isTyped({ isOwnEdit, isAlone, inserted })) this.#changes.set(type, this.changes(type) + 1);
    }
  };
}

function insertedInto(source: Y.Text, transaction: Y.Transaction): string {
  const events: readonly Y.YEvent<Y.AbstractType<unknown>>[] = [...transaction.changedParentTypes.values()].flat();
  const parts = events.find(({ target }) => (target as unknown) === source)?.changes.delta ?? [];
  return parts.map(({ insert }) => (typeof insert === "string" ? insert : "")).join("");
}
