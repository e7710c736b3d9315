/** The files of one server as the panel shows them: which folders are open, what is in them, what is on its way. One per panel. */
import { type Observable, Value } from "../../core/observable.ts";
import { type DownloadWish, download, type Transfer, upload } from "../../kernel/file-transfer.ts";
import { type FileEntry, joined, parentOf, type RuntimeFiles } from "../../kernel/files.ts";
import type { Clock } from "../../kernel/messages.ts";
import { openPieces } from "../../kernel/pieces.ts";

export interface Listing {
  readonly phase: "loading" | "listed" | "failed";
  /** Kept while it is listed again. */
  readonly entries: readonly FileEntry[];
  readonly error: unknown;
}

export interface FilesState {
  readonly listings: ReadonlyMap<string, Listing>;
  readonly expanded: ReadonlySet<string>;
  readonly transfers: readonly Transfer[];
}

export interface UploadHow {
  /** What has the name already is replaced, when the new file is whole. */
  readonly replaces: boolean;
  /** Told the name when the whole file is there. */
  readonly onDone: (name: string) => void;
}

export class FilesModel {
  readonly files: RuntimeFiles;
  readonly #clock: Clock;
  readonly #state = new Value<FilesState>({ listings: new Map(), expanded: new Set(), transfers: [] });
  #isClosed = false;

  constructor(files: RuntimeFiles, clock: Clock) {
    this.files = files;
    this.#clock = clock;
    void this.look("");
  }

  get state(): Observable<FilesState> {
    return this.#state;
  }

  /** Lists a folder (again). Never rejects: what went wrong stands in its listing. */
  async look(folder: string): Promise<void> {
    const before = this.#state.get().listings.get(folder);
    this.#setListing(folder, { phase: "loading", entries: before?.entries ?? [], error: null });
    try {
      this.#setListing(folder, { phase: "listed", entries: await this.files.list(folder), error: null });
    } catch (error) {
      this.#setListing(folder, { phase: "failed", entries: [], error });
    }
  }

  /** Lists every open folder again. */
  lookAgain(): void {
    const { expanded } = this.#state.get();
    for (const folder of ["", ...expanded]) void this.look(folder);
  }

  expand(folders: ReadonlySet<string>): void {
    const { expanded } = this.#state.get();
    this.#state.set({ ...this.#state.get(), expanded: folders });
    for (const folder of folders) if (!expanded.has(folder)) void this.look(folder);
  }

  /** Opens a folder and waits until it is listed. */
  async open(folder: string): Promise<void> {
    if (folder !== "")
      this.#state.set({ ...this.#state.get(), expanded: new Set([...this.#state.get().expanded, folder]) });
    await this.look(folder);
  }

  upload(folder: string, name: string, content: Blob, how: UploadHow): Transfer {
    const path = joined(folder, name);
    const { replaces, onDone } = how;
    const transfer = upload({ files: this.files, clock: this.#clock, path, content, replaces });
    this.#follow(transfer, () => {
      onDone(name);
      void this.look(folder);
    });
    return transfer;
  }

  download(entry: FileEntry, onWhole: DownloadWish["onWhole"]): Transfer {
    const { path, modifiedAt } = entry;
    const sizeBytes = entry.sizeBytes ?? 0;
    const open = () => openPieces({ storage: navigator.storage, sizeBytes, now: this.#clock.now() });
    const transfer = download({ files: this.files, clock: this.#clock, path, sizeBytes, modifiedAt, open, onWhole });
    this.#follow(transfer, () => {});
    return transfer;
  }

  /** Takes a transfer that has ended from the list. */
  forget(transfer: Transfer): void {
    const transfers = this.#state.get().transfers.filter((other) => other !== transfer);
    this.#state.set({ ...this.#state.get(), transfers });
  }

  async remove(path: string): Promise<void> {
    await this.files.remove(path);
    await this.look(parentOf(path));
  }

  /** What is on its way is stopped. */
  close(): void {
    this.#isClosed = true;
    for (const transfer of this.#state.get().transfers) transfer.cancel();
  }

  #follow(transfer: Transfer, onDone: () => void): void {
    this.#state.set({ ...this.#state.get(), transfers: [...this.#state.get().transfers, transfer] });
    const end = transfer.state.subscribe(() => {
      const { phase } = transfer.state.get();
      if (phase === "running" || phase === "waiting") return;
      end();
      if (phase !== "failed") this.forget(transfer);
      if (phase === "done") onDone();
    });
  }

  #setListing(folder: string, listing: Listing): void {
    if (this.#isClosed) return;
    this.#state.set({ ...this.#state.get(), listings: new Map(this.#state.get().listings).set(folder, listing) });
  }
}
