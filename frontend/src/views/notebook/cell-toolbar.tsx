import { ArrowDown, ArrowUp, Ellipsis, Pencil, Trash2 } from "lucide-react";
import type { CellId } from "../../core/cell.ts";
import { IconButton } from "../../ui/button.tsx";
import { MenuButton, type MenuEntry } from "../../ui/menu.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import styles from "./cell.module.css";
import { copyOut } from "./clipboard.ts";
import type { NotebookController } from "./controller.ts";
import { useCell } from "./hooks.ts";

/** The tools of the active cell, at its upper right. */
export function CellToolbar({ controller, id }: { readonly controller: NotebookController; readonly id: CellId }) {
  const t = useText();
  const cell = useCell(controller, id);
  const isReadOnly = useObservable(controller.readOnly);
  if (isReadOnly || !cell) return null;
  const act = (run: () => void) => (): void => {
    if (controller.activeId !== id) controller.select(id);
    run();
  };
  const item = (name: string, label: string, run: () => void): MenuEntry => ({
    kind: "item",
    id: name,
    label,
    onAction: act(run),
  });
  const entries: readonly MenuEntry[] = [
    item("up", t("notebook.moveUp"), () => controller.move(-1)),
    item("down", t("notebook.moveDown"), () => controller.move(1)),
    { kind: "separator", id: "s0" },
    item("cut", t("commands.cutCells"), () => copyOut(controller.cut())),
    item("copy", t("commands.copyCells"), () => copyOut(controller.copy())),
    item("paste", t("commands.pasteCells"), () => controller.paste()),
    item("duplicate", t("commands.duplicateCells"), () => controller.duplicate()),
    item("delete", t("notebook.deleteCell"), () => controller.remove()),
    { kind: "separator", id: "s1" },
    item("merge-above", t("commands.mergeAbove"), () => controller.merge("above")),
    item("merge-below", t("commands.mergeBelow"), () => controller.merge("below")),
    { kind: "separator", id: "s2" },
    cell.type === "code"
      ? item("text", t("commands.toText"), () => controller.setType("markdown"))
      : item("to-code", t("commands.toCode"), () => controller.setType("code")),
    ...(cell.type === "code"
      ? [
          item("code", t("commands.toggleCode"), () => controller.toggleCode()),
          item("debug", t("commands.debugCell"), () => controller.debugCell()),
          item("clear", t("commands.clearOutput"), () => controller.clearOutputs("selected")),
          item("outputs", t("commands.cellOutputs"), () => controller.services.askForCellOutputs?.()),
        ]
      : []),
  ];
  return (
    <div className={styles.tools}>
      {/* Nothing for keys and screen readers, which have the two arrows. */}
      <span data-grip="" className={styles.grip} title={t("notebook.dragCell")} aria-hidden />
      {cell.type === "markdown" ? (
        <IconButton size="small" label={t("notebook.editText")} onPress={() => controller.edit(id)}>
          <Pencil size={15} aria-hidden />
        </IconButton>
      ) : null}
      {/* Where the window is narrow these are in the menu only: they would cover what the cell says. */}
      <span className={styles.wideTools}>
        <IconButton size="small" label={t("notebook.moveUp")} onPress={act(() => controller.move(-1))}>
          <ArrowUp size={15} aria-hidden />
        </IconButton>
        <IconButton size="small" label={t("notebook.moveDown")} onPress={act(() => controller.move(1))}>
          <ArrowDown size={15} aria-hidden />
        </IconButton>
        <IconButton size="small" label={t("notebook.deleteCell")} onPress={act(() => controller.remove())}>
          <Trash2 size={15} aria-hidden />
        </IconButton>
      </span>
      <MenuButton label={t("notebook.moreActions")} entries={entries} placement="bottom end">
        <IconButton size="small" label={t("notebook.moreActions")}>
          <Ellipsis size={15} aria-hidden />
        </IconButton>
      </MenuButton>
    </div>
  );
}
