import { ChevronRight } from "lucide-react";
import type { CellView } from "../../doc/notebook-doc.ts";
import { Button } from "../../ui/button.tsx";
import { useText } from "../../ui/use-observable.ts";
import type { NotebookController } from "./controller.ts";
import styles from "./hidden-code.module.css";
import { nameOfHidden } from "./hidden-name.ts";
import { useSource } from "./hooks.ts";

/** Stands in place of code that the notebook hides, and shows it. */
export function HiddenCode({ controller, cell }: { readonly controller: NotebookController; readonly cell: CellView }) {
  const t = useText();
  const { words, isTitle } = nameOfHidden(useSource(cell));
  const show = (): void => {
    controller.foldCode(cell.id, false);
    controller.select(cell.id);
  };
  return (
    <Button variant="quiet" className={styles.hiddenCode} onPress={show}>
      <ChevronRight size={16} aria-hidden />
      <span className={styles.hiddenName} data-title={isTitle || undefined}>
        {words}
      </span>
      <span className={styles.hiddenHint}>{t("notebook.showCode")}</span>
    </Button>
  );
}
