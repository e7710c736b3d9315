import { useEffect, useRef, useState } from "react";
import type { CellDifference as Difference, NumberedCell } from "../../core/compare-cells.ts";
import { SourceComparison } from "../../editor/comparison.ts";
import { cx } from "../../ui/cx.ts";
import { useText } from "../../ui/use-observable.ts";
import { cellName } from "./revision-words.ts";
import styles from "./revisions.module.css";

export interface CellDifferenceProps {
  readonly row: Difference;
  /** Of code cells; lower case. */
  readonly language: string;
  /** Shown for itself: nothing is said about the other version. */
  readonly isWhole?: boolean;
}

/** One cell in two versions. */
export function CellDifference({ row, language, isWhole = false }: CellDifferenceProps) {
  const t = useText();
  const cell = row.kind === "removed" ? row.before : row.after;
  const name = cellName(cell);
  return (
    <section aria-label={name} className={cx(styles.difference, styles[row.kind])}>
      <h3 className={styles.differenceHead}>
        <span>{name}</span>
        {isWhole ? null : <span className={styles.mark}>{t(`revisions.${row.kind}`)}</span>}
        {"isMoved" in row && row.isMoved ? (
          <span className={styles.info}>
            {t("revisions.moved")} ({t("revisions.movedFrom", { number: row.before.number })})
          </span>
        ) : null}
        {row.kind === "changed" && row.before.type !== row.after.type ? (
          <span className={styles.info}>{t("revisions.wasType", { type: cellName(row.before) })}</span>
        ) : null}
      </h3>
      <Source row={row} cell={cell} label={t("revisions.sourceOf", { cell: name })} language={language} />
    </section>
  );
}

interface SourceProps extends CellDifferenceProps {
  readonly cell: NumberedCell;
  readonly label: string;
}

/** The editor is made once its place is near: a version may have thousands of cells. */
function Source({ row, cell, label, language }: SourceProps) {
  const t = useText();
  const host = useRef<HTMLDivElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    if (!host.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setNear(true);
      },
      { rootMargin: "400px" },
    );
    observer.observe(host.current);
    return () => observer.disconnect();
  }, []);
  const unchangedLines = t("revisions.unchangedLines");
  useEffect(() => {
    if (!isNear || !host.current) return;
    const comparison = new SourceComparison({
      parent: host.current,
      before: row.kind === "changed" ? row.before.source : null,
      after: cell.source,
      language: cell.type === "code" ? language : cell.type === "markdown" ? "markdown" : "",
      label,
      unchangedLines,
    });
    return () => comparison.destroy();
  }, [isNear, row, cell, label, language, unchangedLines]);
  return (
    <div ref={host} className={styles.source}>
      {isNear ? null : <pre className={styles.ahead}>{cell.source.split("\n").slice(0, 60).join("\n")}</pre>}
    </div>
  );
}
