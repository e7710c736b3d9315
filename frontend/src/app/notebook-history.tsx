/** The revision history of the open notebook: joins the view to document, room and hub. */
import { useCallback } from "react";
import type { HubClient, Revision } from "../api/client.ts";
import type { ComparedCell } from "../core/compare-cells.ts";
import type { Observable } from "../core/observable.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import { errorText } from "../i18n/error-text.ts";
import { formatDateTime, text } from "../i18n/t.ts";
import type { RoomState } from "../sync/room-state.ts";
import { toast } from "../ui/toast.tsx";
import type { NotebookController } from "../views/notebook/controller.ts";
import { outputEnvironment } from "../views/notebook/output-environment.ts";
import { RevisionHistory } from "../views/revisions/revision-history.tsx";

const SAVED_LIMIT_MS = 5_000;

export interface NotebookHistoryProps {
  readonly controller: NotebookController;
  readonly hub: HubClient;
  readonly notebookId: string;
  readonly onClose: () => void;
}

export function NotebookHistory({ controller, hub, notebookId, onClose }: NotebookHistoryProps) {
  const { doc, room, language } = controller.services;
  const cellsNow = useCallback(() => cellsOf(doc), [doc]);
  const restore = async (revision: Revision) => {
    const { before } = await hub.restoreRevision(notebookId, revision.id);
    const takeBack = () =>
      hub.restoreRevision(notebookId, before.id).then(
        () => toast({ text: text("revisions.undone") }),
        (error: unknown) => toast({ text: errorText(error), tone: "error" }),
      );
    toast({
      text: text("revisions.restoreDone", { when: formatDateTime(revision.created_at) }),
      action: { label: text("revisions.undo"), onAction: () => void takeBack() },
    });
  };
  return (
    <RevisionHistory
      hub={hub}
      notebookId={notebookId}
      cellsNow={cellsNow}
      saved={() => savedSoon(room.state)}
      language={language.get()}
      isReadOnly={controller.isReadOnly}
      environment={outputEnvironment(controller)}
      onRestore={restore}
      onClose={onClose}
    />
  );
}

function cellsOf(doc: NotebookDoc): readonly ComparedCell[] {
  return doc.cellIds().flatMap((id) => {
    const cell = doc.cell(id);
    return cell ? [{ id, type: cell.type, source: cell.source.toString() }] : [];
  });
}

/** Whether all is saved within a few seconds. */
function savedSoon(state: Observable<RoomState>): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isSaved: boolean) => {
      stop();
      clearTimeout(timer);
      resolve(isSaved);
    };
    const stop = state.subscribe(() => state.get().saved && settle(true));
    const timer = setTimeout(() => settle(false), SAVED_LIMIT_MS);
    if (state.get().saved) settle(true);
  });
}
