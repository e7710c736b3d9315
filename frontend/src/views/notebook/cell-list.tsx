/**
 * The cells as a window over their list: only rows in sight (and a few around) exist, each with a live editor. The active
 * cell is always among them, because it may hold the focus and an input method's unfinished text.
 */
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { CellId } from "../../core/cell.ts";
import { useObservable, useSelected, useText } from "../../ui/use-observable.ts";
import styles from "./cell.module.css";
import { Cell } from "./cell.tsx";
import { CellWindow } from "./cell-window.ts";
import type { NotebookController } from "./controller.ts";
import { estimateHeight } from "./estimate.ts";
import { InsertBar } from "./insert-bar.tsx";
import { warmTexts } from "./warm-texts.ts";

interface CellListProps {
  readonly controller: NotebookController;
  readonly scroller: HTMLElement;
}

export function CellList({ controller, scroller }: CellListProps) {
  const t = useText();
  const list = useRef<HTMLDivElement>(null);
  const cellWindow = useCellWindow(controller, scroller);
  const rows = useObservable(cellWindow.rows);
  useScrolling(controller, scroller);
  const isEmpty = rows.length === 0;
  useEffect(() => (isEmpty ? undefined : warmTexts(controller)), [controller, isEmpty]);
  useLayoutEffect(() => (list.current ? cellWindow.attach(list.current) : undefined), [cellWindow]);
  const isReadOnly = useObservable(controller.readOnly);
  const total = controller.services.doc.cellIds().length;
  return (
    // biome-ignore lint/a11y/useSemanticElements: the rows are placed by hand; a ul would bring nothing but its own look.
    <div
      ref={list}
      role="list"
      aria-label={t("notebook.cells")}
      className={styles.list}
      data-movable={!isReadOnly || undefined}
    >
      {rows.map((id) => (
        <Row
          key={id}
          controller={controller}
          cellWindow={cellWindow}
          id={id}
          position={controller.sections.positionOf(id)}
          total={total}
        />
      ))}
    </div>
  );
}

/** The window over the cells in sight, told of what must be in it. */
function useCellWindow(controller: NotebookController, scroller: HTMLElement): CellWindow {
  const { visible } = useObservable(controller.sections.view);
  const active = useSelected(controller.selection, (now) => now.active);
  const found = useSelected(controller.find.state, (find) => find.matches[find.current]?.cellId ?? null);
  const cellWindow = useMemo(
    () => new CellWindow(scroller, (id) => estimateHeight(controller.services, id)),
    [controller, scroller],
  );
  useLayoutEffect(() => cellWindow.show(visible, active), [cellWindow, visible, active]);
  useEffect(() => {
    if (found !== null && visible.includes(found)) cellWindow.bringIntoSight(found);
  }, [cellWindow, found, visible]);
  useEffect(() => {
    // A far cell that got the focus wish is mounted first, at its estimated place; the view follows.
    return controller.focus.subscribe(() => {
      const wish = controller.focus.get();
      if (wish !== null && !cellWindow.isNear(wish.cellId)) cellWindow.bringIntoSight(wish.cellId);
    });
  }, [controller, cellWindow]);
  return cellWindow;
}

/** Scrolling has ended when there was none for this long. */
const SETTLE_MS = 120;

function useScrolling(controller: NotebookController, scroller: HTMLElement): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = (): void => controller.scrolling.set(false);
    const onScroll = (): void => {
      clearTimeout(timer);
      timer = setTimeout(end, SETTLE_MS);
      controller.scrolling.set(true);
    };
    scroller.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      clearTimeout(timer);
      scroller.removeEventListener("scroll", onScroll);
      end();
    };
  }, [controller, scroller]);
}

interface RowProps {
  readonly controller: NotebookController;
  readonly cellWindow: CellWindow;
  readonly id: CellId;
  readonly position: number;
  readonly total: number;
}

const Row = memo(function Row({ controller, cellWindow, id, position, total }: RowProps) {
  const [isHovered, setHovered] = useState(false);
  const row = useRef<HTMLDivElement>(null);
  // From the first drawing on: a cell that takes the focus scrolls to where it stands before its row is held.
  const [top] = useState(() => cellWindow.topOf(id));
  useLayoutEffect(() => (row.current ? cellWindow.hold(id, row.current) : undefined), [cellWindow, id]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the list.
    <div
      ref={row}
      role="listitem"
      aria-posinset={position}
      aria-setsize={total}
      className={styles.item}
      style={{ top }}
      onPointerEnter={(event) => event.pointerType === "mouse" && setHovered(true)}
      onPointerLeave={() => setHovered(false)}
    >
      <Cell controller={controller} id={id} position={position} />
      {isHovered ? <InsertBar controller={controller} after={id} /> : null}
    </div>
  );
});
