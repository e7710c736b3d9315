import { describe, expect, it } from "vitest";
import { type KeyBinding, type KeyStroke, type PendingKeys, readKey, showKeys } from "./shortcuts.ts";

const bindings: readonly KeyBinding[] = [
  { command: "delete", keys: "d d", mode: "command" },
  { command: "below", keys: "b", mode: "command" },
  { command: "chord", keys: "Mod-m b", mode: "any" },
  { command: "run", keys: "Shift-Enter", mode: "any" },
  { command: "split", keys: "Ctrl-Shift--", mode: "any" },
  { command: "help", keys: "?", mode: "command" },
];

function press(key: string, more: Partial<KeyStroke> = {}): KeyStroke {
  return { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more };
}

function read(stroke: KeyStroke, mode: "command" | "edit", pending: PendingKeys | null = null, now = 0, isMac = false) {
  return readKey(stroke, bindings, { mode, pending, now, isMac });
}

describe("readKey", () => {
  it("takes a letter in command mode only", () => {
    expect(read(press("b"), "command")).toEqual({ command: "below", pending: null, taken: true });
    expect(read(press("b"), "edit")).toEqual({ command: null, pending: null, taken: false });
  });

  it("waits for the second stroke and forgets it after a second", () => {
    const first = read(press("d"), "command", null, 100);
    expect(first).toEqual({ command: null, pending: { strokes: ["d"], expiresAt: 1_100 }, taken: true });
    expect(read(press("d"), "command", first.pending, 1_000).command).toBe("delete");
    expect(read(press("d"), "command", first.pending, 2_000).command).toBeNull();
  });

  it("keeps the second key of a chord out of the text", () => {
    const first = read(press("m", { ctrlKey: true, code: "KeyM" }), "edit");
    expect(first.taken).toBe(true);
    expect(read(press("b"), "edit", first.pending).command).toBe("chord");
    expect(read(press("q"), "edit", first.pending)).toEqual({ command: null, pending: null, taken: true });
  });

  it("starts anew when a pending chord is not continued", () => {
    expect(read(press("b"), "command", { strokes: ["d"], expiresAt: 500 }).command).toBe("below");
  });

  it("reads Mod as Cmd on a Mac and Ctrl elsewhere", () => {
    const cmd = press("m", { metaKey: true });
    expect(read(cmd, "edit", null, 0, true).pending?.strokes).toEqual(["Mod-m"]);
    expect(read(cmd, "edit", null, 0, false).taken).toBe(false);
  });

  it("reads Ctrl as Ctrl on every system", () => {
    const stroke = press("-", { ctrlKey: true, shiftKey: true });
    expect(read(stroke, "edit", null, 0, true).command).toBe("split");
    expect(read(stroke, "edit", null, 0, false).command).toBe("split");
    expect(read(press("_", { ctrlKey: true, shiftKey: true, code: "Minus" }), "edit").command).toBe("split");
  });

  it("ignores Shift on characters that need it", () => {
    expect(read(press("?", { shiftKey: true }), "command").command).toBe("help");
  });

  it("leaves modifiers and input methods alone, and keeps what is pending", () => {
    const pending = { strokes: ["d"], expiresAt: 500 };
    expect(read(press("Shift", { shiftKey: true }), "command", pending)).toEqual({
      command: null,
      pending,
      taken: false,
    });
    expect(read(press("Process"), "edit").taken).toBe(false);
  });
});

describe("showKeys", () => {
  it("writes them as each system does", () => {
    expect(showKeys("Mod-Shift-p", true)).toBe("⌘⇧P");
    expect(showKeys("Mod-Shift-p", false)).toBe("Ctrl+Shift+P");
    expect(showKeys("d d", false)).toBe("D D");
    expect(showKeys("Ctrl-Shift--", false)).toBe("Ctrl+Shift+-");
  });
});
