/** Which sections of a notebook one person collapsed in this browser: a matter of view, so it is not in the document. */
import type { CellId } from "../core/cell.ts";
import type { SectionMemory } from "../views/notebook/section-model.ts";
import type { LocalStore } from "./runtime-memory.ts";

/** A notebook with more collapsed sections opens with the rest expanded. */
const MOST = 500;

/** `store`: the person's own in this browser, whose writing never fails. */
export function sectionMemory(store: LocalStore, notebookId: string): SectionMemory {
  const key = `runhere-sections:${notebookId}`;
  return {
    collapsed() {
      try {
        const kept: unknown = JSON.parse(store.getItem(key) ?? "[]");
        return Array.isArray(kept) ? kept.filter((one): one is CellId => typeof one === "string").slice(0, MOST) : [];
      } catch {
        return [];
      }
    },
    keep(collapsed) {
      store.setItem(key, JSON.stringify(collapsed.slice(0, MOST)));
    },
  };
}
