import { memo, type PointerEvent, type ReactNode, useRef } from "react";
import type { CellId } from "../../core/cell.ts";
import { useSelected, useText } from "../../ui/use-observable.ts";
import styles from "./cell.module.css";
import { startDrag } from "./cell-drag.ts";
import { CellToolbar } from "./cell-toolbar.tsx";
import { CodeCell } from "./code-cell.tsx";
import { ConflictNote } from "./conflict-note.tsx";
import type { NotebookController } from "./controller.ts";
import { useCell, useWishedFocus } from "./hooks.ts";
import { selectedIds } from "./selection.ts";
import { TextCell } from "./text-cell.tsx";

export interface CellProps {
  readonly controller: NotebookController;
  readonly id: CellId;
  /** Among all cells, from 1. */
  readonly position: number;
}

/** One cell: a group that can have the focus (command mode), with its parts inside (edit mode). */
export const Cell = memo(function Cell({ controller, id, position }: CellProps) {
  const t = useText();
  const cell = useCell(controller, id);
  const group = useRef<HTMLDivElement>(null);
  /** The press must not give the focus to this one of several selected cells. */
  const isHeld = useRef(false);
  const mode = useSelected(controller.selection, (now) => (now.active === id ? now.mode : null));
  const isSelected = useSelected(controller.selection, (now) =>
    now.active === now.anchor
      ? now.active === id
      : selectedIds(controller.sections.view.get().visible, now).includes(id),
  );
  useWishedFocus(controller, { cellId: id, where: "cell" }, group);
  if (!cell) return null;
  const isCode = cell.type === "code";
  // Without scrolling: the pointer is on what the person looks at.
  const take = (): void => {
    controller.noteFocus(id, "command");
    group.current?.focus({ preventScroll: true });
  };
  /** A finger that scrolled is never lifted: the browser took it over. */
  const onPointerUp = (event: PointerEvent): void => {
    if (event.pointerType === "touch" && !isGrip(event) && !isInteractive(event.target)) take();
  };
  const onPointerDown = (event: PointerEvent): void => {
    isHeld.current = false;
    if (event.button !== 0 || isInteractive(event.target)) return;
    if (event.shiftKey) {
      event.preventDefault();
      controller.select(id, { extend: true });
      return;
    }
    const drags = !controller.isReadOnly && isGrip(event);
    // Perhaps the beginning of scrolling.
    if (event.pointerType === "touch" && !drags) return;
    // Of several selected cells all are dragged: only a click selects the one.
    isHeld.current = drags && isSelected;
    if (!isHeld.current) take();
    // Not a late part: it has to hear the pointer from the press on.
    if (drags) startDrag({ controller, press: event.nativeEvent, onClick: take });
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a cell is a group, no fieldset.
    <div
      ref={group}
      role="group"
      aria-label={t(isCode ? "notebook.codeCell" : "notebook.textCell", { position: String(position) })}
      data-cell-id={id}
      data-mode={mode ?? "none"}
      data-selected={isSelected || undefined}
      tabIndex={mode === null ? -1 : 0}
      className={styles.cell}
      onPointerDown={onPointerDown}
      onPointerUp={onPointerUp}
      onMouseDown={(event) => isHeld.current && event.preventDefault()}
      onFocus={(event) => noteFocus(controller, id, event.target, group.current)}
    >
      {body()}
      {mode === null ? null : <CellToolbar controller={controller} id={id} />}
    </div>
  );

  function body(): ReactNode {
    if (!cell) return null;
    return (
      <>
        {cell.metadata("runhere") ? <ConflictNote controller={controller} cell={cell} /> : null}
        {cell.type === "code" ? (
          <CodeCell controller={controller} cell={cell} position={position} />
        ) : (
          <TextCell controller={controller} cell={cell} position={position} isEditing={mode === "edit"} />
        )}
      </>
    );
  }
});

function noteFocus(controller: NotebookController, id: CellId, target: EventTarget, group: HTMLElement | null): void {
  if (target === group) controller.noteFocus(id, "command");
  else if (target instanceof Element && target.closest(".cm-content")) controller.noteFocus(id, "edit");
  else if (controller.activeId !== id) controller.noteFocus(id, "command");
}

/** Cells are dragged by the grip among their tools, with a mouse also by their margin. */
function isGrip({ target, pointerType }: PointerEvent): boolean {
  if (!(target instanceof Element)) return false;
  return (
    target.closest("[data-grip]") !== null ||
    (pointerType === "mouse" && target.matches(`.${styles.gutter} *, .${styles.gutter}`))
  );
}

function isInteractive(target: EventTarget): boolean {
  return (
    target instanceof Element &&
    target.closest(".cm-editor, button, a, input, textarea, select, summary, iframe, label, [role='menu']") !== null
  );
}
