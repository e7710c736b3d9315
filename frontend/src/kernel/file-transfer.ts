/**
 * A file on its way between browser and runtime, in pieces: told as it goes, stopped at any time, and gone on with after a cut line where it
 * stopped. What is half there is called `NAME.part` until it is whole; what it replaces is then called `NAME.old` until the new one has its
 * name, so that at no moment there is neither.
 */
import { base64Of } from "../core/base64.ts";
import { type Observable, Value } from "../core/observable.ts";
import { FileError, type RuntimeFiles } from "./files.ts";
import { type Clock, waitBefore } from "./messages.ts";
import type { Pieces } from "./pieces.ts";

export type TransferState =
  | { readonly phase: "running"; readonly doneBytes: number }
  /** The line is cut; goes on by itself at `retryAt` (ms since 1970). */
  | { readonly phase: "waiting"; readonly doneBytes: number; readonly retryAt: number }
  | { readonly phase: "done" }
  | { readonly phase: "cancelled" }
  | { readonly phase: "failed"; readonly error: unknown };

export interface Transfer {
  readonly name: string;
  readonly direction: "up" | "down";
  readonly sizeBytes: number;
  readonly state: Observable<TransferState>;
  /** Try again at once, when waiting. */
  goOn(): void;
  /** Nothing is left of an upload that was stopped. */
  cancel(): void;
}

/** A multiple of three. Small enough to be repeated after a cut, large enough for 2 GiB in some hundred requests. */
const PIECE_BYTES = 3 * 2 ** 20;

const REFUSALS = 4;

/** What an upload needs of the runtime's files. */
export type UploadFiles = Pick<RuntimeFiles, "stat" | "writePiece" | "rename" | "remove">;

export interface UploadWish {
  readonly files: UploadFiles;
  readonly clock: Clock;
  readonly path: string;
  readonly content: Blob;
  /** What is at `path` is replaced, when the new file is whole. */
  readonly replaces: boolean;
}

export function upload(wish: UploadWish): Transfer {
  const { files, path, content } = wish;
  const part = `${path}.part`;
  /** Where the old file is while the new one takes its name. */
  let aside: string | null = null;
  const send = async (run: Run): Promise<void> => {
    let from = 0;
    while (from < content.size || from === 0) {
      const to = Math.min(content.size, from + PIECE_BYTES);
      const base64 = base64Of(new Uint8Array(await content.slice(from, to).arrayBuffer()));
      // Every piece is "not the last": that one would be told by number only, and an empty file has none.
      from = await run.persist(async (isRepeated) => {
        if (isRepeated) {
          const there = (await files.stat(part))?.sizeBytes ?? -1;
          // The piece arrived, only its answer was lost.
          if (there === to) return to;
          // A request comes whole or not at all: a piece of which only the beginning is there, or a file that was only just made, met a full disk.
          if (there < to && (there > from || (from === 0 && there === 0))) throw new FileError("disk_full", "");
          if (from > 0 && there !== from) throw new FileError("changed", "");
        }
        await files.writePiece(part, from === 0 ? 1 : 2, base64, run.signal);
        return to;
      });
      run.tell(from);
      if (content.size === 0) break;
    }
    // Every step of it may have been done, and only its answer lost.
    await run.persist(async () => {
      if ((await files.stat(part)) !== null) {
        const isTaken = wish.replaces && (await files.stat(path)) !== null;
        if (isTaken) {
          aside ??= await freeName(files, `${path}.old`);
          await files.rename(path, aside);
        }
        await files.rename(part, path);
      }
      if (aside !== null && (await files.stat(aside)) !== null) await files.remove(aside);
    });
  };
  return start({ name: nameOf(path), direction: "up", sizeBytes: content.size, clock: wish.clock }, send, async () => {
    if (aside !== null && (await files.stat(path)) === null) await files.rename(aside, path);
    if ((await files.stat(part)) === null) return;
    // On a full disk, nothing can be moved to its trash before there is some room.
    await files.remove(part).catch(async () => {
      await files.writePiece(part, 1, "", new AbortController().signal);
      await files.remove(part);
    });
  });
}

async function freeName(files: UploadFiles, wanted: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}${number}`;
    if ((await files.stat(name)) === null) return name;
  }
}

export interface DownloadWish {
  readonly files: RuntimeFiles;
  readonly clock: Clock;
  readonly path: string;
  readonly sizeBytes: number;
  /** ms since 1970: a file that changes meanwhile is not handed out as a mixture. */
  readonly modifiedAt: number;
  /** Where it is gathered. */
  readonly open: () => Promise<Pieces>;
  /** Takes the whole file; `drop` is to be called after its last use. */
  readonly onWhole: (content: Blob, drop: () => void) => void;
}

export function download(wish: DownloadWish): Transfer {
  const { files, path, sizeBytes } = wish;
  let pieces: Pieces | null = null;
  const get = async (run: Run): Promise<void> => {
    const gathered = await wish.open();
    pieces = gathered;
    for (let from = 0; from < sizeBytes; from += PIECE_BYTES) {
      const to = Math.min(sizeBytes, from + PIECE_BYTES);
      const piece = await run.persist(() => files.readPiece(path, from, to - 1, run.signal));
      if (piece.byteLength !== to - from) throw new FileError("changed", "");
      await gathered.add(piece).catch((error: unknown) => {
        throw new FileError("no_room_here", "", error);
      });
      run.tell(to);
    }
    const now = await run.persist(() => files.stat(path));
    if (now === null || now.modifiedAt !== wish.modifiedAt) throw new FileError("changed", "");
    wish.onWhole(await gathered.whole(), () => void gathered.drop());
  };
  return start(
    { name: nameOf(path), direction: "down", sizeBytes, clock: wish.clock },
    get,
    async () => await pieces?.drop(),
  );
}

interface Run {
  readonly signal: AbortSignal;
  tell(doneBytes: number): void;
  /** Does it again, with pauses, as long as the runtime is not to be reached. */
  persist<T>(work: (isRepeated: boolean) => Promise<T>): Promise<T>;
}

function start(
  about: Pick<Transfer, "name" | "direction" | "sizeBytes"> & { readonly clock: Clock },
  work: (run: Run) => Promise<void>,
  cleanUp: () => Promise<void>,
): Transfer {
  const { clock, ...facts } = about;
  const stop = new AbortController();
  const state = new Value<TransferState>({ phase: "running", doneBytes: 0 });
  let doneBytes = 0;
  let wake = (): void => {};
  const pause = async (ms: number): Promise<void> => {
    state.set({ phase: "waiting", doneBytes, retryAt: clock.now() + ms });
    await new Promise<void>((give) => {
      const cancel = clock.after(ms, give);
      wake = () => {
        cancel();
        give();
      };
    });
    if (!stop.signal.aborted) state.set({ phase: "running", doneBytes });
  };
  const run: Run = {
    signal: stop.signal,
    tell(next) {
      doneBytes = next;
      if (!stop.signal.aborted) state.set({ phase: "running", doneBytes });
    },
    async persist(once) {
      for (let attempt = 2; ; attempt += 1) {
        stop.signal.throwIfAborted();
        try {
          return await once(attempt > 2);
        } catch (error) {
          if (!mayPass(error, attempt)) throw error;
          stop.signal.throwIfAborted();
          await pause(waitBefore(attempt, () => clock.random()));
        }
      }
    },
  };
  const end = async (): Promise<void> => {
    try {
      await work(run);
      state.set({ phase: "done" });
    } catch (error) {
      state.set(stop.signal.aborted ? { phase: "cancelled" } : { phase: "failed", error });
      // What cannot be cleared away now is a file called `.part` that anybody can see and delete.
      await cleanUp().catch(() => {});
    }
  };
  void end();
  return {
    ...facts,
    state,
    goOn: () => wake(),
    cancel() {
      stop.abort();
      wake();
    },
  };
}

/** Whether the next try may succeed. A cut line that is whole again by now looks like a refusal without words: that is tried again, not for ever. */
function mayPass(error: unknown, attempt: number): boolean {
  if (!(error instanceof FileError)) return false;
  return error.trouble === "unreachable" || (error.trouble === "refused" && error.reason === "" && attempt <= REFUSALS);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
