/** Home's state and what can be done there. The view draws it; the hub is asked through `HubClient`. */
import type { Entry, FilePlace, Folder, HubClient, Notebook } from "../../api/client.ts";
import { type Observable, Value } from "../../core/observable.ts";
import { errorText } from "../../i18n/error-text.ts";
import { keyOf, type Listing, parentOf } from "./tree-model.ts";

export interface HomeState {
  readonly phase: "loading" | "ready" | "failed";
  readonly failure: string | null;
  readonly folders: readonly Folder[];
  readonly recent: readonly Notebook[];
  /** Single notebooks that others share with this person. */
  readonly shared: readonly Notebook[];
  /** By key of the folder or directory. */
  readonly listings: ReadonlyMap<string, Listing>;
  readonly expanded: ReadonlySet<string>;
}

const nothing: HomeState = {
  phase: "loading",
  failure: null,
  folders: [],
  recent: [],
  shared: [],
  listings: new Map(),
  expanded: new Set(),
};

/** The most bytes of one upload: the hub's limit. */
export const uploadLimitBytes = 50 * 1024 * 1024;

export class HomeModel {
  readonly #state = new Value<HomeState>(nothing);

  constructor(readonly hub: HubClient) {}

  get state(): Observable<HomeState> {
    return this.#state;
  }

  /** Reads folders, recent notebooks and every directory that is open. Never rejects; the state says what failed. */
  async refresh(): Promise<void> {
    try {
      const { folders, recent, shared } = await this.hub.home();
      const isFirst = this.#state.get().phase !== "ready";
      // A few folders are opened at once, so that the first look shows notebooks and not just names of folders.
      const opened = isFirst && folders.length <= 3 ? folders.filter((one) => one.state === "ok") : [];
      const expanded = new Set(this.#state.get().expanded);
      for (const folder of opened) expanded.add(keyOf({ folderId: folder.id, path: folder.root }));
      this.#change({ phase: "ready", failure: null, folders, recent, shared, expanded });
      await Promise.all([...expanded].map((key) => this.#list(key)));
    } catch (error) {
      this.#change({ phase: "failed", failure: errorText(error) });
    }
  }

  setExpanded(expanded: ReadonlySet<string>): void {
    const before = this.#state.get().expanded;
    this.#change({ expanded });
    for (const key of expanded) if (!before.has(key)) void this.#list(key);
  }

  async createFolder(place: FilePlace): Promise<void> {
    await this.hub.createFolder(place);
    await this.#reread(parentOf(place));
  }

  createNotebook(directory: FilePlace): Promise<Notebook> {
    return this.hub.createNotebook(directory);
  }

  async upload(directory: FilePlace, name: string, content: Blob): Promise<Entry> {
    const entry = await this.hub.upload(directory, name, content);
    await this.#reread(directory);
    return entry;
  }

  async rename(place: FilePlace, name: string): Promise<Notebook> {
    const { id } = await this.hub.identifyNotebook(place);
    const renamed = await this.hub.renameNotebook(id, name);
    await this.#reread(parentOf(place));
    return renamed;
  }

  async duplicate(place: FilePlace): Promise<Notebook> {
    const { id } = await this.hub.identifyNotebook(place);
    const copy = await this.hub.duplicateNotebook(id);
    await this.#reread(parentOf(place));
    return copy;
  }

  async move(place: FilePlace, directory: FilePlace): Promise<Notebook> {
    const { id } = await this.hub.identifyNotebook(place);
    const moved = await this.hub.moveNotebook(id, directory);
    await this.#reread(parentOf(place), directory);
    return moved;
  }

  /** A directory that the hub keeps; `to` is its place from then on. */
  async moveFolder(place: FilePlace, to: FilePlace): Promise<void> {
    await this.hub.moveFolder(place, to.path);
    await this.#readAnew();
  }

  /** Returns how many notebooks went to the trash. */
  async trashFolder(place: FilePlace): Promise<number> {
    const count = await this.hub.trashFolder(place);
    await this.#readAnew();
    return count;
  }

  /** What is known of directories may stand under another path now; those that are gone are closed. */
  async #readAnew(): Promise<void> {
    const { expanded, folders } = this.#state.get();
    const roots = new Set(folders.map((folder) => keyOf({ folderId: folder.id, path: folder.root })));
    this.#change({ expanded: new Set([...expanded].filter((key) => roots.has(key))), listings: new Map() });
    await this.refresh();
  }

  /** Returns the notebook's id, for `restore`. */
  async trash(place: FilePlace): Promise<string> {
    const { id } = await this.hub.identifyNotebook(place);
    await this.hub.trashNotebook(id);
    await this.refresh();
    return id;
  }

  async restore(id: string): Promise<Notebook> {
    const restored = await this.hub.restoreNotebook(id);
    await this.refresh();
    return restored;
  }

  async downloadUrl(place: FilePlace, options: { readonly outputs: boolean }): Promise<string> {
    return this.hub.downloadUrl((await this.hub.identifyNotebook(place)).id, options);
  }

  async #reread(...directories: readonly FilePlace[]): Promise<void> {
    const { expanded } = this.#state.get();
    await Promise.all([
      ...directories.map(keyOf).map((key) => (expanded.has(key) ? this.#list(key) : this.#forget(key))),
      this.#rereadRecent(),
    ]);
  }

  async #rereadRecent(): Promise<void> {
    const { folders, recent } = await this.hub.home();
    this.#change({ folders, recent });
  }

  #forget(key: string): void {
    const listings = new Map(this.#state.get().listings);
    listings.delete(key);
    this.#change({ listings });
  }

  async #list(key: string): Promise<void> {
    const colon = key.indexOf(":");
    if (!this.#state.get().listings.has(key)) this.#setListing(key, { phase: "loading" });
    try {
      const entries = await this.hub.entries(key.slice(0, colon), key.slice(colon + 1));
      this.#setListing(key, { phase: "ready", entries });
    } catch (error) {
      this.#setListing(key, { phase: "failed", message: errorText(error) });
    }
  }

  #setListing(key: string, listing: Listing): void {
    this.#change({ listings: new Map(this.#state.get().listings).set(key, listing) });
  }

  #change(changes: Partial<HomeState>): void {
    this.#state.set({ ...this.#state.get(), ...changes });
  }
}
