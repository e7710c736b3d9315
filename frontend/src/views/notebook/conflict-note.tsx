import type { CellView } from "../../doc/notebook-doc.ts";
import { Button } from "../../ui/button.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import styles from "./cell.module.css";
import type { NotebookController } from "./controller.ts";

/** A cell that stands twice because it was changed here and in the file at once (`metadata.runhere.conflict`). */
export function ConflictNote({
  controller,
  cell,
}: {
  readonly controller: NotebookController;
  readonly cell: CellView;
}) {
  const t = useText();
  const isReadOnly = useObservable(controller.readOnly);
  const ours = cell.metadata("runhere");
  if (typeof ours !== "object" || ours === null || !("conflict" in ours)) return null;
  const { conflict: _settled, ...rest } = ours;
  const settle = (): void => {
    controller.services.doc.setCellMetadata(cell.id, "runhere", Object.keys(rest).length > 0 ? rest : undefined);
  };
  return (
    <div className={styles.conflict}>
      <span>{t("notebook.conflictCell")}</span>
      <Button size="small" onPress={settle} isDisabled={isReadOnly}>
        {t("notebook.conflictSettled")}
      </Button>
    </div>
  );
}
