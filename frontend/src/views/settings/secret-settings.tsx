import { useEffect, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { toast } from "../../ui/toast.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./settings-dialog.module.css";

export interface SecretSettingsProps {
  readonly secrets: () => Promise<{ names(): Promise<readonly string[]>; forget(name: string): Promise<void> }>;
}

/** The secrets that this browser keeps for notebooks, by name; a value is never shown. */
export function SecretSettings({ secrets }: SecretSettingsProps) {
  const t = useText();
  const [names, setNames] = useState<readonly string[] | null>(null);
  useEffect(() => {
    void secrets()
      .then((kept) => kept.names())
      .then(setNames);
  }, [secrets]);
  const forget = async (name: string) => {
    const kept = await secrets();
    await kept.forget(name);
    setNames(await kept.names());
    toast({ text: t("requests.forgotten", { name }) });
  };
  return (
    <section aria-label={t("requests.settings")}>
      <h3 className={styles.part}>{t("requests.settings")}</h3>
      {names?.length === 0 ? <p className={styles.note}>{t("requests.settingsNone")}</p> : null}
      <ul className={styles.trusted}>
        {names?.map((name) => (
          <li key={name}>
            <span>{name}</span>
            <Button size="small" onPress={() => void forget(name)}>
              {t("requests.forget", { name })}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
