import { useEffect, useState } from "react";
import type { HubClient, NewNotebooks } from "../../api/client.ts";
import { errorText } from "../../i18n/error-text.ts";
import { Checkbox } from "../../ui/checkbox.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./settings-dialog.module.css";

export interface NewNotebookSettingsProps {
  readonly hub: Pick<HubClient, "newNotebooks" | "chooseForNewNotebooks">;
}

/** Whether outputs of this person's new notebooks stay at home; kept on the hub, because it holds in every browser. */
export function NewNotebookSettings({ hub }: NewNotebookSettingsProps) {
  const t = useText();
  const [chosen, setChosen] = useState<NewNotebooks | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    hub.newNotebooks().then(setChosen, (error: unknown) => setFailure(errorText(error)));
  }, [hub]);
  const choose = (omit: boolean) => {
    hub.chooseForNewNotebooks(omit).then(setChosen, (error: unknown) => setFailure(errorText(error)));
  };
  const omits = chosen?.omit ?? chosen?.hub_omits ?? false;
  return (
    <section aria-label={t("private.newNotebooks")}>
      <h3 className={styles.part}>{t("private.newNotebooks")}</h3>
      <Checkbox isSelected={omits} onChange={choose} isDisabled={chosen === null}>
        {t("private.omitNew")}
      </Checkbox>
      <p className={styles.note}>{t(chosen?.omit === null ? "private.asHub" : "private.keptByHub")}</p>
      {failure === null ? null : <p className={styles.note}>{failure}</p>}
    </section>
  );
}
