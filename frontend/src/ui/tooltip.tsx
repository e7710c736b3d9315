import type { ReactNode } from "react";
import {
  Tooltip as AriaTooltip,
  TooltipTrigger as AriaTooltipTrigger,
  type TooltipTriggerComponentProps,
} from "react-aria-components/Tooltip";
import styles from "./tooltip.module.css";

/** Holds one focusable child and one `Tooltip`. */
export function TooltipTrigger(props: TooltipTriggerComponentProps) {
  return <AriaTooltipTrigger delay={600} closeDelay={80} {...props} />;
}

export function Tooltip({
  children,
  shortcut,
}: {
  readonly children: ReactNode;
  readonly shortcut?: string | undefined;
}) {
  return (
    <AriaTooltip className={styles.tooltip ?? ""} offset={6}>
      {children}
      {shortcut ? <kbd className={styles.shortcut}>{shortcut}</kbd> : null}
    </AriaTooltip>
  );
}
