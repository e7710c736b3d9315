/** FOR TESTS: everything of one open notebook in one tab, on Node. */
import "fake-indexeddb/auto";
import { NotebookDoc } from "../doc/notebook-doc.ts";
import { KeptRuns } from "./kept-runs.ts";
import { IndexedDbOffline } from "./offline.ts";
import type { Pages } from "./pages.ts";
import type { RoomServer } from "./room-server-for-tests.ts";
import { connectFromNode, until } from "./room-server-for-tests.ts";
import { RoomSocket } from "./room-socket.ts";
import { RunStore } from "./run-store.ts";

let tabs = 0;

export interface TabOptions {
  readonly server: RoomServer;
  readonly notebook: string;
  /** The storage of one browser, shared by its tabs. */
  readonly storage: IDBFactory;
  readonly browserId?: string;
  readonly person?: string;
}

/** Pages of one browser, by its storage. */
const alive = new WeakMap<IDBFactory, Set<string>>();

function pagesOf(storage: IDBFactory): Pages {
  const names = alive.get(storage) ?? new Set();
  alive.set(storage, names);
  return {
    enter(name) {
      names.add(name);
      return () => names.delete(name);
    },
    isAlive: async (name) => names.has(name),
  };
}

export class Tab {
  readonly doc = new NotebookDoc(undefined, { typingPauseMs: 0 });
  readonly offline: IndexedDbOffline;
  readonly runs: RunStore;
  readonly socket: RoomSocket;
  readonly storage: IDBFactory;
  readonly pages: Pages;
  readonly #kept: KeptRuns;

  constructor({ server, notebook, storage, browserId = "browser-1", person }: TabOptions) {
    tabs += 1;
    this.storage = storage;
    const tabId = `tab-${tabs}`;
    this.offline = new IndexedDbOffline(notebook, tabId, storage);
    this.runs = new RunStore({ browserId, putBlob: (sha256, bytes) => server.putBlob(notebook, sha256, bytes) });
    const factory = storage;
    this.pages = pagesOf(storage);
    this.#kept = new KeptRuns({ notebook, page: tabId, person: person ?? "", factory, pages: this.pages });
    this.runs.keepIn(this.#kept);
    this.socket = new RoomSocket({
      url: server.roomUrl(notebook, person),
      doc: this.doc,
      runs: this.runs,
      offline: this.offline,
      browserId,
      tabId,
      connect: connectFromNode,
      wakes: () => () => {},
    });
    this.socket.start();
  }

  /** As an editor types. */
  type(cell: string, text: string): void {
    const source = this.doc.cell(cell)?.source;
    this.doc.doc.transact(() => source?.insert(source.length, text), this.doc.origin);
  }

  text(cell: string): string {
    return this.doc.cell(cell)?.source.toString() ?? "";
  }

  online(): Promise<void> {
    return this.state(() => this.socket.state.get().connection === "online", "online");
  }

  offlineNow(): Promise<void> {
    return this.state(() => this.socket.state.get().connection !== "online", "offline");
  }

  saved(): Promise<void> {
    return this.state(() => this.socket.state.get().saved && this.socket.state.get().connection === "online", "saved");
  }

  state(check: () => boolean, what: string): Promise<void> {
    return until((fn) => this.socket.state.subscribe(fn), check, what);
  }

  shows(check: () => boolean, what: string): Promise<void> {
    return until(
      (fn) => {
        this.doc.doc.on("update", fn);
        return () => this.doc.doc.off("update", fn);
      },
      check,
      what,
    );
  }

  run(check: () => boolean, what: string): Promise<void> {
    return until((fn) => this.runs.subscribe(fn), check, what);
  }

  until(subscribe: (fn: () => void) => () => void, check: () => boolean, what: string): Promise<void> {
    return until(subscribe, check, what);
  }

  /** The tab is closed, or crashes: nothing more is sent or stored. */
  close(): void {
    this.socket.stop();
    this.#kept.close();
    this.doc.destroy();
  }
}
