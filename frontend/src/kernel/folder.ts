/** In which folder of a server the notebook lies: its kernel starts there, so that `read_csv("data.csv")` beside it works. */
import type { KernelFolder } from "../core/binding.ts";
import type { FileStat, JupyterServer } from "./server.ts";

/** Where the notebook lies on the hub's machine. */
export interface NotebookPlace {
  /** Absolute, with the separators of that machine. */
  readonly folder: string;
  readonly fileName: string;
  /** Null where they are not known. */
  readonly sizeBytes: number | null;
  /** ms since 1970. */
  readonly modifiedAt: number | null;
}

/** Clocks of file systems are coarse, and the hub may just have written. */
const SAME_TIME_MS = 3_000;

/**
 * Folders relative to an unknown root in which the notebook would lie, longest first: `/home/ann/work` gives `home/ann/work`, `ann/work`,
 * `work` and the root itself.
 */
export function possibleFolders(folder: string): readonly string[] {
  const isWindows = /^[a-z]:[\\/]/i.test(folder) || folder.startsWith("\\\\");
  const segments = folder.split(isWindows ? /[\\/]+/ : /\/+/).filter((part) => part !== "" && !/^[a-z]:$/i.test(part));
  return segments.map((_, index) => segments.slice(index).join("/")).concat("");
}

/** Whether what the server shows is the very file of the hub, not one of the same name. */
export function isSameFile(stat: FileStat, place: NotebookPlace): boolean {
  if (stat.kind === "directory") return false;
  const near = place.modifiedAt !== null && Math.abs(stat.modifiedAt - place.modifiedAt) <= SAME_TIME_MS;
  const sized = place.sizeBytes !== null && stat.sizeBytes === place.sizeBytes;
  return place.modifiedAt === null ? sized : near && (sized || stat.sizeBytes === null || place.sizeBytes === null);
}

/**
 * The notebook's folder on this server, else its root: the notebook lies on another machine, or outside the server's root.
 *
 * Most of the possible folders are not there. They are looked for in lists of the folders above them: to ask for what is not there is an error
 * to the browser, which writes a red line for each.
 */
export async function findFolder(server: JupyterServer, place: NotebookPlace | null): Promise<KernelFolder> {
  if (place === null) return { path: "", place: "root" };
  const folders = possibleFolders(place.folder);
  const lists = new Map<string, Promise<Listing>>();
  // A folder that may not be read answers with an error; the notebook is then not reachable through it.
  const list = (folder: string): Promise<Listing> => {
    const asked = lists.get(folder) ?? server.list(folder).catch(() => new Map());
    lists.set(folder, asked);
    return asked;
  };
  const stats = await Promise.all(folders.map((folder) => look(list, folder, place.fileName)));
  const found = folders.find((_, index) => {
    const stat = stats[index];
    return stat !== null && stat !== undefined && isSameFile(stat, place);
  });
  return found === undefined ? { path: "", place: "root" } : { path: found, place: "notebook" };
}

type Listing = ReadonlyMap<string, FileStat>;

async function look(
  list: (folder: string) => Promise<Listing>,
  folder: string,
  fileName: string,
): Promise<FileStat | null> {
  let above = "";
  for (const name of folder === "" ? [] : folder.split("/")) {
    if ((await list(above)).get(name)?.kind !== "directory") return null;
    above = above === "" ? name : `${above}/${name}`;
  }
  return (await list(above)).get(fileName) ?? null;
}
