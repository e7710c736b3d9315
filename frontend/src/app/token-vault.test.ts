import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStorage } from "../kernel/testing/memory-storage.ts";
import { Browser, type FakeTab } from "../kernel/testing/tabs.ts";
import { pagesByLock } from "../sync/pages.ts";
import { TokenVault } from "./token-vault.ts";

const BASE = "http://127.0.0.1:8888/";
const TOKEN = "very-secret-token";

let indexedDB: IDBFactory;
let browser: Browser;

beforeEach(() => {
  indexedDB = new IDBFactory();
  browser = new Browser();
});

function vault(
  session: MemoryStorage | null = new MemoryStorage(),
  tab: FakeTab = browser.tab(),
  database = indexedDB as IDBFactory | null,
  owner: string | null = null,
  pages = pagesByLock(undefined),
) {
  return new TokenVault({
    owner,
    session,
    indexedDB: database,
    crypto: globalThis.crypto,
    openChannel: tab.openChannel,
    pages,
    siblingMs: 30,
  });
}

async function everythingStored(): Promise<string> {
  const seen: unknown[] = [];
  const open = indexedDB.open("runhere-runtimes", 1);
  await new Promise((done) => {
    open.onsuccess = done;
  });
  for (const name of ["tokens", "keys"]) {
    const all = open.result.transaction(name).objectStore(name).getAll();
    await new Promise((done) => {
      all.onsuccess = done;
    });
    seen.push(...(all.result as unknown[]));
  }
  return seen
    .map((value) => (value instanceof CryptoKey ? `key extractable=${value.extractable}` : bytesText(value)))
    .join("|");
}

function bytesText(value: unknown): string {
  const { bytes } = value as { bytes: Uint8Array };
  return String.fromCharCode(...bytes);
}

describe("TokenVault", () => {
  it("survives a reload of its tab, and only that", async () => {
    const session = new MemoryStorage();
    const tab = browser.tab();
    await vault(session, tab).keep(BASE, TOKEN, { remember: false });
    tab.kill();
    expect(await vault(session).find(BASE)).toBe(TOKEN);
    for (const other of browser.tabs) other.kill();
    expect(await vault(new MemoryStorage()).find(BASE)).toBeNull();
  });

  it("is remembered on this browser only when asked to", async () => {
    const tab = browser.tab();
    const first = vault(new MemoryStorage(), tab);
    await first.keep(BASE, TOKEN, { remember: true });
    tab.kill();
    expect(await vault(new MemoryStorage()).find(BASE)).toBe(TOKEN);
    for (const other of browser.tabs) other.kill();
    const again = browser.tab();
    await vault(new MemoryStorage(), again).keep(BASE, TOKEN, { remember: false });
    again.kill();
    expect(await vault(new MemoryStorage()).find(BASE)).toBeNull();
  });

  it("asks sibling tabs, and hands them a new token", async () => {
    const first = vault();
    await first.keep(BASE, TOKEN, { remember: false });
    const second = vault();
    expect(await second.find(BASE)).toBe(TOKEN);
    await second.keep(BASE, "newer", { remember: false });
    expect(first.peek(BASE)).toBe("newer");
    expect(await second.find("http://127.0.0.1:9999/")).toBeNull();
  });

  it("waits for a tab that has the token, however busy that is, and for no other", async () => {
    const pages = pagesByLock(navigator.locks);
    const of = (tab: FakeTab) => vault(new MemoryStorage(), tab, indexedDB, "busy", pages);
    const busy = browser.tab();
    const first = of(busy);
    await first.keep(BASE, TOKEN, { remember: false });
    const hears = busy.hears.bind(busy);
    busy.hears = (...heard) => void setTimeout(() => hears(...heard), 200);
    expect(await of(browser.tab()).find("http://127.0.0.1:9999/")).toBeNull();
    expect(await of(browser.tab()).find(BASE)).toBe(TOKEN);
    first.forgetInTabs();
    expect(await of(browser.tab()).find(BASE)).toBeNull();
  });

  it("a token from a sibling survives a reload of this tab, too", async () => {
    const first = browser.tab();
    await vault(new MemoryStorage(), first).keep(BASE, TOKEN, { remember: false });
    const session = new MemoryStorage();
    const second = browser.tab();
    await vault(session, second).find(BASE);
    first.kill();
    second.kill();
    expect(await vault(session).find(BASE)).toBe(TOKEN);
  });

  it("leaves nothing readable in any storage", async () => {
    const session = new MemoryStorage();
    await vault(session).keep(BASE, TOKEN, { remember: true });
    const stored = await everythingStored();
    expect(stored).toContain("key extractable=false");
    expect(stored).not.toContain(TOKEN);
    const kept = [...session.items.values()].join("|");
    expect(kept).not.toBe("");
    expect(kept + atob(kept)).not.toContain(TOKEN);
  });

  it("forgets everywhere", async () => {
    const session = new MemoryStorage();
    const first = vault(session);
    const second = vault();
    await first.keep(BASE, TOKEN, { remember: true });
    await second.find(BASE);
    await first.forgetAll();
    expect([first.peek(BASE), second.peek(BASE), await first.find(BASE), session.items.size]).toEqual([
      null,
      null,
      null,
      0,
    ]);
  });

  it("gives nobody the token of the person who used the browser before", async () => {
    const [session, tab] = [new MemoryStorage(), browser.tab()];
    const of = (owner: string | null) => vault(session, tab, indexedDB, owner);
    const [remembered, inTabs] = ["http://127.0.0.1:1111/", BASE];
    await of("ada").keep(remembered, TOKEN, { remember: true });
    await of("ada").keep(inTabs, TOKEN, { remember: false });
    for (const other of ["bob", null]) {
      expect([await of(other).find(remembered), await of(other).find(inTabs)]).toEqual([null, null]);
      // Nor does what they do take anything from her.
      await of(other).forgetAll();
    }
    expect([await of("ada").find(remembered), await of("ada").find(inTabs)]).toEqual([TOKEN, TOKEN]);
  });

  it("signing out leaves only what this browser was to remember, also of what this load never asked for", async () => {
    const [session, tab] = [new MemoryStorage(), browser.tab()];
    await vault(session, tab, indexedDB, "ada").keep(BASE, TOKEN, { remember: false });
    await vault(session, tab, indexedDB, "ada").keep("http://127.0.0.1:1111/", TOKEN, { remember: true });
    await vault(session, tab, indexedDB, "bob").keep(BASE, "his", { remember: false });
    const sibling = vault(new MemoryStorage(), browser.tab(), indexedDB, "ada");
    await sibling.find(BASE);
    tab.kill();

    const reloaded = browser.tab();
    vault(session, reloaded, indexedDB, "ada").forgetInTabs();
    expect([...session.items.keys()]).toEqual([`person:bob/runhere.runtime:${BASE}`]);
    await expect.poll(() => sibling.peek(BASE)).toBeNull();
    const later = vault(session, browser.tab(), indexedDB, "ada");
    expect([await later.find(BASE), await later.find("http://127.0.0.1:1111/")]).toEqual([null, TOKEN]);
  });

  it("works for this page where the browser stores nothing", async () => {
    const lone = vault(null, browser.tab(), null);
    await lone.keep(BASE, TOKEN, { remember: true });
    expect(await lone.find(BASE)).toBe(TOKEN);
  });
});
