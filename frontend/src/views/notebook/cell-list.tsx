/**
 * The cells as a window over their list: only rows in sight (and a few around) exist, each with a live editor. The active
 * cell is always among them, because it may hold the focus and an input method's unfinished text.
 */
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { memo, useCallback, useEffect, useRef, useState } from "react";
import type { CellId } from "../../core/cell.ts";
import { useObservable, useSelected, useText } from "../../ui/use-observable.ts";
import styles from "./cell.module.css";
import { Cell } from "./cell.tsx";
import type { NotebookController } from "./controller.ts";
import { estimateHeight } from "./estimate.ts";
import { InsertBar } from "./insert-bar.tsx";

const OVERSCAN = 4;

export function CellList({
  controller,
  scroller,
}: {
  readonly controller: NotebookController;
  readonly scroller: HTMLElement;
}) {
  const t = useText();
  const { visible } = useObservable(controller.sections.view);
  const active = useSelected(controller.selection, (now) => now.active);
  const shown = useSelected(controller.find.state, (find) => find.matches[find.current]?.cellId ?? null);
  const activeIndex = active === null ? -1 : visible.indexOf(active);
  const rangeExtractor = useCallback(
    (range: Range) => withIndex(defaultRangeExtractor(range), activeIndex),
    [activeIndex],
  );
  const virtualizer = useVirtualizer({
    count: visible.length,
    getScrollElement: () => scroller,
    estimateSize: (index) => estimateHeight(controller.services, visible[index] ?? ""),
    getItemKey: useCallback((index: number) => visible[index] ?? index, [visible]),
    overscan: OVERSCAN,
    paddingStart: 12,
    rangeExtractor,
    useFlushSync: false,
  });
  useScrolling(controller, scroller);
  const toIndex = useRef(virtualizer);
  toIndex.current = virtualizer;
  useEffect(() => {
    if (shown !== null) toIndex.current.scrollToIndex(Math.max(0, visible.indexOf(shown)), { align: "auto" });
  }, [shown, visible]);
  useEffect(() => {
    // A far cell that got the focus wish is mounted first, at its estimated place; the view follows.
    return controller.focus.subscribe(() => {
      const wish = controller.focus.get();
      const index = wish === null ? -1 : visible.indexOf(wish.cellId);
      const range = toIndex.current.range;
      if (index >= 0 && range && (index < range.startIndex || index > range.endIndex))
        toIndex.current.scrollToIndex(index, { align: "auto" });
    });
  }, [controller, visible]);

  const total = controller.services.doc.cellIds().length;
  return (
    // biome-ignore lint/a11y/useSemanticElements: the rows are placed by hand; a ul would bring nothing but its own look.
    <div
      role="list"
      aria-label={t("notebook.cells")}
      className={styles.list}
      style={{ height: virtualizer.getTotalSize() }}
    >
      {virtualizer.getVirtualItems().map((item) => {
        const id = visible[item.index];
        if (id === undefined) return null;
        return (
          <Row
            key={id}
            controller={controller}
            id={id}
            index={item.index}
            top={item.start}
            position={controller.sections.positionOf(id)}
            total={total}
            measure={virtualizer.measureElement}
          />
        );
      })}
    </div>
  );
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
  readonly id: CellId;
  readonly index: number;
  readonly top: number;
  readonly position: number;
  readonly total: number;
  readonly measure: (element: HTMLElement | null) => void;
}

const Row = memo(function Row({ controller, id, index, top, position, total, measure }: RowProps) {
  const [isHovered, setHovered] = useState(false);
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the list.
    <div
      role="listitem"
      aria-posinset={position}
      aria-setsize={total}
      data-index={index}
      ref={measure}
      className={styles.item}
      // Not a transform: that would be a stacking context, and a list of completions would lie under the next cell.
      style={{ top }}
      onPointerEnter={(event) => event.pointerType === "mouse" && setHovered(true)}
      onPointerLeave={() => setHovered(false)}
    >
      <Cell controller={controller} id={id} position={position} />
      {isHovered ? <InsertBar controller={controller} after={id} /> : null}
    </div>
  );
});

function withIndex(indexes: number[], index: number): number[] {
  if (index < 0 || indexes.includes(index)) return indexes;
  return [...indexes, index].sort((a, b) => a - b);
}
