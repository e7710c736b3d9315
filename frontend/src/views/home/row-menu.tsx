import {
  Copy,
  Download,
  ExternalLink,
  FilePlus,
  FolderInput,
  FolderPlus,
  NotebookPen,
  Pencil,
  Trash2,
  Upload,
  UserRoundPlus,
} from "lucide-react";
import type { FilePlace, Folder } from "../../api/client.ts";
import type { MenuEntry } from "../../ui/menu.tsx";
import type { useText } from "../../ui/use-observable.ts";
import type { Row } from "./tree-model.ts";
import type { HomeActions } from "./use-home-actions.ts";

type Text = ReturnType<typeof useText>;

/** The menu of a row: what can be done with a notebook, or in a folder. `kind`: of the folder that the row is in. */
export function rowMenu(
  row: Row,
  t: Text,
  actions: HomeActions,
  pick: (directory: FilePlace) => void,
  mode: "one_person" | "team",
  kind: Folder["kind"] | undefined,
): readonly MenuEntry[] {
  switch (row.kind) {
    case "notebook":
      return notebookMenu(row.place, t, actions);
    case "root":
      if (row.folder.state !== "ok") return [];
      return [
        ...directoryMenu(row.place, t, actions, pick),
        ...shareMenu(row.place, row.folder.name, t, actions, mode),
      ];
    case "folder":
      return [
        ...directoryMenu(row.place, t, actions, pick),
        ...shareMenu(row.place, row.entry.name, t, actions, mode),
        ...(kind === "own" || kind === "bound" ? placeMenu(row.place, t, actions) : []),
        ...(kind === "own" ? [trashItem(row.place, t, actions)] : []),
      ];
    case "file":
    case "note":
      return [];
  }
}

function notebookMenu(place: FilePlace, t: Text, actions: HomeActions): readonly MenuEntry[] {
  return [
    {
      kind: "item",
      id: "open",
      label: t("shell.open"),
      icon: <NotebookPen size={16} />,
      onAction: () => void actions.open(place),
    },
    {
      kind: "item",
      id: "open-tab",
      label: t("home.openInTab"),
      icon: <ExternalLink size={16} />,
      onAction: () => void actions.openInTab(place),
    },
    { kind: "separator", id: "s1" },
    {
      kind: "item",
      id: "rename",
      label: t("home.rename"),
      icon: <Pencil size={16} />,
      onAction: () => actions.setDialog({ kind: "rename", place }),
    },
    {
      kind: "item",
      id: "duplicate",
      label: t("home.duplicate"),
      icon: <Copy size={16} />,
      onAction: () => void actions.duplicate(place),
    },
    {
      kind: "item",
      id: "move",
      label: t("home.move"),
      icon: <FolderInput size={16} />,
      onAction: () => actions.setDialog({ kind: "move", place }),
    },
    {
      kind: "item",
      id: "download",
      label: t("home.download"),
      icon: <Download size={16} />,
      onAction: () => void actions.download(place, { outputs: true }),
    },
    {
      kind: "item",
      id: "download-bare",
      label: t("home.downloadNoOutputs"),
      onAction: () => void actions.download(place, { outputs: false }),
    },
    { kind: "separator", id: "s2" },
    {
      kind: "item",
      id: "trash",
      label: t("home.trash"),
      icon: <Trash2 size={16} />,
      tone: "danger",
      onAction: () => void actions.trash(place),
    },
  ];
}

function directoryMenu(
  place: FilePlace,
  t: Text,
  actions: HomeActions,
  pick: (directory: FilePlace) => void,
): readonly MenuEntry[] {
  return [
    {
      kind: "item",
      id: "new",
      label: t("home.newNotebookHere"),
      icon: <FilePlus size={16} />,
      onAction: () => void actions.create(place),
    },
    {
      kind: "item",
      id: "new-folder",
      label: t("home.newFolder"),
      icon: <FolderPlus size={16} />,
      onAction: () => actions.setDialog({ kind: "new_folder", directory: place }),
    },
    {
      kind: "item",
      id: "upload",
      label: t("home.uploadHere"),
      icon: <Upload size={16} />,
      onAction: () => pick(place),
    },
  ];
}

/** Of a bound folder too: the directory is renamed where it lies, on the hub's machine. */
function placeMenu(place: FilePlace, t: Text, actions: HomeActions): readonly MenuEntry[] {
  return [
    { kind: "separator", id: "s-kept" },
    {
      kind: "item",
      id: "rename",
      label: t("home.rename"),
      icon: <Pencil size={16} />,
      onAction: () => actions.setDialog({ kind: "rename_folder", place }),
    },
    {
      kind: "item",
      id: "move",
      label: t("home.move"),
      icon: <FolderInput size={16} />,
      onAction: () => actions.setDialog({ kind: "move_folder", place }),
    },
  ];
}

/** Not of a bound folder: it may hold data that is no notebook, and the trash would take it along. */
function trashItem(place: FilePlace, t: Text, actions: HomeActions): MenuEntry {
  return {
    kind: "item",
    id: "trash",
    label: t("home.trash"),
    icon: <Trash2 size={16} />,
    tone: "danger",
    onAction: () => actions.setDialog({ kind: "trash_folder", place }),
  };
}

function shareMenu(
  place: FilePlace,
  name: string,
  t: Text,
  actions: HomeActions,
  mode: "one_person" | "team",
): readonly MenuEntry[] {
  if (mode === "one_person") return [];
  return [
    { kind: "separator", id: "s-share" },
    {
      kind: "item",
      id: "share",
      label: t("home.shareFolder"),
      icon: <UserRoundPlus size={16} />,
      onAction: () => actions.setDialog({ kind: "share", place, name }),
    },
  ];
}
