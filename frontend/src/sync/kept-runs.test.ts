import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { expect, test } from "vitest";
import { KeptRuns } from "./kept-runs.ts";
import type { RunEvent } from "./messages.ts";
import type { Pages } from "./pages.ts";

class Browser implements Pages {
  readonly factory = new IDBFactory();
  readonly #alive = new Set<string>();

  enter(name: string): () => void {
    this.#alive.add(name);
    return () => this.#alive.delete(name);
  }

  async isAlive(name: string): Promise<boolean> {
    return this.#alive.has(name);
  }

  page(page: string, more: { person?: string; notebook?: string; factory?: undefined } = {}): KeptRuns {
    return new KeptRuns({ notebook: "n", page, person: "ada", factory: this.factory, pages: this, ...more });
  }

  kill(page: string): void {
    this.#alive.delete(page);
  }
}

const event = (executionCount: number): RunEvent => ({ type: "status", execution_count: executionCount });

test("the next page finds what a page that is gone kept, in order and without what the hub has", async () => {
  const browser = new Browser();
  const first = browser.page("first");
  for (const n of [0, 1, 2, 10]) first.keep("r", { n, event: event(n) }, false);
  first.drop("r", 1);
  first.keep("over", { n: 0, event: event(0) }, false);
  first.forget("over");
  const second = browser.page("second");
  expect(await second.left()).toEqual([]);
  browser.kill("first");
  expect(await second.left()).toEqual(["r"]);
  expect(await second.load("r")).toEqual([1, 2, 10].map((n) => ({ n, event: event(n) })));
});

test("a page that closed in peace is gone, and so is one that is opened again here", async () => {
  const browser = new Browser();
  const first = browser.page("first");
  first.keep("r", { n: 0, event: event(0) }, false);
  first.close();
  const second = browser.page("second");
  await expect.poll(() => second.left()).toEqual(["r"]);
});

test("nothing is told in another person's name, or in another notebook", async () => {
  const browser = new Browser();
  browser.page("first").keep("r", { n: 0, event: event(0) }, false);
  browser.kill("first");
  const bob = browser.page("second", { person: "bob" });
  const other = browser.page("third", { notebook: "m" });
  expect([await bob.left(), await bob.load("r"), await other.left()]).toEqual([[], [], []]);
  expect(await browser.page("fourth").left()).toEqual(["r"]);
});

test("what is acknowledged at once is never written, and what is not is, soon or when the page is left", async () => {
  const browser = new Browser();
  const first = browser.page("first");
  first.keep("r", { n: 0, event: event(0) }, true);
  first.keep("r", { n: 1, event: event(1) }, true);
  first.drop("r", 1);
  browser.kill("first");
  await expect.poll(() => browser.page("second").load("r")).toEqual([{ n: 1, event: event(1) }]);
});

test("a browser that keeps nothing is known by it", async () => {
  const kept = new Browser().page("first", { factory: undefined });
  kept.keep("r", { n: 0, event: event(0) }, false);
  expect(await kept.load("r")).toEqual([]);
  expect(kept.isSound).toBe(false);
});
