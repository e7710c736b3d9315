import { CircleCheck, CircleX, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx.ts";
import styles from "./notice.module.css";

export type NoticeTone = "info" | "ok" | "warning" | "danger";

const icons = { info: Info, ok: CircleCheck, warning: TriangleAlert, danger: CircleX } as const;

/** A coloured box with a sentence or two in the flow of a page or dialog. `isLive` has it read out when it appears. */
export function Notice(props: { readonly tone?: NoticeTone; readonly isLive?: boolean; readonly children: ReactNode }) {
  const { tone = "info", isLive = false, children } = props;
  const Icon = icons[tone];
  return (
    <div
      className={cx(styles.notice, styles[tone])}
      role={isLive ? (tone === "danger" ? "alert" : "status") : undefined}
    >
      <Icon size={18} aria-hidden />
      <div>{children}</div>
    </div>
  );
}
