import { ChevronRight } from "lucide-react";
import type { CellView } from "../../doc/notebook-doc.ts";
import { withWords } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { latePart } from "../../ui/late-part.ts";
import { useObservable, useText } from "../../ui/use-observable.ts";
import type { NotebookController } from "./controller.ts";
import styles from "./hidden-code.module.css";
import { nameOfHidden } from "./hidden-name.ts";
import { useSource } from "./hooks.ts";

const formFields = latePart(
  () => withWords(import("./form-fields.tsx"), "forms"),
  (module) => module.FormFields,
  { missing: "quiet" },
);

/** Stands in place of code that the notebook hides, and shows it; of a form, with its fields. */
export function HiddenCode({ controller, cell }: { readonly controller: NotebookController; readonly cell: CellView }) {
  const t = useText();
  const isReadOnly = useObservable(controller.readOnly);
  const source = useSource(cell);
  const { words, isTitle } = nameOfHidden(source);
  const show = (): void => {
    controller.foldCode(cell.id, false);
    controller.select(cell.id);
  };
  return (
    <>
      <Button variant="quiet" className={styles.hiddenCode} onPress={show}>
        <ChevronRight size={16} aria-hidden />
        <span className={styles.hiddenName} data-title={isTitle || undefined}>
          {words}
        </span>
        <span className={styles.hiddenHint}>{t("notebook.showCode")}</span>
      </Button>
      {/@param/.test(source) ? (
        <formFields.Part
          doc={controller.services.doc}
          cell={cell}
          source={source}
          title={words}
          isReadOnly={isReadOnly}
        />
      ) : null}
    </>
  );
}
