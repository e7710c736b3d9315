import type { HubClient } from "../api/client.ts";
import { withWords } from "../i18n/t.ts";
import { ConfirmDialog } from "../ui/dialog.tsx";
import { latePart } from "../ui/late-part.ts";
import { useText } from "../ui/use-observable.ts";
import { CommandPalette } from "./command-palette.tsx";
import type { CommandContext } from "./commands.ts";
import type { PageDialog } from "./page-actions.ts";
import type { RunDriver } from "./run-driver.ts";
import { ShortcutHelp } from "./shortcut-help.tsx";

/** A part of its own: it brings the comparing editor. */
export const notebookHistory = latePart(
  () => withWords(import("./notebook-history.tsx"), "revisions"),
  (module) => module.NotebookHistory,
);

export interface PageDialogsProps {
  readonly dialog: PageDialog;
  readonly context: CommandContext;
  readonly driver: RunDriver;
  readonly hub: HubClient;
  readonly notebookId: string;
  readonly onClose: () => void;
}

/** The dialog that a command opened. A chunk of its own, loaded when the first one is wanted. */
export function PageDialogs({ dialog, context, driver, hub, notebookId, onClose }: PageDialogsProps) {
  const t = useText();
  const then = (work: () => Promise<void>) => () => {
    onClose();
    void work();
  };
  switch (dialog) {
    case "palette":
      return <CommandPalette context={context} onClose={onClose} />;
    case "shortcuts":
      return <ShortcutHelp onClose={onClose} />;
    case "revisions":
      return <notebookHistory.Part controller={context.notebook} hub={hub} notebookId={notebookId} onClose={onClose} />;
    case "restart":
    case "restart_and_run_all": {
      const restart = dialog === "restart" ? () => driver.restart() : () => driver.restartAndRunAll();
      return (
        <ConfirmDialog
          title={t("connect.restartTitle")}
          isOpen
          confirm={t("connect.restart")}
          onConfirm={then(restart)}
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
          onConfirm={then(() => driver.shutdown())}
          onClose={onClose}
        >
          {t("connect.shutDownText")}
        </ConfirmDialog>
      );
  }
}
