import { useMemo, useState } from "react";
import type { ShownOutputs } from "../../api/client.ts";
import type { CellId } from "../../core/cell.ts";
import {
  type ComparedCell,
  compareCells,
  type CellDifference as Difference,
  isDifference,
} from "../../core/compare-cells.ts";
import type { OutputEnvironment } from "../../outputs/rendered.ts";
import { Checkbox } from "../../ui/checkbox.tsx";
import { useText } from "../../ui/use-observable.ts";
import { CellDifference } from "./cell-difference.tsx";
import styles from "./revisions.module.css";

export interface ComparisonViewProps {
  readonly before: readonly ComparedCell[];
  readonly after: readonly ComparedCell[];
  readonly language: string;
  /** Every cell, and no word of differences. */
  readonly isWhole: boolean;
  /** What the cells of the version showed; null: not looked for. */
  readonly outputs: ReadonlyMap<CellId, ShownOutputs> | null;
  readonly environment: OutputEnvironment;
}

/** Two versions cell by cell; unchanged cells between are counted, or shown on request. */
export function ComparisonView({ before, after, language, isWhole, outputs, environment }: ComparisonViewProps) {
  const t = useText();
  const [showsAll, setShowsAll] = useState(false);
  const rows = useMemo(() => compareCells(before, after), [before, after]);
  const differs = rows.filter(isDifference);
  const count = (kind: Difference["kind"]) => rows.filter((row) => row.kind === kind).length;
  const moved = rows.filter((row) => "isMoved" in row && row.isMoved).length;
  return (
    <>
      {isWhole ? null : (
        <div className={styles.summary}>
          <p role="status">
            {differs.length === 0
              ? t("revisions.noDifference")
              : t("revisions.summary", {
                  changed: count("changed"),
                  added: count("added"),
                  removed: count("removed"),
                  moved,
                })}
          </p>
          <Checkbox isSelected={showsAll} onChange={setShowsAll}>
            {t("revisions.showUnchanged")}
          </Checkbox>
        </div>
      )}
      {blocks(rows, showsAll || isWhole).map((block) =>
        Array.isArray(block) ? (
          <p key={block[0]?.id} className={styles.unchanged}>
            {t("revisions.unchangedCells", { count: block.length })}
          </p>
        ) : (
          <CellDifference
            key={block.id}
            row={block}
            language={language}
            isWhole={isWhole}
            shown={outputs?.get(block.id) ?? null}
            environment={environment}
          />
        ),
      )}
    </>
  );
}

/** Rows to show one by one, and runs of unchanged ones that are only counted. */
function blocks(rows: readonly Difference[], showsAll: boolean): (Difference | Difference[])[] {
  if (showsAll) return [...rows];
  const found: (Difference | Difference[])[] = [];
  for (const row of rows) {
    const last = found.at(-1);
    if (isDifference(row)) found.push(row);
    else if (Array.isArray(last)) last.push(row);
    else found.push([row]);
  }
  return found;
}
