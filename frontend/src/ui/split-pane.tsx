import { type KeyboardEvent, type PointerEvent, type ReactNode, useId, useRef, useState } from "react";
import styles from "./split-pane.module.css";
import { useText } from "./use-observable.ts";

export interface SplitPaneProps {
  readonly first: ReactNode;
  readonly second: ReactNode;
  /** Width of the first pane in CSS pixels, at first. */
  readonly initialWidth?: number;
  readonly minWidth?: number;
  readonly maxWidth?: number;
  /** Told when a drag or a key press is over, to keep the width. */
  readonly onResized?: (width: number) => void;
}

/** Two panes side by side with a handle between them: dragged, or moved with arrows, Home and End. */
export function SplitPane(props: SplitPaneProps) {
  const { first, second, initialWidth = 280, minWidth = 180, maxWidth = 560, onResized } = props;
  const t = useText();
  const [width, setWidth] = useState(initialWidth);
  const start = useRef<{ x: number; width: number } | null>(null);
  const firstId = useId();
  const limit = (value: number) => Math.min(maxWidth, Math.max(minWidth, Math.round(value)));

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: width - 16,
      ArrowRight: width + 16,
      Home: minWidth,
      End: maxWidth,
    };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setWidth(limit(next));
    onResized?.(limit(next));
  };
  const onPointerDown = (event: PointerEvent) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, width };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (start.current) setWidth(limit(start.current.width + event.clientX - start.current.x));
  };
  const onPointerUp = () => {
    if (start.current) onResized?.(width);
    start.current = null;
  };
  return (
    <div className={styles.pane}>
      <div id={firstId} className={styles.first} style={{ width }}>
        {first}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a window splitter is a focusable separator; <hr> cannot be one. */}
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label={t("shell.resizePane")}
        aria-controls={firstId}
        aria-valuenow={width}
        aria-valuemin={minWidth}
        aria-valuemax={maxWidth}
        tabIndex={0}
        className={styles.handle}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
      />
      <div className={styles.second}>{second}</div>
    </div>
  );
}
