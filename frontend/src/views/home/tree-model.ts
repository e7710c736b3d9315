/** What Home's tree shows, as plain rules: keys of rows, rows of a folder, checks of names. */
import type { Entry, FilePlace, Folder } from "../../api/client.ts";

/** A folder's content, as far as it is known. */
export type Listing =
  | { readonly phase: "loading" }
  | { readonly phase: "ready"; readonly entries: readonly Entry[] }
  | { readonly phase: "failed"; readonly message: string };

export type Row =
  | { readonly kind: "root"; readonly key: string; readonly place: FilePlace; readonly folder: Folder }
  | {
      readonly kind: "folder" | "notebook" | "file";
      readonly key: string;
      readonly place: FilePlace;
      readonly entry: Entry;
    }
  | { readonly kind: "note"; readonly key: string; readonly note: RowNote };

export type RowNote =
  | { readonly about: "loading" }
  | { readonly about: "empty" }
  | { readonly about: "failed"; readonly message: string }
  | { readonly about: "more_files"; readonly count: number };

/** How many files that are no notebooks a folder shows; a data folder may hold thousands. */
export const shownOtherFiles = 50;

export function keyOf(place: FilePlace): string {
  return `${place.folderId}:${place.path}`;
}

/** A folder as people call it; the person's own has no name of its own. */
export function folderName(folder: Folder, t: (key: "home.ownFolder") => string): string {
  return folder.kind === "own" ? t("home.ownFolder") : folder.name;
}

/** The place of a row's key; null for a note or anything else. */
export function placeOf(key: string): FilePlace | null {
  const match = /^([0-9a-f]+):(.*)$/s.exec(key);
  if (!match) return null;
  const [, folderId = "", path = ""] = match;
  return { folderId, path };
}

export function parentOf(place: FilePlace): FilePlace {
  const slash = place.path.lastIndexOf("/");
  return { folderId: place.folderId, path: slash < 0 ? "" : place.path.slice(0, slash) };
}

export function childOf(directory: FilePlace, name: string): FilePlace {
  return { folderId: directory.folderId, path: directory.path === "" ? name : `${directory.path}/${name}` };
}

export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The last part of a path, without the ending of a notebook. */
export function nameOf(path: string): string {
  return lastPart(path).replace(/\.ipynb$/i, "");
}

/** The rows inside a folder: folders, notebooks, then the first of the other files; or a note in their place. */
export function rowsOf(directory: FilePlace, listing: Listing | undefined): readonly Row[] {
  const note = (what: RowNote): Row => ({ kind: "note", key: `note-${what.about}:${keyOf(directory)}`, note: what });
  if (!listing || listing.phase === "loading") return [note({ about: "loading" })];
  if (listing.phase === "failed") return [note({ about: "failed", message: listing.message })];
  const rows: Row[] = [];
  let others = 0;
  const collate = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const rank = { folder: 0, notebook: 1, file: 2 };
  const sorted = [...listing.entries].sort(
    (a, b) =>
      rank[a.kind] - rank[b.kind] || collate.compare(nameOf(a.name), nameOf(b.name)) || (a.name < b.name ? -1 : 1),
  );
  for (const entry of sorted) {
    if (entry.kind === "file") {
      others += 1;
      if (others > shownOtherFiles) continue;
    }
    const place = { folderId: directory.folderId, path: entry.path };
    rows.push({ kind: entry.kind, key: keyOf(place), place, entry });
  }
  if (rows.length === 0) return [note({ about: "empty" })];
  if (others > shownOtherFiles) rows.push(note({ about: "more_files", count: others - shownOtherFiles }));
  return rows;
}

/** A click that asks for a tab or window of its own, as browsers know it for links. */
export function isForTab(click: {
  readonly button: number;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
}): boolean {
  return click.button === 1 || (click.button === 0 && (click.ctrlKey || click.metaKey || click.shiftKey));
}

export type NameProblem = "needed" | "slash";

/** Why a person's text cannot be a file's name; null when it can. The hub knows more rules of its file system. */
export function nameProblem(name: string): NameProblem | null {
  const trimmed = name.trim();
  if (trimmed === "" || trimmed === "." || trimmed === "..") return "needed";
  return /[/\\]/.test(trimmed) ? "slash" : null;
}

/** `snippet` cut at each occurrence of `query` (case does not matter); every second part is an occurrence. */
export function splitAtMatches(snippet: string, query: string): readonly string[] {
  const wanted = query.trim();
  if (wanted === "") return [snippet];
  const escaped = wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return snippet.split(new RegExp(`(${escaped})`, "giu"));
}
