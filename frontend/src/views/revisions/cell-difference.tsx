import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { ShownOutputs } from "../../api/client.ts";
import type { CellDifference as Difference, NumberedCell } from "../../core/compare-cells.ts";
import { SourceComparison } from "../../editor/comparison.ts";
import { OutputArea } from "../../outputs/output-area.ts";
import type { OutputEnvironment } from "../../outputs/rendered.ts";
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
  /** What the cell showed then; null: nothing that is known. */
  readonly shown?: ShownOutputs | null;
  readonly environment: OutputEnvironment;
}

/** One cell in two versions. */
export function CellDifference({ row, language, environment, isWhole = false, shown = null }: CellDifferenceProps) {
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
      {shown === null ? null : (
        <Outputs shown={shown} environment={environment} label={t("revisions.outputOf", { cell: name })} />
      )}
    </section>
  );
}

interface SourceProps extends Pick<CellDifferenceProps, "row" | "language"> {
  readonly cell: NumberedCell;
  readonly label: string;
}

/** The editor is made once its place is near: a version may have thousands of cells. */
function Source({ row, cell, label, language }: SourceProps) {
  const t = useText();
  const host = useRef<HTMLDivElement>(null);
  const isNear = useNear(host);
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

interface OutputsProps {
  readonly shown: ShownOutputs;
  readonly environment: OutputEnvironment;
  readonly label: string;
}

/** Nobody's own here: what could act waits for a click. */
function Outputs({ shown, environment, label }: OutputsProps) {
  const host = useRef<HTMLDivElement>(null);
  const isNear = useNear(host);
  useLayoutEffect(() => {
    if (!isNear || !host.current) return;
    const area = new OutputArea(host.current, environment);
    area.showNow({ runId: shown.run_id, outputs: shown.outputs, isOwn: false });
    return () => area.dispose();
  }, [isNear, shown, environment]);
  // biome-ignore lint/a11y/useSemanticElements: a section would need the same role and name.
  return <div ref={host} role="region" aria-label={label} className={styles.outputs} />;
}

/** Whether the place of an element was in sight, or nearly. */
function useNear(host: RefObject<HTMLElement | null>): boolean {
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
  }, [host]);
  return isNear;
}
