import { describe, expect, it } from "vitest";
import { TestClock } from "../../kernel/testing/clock.ts";
import { MemoryStorage } from "../../kernel/testing/memory-storage.ts";
import { BreakpointBook } from "./breakpoint-book.ts";
import { Cells } from "./desk-for-tests.ts";

function bookOf(cells: Cells, store = new MemoryStorage(), clock = new TestClock()) {
  return { book: new BreakpointBook({ doc: cells, store, key: "debug", clock }), store, clock };
}

describe("the book of breakpoints", () => {
  it("follows what anybody types, also in cells out of sight, and tells it once for each change", () => {
    const cells = new Cells(["a\nb\nc", "d"]);
    const { book } = bookOf(cells);
    book.toggle("c0", 2);
    let told = 0;
    book.subscribe(() => {
      told += 1;
    });
    cells.doc.getText("c0").insert(0, "above\n");
    expect([book.lines("c0"), told]).toEqual([[3], 1]);
    cells.doc.getText("c1").insert(0, "elsewhere\n");
    cells.doc.getText("c0").insert(cells.text("c0").length, "\nbelow");
    expect([book.lines("c0"), told]).toEqual([[3], 1]);
    cells.doc.getText("c0").delete(8, 2);
    expect(book.all()).toEqual([]);
  });

  it("is kept: a later page finds them in the text of then, also in a cell that comes late", () => {
    const cells = new Cells(["a\nb", "x\ny"]);
    const { book, store, clock } = bookOf(cells);
    book.toggle("c0", 2);
    book.toggle("c1", 0);
    cells.doc.getText("c0").insert(0, "new\n");
    clock.advance(1_000);
    book.wish({ isOn: true, stopOn: "raised" });
    book.close();

    const later = new Cells(["new\nmore\na\nb"]);
    const again = bookOf(later, store).book;
    expect([again.lines("c0"), again.cells()]).toEqual([[4], ["c0"]]);
    expect(again.wishes.get()).toEqual({ isOn: true, stopOn: "raised" });
    later.add("x\ny");
    expect(again.all().map(({ cellId, line, text }) => [cellId, line, text])).toEqual([
      ["c0", 4, "b"],
      ["c1", 1, "x"],
    ]);
  });

  it("leaves nothing behind where there is nothing to keep: the next visit loads no debugger", () => {
    const cells = new Cells(["a"]);
    const { book, store } = bookOf(cells);
    book.toggle("c0", 0);
    expect(store.items.size).toBe(1);
    book.toggle("c0", 0);
    expect(store.items.size).toBe(0);
    book.wish({ isOn: true });
    expect(store.items.size).toBe(1);
    book.wish({ isOn: false });
    expect(store.items.size).toBe(0);
  });

  it("takes over what another tab of this browser did", () => {
    const cells = new Cells(["a\nb"]);
    const { book, store } = bookOf(cells);
    book.toggle("c0", 0);
    const other = bookOf(cells, store).book;
    other.toggle("c0", 0);
    other.toggle("c0", 2);
    other.wish({ isOn: true });
    book.readAgain();
    expect([book.lines("c0"), book.wishes.get().isOn]).toEqual([[2], true]);
  });

  it("reads what is no book of ours as an empty one", () => {
    const store = new MemoryStorage();
    for (const kept of ["nonsense", "7", '{"isOn":"yes","cells":{}}']) {
      store.setItem("debug", kept);
      const { book } = bookOf(new Cells(["a"]), store);
      expect([book.all(), book.wishes.get().isOn]).toEqual([[], false]);
    }
  });
});
