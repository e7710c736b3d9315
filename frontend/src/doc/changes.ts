import type * as Y from "yjs";

/**
 * Calls `fn` after each transaction that changed something, whoever made it. Returns the end. Not `update`: for its listeners Yjs writes out
 * what changed, at the first the whole notebook.
 */
export function onChange(doc: Y.Doc, fn: () => void): () => void {
  const look = ({ changed }: Y.Transaction): void => {
    if (changed.size > 0) fn();
  };
  doc.on("afterTransaction", look);
  return () => doc.off("afterTransaction", look);
}
