/** The page's sync layer against the hub's own rooms, in a process that is killed and comes back. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RoomServer, whyNoServer } from "./room-server-for-tests.ts";
import { Tab, type TabOptions } from "./tab-for-tests.ts";

describe.skipIf(whyNoServer)(`room ${whyNoServer ?? ""}`, () => {
  const server = new RoomServer();
  const open: Tab[] = [];
  beforeAll(() => server.start());
  afterAll(() => server.close());
  afterEach(async () => {
    for (const tab of open.splice(0)) tab.close();
    await server.start().catch(() => {});
  });

  function tab(options: Omit<TabOptions, "server">): Tab {
    const made = new Tab({ server, ...options });
    open.push(made);
    return made;
  }

  test("opens", async () => {
    const notebook = await server.notebook(["a", "b"]);
    const mine = tab({ notebook, storage: new IDBFactory() });
    await mine.online();
    expect(mine.doc.cellIds()).toEqual(["c0", "c1"]);
    mine.type("c0", "!");
    await mine.saved();
  });
});
