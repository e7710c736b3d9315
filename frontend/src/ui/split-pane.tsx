import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import styles from "./split-pane.module.css";
import { useText } from "./use-observable.ts";

export interface SplitHandleProps {
  /** Id of the element whose width it sets. */
  readonly controls: string;
  /** CSS pixels, as the other three. */
  readonly width: number;
  readonly minWidth: number;
  readonly maxWidth: number;
  readonly onWidth: (width: number) => void;
  /** Told when a drag or a key press is over, to keep the width. */
  readonly onResized?: ((width: number) => void) | undefined;
}

/** The handle behind a pane: dragged, or moved with arrows, Home and End. */
export function SplitHandle({ controls, width, minWidth, maxWidth, onWidth, onResized }: SplitHandleProps) {
  const t = useText();
  const start = useRef<{ x: number; width: number } | null>(null);
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
    onWidth(limit(next));
    onResized?.(limit(next));
  };
  const onPointerDown = (event: PointerEvent) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, width };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (start.current) onWidth(limit(start.current.width + event.clientX - start.current.x));
  };
  const onPointerUp = () => {
    if (start.current) onResized?.(width);
    start.current = null;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a window splitter is a focusable separator; <hr> cannot be one.
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={t("shell.resizePane")}
      aria-controls={controls}
      aria-valuenow={width}
      aria-valuemin={minWidth}
      aria-valuemax={maxWidth}
      tabIndex={0}
      className={styles.handle}
      data-panel=""
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
    />
  );
}
