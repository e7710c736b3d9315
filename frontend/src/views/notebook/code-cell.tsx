import type { CellView } from "../../doc/notebook-doc.ts";
import { latePart } from "../../ui/late-part.ts";
import { useSelected } from "../../ui/use-observable.ts";
import styles from "./cell.module.css";
import { CellEditor } from "./cell-editor.tsx";
import type { NotebookController } from "./controller.ts";
import { useBehindMark } from "./hooks.ts";
import { Margin } from "./margin.tsx";
import { isFolded } from "./output-fold.ts";
import { OutputRegion } from "./output-region.tsx";
import { RunButton, RunMark } from "./run-button.tsx";
import { runFacts } from "./run-notes.tsx";
import { CellAtHome } from "./save-status.tsx";
import { isSourceHidden } from "./source-fold.ts";
import { TrustMark } from "./trust-mark.tsx";

/** Most notebooks hide no code. */
export const hiddenCode = latePart(
  () => import("./hidden-code.tsx"),
  (module) => module.HiddenCode,
  { missing: "quiet", waiting: <div className={styles.hiddenSoon} /> },
);

interface CodeCellProps {
  readonly controller: NotebookController;
  readonly cell: CellView;
  readonly position: number;
}

export function CodeCell({ controller, cell, position }: CodeCellProps) {
  const foldedHere = useSelected(controller.foldsHere, (folds) => folds.get(cell.id));
  const codeHere = useSelected(controller.codeHere, (folds) => folds.get(cell.id));
  // Whoever writes in it keeps it, also when somebody else hides it meanwhile.
  const isEditing = useSelected(controller.selection, (now) => now.active === cell.id && now.mode === "edit");
  const isCodeHidden = !isEditing && (codeHere ?? isSourceHidden(cell.metadata));
  const isHidden = foldedHere ?? isFolded(cell.metadata);
  const gutter = useBehindMark(controller, cell.id, "margin");
  return (
    <div className={styles.code}>
      {/* Put together when somebody points at it, or comes to it by keys: dates are slow to write, and rows come and go while scrolling. */}
      <div
        ref={gutter}
        className={styles.gutter}
        onPointerEnter={(event) => {
          event.currentTarget.title = runFacts(controller, cell.id) ?? "";
        }}
        onFocusCapture={({ target }) => {
          target.setAttribute("aria-description", runFacts(controller, cell.id) ?? "");
        }}
      >
        {controller.services.trust ? <TrustMark trust={controller.services.trust} id={cell.id} /> : null}
        <RunMark controller={controller} id={cell.id} />
        <RunButton controller={controller} id={cell.id} />
        <Margin controller={controller} id={cell.id} />
      </div>
      <div className={styles.source}>
        {isCodeHidden ? (
          <hiddenCode.Part controller={controller} cell={cell} />
        ) : (
          <CellEditor controller={controller} cell={cell} position={position} />
        )}
      </div>
      <div className={styles.result}>
        <CellAtHome controller={controller} cell={cell} />
        <OutputRegion controller={controller} id={cell.id} position={position} isHidden={isHidden} />
      </div>
    </div>
  );
}
