import { afterEach, describe, expect, test } from "vitest";
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { announce, othersIn, parsePresence } from "./awareness.ts";

const ada = { id: "1", name: "Ada", color: "#123456" };
const open: Awareness[] = [];
function awareness(): Awareness {
  const made = new Awareness(new Y.Doc());
  made.setLocalState(null);
  open.push(made);
  return made;
}
afterEach(() => {
  for (const one of open.splice(0)) one.destroy();
});

describe("2.8 presence", () => {
  test("says nothing before it knows the person, then exactly three members", () => {
    const mine = awareness();
    announce(mine, { cursor: { cell: "c", anchor: 0, head: 1 } });
    expect(mine.getLocalState()).toBeNull();
    announce(mine, { person: ada });
    announce(mine, { cursor: { cell: "c", anchor: 0, head: 1 } });
    announce(mine, { runtime: { label: "Laptop" } });
    expect(mine.getLocalState()).toEqual({
      person: ada,
      cursor: { cell: "c", anchor: 0, head: 1 },
      runtime: { label: "Laptop" },
    });
    announce(mine, { cursor: null });
    expect(mine.getLocalState()).toEqual({ person: ada, cursor: null, runtime: { label: "Laptop" } });
  });

  test("shows the others, not oneself, and nothing that is not of this shape", () => {
    const [mine, theirs, broken] = [awareness(), awareness(), awareness()];
    announce(mine, { person: ada });
    announce(theirs, { person: { ...ada, id: "2", name: "Bo" } });
    broken.setLocalState({ person: { id: 3 } });
    for (const other of [theirs, broken]) {
      applyAwarenessUpdate(mine, encodeAwarenessUpdate(other, [other.clientID]), "test");
    }
    expect(othersIn(mine)).toEqual([
      { clientId: theirs.clientID, person: { ...ada, id: "2", name: "Bo" }, cursor: null, runtime: null },
    ]);
  });

  test.each([
    [{ cell: "no id!", anchor: 0, head: 0 }],
    [{ cell: "c", anchor: -1, head: 0 }],
    [{ cell: "c", anchor: 0.5, head: 0 }],
    ["cursor"],
  ])("a broken cursor %j counts as absent", (cursor) => {
    expect(parsePresence({ person: ada, cursor, runtime: { label: 1 } })).toEqual({
      person: ada,
      cursor: null,
      runtime: null,
    });
  });
});
