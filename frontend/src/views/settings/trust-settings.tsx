import { useEffect, useState } from "react";
import type { HubClient, Trusted } from "../../api/client.ts";
import { tellTrustTaken } from "../../api/trust-news.ts";
import { errorText } from "../../i18n/error-text.ts";
import { Button } from "../../ui/button.tsx";
import { toast } from "../../ui/toast.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./settings-dialog.module.css";

export interface TrustSettingsProps {
  readonly hub: Pick<HubClient, "trusted" | "revokeAuthorTrust" | "revokeNotebookTrust">;
}

/** Whose code, and which cells, run on this person's machines without a question; and the way back. */
export function TrustSettings({ hub }: TrustSettingsProps) {
  const t = useText();
  const [trusted, setTrusted] = useState<Trusted | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    hub.trusted().then(setTrusted, (error: unknown) => setFailure(errorText(error)));
  }, [hub]);
  const revoke = async (name: string, work: () => Promise<void>) => {
    try {
      await work();
      tellTrustTaken();
      setTrusted(await hub.trusted());
      toast({ text: t("trust.revoked", { name }) });
    } catch (error) {
      setFailure(errorText(error));
    }
  };
  const isEmpty = trusted !== null && trusted.authors.length + trusted.notebooks.length === 0;
  return (
    <section aria-label={t("trust.settings")}>
      <h3 className={styles.part}>{t("trust.settings")}</h3>
      {failure === null ? null : <p className={styles.note}>{failure}</p>}
      {isEmpty ? <p className={styles.note}>{t("trust.settingsNone")}</p> : null}
      <ul className={styles.trusted}>
        {trusted?.authors.map(({ person_id: id, name }) => (
          <li key={id}>
            <span>{name}</span>
            <Revoke name={name} onPress={() => void revoke(name, () => hub.revokeAuthorTrust(id))} />
          </li>
        ))}
        {trusted?.notebooks.map(({ notebook_id: id, name, cells }) => (
          <li key={id}>
            <span>{t("trust.cellsOf", { count: cells, name })}</span>
            <Revoke name={name} onPress={() => void revoke(name, () => hub.revokeNotebookTrust(id))} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Revoke({ name, onPress }: { readonly name: string; readonly onPress: () => void }) {
  const t = useText();
  return (
    <Button size="small" onPress={onPress}>
      {t("trust.revoke", { name })}
    </Button>
  );
}
