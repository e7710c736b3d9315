import type { Notebook, Session } from "../api/client.ts";
import { errorText } from "../i18n/error-text.ts";
import { withWords } from "../i18n/t.ts";
import { ConfirmDialog } from "../ui/dialog.tsx";
import { closable, latePart } from "../ui/late-part.ts";
import { toast } from "../ui/toast.tsx";
import { useText } from "../ui/use-observable.ts";
import { DownloadDialog } from "../views/settings/download-dialog.tsx";
import {
  NotebookSettingsDialog,
  type NotebookSettingsDialogProps,
} from "../views/settings/notebook-settings-dialog.tsx";
import { CommandPalette } from "./command-palette.tsx";
import type { CommandContext } from "./commands.ts";
import type { PageDialog } from "./page-actions.ts";
import { notebookPath } from "./routes.ts";
import type { RunDriver } from "./run-driver.ts";
import type { PageServices } from "./services.ts";
import { ShortcutHelp } from "./shortcut-help.tsx";

/** A part of its own: it brings the comparing editor. */
export const notebookHistory = latePart(
  () => withWords(import("./notebook-history.tsx"), "revisions"),
  (module) => module.NotebookHistory,
  closable,
);

const shareDialog = latePart(
  () => withWords(import("../views/sharing/share-dialog.tsx"), "sharing"),
  (module) => module.ShareDialog,
  closable,
);
const copyDialog = latePart(
  () => withWords(import("../views/sharing/copy-dialog.tsx"), "sharing"),
  (module) => module.CopyDialog,
  closable,
);

export interface PageDialogsProps {
  readonly dialog: PageDialog;
  readonly context: CommandContext;
  /** See `followCommands`. */
  readonly follow: (fn: () => void) => () => void;
  readonly driver: RunDriver;
  readonly page: PageServices;
  readonly notebook: Notebook;
  readonly session: Session;
  readonly onClose: () => void;
}

/** A kernel is mostly back before this; whoever waits longer hears for what. */
const LONG_MS = 3_000;

async function tellWhileItLasts(text: string, work: Promise<void>): Promise<void> {
  let close = () => {};
  const timer = setTimeout(() => {
    close = toast({ text, isLasting: true });
  }, LONG_MS);
  try {
    await work;
  } finally {
    clearTimeout(timer);
    close();
  }
}

/** The dialog that a command opened. A chunk of its own, loaded when the first one is wanted. */
export function PageDialogs(props: PageDialogsProps) {
  const { dialog, context, driver, page, notebook, session, onClose } = props;
  const t = useText();
  const { hub } = page;
  const notebookId = notebook.id;
  const then = (work: () => Promise<void>, failed: "connect.restartFailed" | "connect.shutDownFailed") => () => {
    onClose();
    work().catch((error: unknown) => toast({ text: t(failed, { reason: errorText(error) }), tone: "error" }));
  };
  const settings = (ofWhat: Pick<NotebookSettingsDialogProps, "cell">) => (
    <NotebookSettingsDialog
      hub={hub}
      notebookId={notebookId}
      room={context.notebook.services.room.state}
      {...ofWhat}
      onClose={onClose}
    />
  );
  switch (dialog) {
    case "share":
      return (
        <shareDialog.Part
          hub={hub}
          target={{ kind: "notebook", id: notebook.id, name: notebook.name }}
          session={session}
          now={page.now}
          onClose={onClose}
        />
      );
    case "copy_to_run":
      return (
        <copyDialog.Part
          onCopy={async () => {
            const copy = await hub.duplicateNotebook(notebook.id);
            onClose();
            page.router.go(notebookPath(copy.id));
          }}
          onClose={onClose}
        />
      );
    case "palette":
      return <CommandPalette context={context} follow={props.follow} onClose={onClose} />;
    case "notebook_settings":
      return settings({});
    case "cell_outputs": {
      const id = context.notebook.activeId;
      if (id === null) return null;
      return settings({ cell: { id, position: context.notebook.services.doc.cellIds().indexOf(id) + 1 } });
    }
    case "download":
      return (
        <DownloadDialog
          hub={hub}
          notebookId={notebookId}
          controller={context.notebook}
          isWhole={context.notebook.services.room.state.get().hello?.omit_outputs ?? false}
          onClose={onClose}
        />
      );
    case "shortcuts":
      return <ShortcutHelp onClose={onClose} />;
    case "revisions":
      return <notebookHistory.Part controller={context.notebook} hub={hub} notebookId={notebookId} onClose={onClose} />;
    case "restart":
    case "restart_and_run_all": {
      const work = dialog === "restart" ? () => driver.restart() : () => driver.restartAndRunAll();
      const restart = () => tellWhileItLasts(t("connect.restarting"), work());
      return (
        <ConfirmDialog
          title={t("connect.restartTitle")}
          isOpen
          confirm={t("connect.restart")}
          onConfirm={then(restart, "connect.restartFailed")}
          onClose={onClose}
        >
          {t(dialog === "restart" ? "connect.restartText" : "connect.restartAndRunText")}
        </ConfirmDialog>
      );
    }
    case "shutdown":
      return (
        <ConfirmDialog
          title={t("connect.endTitle")}
          isOpen
          confirm={t("connect.shutDown")}
          tone="danger"
          onConfirm={then(() => driver.shutdown(), "connect.shutDownFailed")}
          onClose={onClose}
        >
          {t("connect.shutDownText")}
        </ConfirmDialog>
      );
  }
}
