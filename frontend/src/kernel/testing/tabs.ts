/** Tabs of one browser: locks that pass on when a tab dies, and channels between them. Delivery is a microtask later, as between real tabs. */
import type { Locks, TabChannel } from "../leader.ts";

export class Browser {
  readonly #queues = new Map<string, (() => void)[]>();
  readonly #held = new Map<string, FakeTab>();
  readonly tabs = new Set<FakeTab>();

  tab(): FakeTab {
    const tab = new FakeTab(this);
    this.tabs.add(tab);
    return tab;
  }

  acquire(name: string, tab: FakeTab, granted: () => void): void {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    queue.push(() => {
      if (!tab.isAlive) {
        this.release(name);
        return;
      }
      this.#held.set(name, tab);
      granted();
    });
    if (!this.#held.has(name)) this.#next(name);
  }

  release(name: string): void {
    this.#held.delete(name);
    this.#next(name);
  }

  releaseAll(tab: FakeTab): void {
    for (const [name, holder] of this.#held) if (holder === tab) this.release(name);
  }

  #next(name: string): void {
    this.#queues.get(name)?.shift()?.();
  }
}

export class FakeTab {
  isAlive = true;
  readonly #browser: Browser;
  readonly #channels = new Set<FakeChannel>();

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  readonly locks: Locks = {
    request: async (name, { signal }, hold) =>
      await new Promise<void>((done, fail) => {
        signal.addEventListener("abort", () => fail(new DOMException("aborted", "AbortError")));
        this.#browser.acquire(name, this, () => {
          void hold().then(() => {
            this.#browser.release(name);
            done();
          });
        });
      }),
  };

  readonly openChannel = (name: string): TabChannel => {
    const channel = new FakeChannel(name, this, this.#browser);
    this.#channels.add(channel);
    return channel;
  };

  hears(name: string, message: unknown, from: FakeTab): void {
    if (from === this || !this.isAlive) return;
    for (const channel of this.#channels) if (channel.name === name) channel.hear(message);
  }

  /** The tab is gone without a word, as when its process is killed. */
  kill(): void {
    this.isAlive = false;
    this.#browser.tabs.delete(this);
    this.#browser.releaseAll(this);
  }
}

class FakeChannel implements TabChannel {
  readonly #listeners: ((message: unknown) => void)[] = [];

  constructor(
    readonly name: string,
    readonly tab: FakeTab,
    readonly browser: Browser,
  ) {}

  postMessage(message: unknown): void {
    if (!this.tab.isAlive) return;
    const copy = structuredClone(message);
    for (const tab of this.browser.tabs) queueMicrotask(() => tab.hears(this.name, copy, this.tab));
  }

  hear(message: unknown): void {
    for (const fn of this.#listeners) fn(message);
  }

  listen(fn: (message: unknown) => void): void {
    this.#listeners.push(fn);
  }

  close(): void {
    this.#listeners.length = 0;
  }
}
