/** FOR TESTS: tabs of one browser with one notebook, as the page composes them, on Node. */
import { IDBFactory } from "fake-indexeddb";
import { realClock } from "../kernel/testing/clock.ts";
import { browserLikeFetch, openWs } from "../kernel/testing/jupyter.ts";
import { MemoryStorage } from "../kernel/testing/memory-storage.ts";
import { printed, until } from "../kernel/testing/runs.ts";
import { Browser } from "../kernel/testing/tabs.ts";
import { pagesByLock } from "../sync/pages.ts";
import type { RoomServer } from "../sync/room-server-for-tests.ts";
import { Tab } from "../sync/tab-for-tests.ts";
import { ConnectDesk } from "../views/connect/connect-desk.ts";
import { digestNow } from "./digest-now.ts";
import { NotebookRuntime } from "./notebook-runtime.ts";
import { RunDriver } from "./run-driver.ts";
import type { RuntimeEnvironment } from "./runtime-environment.ts";
import { TokenVault } from "./token-vault.ts";
import { WidgetHost } from "./widget-host.ts";

/** Origin of the page. */
export const HUB = "http://127.0.0.1:8800";

/** What one browser keeps between its tabs and over their ends. */
export class TestBrowser {
  readonly tabs = new Browser();
  readonly local = new MemoryStorage();
  readonly indexedDB = new IDBFactory();
  readonly rooms = new IDBFactory();

  constructor(readonly id = "browser-1") {}
}

/** One tab with one notebook, as the page composes it. */
export class Page {
  readonly tab: Tab;
  readonly process;
  readonly runtime: NotebookRuntime;
  readonly driver: RunDriver;
  readonly widgets: WidgetHost;
  readonly desk: ConnectDesk;
  /** Sources that were judged before they ran, in order. */
  readonly judged: string[] = [];
  /** Whether cells may run, as somebody says who must be asked; null: all may, and nobody is asked. */
  asks: (() => Promise<boolean>) | null = null;
  /** Another page of the browser has stored something: to be called when that matters. */
  storedElsewhere: () => void = () => {};

  constructor(
    readonly browser: TestBrowser,
    readonly rooms: RoomServer,
    readonly notebook: string,
    more: {
      session?: MemoryStorage;
      wants?: { name: string; language: string | null };
      place?: () => Promise<{ folder: string; fileName: string; sizeBytes: number; modifiedAt: number }>;
    } = {},
  ) {
    this.process = browser.tabs.tab();
    this.tab = new Tab({ server: rooms, notebook, storage: browser.rooms, browserId: browser.id });
    const { openChannel, locks } = this.process;
    const environment: RuntimeEnvironment = {
      facts: { engine: "chromium", isSecureContext: true, hubOrigin: HUB },
      fetch: browserLikeFetch(HUB),
      openSocket: (url, protocols) => openWs(url, protocols, HUB),
      crypto: globalThis.crypto,
      clock: realClock,
      onWake: () => () => {},
      leavingMs: () => 0,
      locks,
      openChannel,
      queryPermission: async () => "granted",
      store: browser.local,
      ownStore: browser.local,
      vault: new TokenVault({
        owner: null,
        session: more.session ?? new MemoryStorage(),
        indexedDB: browser.indexedDB,
        crypto: globalThis.crypto,
        openChannel,
        pages: pagesByLock(undefined),
      }),
      clientName: "test",
    };
    this.runtime = new NotebookRuntime(
      { notebookId: notebook, place: more.place ?? null, wantedKernelspec: () => more.wants ?? null },
      environment,
    );
    this.desk = new ConnectDesk(this.runtime.binding);
    // A stock server without flags does not say what it is: this person knows that it is theirs.
    for (const attempt of [this.runtime.binding, this.runtime.trial]) {
      attempt.subscribe(() => {
        const state = attempt.get();
        const asks = state.phase === "probing" && state.step === "confirm_token";
        if (asks) queueMicrotask(() => this.runtime.permitAsked());
      });
    }
    this.widgets = new WidgetHost({
      runs: this.tab.runs,
      clock: realClock,
      sessionId: () => this.runtime.sessionId,
      fileState: () => null,
    });
    this.driver = new RunDriver({
      widgets: this.widgets,
      notebookId: notebook,
      doc: this.tab.doc,
      runs: this.tab.runs,
      runtime: this.runtime,
      askForRuntime: () => this.desk.askForRuntime(),
      takeGesture: () => true,
      approve: async (captured) => {
        this.judged.push(...captured.map(({ source }) => source));
        return (await this.asks?.()) === false ? [] : captured;
      },
      approveAtOnce: (wishes) =>
        this.asks === null ? wishes.map((one) => ({ ...one, digest: digestNow(one.source) ?? "" })) : null,
      forgetApprovals: () => {},
      store: browser.local,
      onStored: (fn) => {
        this.storedElsewhere = fn;
        return () => {};
      },
      pages: this.tab.pages,
    });
  }

  async ready(): Promise<void> {
    await until(this.runtime.binding, (state) => state.phase === "ready");
  }

  /** Of the kernel that is attached, or was. */
  kernelId(): string {
    const state = this.runtime.binding.get();
    return "attachment" in state ? state.attachment.kernelId : "";
  }

  status(cell: string): string | undefined {
    return this.tab.runs.headOf(cell)?.status;
  }

  text(cell: string): string {
    return printed(this.tab.runs.headOf(cell)?.outputs ?? []);
  }

  async ends(cell: string, status: string): Promise<void> {
    await this.tab.run(() => this.status(cell) === status, `${cell} ${status}`);
  }

  async prints(cell: string, text: string): Promise<void> {
    await this.tab.run(() => this.text(cell).includes(text), `${cell} to print ${text}`);
  }

  /** Killed: nothing more is sent or heard. */
  kill(): void {
    this.process.kill();
    this.widgets.close();
    this.desk.end();
    this.runtime.close();
    this.driver.close();
    this.tab.close();
  }
}
