/** What a person does on Home, with what is said afterwards. Failures end in a message, never in silence. */
import { useState } from "react";
import type { Accept, FilePlace, Notebook } from "../../api/client.ts";
import { errorText } from "../../i18n/error-text.ts";
import { toast } from "../../ui/toast.tsx";
import { useText } from "../../ui/use-observable.ts";
import { type HomeModel, uploadLimitBytes } from "./home-model.ts";
import { type OpenProblem, openProblemOf } from "./open-problem.ts";
import { childOf, lastPart, nameOf, parentOf } from "./tree-model.ts";

/** The dialog that is open, if any. */
export type HomeDialog =
  | { readonly kind: "rename"; readonly place: FilePlace }
  | { readonly kind: "new_folder"; readonly directory: FilePlace }
  | { readonly kind: "move"; readonly place: FilePlace }
  | { readonly kind: "rename_folder" | "move_folder" | "trash_folder"; readonly place: FilePlace }
  | { readonly kind: "trash" }
  | { readonly kind: "share"; readonly place: FilePlace; readonly name: string }
  | { readonly kind: "problem"; readonly place: FilePlace; readonly problem: OpenProblem };

/** @param hrefOf a notebook's address, for a tab of its own. */
export function useHomeActions(
  model: HomeModel,
  show: (notebookId: string) => void,
  hrefOf: (notebookId: string) => string,
) {
  const t = useText();
  const [dialog, setDialog] = useState<HomeDialog | null>(null);
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      toast({ text: errorText(error), tone: "error" });
    }
  };
  const directoryName = (directory: FilePlace): string => {
    const folder = model.state.get().folders.find((one) => one.id === directory.folderId);
    return directory.path === "" ? (folder?.name ?? "") : nameOf(directory.path);
  };
  const openWith = (place: FilePlace, showIt: (notebookId: string) => void) =>
    guarded(async () => {
      try {
        showIt((await model.hub.openNotebook(place)).id);
      } catch (error) {
        const problem = openProblemOf(error);
        if (!problem) throw error;
        setDialog({ kind: "problem", place, problem });
      }
    });

  const open = (place: FilePlace) => openWith(place, show);

  return {
    dialog,
    setDialog,
    open,
    openInTab: (place: FilePlace) => openWith(place, (id) => void window.open(hrefOf(id), "_blank", "noopener")),
    accept: async (place: FilePlace, how: Accept) => {
      const { id } = await model.hub.openNotebook(place, how);
      setDialog(null);
      show(id);
    },
    create: (directory: FilePlace) => guarded(async () => show((await model.createNotebook(directory)).id)),
    duplicate: (place: FilePlace) =>
      guarded(async () => {
        const copy: Notebook = await model.duplicate(place);
        toast({
          text: t("shell.duplicated", { name: copy.name }),
          action: {
            label: t("shell.open"),
            onAction: () => void open({ folderId: copy.folder_id, path: copy.path }),
          },
        });
      }),
    move: async (place: FilePlace, directory: FilePlace) => {
      const moved = await model.move(place, directory);
      toast({ text: t("home.moved", { name: moved.name, folder: directoryName(directory) }) });
    },
    moveOrTell: (place: FilePlace, directory: FilePlace) =>
      guarded(async () => {
        const moved = await model.move(place, directory);
        toast({ text: t("home.moved", { name: moved.name, folder: directoryName(directory) }) });
      }),
    moveFolder: async (place: FilePlace, directory: FilePlace) => {
      const name = lastPart(place.path);
      await model.moveFolder(place, childOf(directory, name));
      toast({ text: t("home.moved", { name, folder: directoryName(directory) }) });
    },
    renameFolder: (place: FilePlace, name: string) => model.moveFolder(place, childOf(parentOf(place), name)),
    trashFolder: (place: FilePlace) =>
      guarded(async () => {
        const count = await model.trashFolder(place);
        toast({ text: t("home.folderTrashed", { name: lastPart(place.path), count }) });
      }),
    trash: (place: FilePlace) =>
      guarded(async () => {
        const id = await model.trash(place);
        toast({
          text: t("shell.trashed", { name: nameOf(place.path) }),
          action: { label: t("shell.undo"), onAction: () => void guarded(async () => void (await model.restore(id))) },
        });
      }),
    download: (place: FilePlace, options: { readonly outputs: boolean }) =>
      guarded(async () => {
        const link = document.createElement("a");
        link.href = await model.downloadUrl(place, options);
        link.download = "";
        link.click();
      }),
    upload: (directory: FilePlace, files: readonly File[]) =>
      guarded(async () => {
        const done: string[] = [];
        for (const file of files) {
          const refusal = refusalOf(file);
          if (refusal) {
            toast({ text: t(refusal, { name: file.name }), tone: "error" });
            continue;
          }
          const close = toast({ text: t("home.uploading", { name: file.name }) });
          try {
            done.push((await model.upload(directory, file.name, file)).name);
          } finally {
            close();
          }
        }
        if (done.length > 0) toast({ text: t("home.uploaded", { count: done.length, name: done[0] ?? "" }) });
      }),
  };
}

export type HomeActions = ReturnType<typeof useHomeActions>;

function refusalOf(file: File): "home.uploadNotNotebook" | "home.uploadTooLarge" | null {
  if (!/\.ipynb$/i.test(file.name)) return "home.uploadNotNotebook";
  return file.size > uploadLimitBytes ? "home.uploadTooLarge" : null;
}
