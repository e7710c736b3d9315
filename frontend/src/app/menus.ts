/** The table of commands as a menu bar. */
import { showKeys } from "../core/shortcuts.ts";
import { onChange } from "../doc/changes.ts";
import { text } from "../i18n/t.ts";
import type { MenuEntry } from "../ui/menu.tsx";
import type { BarMenu } from "../ui/menu-bar.tsx";
import { isMac } from "../views/notebook/keys.ts";
import { type Command, type CommandContext, commands, type MenuName, runCommand } from "./commands.ts";
import type { OpenNotebook } from "./open-notebook.ts";
import type { PageServices } from "./services.ts";

const NAMES: readonly MenuName[] = ["file", "edit", "view", "insert", "runtime", "tools", "help"];

/** Made anew for each opening: what can be called depends on the moment. */
export function notebookMenus(context: CommandContext): readonly BarMenu[] {
  return NAMES.map((name) => ({ id: name, label: text(`commands.menu_${name}`), entries: entriesOf(name, context) }));
}

/** Tells of whatever the commands of menus look at; may call without a change of any. */
export function followCommands({ controller, room, doc, debug, driver }: OpenNotebook, { panels }: PageServices) {
  return (fn: () => void): (() => void) => {
    const { selection, readOnly, lineNumbers } = controller;
    const seen = [room.state, selection, readOnly, lineNumbers, driver.queue, panels.state, debug, doc.undo];
    const ends = [...seen.map((one) => one.subscribe(fn)), onChange(doc.doc, fn)];
    return () => {
      for (const end of ends) end();
    };
  };
}

function entriesOf(name: MenuName, context: CommandContext): readonly MenuEntry[] {
  const items = commands.filter(({ menu, exists }) => menu?.name === name && (exists?.(context) ?? true));
  items.sort((a, b) => (a.menu?.group ?? 0) - (b.menu?.group ?? 0));
  return items.flatMap((command, index): MenuEntry[] => {
    const before = items[index - 1];
    const parted = before && before.menu?.group !== command.menu?.group;
    return [...(parted ? [{ kind: "separator" as const, id: `before-${command.id}` }] : []), entryOf(command, context)];
  });
}

function entryOf(command: Command, context: CommandContext): MenuEntry {
  const [keys] = command.keys;
  return {
    kind: "item",
    id: command.id,
    label: text(command.title as "commands.undo"),
    shortcut: keys && showKeys(keys.keys, isMac),
    isDisabled: !command.when(context),
    isChecked: command.isChecked?.(context),
    onAction: () => void runCommand(command.id, context),
  };
}
