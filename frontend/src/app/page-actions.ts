/** What the commands of `commands.ts` ask of the page around the notebook. */

import type { Notebook } from "../api/client.ts";
import { atHomeOf, staysHomeSomewhere } from "../core/private-outputs.ts";
import { errorText } from "../i18n/error-text.ts";
import { text } from "../i18n/t.ts";
import { toast } from "../ui/toast.tsx";
import type { PageActions } from "./commands.ts";
import type { OpenNotebook } from "./open-notebook.ts";
import type { Theme } from "./preferences.ts";
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
    openRevisions: () => onDialog("revisions"),
    openSettings: onSettings,
    openNotebookSettings: () => onDialog("notebook_settings"),
    openCellOutputs: () => onDialog("cell_outputs"),
    openPalette: () => onDialog("palette"),
    openShortcuts: () => onDialog("shortcuts"),
    cycleTheme() {
      const next: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
      page.preferences.set({ theme: next[page.preferences.get().theme] });
    },
    comment: () => open.comments.ask({ kind: "write" }),
    togglePanel: (id) => page.panels.toggle(id),
    isPanelOpen: (id) => page.panels.state.get().panel === id,
    debug: (command) => open.debug.do(command),
    isStopped: () => open.debug.isStopped,
    connect: () => open.desk.show(open.desk.first),
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
