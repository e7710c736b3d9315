import type { text } from "../../i18n/t.ts";
import type { RowNote } from "./tree-model.ts";

/** What stands where the rows of a folder would. */
export function noteText(note: RowNote, t: typeof text): string {
  switch (note.about) {
    case "loading":
      return t("home.loadingFolder");
    case "empty":
      return t("home.folderEmpty");
    case "failed":
      return t("home.folderFailed", { message: note.message });
    case "more_files":
      return t("home.moreFiles", { count: note.count });
  }
}
