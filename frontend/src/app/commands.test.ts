import { describe, expect, it } from "vitest";
import { ownKeys, usualKeys } from "../editor/keymap.ts";
import { isTextKey } from "../i18n/t.ts";
import { commands, keyBindings } from "./commands.ts";

describe("the table of commands", () => {
  it("has each id once, with a title that exists", () => {
    expect(new Set(commands.map((one) => one.id)).size).toBe(commands.length);
    expect(commands.filter((one) => !isTextKey(one.title))).toEqual([]);
  });

  it("gives no keys to two commands in one place", () => {
    const seen = new Map<string, string>();
    const twice: string[] = [];
    for (const { command, keys, mode } of keyBindings) {
      for (const place of mode === "any" ? ["command", "edit"] : [mode]) {
        const key = `${place}: ${keys.replace("Ctrl-", "Mod-")}`;
        const other = seen.get(key);
        if (other !== undefined && other !== command) twice.push(`${key}: ${other}, ${command}`);
        seen.set(key, command);
      }
    }
    expect(twice).toEqual([]);
  });

  it("takes no key of the editor's away from somebody who types", () => {
    const own = ownKeys({ undo() {}, redo() {}, leave: () => false });
    const editors = new Set([...own, ...usualKeys].map(({ key }) => key));
    const heardFirst = keyBindings.filter(({ mode }) => mode !== "command");
    // Escape leaves the cell, as in Jupyter.
    expect(heardFirst.map(({ keys }) => keys).filter((keys) => editors.has(keys))).toEqual(["Escape"]);
  });

  it("lets no short binding hide a longer one", () => {
    const hidden = keyBindings.filter((one) =>
      keyBindings.some(
        (other) =>
          other.keys.startsWith(`${one.keys} `) &&
          (one.mode === other.mode || one.mode === "any" || other.mode === "any"),
      ),
    );
    expect(hidden).toEqual([]);
  });
});
