/**
 * Tells, for each source, whether it changed otherwise than by its person's typing here: by others, undo, a paste, a cell that was split or
 * merged. A keystroke costs a look at what its transaction changed, whatever the size of the document.
 */
import * as Y from "yjs";
import { isTyped } from "../core/vouched.ts";

export class Typing {
  readonly #doc: Y.Doc;
  readonly #origin: unknown;
  readonly #revisions = new WeakMap<Y.Text, number>();
  #last = 0;

  /** @param origin of the person's own edits; undo has another one. */
  constructor(doc: Y.Doc, origin: unknown) {
    this.#doc = doc;
    this.#origin = origin;
    doc.on("afterTransaction", this.#look);
  }

  /**
   * A number that stays while the source changes by typing alone. No other source ever has it: one that somebody put into a cell in place of
   * the first is never taken for it.
   */
  revision(source: Y.Text): number {
    return this.#revisions.get(source) ?? this.#renew(source);
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
      if (!isTyped({ isOwnEdit, isAlone, inserted })) this.#renew(type);
    }
  };

  #renew(source: Y.Text): number {
    this.#last += 1;
    this.#revisions.set(source, this.#last);
    return this.#last;
  }
}

function insertedInto(source: Y.Text, transaction: Y.Transaction): string {
  const events: readonly Y.YEvent<Y.AbstractType<unknown>>[] = [...transaction.changedParentTypes.values()].flat();
  const parts = events.find(({ target }) => (target as unknown) === source)?.changes.delta ?? [];
  return parts.map(({ insert }) => (typeof insert === "string" ? insert : "")).join("");
}
