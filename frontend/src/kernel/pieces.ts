/**
 * Pieces of a file on their way to a person, gathered where a large one does not fill memory: in the browser's private storage for this page
 * (OPFS), on the disk. Where that is not to be had (a private window, an older browser), in memory.
 */

/** `drop` after the last use of what `whole` gave; it may come at any time, and twice. */
export interface Pieces {
  add(piece: ArrayBuffer): Promise<void>;
  whole(): Promise<Blob>;
  drop(): Promise<void>;
}

const FOLDER = "runhere-downloads";
/** What a closed tab or a crash has left. Nothing that is still being used is as old. */
const STALE_MS = 24 * 3_600_000;

export interface PiecesWish {
  /** The browser's; undefined where a page has none. */
  readonly storage: Pick<StorageManager, "getDirectory" | "estimate"> | undefined;
  readonly sizeBytes: number;
  /** ms since 1970. */
  readonly now: number;
}

export async function openPieces({ storage, sizeBytes, now }: PiecesWish): Promise<Pieces> {
  try {
    if (storage === undefined) return inMemory();
    const root = await storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER, { create: true });
    await sweep(folder, now);
    // A private window gives little, and keeps it in memory all the same.
    const { quota = 0, usage = 0 } = await storage.estimate();
    if (quota - usage < sizeBytes) return inMemory();
    return await onDisk(folder, `${now}-${crypto.randomUUID()}`);
  } catch {
    // The browser refuses storage; memory has to do.
    return inMemory();
  }
}

function inMemory(): Pieces {
  let pieces: Blob[] = [];
  return {
    add: async (piece) => void pieces.push(new Blob([piece])),
    whole: async () => new Blob(pieces),
    drop: async () => {
      pieces = [];
    },
  };
}

async function onDisk(folder: FileSystemDirectoryHandle, name: string): Promise<Pieces> {
  const file = await folder.getFileHandle(name, { create: true });
  const writer = await file.createWritable();
  let isOpen = true;
  return {
    add: (piece) => writer.write(piece),
    async whole() {
      isOpen = false;
      await writer.close();
      return await file.getFile();
    },
    async drop() {
      if (isOpen) await writer.abort().catch(() => {});
      isOpen = false;
      // Gone already, or still being read by the browser: the next download sweeps.
      await folder.removeEntry(name).catch(() => {});
    },
  };
}

async function sweep(folder: FileSystemDirectoryHandle, now: number): Promise<void> {
  // The type checker's picture of a browser has no asynchronous iterators; every browser with this storage has.
  const { keys } = folder as unknown as { keys(): AsyncIterable<string> };
  const names: string[] = [];
  for await (const name of keys.call(folder)) names.push(name);
  for (const name of names) {
    // In use in another tab: it is not as old as its name says.
    if (now - Number.parseInt(name, 10) > STALE_MS) await folder.removeEntry(name).catch(() => {});
  }
}
