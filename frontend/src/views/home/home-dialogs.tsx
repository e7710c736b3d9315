import type { ReactNode } from "react";
import type { FilePlace } from "../../api/client.ts";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { useText } from "../../ui/use-observable.ts";
import type { HomeModel, HomeState } from "./home-model.ts";
import { MoveDialog } from "./move-dialog.tsx";
import { NameDialog } from "./name-dialog.tsx";
import { OpenProblemDialog } from "./open-problem-dialog.tsx";
import { TrashDialog } from "./trash-dialog.tsx";
import { childOf, lastPart, nameOf } from "./tree-model.ts";
import type { HomeActions } from "./use-home-actions.ts";

export interface HomeDialogsProps {
  readonly model: HomeModel;
  readonly state: HomeState;
  readonly actions: HomeActions;
  readonly now: number;
  /** Draws the dialog that shares a folder: a view of its own. */
  readonly shareFolder: ShareFolder;
}

export type ShareFolder = (asked: {
  readonly place: FilePlace;
  readonly name: string;
  readonly onClose: () => void;
}) => ReactNode;

/** The one dialog of Home that is open, if any. */
export function HomeDialogs({ model, state, actions, now, shareFolder }: HomeDialogsProps) {
  const t = useText();
  const { dialog } = actions;
  const close = () => actions.setDialog(null);
  switch (dialog?.kind) {
    case undefined:
      return null;
    case "rename":
      return (
        <NameDialog
          title={t("home.renameTitle")}
          label={t("home.nameField")}
          initial={nameOf(dialog.place.path)}
          confirm={t("home.renameDo")}
          onName={async (name) => void (await model.rename(dialog.place, name))}
          onClose={close}
        />
      );
    case "new_folder":
      return (
        <NameDialog
          title={t("home.newFolderTitle")}
          label={t("home.folderName")}
          initial=""
          confirm={t("home.create")}
          onName={(name) => model.createFolder(childOf(dialog.directory, name))}
          onClose={close}
        />
      );
    case "move":
      return (
        <MoveDialog
          place={dialog.place}
          state={state}
          onExpand={(keys) => model.setExpanded(keys)}
          onMove={(directory) => actions.move(dialog.place, directory)}
          onClose={close}
        />
      );
    case "rename_folder":
      return (
        <NameDialog
          title={t("home.renameFolderTitle")}
          label={t("home.folderName")}
          initial={lastPart(dialog.place.path)}
          confirm={t("home.renameDo")}
          onName={(name) => actions.renameFolder(dialog.place, name)}
          onClose={close}
        />
      );
    case "move_folder":
      return (
        <MoveDialog
          place={dialog.place}
          state={{ ...state, folders: state.folders.filter((folder) => folder.id === dialog.place.folderId) }}
          onExpand={(keys) => model.setExpanded(keys)}
          onMove={(directory) => actions.moveFolder(dialog.place, directory)}
          onClose={close}
        />
      );
    case "trash_folder":
      return (
        <ConfirmDialog
          title={t("home.trashFolderTitle", { name: lastPart(dialog.place.path) })}
          isOpen
          confirm={t("home.trash")}
          tone="danger"
          onConfirm={() => {
            close();
            void actions.trashFolder(dialog.place);
          }}
          onClose={close}
        >
          <p>{t("home.trashFolderText")}</p>
        </ConfirmDialog>
      );
    case "trash":
      return (
        <TrashDialog
          hub={model.hub}
          folders={state.folders}
          now={now}
          onRestore={async (id) => void (await model.restore(id))}
          onClose={close}
        />
      );
    case "share": {
      const { place, name } = dialog;
      return shareFolder({ place, name, onClose: close });
    }
    case "problem":
      return (
        <OpenProblemDialog
          place={dialog.place}
          problem={dialog.problem}
          onAccept={(how) => actions.accept(dialog.place, how)}
          onClose={close}
        />
      );
  }
}
