import type { CellId } from "../../core/cell.ts";
import { Button } from "../../ui/button.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import styles from "./cell.module.css";
import type { NotebookController } from "./controller.ts";

/** The two buttons that add a cell: behind `after`, or (without it) behind the active cell. */
export function InsertButtons({
  controller,
  after,
}: {
  readonly controller: NotebookController;
  readonly after?: CellId;
}) {
  const t = useText();
  const isDisabled = useObservable(controller.readOnly);
  const add = (type: "code" | "markdown"): void => {
    if (after === undefined) controller.insert(type, "below");
    else controller.insert(type, "below", after);
  };
  return (
    <>
      <Button
        size="small"
        variant={after === undefined ? "quiet" : "secondary"}
        isDisabled={isDisabled}
        onPress={() => add("code")}
      >
        {t("notebook.addCode")}
      </Button>
      <Button
        size="small"
        variant={after === undefined ? "quiet" : "secondary"}
        isDisabled={isDisabled}
        onPress={() => add("markdown")}
      >
        {t("notebook.addText")}
      </Button>
    </>
  );
}

/** Between two cells: the buttons are there while the pointer is. The toolbar's do the same by keyboard. */
export function InsertBar({ controller, after }: { readonly controller: NotebookController; readonly after: CellId }) {
  return (
    <div className={styles.insert}>
      <div className={styles.insertButtons}>
        <InsertButtons controller={controller} after={after} />
      </div>
    </div>
  );
}
