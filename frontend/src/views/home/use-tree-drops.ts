/** Drag and drop in Home's tree: files from the desktop are uploaded, notebooks of the tree are moved. */
import { type DropItem, isFileDropItem, isTextDropItem, useDragAndDrop } from "react-aria-components/useDragAndDrop";
import type { FilePlace } from "../../api/client.ts";
import { keyOf, nameOf, parentOf, placeOf } from "./tree-model.ts";

export interface DropActions {
  readonly onUpload: (directory: FilePlace, files: readonly File[]) => void;
  readonly onMove: (notebook: FilePlace, directory: FilePlace) => void;
  /** The directory for what is dropped beside the rows; null when that is not clear. */
  readonly rootDirectory: FilePlace | null;
  readonly onNowhere: () => void;
  readonly isDirectory: (key: string) => boolean;
}

const ownType = "application/x-runhere-notebook";

export function useTreeDrops(actions: DropActions) {
  const take = async (items: readonly DropItem[], directory: FilePlace) => {
    const files = await Promise.all(items.filter(isFileDropItem).map((item) => item.getFile()));
    if (files.length > 0) actions.onUpload(directory, files);
    for (const item of items) {
      if (!isTextDropItem(item) || !item.types.has(ownType)) continue;
      const notebook = placeOf(await item.getText(ownType));
      if (notebook && keyOf(parentOf(notebook)) !== keyOf(directory)) actions.onMove(notebook, directory);
    }
  };
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) =>
      [...keys].map(String).flatMap((key) => {
        const place = placeOf(key);
        if (!place || !/\.ipynb$/i.test(place.path) || actions.isDirectory(key)) return [];
        return [{ [ownType]: key, "text/plain": nameOf(place.path) }];
      }),
    acceptedDragTypes: "all",
    shouldAcceptItemDrop: (target) => actions.isDirectory(String(target.key)),
    getDropOperation: (target, types, allowed) => {
      if (target.type === "item" && target.dropPosition !== "on") return "cancel";
      if (types.has(ownType)) return "move";
      return allowed.includes("copy") ? "copy" : (allowed[0] ?? "cancel");
    },
    onItemDrop: ({ items, target }) => {
      const directory = placeOf(String(target.key));
      if (directory) void take([...items], directory);
    },
    onRootDrop: ({ items }) => {
      if (actions.rootDirectory) void take([...items], actions.rootDirectory);
      else actions.onNowhere();
    },
  });
  return dragAndDropHooks;
}
