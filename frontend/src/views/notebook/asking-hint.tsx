import { TextCursorInput } from "lucide-react";
import type { CellId } from "../../core/cell.ts";
import { Button } from "../../ui/button.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import type { NotebookController } from "./controller.ts";
import { useCell } from "./hooks.ts";
import styles from "./notebook-view.module.css";

/** Leads to a cell that asks for an input out of sight; the controller tells screen readers of it. */
export function AskingHint({ controller }: { readonly controller: NotebookController }) {
  const question = useObservable(controller.services.actions.stdin);
  const isInSight = useObservable(controller.inputInSight);
  return question === null || isInSight ? null : <Hint controller={controller} id={question.cellId} />;
}

function Hint({ controller, id }: { readonly controller: NotebookController; readonly id: CellId }) {
  const t = useText();
  const isGone = useCell(controller, id)?.type !== "code";
  // Drawn again when cells come, go and move.
  useObservable(controller.sections.view);
  const position = controller.sections.positionOf(id);
  const press = (): void => (isGone ? controller.services.actions.interrupt() : controller.toInput(id));
  return (
    <Button size="small" className={styles.asking} onPress={press}>
      <TextCursorInput size={15} aria-hidden />
      {isGone ? t("notebook.goneAsks") : t("notebook.cellAsks", { position })}
    </Button>
  );
}
