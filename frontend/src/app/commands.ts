/**
 * Every command of the notebook page, once: what it is called, which menu it stands in, which keys call it, when it can be
 * called and what it does. Menus, the command palette, shortcuts and the help of shortcuts are all read from this table.
 */
import { canComment } from "../core/notebook.ts";
import type { KeyBinding, KeyMode } from "../core/shortcuts.ts";
import type { TextKey } from "../i18n/t.ts";
import { copyOut, hasKeptCells } from "../views/notebook/clipboard.ts";
import type { NotebookController } from "../views/notebook/controller.ts";
import type { DebugCommand } from "./debug-seat.ts";
import { type PanelId, panelIds } from "./panel-choice.ts";

export type MenuName = "file" | "edit" | "view" | "insert" | "runtime" | "tools" | "help";

/** What commands ask of the page around the notebook; the composition root implements it. */
export interface PageActions {
  newNotebook(): void;
  goHome(): void;
  /** Everything is saved as it is made; this says whether it is. */
  tellSaved(): void;
  rename(): void;
  duplicate(): void;
  moveToTrash(): void;
  download(withOutputs: boolean): void;
  share(): void;
  openRevisions(): void;
  openSettings(): void;
  openNotebookSettings(): void;
  openCellOutputs(): void;
  openPalette(): void;
  openShortcuts(): void;
  toggleTheme(): void;
  /** Opens a panel beside the notebook, or closes it when it is the open one. */
  togglePanel(id: PanelId): void;
  isPanelOpen(id: PanelId): boolean;
  /** Opens the comments, ready to write one about the active cell. */
  comment(): void;
  debug(command: DebugCommand): void;
  /** A cell stands still at a breakpoint, or after a step. */
  isStopped(): boolean;
  /** Connection of this notebook's runtime. */
  connectLocal(): void;
  /** Whether the hub has runtimes of its own. */
  readonly hasHosted: boolean;
  connectHosted(): void;
  manageSessions(): void;
  disconnect(): void;
  /** These ask first: variables are lost. */
  restart(then: "nothing" | "run_all"): void;
  shutdown(): void;
}

export interface CommandContext {
  readonly notebook: NotebookController;
  readonly page: PageActions;
  /** A runtime is bound (a kernel can be interrupted and restarted). */
  readonly isConnected: boolean;
}

export interface Command {
  readonly id: string;
  readonly title: Extract<TextKey, `commands.${string}`>;
  /** Null: in no menu, only in the palette and by its keys. Items of one menu with the same group stand together. */
  readonly menu: { readonly name: MenuName; readonly group: number } | null;
  /** In order of preference; the first is the one that menus show. */
  readonly keys: readonly { readonly keys: string; readonly mode: KeyMode }[];
  /** Not said: on every hub. */
  exists?(context: CommandContext): boolean;
  when(context: CommandContext): boolean;
  isChecked?(context: CommandContext): boolean;
  run(context: CommandContext): void;
}

type Run = (context: CommandContext) => void;
type When = (context: CommandContext) => boolean;

const always: When = () => true;
const owned: When = ({ notebook }) => notebook.services.room.state.get().hello?.role === "owner";
const pastable: When = (context) => editable(context) && hasKeptCells();
const editable: When = ({ notebook }) => !notebook.isReadOnly;
const commentable: When = ({ notebook }) => {
  const { hello } = notebook.services.room.state.get();
  return hello !== null && canComment(hello.role) && notebook.activeId !== null;
};
const connected: When = ({ isConnected }) => isConnected;
const running: When = ({ notebook }) => notebook.runningId !== null;
const hosted: When = ({ page }) => page.hasHosted;
const stopped: When = ({ page }) => page.isStopped();
const onCode: When = ({ notebook }) =>
  notebook.activeId !== null && notebook.services.doc.cell(notebook.activeId)?.type === "code";
const inCode: When = (context) => context.notebook.mode === "edit" && onCode(context);
const inEditor: When = (context) => editable(context) && context.notebook.mode === "edit";

const onCodeCell: When = (context) => {
  const { activeId, services } = context.notebook;
  return editable(context) && activeId !== null && services.doc.cell(activeId)?.type === "code";
};

const any = (...keys: string[]) => keys.map((one) => ({ keys: one, mode: "any" as const }));
const onCell = (...keys: string[]) => keys.map((one) => ({ keys: one, mode: "command" as const }));
const inText = (...keys: string[]) => keys.map((one) => ({ keys: one, mode: "edit" as const }));

function command(
  id: string,
  menu: Command["menu"],
  keys: Command["keys"],
  when: When,
  run: Run,
  isChecked?: When,
): Command {
  return {
    id,
    title: `commands.${id}` as Command["title"],
    menu,
    keys,
    when,
    run,
    ...(isChecked ? { isChecked } : {}),
  };
}

const at = (name: MenuName, group: number): Command["menu"] => ({ name, group });

const file: readonly Command[] = [
  command("newNotebook", at("file", 1), [], always, ({ page }) => page.newNotebook()),
  command("goHome", at("file", 1), any("Mod-o"), always, ({ page }) => page.goHome()),
  command("tellSaved", at("file", 2), [...any("Mod-s"), ...onCell("s")], always, ({ page }) => page.tellSaved()),
  command("rename", at("file", 2), [], owned, ({ page }) => page.rename()),
  command("duplicateNotebook", at("file", 2), [], always, ({ page }) => page.duplicate()),
  command("download", at("file", 3), [], always, ({ page }) => page.download(true)),
  command("downloadWithoutOutputs", at("file", 3), [], always, ({ page }) => page.download(false)),
  command("share", at("file", 4), [], always, ({ page }) => page.share()),
  command("revisionHistory", at("file", 4), [], always, ({ page }) => page.openRevisions()),
  command("moveToTrash", at("file", 5), [], owned, ({ page }) => page.moveToTrash()),
];

const edit: readonly Command[] = [
  command(
    "undo",
    at("edit", 1),
    [...onCell("z", "Mod-z"), ...any("Mod-m z")],
    (context) => editable(context) && context.notebook.services.doc.undo.canUndo,
    ({ notebook }) => notebook.undo(),
  ),
  command(
    "redo",
    at("edit", 1),
    onCell("Shift-z", "Mod-Shift-z", "Mod-y"),
    (context) => editable(context) && context.notebook.services.doc.undo.canRedo,
    ({ notebook }) => notebook.redo(),
  ),
  command("cutCells", at("edit", 2), [...onCell("x"), ...any("Mod-m x")], editable, ({ notebook }) =>
    copyOut(notebook.cut()),
  ),
  command("copyCells", at("edit", 2), [...onCell("c"), ...any("Mod-m c")], always, ({ notebook }) =>
    copyOut(notebook.copy()),
  ),
  command("pasteCells", at("edit", 2), [...onCell("v"), ...any("Mod-m v")], pastable, ({ notebook }) =>
    notebook.paste("below"),
  ),
  command("pasteAbove", at("edit", 2), onCell("Shift-v"), pastable, ({ notebook }) => notebook.paste("above")),
  command("duplicateCells", at("edit", 2), [], editable, ({ notebook }) => notebook.duplicate()),
  command("deleteCells", at("edit", 2), [...onCell("d d"), ...any("Mod-m d")], editable, ({ notebook }) =>
    notebook.remove(),
  ),
  command("selectAllCells", at("edit", 3), onCell("Mod-a"), always, ({ notebook }) => notebook.selectAll()),
  command("moveUp", at("edit", 3), [...any("Mod-m k"), ...onCell("Alt-ArrowUp")], editable, ({ notebook }) =>
    notebook.move(-1),
  ),
  command("moveDown", at("edit", 3), [...any("Mod-m j"), ...onCell("Alt-ArrowDown")], editable, ({ notebook }) =>
    notebook.move(1),
  ),
  command("splitCell", at("edit", 4), [...inText("Ctrl-Shift--"), ...any("Mod-m -")], inEditor, ({ notebook }) =>
    notebook.split(),
  ),
  command("mergeCells", at("edit", 4), [...onCell("Shift-m"), ...any("Mod-m /")], editable, ({ notebook }) =>
    notebook.merge("below"),
  ),
  command("mergeAbove", at("edit", 4), onCell("Ctrl-Backspace"), editable, ({ notebook }) => notebook.merge("above")),
  command("mergeBelow", null, onCell("Ctrl-Shift-m"), editable, ({ notebook }) => notebook.merge("below")),
  command("toCode", at("edit", 5), [...onCell("y"), ...any("Mod-m y")], editable, ({ notebook }) =>
    notebook.setType("code"),
  ),
  command("toText", at("edit", 5), [...onCell("m"), ...any("Mod-m m")], editable, ({ notebook }) =>
    notebook.setType("markdown"),
  ),
  command("toRaw", at("edit", 5), onCell("r"), editable, ({ notebook }) => notebook.setType("raw")),
  command("find", at("edit", 6), [...any("Mod-f", "Mod-m f")], always, ({ notebook }) =>
    notebook.find.open(selectedText()),
  ),
  command("replace", at("edit", 6), any("Mod-Shift-h", "Mod-h"), editable, ({ notebook }) =>
    notebook.find.open(selectedText(), { withReplace: true }),
  ),
  command("cellOutputs", at("edit", 9), [], onCodeCell, ({ page }) => page.openCellOutputs()),
  command("notebookSettings", at("edit", 9), [], always, ({ page }) => page.openNotebookSettings()),
];

const view: readonly Command[] = [
  ...panelIds.map((id) =>
    command(
      `panel_${id}`,
      at("view", 0),
      [],
      always,
      ({ page }) => page.togglePanel(id),
      ({ page }) => page.isPanelOpen(id),
    ),
  ),
  command("toggleOutput", at("view", 1), [...onCell("o"), ...any("Mod-m o")], onCode, ({ notebook }) =>
    notebook.toggleOutput(),
  ),
  command("toggleCode", at("view", 1), [], onCode, ({ notebook }) => notebook.toggleCode()),
  command("clearOutput", at("edit", 8), [], editable, ({ notebook }) => notebook.clearOutputs("selected")),
  command("clearAllOutputs", at("edit", 8), [], editable, ({ notebook }) => notebook.clearOutputs("all")),
  command(
    "restoreOutputs",
    at("edit", 8),
    [],
    ({ notebook }) => notebook.canRestoreOutputs,
    ({ notebook }) => notebook.restoreOutputs(),
  ),
  command(
    "toggleSection",
    at("view", 2),
    any("Mod-'"),
    ({ notebook }) => notebook.activeId !== null && notebook.sections.levelOf(notebook.activeId) !== null,
    ({ notebook }) => notebook.activeId !== null && notebook.sections.toggle(notebook.activeId),
  ),
  command("collapseAll", at("view", 2), [...onCell("Mod-]"), ...any("Mod-m [")], always, ({ notebook }) =>
    notebook.sections.collapseAll(),
  ),
  command("expandAll", at("view", 2), [...onCell("Mod-["), ...any("Mod-m ]")], always, ({ notebook }) =>
    notebook.sections.expandAll(),
  ),
  command(
    "lineNumbers",
    at("view", 3),
    [...onCell("l", "Shift-l"), ...any("Mod-m l")],
    always,
    ({ notebook }) => notebook.toggleLineNumbers(),
    ({ notebook }) => notebook.lineNumbers.get(),
  ),
  command("toggleTheme", at("view", 3), [], always, ({ page }) => page.toggleTheme()),
];

const insert: readonly Command[] = [
  command("codeBelow", at("insert", 1), [...onCell("b"), ...any("Mod-m b")], editable, ({ notebook }) =>
    insertCell(notebook, "code", "below"),
  ),
  command("codeAbove", at("insert", 1), [...onCell("a"), ...any("Mod-m a")], editable, ({ notebook }) =>
    insertCell(notebook, "code", "above"),
  ),
  command("textBelow", at("insert", 2), [], editable, ({ notebook }) => insertCell(notebook, "markdown", "below")),
  command("textAbove", at("insert", 2), [], editable, ({ notebook }) => insertCell(notebook, "markdown", "above")),
  command("addComment", at("insert", 3), any("Mod-Alt-m"), commentable, ({ page }) => page.comment()),
];

const runtime: readonly Command[] = [
  command(
    "runCell",
    at("runtime", 1),
    [...any("Mod-Enter", "Ctrl-Enter"), ...onCell("Mod-Shift-Enter")],
    always,
    ({ notebook }) => notebook.run("stay"),
  ),
  command("runAndNext", at("runtime", 1), any("Shift-Enter"), always, ({ notebook }) => notebook.run("next")),
  command("runAndInsert", at("runtime", 1), any("Alt-Enter"), editable, ({ notebook }) => notebook.run("insert")),
  command("runSelectedText", at("runtime", 1), inText("Mod-Shift-Enter"), inCode, ({ notebook }) =>
    notebook.runSelectedText(),
  ),
  command("runAll", at("runtime", 2), any("Mod-F9"), always, ({ notebook }) => notebook.runRange("all")),
  command("runBefore", at("runtime", 2), any("Mod-F8"), always, ({ notebook }) => notebook.runRange("before")),
  command("runAfter", at("runtime", 2), any("Mod-F10"), always, ({ notebook }) => notebook.runRange("after")),
  command("goToRunning", at("runtime", 3), [], running, ({ notebook }) => notebook.goToRunning()),
  command("interruptRuntime", at("runtime", 3), [...onCell("i i"), ...any("Mod-m i")], connected, ({ notebook }) =>
    notebook.services.actions.interrupt(),
  ),
  command("restartRuntime", at("runtime", 3), [...onCell("0 0"), ...any("Mod-m .")], connected, ({ page }) =>
    page.restart("nothing"),
  ),
  command("restartAndRunAll", at("runtime", 3), [], connected, ({ page }) => page.restart("run_all")),
  command("shutDownRuntime", at("runtime", 3), [], connected, ({ page }) => page.shutdown()),
  command("debugCell", at("runtime", 5), [], onCode, ({ page }) => page.debug("cell")),
  command("toggleBreakpoint", at("runtime", 5), any("F9"), onCode, ({ page }) => page.debug("toggle")),
  command("debugContinue", at("runtime", 5), any("F8", "F5"), stopped, ({ page }) => page.debug("continue")),
  command("debugNext", at("runtime", 5), any("F10"), stopped, ({ page }) => page.debug("next")),
  command("debugStepIn", at("runtime", 5), any("F11"), stopped, ({ page }) => page.debug("stepIn")),
  command("debugStepOut", at("runtime", 5), any("Shift-F11"), stopped, ({ page }) => page.debug("stepOut")),
  command("connectRuntime", at("runtime", 4), [], always, ({ page }) => page.connectLocal()),
  {
    ...command("connectHosted", at("runtime", 4), [], hosted, ({ page }) => page.connectHosted()),
    exists: hosted,
  },
  command("manageSessions", at("runtime", 4), [], always, ({ page }) => page.manageSessions()),
  command("disconnectRuntime", at("runtime", 4), [], connected, ({ page }) => page.disconnect()),
];

const tools: readonly Command[] = [
  command("palette", at("tools", 1), any("Mod-Shift-p", "Mod-Shift-c"), always, ({ page }) => page.openPalette()),
  command("settings", at("tools", 2), any("Mod-,"), always, ({ page }) => page.openSettings()),
  command("shortcuts", at("help", 1), [...onCell("h", "?"), ...any("Mod-m h")], always, ({ page }) =>
    page.openShortcuts(),
  ),
];

/** Moving about has no place in menus. */
const moving: readonly Command[] = [
  command("editCell", null, onCell("Enter"), editable, ({ notebook }) => notebook.edit()),
  command("leaveEditor", null, [...inText("Escape"), ...any("Mod-m Escape")], always, ({ notebook }) =>
    notebook.command(),
  ),
  command("nextCell", null, [...onCell("ArrowDown", "j"), ...any("Mod-m n")], always, ({ notebook }) =>
    notebook.step(1),
  ),
  command("previousCell", null, [...onCell("ArrowUp", "k"), ...any("Mod-m p")], always, ({ notebook }) =>
    notebook.step(-1),
  ),
  command("extendDown", null, onCell("Shift-ArrowDown", "Shift-j"), always, ({ notebook }) => notebook.extend(1)),
  command("extendUp", null, onCell("Shift-ArrowUp", "Shift-k"), always, ({ notebook }) => notebook.extend(-1)),
  command("firstCell", null, onCell("Home", "g g"), always, ({ notebook }) => notebook.selectEdge("first")),
  command("lastCell", null, onCell("End", "Shift-g"), always, ({ notebook }) => notebook.selectEdge("last")),
  ...[1, 2, 3, 4, 5, 6].map((level) =>
    command(`heading${level}`, null, onCell(String(level)), editable, ({ notebook }) => notebook.setHeading(level)),
  ),
];

/** All commands, in the order of the menus. */
export const commands: readonly Command[] = [...file, ...edit, ...view, ...insert, ...runtime, ...tools, ...moving];

/** What `NotebookView` listens to. */
export const keyBindings: readonly KeyBinding[] = commands.flatMap(({ id, keys }) =>
  keys.map((one) => ({ command: id, ...one })),
);

const byId = new Map(commands.map((one) => [one.id, one]));

/** Runs a command if it can be run now. Returns whether it did. */
export function runCommand(id: string, context: CommandContext): boolean {
  const found = byId.get(id);
  if (!found?.when(context)) return false;
  found.run(context);
  return true;
}

/** What is selected on the page, to look for it; null for nothing or too much, and for what stands in the find bar already. */
function selectedText(): string | null {
  if (globalThis.document?.activeElement?.closest("search")) return null;
  const selected = globalThis.getSelection?.()?.toString() ?? "";
  return selected && selected.length < 200 && !selected.includes("\n") ? selected : null;
}

/** From a selected cell to a selected cell, from text to text: as in Jupyter and in Colab. */
function insertCell(notebook: NotebookController, type: "code" | "markdown", side: "above" | "below"): void {
  notebook.insert(type, side, notebook.activeId, notebook.mode === "edit" ? "edit" : "select");
}
