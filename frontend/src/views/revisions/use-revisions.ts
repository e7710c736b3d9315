import { useCallback, useEffect, useState } from "react";
import type { HubClient, Revision, ShownOutputs } from "../../api/client.ts";
import type { CellId } from "../../core/cell.ts";
import type { ComparedCell } from "../../core/compare-cells.ts";
import { errorText } from "../../i18n/error-text.ts";

export type RevisionHub = Pick<
  HubClient,
  "revisions" | "revision" | "revisionOutputs" | "nameRevision" | "nameEarlierRevision" | "restoreRevision"
>;

/** Nobody tells of versions that others keep, or name: while a person looks at them, the hub is asked this often. */
export const LOOK_AGAIN_MS = 5_000;

/** The versions of a notebook, newest first, with those that come while they are looked at; `again` asks the hub at once. */
export function useRevisions(hub: RevisionHub, notebookId: string) {
  const [revisions, setRevisions] = useState<readonly Revision[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const read = useCallback(async () => {
    const found = await hub.revisions(notebookId);
    setRevisions((known) => (JSON.stringify(known) === JSON.stringify(found) ? known : found));
    setError(null);
  }, [hub, notebookId]);
  const again = useCallback(() => read().catch((reason: unknown) => setError(errorText(reason))), [read]);
  useEffect(() => void again(), [again]);
  useEffect(() => {
    const look = () => {
      // Where it fails, what is shown holds; the next look may find the hub again.
      if (document.visibilityState !== "hidden") read().catch(() => undefined);
    };
    const timer = setInterval(look, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [read]);
  return { revisions, error, again };
}

/** The cells of a version; null while they are being fetched. `id` null: none is asked for. */
export function useRevisionCells(hub: RevisionHub, notebookId: string, id: string | null) {
  const [found, setFound] = useState<{ readonly id: string; readonly cells: readonly ComparedCell[] } | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    if (id === null) return;
    let isGone = false;
    setError(null);
    hub.revision(notebookId, id).then(
      (cells) => isGone || setFound({ id, cells: cells.map(({ cell_id, ...cell }) => ({ ...cell, id: cell_id })) }),
      (reason: unknown) => isGone || setError(errorText(reason)),
    );
    return () => {
      isGone = true;
    };
  }, [hub, notebookId, id]);
  return { cells: found !== null && found.id === id ? found.cells : null, error };
}

/** What the cells of a version showed; null while it is being fetched. `id` null: it is not asked for. */
export function useRevisionOutputs(hub: RevisionHub, notebookId: string, id: string | null) {
  const [found, setFound] = useState<ReadonlyMap<CellId, ShownOutputs> | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    setFound(null);
    setError(null);
    if (id === null) return;
    let isGone = false;
    hub.revisionOutputs(notebookId, id).then(
      (shown) => isGone || setFound(new Map(shown.map((one) => [one.cell_id, one]))),
      (reason: unknown) => isGone || setError(errorText(reason)),
    );
    return () => {
      isGone = true;
    };
  }, [hub, notebookId, id]);
  return { outputs: found, error };
}
