/** What the commands of `commands.ts` ask of the page around the notebook. */

import type { Notebook } from "../api/client.ts";
import { atHomeOf, staysHomeSomewhere } from "../core/private-outputs.ts";
import { errorText } from "../i18n/error-text.ts";
import { text } from "../i18n/t.ts";
import { pageTheme } from "../outputs/theme.ts";
import { toast } from "../ui/toast.tsx";
import { safetyOf } from "../views/notebook/save-status.tsx";
import type { PageActions } from "./commands.ts";
import type { OpenNotebook } from "./open-notebook.ts";
import { notebookPath } from "./routes.ts";
import type { PageServices } from "./services.ts";

/** A dialog of the notebook page that a command opened. */
export type PageDialog =
  | "share"
  | "copy_to_run"
  | "palette"
  | "shortcuts"
  | "revisions"
  | "restart"
  | "restart_and_run_all"
  | "shutdown"
  | "notebook_settings"
  | "cell_outputs"
  | "download";

export interface PageActionsOptions {
  readonly page: PageServices;
  readonly notebook: Notebook;
  readonly open: OpenNotebook;
  readonly onSettings: () => void;
  readonly onDialog: (dialog: PageDialog) => void;
  readonly onRename: () => void;
}

export function pageActions(options: PageActionsOptions): PageActions {
  const { page, notebook, open, onSettings, onDialog, onRename } = options;
  const { hub, router } = page;
  const place = { folderId: notebook.folder_id, path: parentPath(notebook.path) };
  const guarded = (work: () => Promise<void>) => {
    work().catch((error: unknown) => toast({ text: errorText(error), tone: "error" }));
  };
  return {
    newNotebook: () =>
      guarded(async () => {
        const made = await hub.createNotebook(place);
        router.go(notebookPath(made.id));
      }),
    goHome: () => router.go("/"),
    tellSaved: () => toast({ text: text(`notebook.${safetyOf(open.room.state.get())}`) }),
    rename: onRename,
    duplicate: () =>
      guarded(async () => {
        const copy = await hub.duplicateNotebook(notebook.id);
        const action = { label: text("shell.open"), onAction: () => router.go(notebookPath(copy.id)) };
        toast({ text: text("shell.duplicated", { name: copy.name }), action });
      }),
    moveToTrash: () =>
      guarded(async () => {
        await hub.trashNotebook(notebook.id);
        router.go("/");
        const back = async () => {
          await hub.restoreNotebook(notebook.id);
          router.go(notebookPath(notebook.id));
        };
        const action = { label: text("shell.undo"), onAction: () => guarded(back) };
        toast({ text: text("shell.trashed", { name: notebook.name }), action });
      }),
    download(withOutputs) {
      if (withOutputs && staysHomeSomewhere(atHomeOf(open.room.state.get().hello))) {
        onDialog("download");
        return;
      }
      const link = document.createElement("a");
      link.href = hub.downloadUrl(notebook.id, { outputs: withOutputs });
      link.download = "";
      link.click();
    },
    share: () => onDialog("share"),
    openRevisions: () => onDialog("revisions"),
    openSettings: onSettings,
    openNotebookSettings: () => onDialog("notebook_settings"),
    openCellOutputs: () => onDialog("cell_outputs"),
    openPalette: () => onDialog("palette"),
    openShortcuts: () => onDialog("shortcuts"),
    toggleTheme: () => page.preferences.set({ theme: pageTheme() === "dark" ? "light" : "dark" }),
    comment: () => open.comments.ask({ kind: "write" }),
    togglePanel: (id) => page.panels.toggle(id),
    isPanelOpen: (id) => page.panels.state.get().panel === id,
    debug: (command) => open.debug.do(command),
    isStopped: () => open.debug.isStopped,
    connectLocal: () => open.desk.show("local"),
    hasHosted: open.desk.hosted !== null,
    connectHosted: () => open.desk.show("hosted"),
    manageSessions: () => open.desk.show("sessions"),
    disconnect: () => open.runtime.disconnect(),
    restart: (then) => onDialog(then === "run_all" ? "restart_and_run_all" : "restart"),
    shutdown: () => onDialog("shutdown"),
  };
}

function parentPath(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
