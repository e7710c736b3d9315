import { formatBytes } from "../../i18n/t.ts";
import type { Transfer } from "../../kernel/file-transfer.ts";
import { Button } from "../../ui/button.tsx";
import { Progress } from "../../ui/progress.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import styles from "./files-panel.module.css";
import { troubleText } from "./trouble.ts";

export function TransferList(props: {
  readonly transfers: readonly Transfer[];
  readonly onForget: (transfer: Transfer) => void;
}) {
  const { transfers, onForget } = props;
  const t = useText();
  if (transfers.length === 0) return null;
  return (
    <ul aria-label={t("files.transfers")} className={styles.transfers}>
      {transfers.map((transfer, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two may have one name; the list only grows at its end and loses whole rows.
        <Row key={`${transfer.name}-${index}`} transfer={transfer} onForget={() => onForget(transfer)} />
      ))}
    </ul>
  );
}

function Row({ transfer, onForget }: { readonly transfer: Transfer; readonly onForget: () => void }) {
  const t = useText();
  const state = useObservable(transfer.state);
  const { name, direction, sizeBytes } = transfer;
  if (state.phase === "failed") {
    const facts = { name, why: troubleText(state.error) };
    return (
      <li className={styles.transfer}>
        <span role="alert" className={styles.bad}>
          {direction === "up" ? t("files.uploadFailed", facts) : t("files.downloadFailed", facts)}
        </span>
        <Button size="small" onPress={onForget}>
          {t("files.dismiss")}
        </Button>
      </li>
    );
  }
  if (state.phase !== "running" && state.phase !== "waiting") return null;
  const label = direction === "up" ? t("files.uploading", { name }) : t("files.downloading", { name });
  const share = sizeBytes === 0 ? 0 : Math.floor((state.doneBytes / sizeBytes) * 100);
  return (
    <li className={styles.transfer}>
      <div className={styles.transferText}>
        <span className={styles.transferName}>{label}</span>
        <Progress label={label} value={share} />
        <span className={styles.quiet} role={state.phase === "waiting" ? "status" : undefined}>
          {state.phase === "waiting"
            ? t("files.waiting")
            : t("files.progress", { done: formatBytes(state.doneBytes), size: formatBytes(sizeBytes) })}
        </span>
      </div>
      {state.phase === "waiting" ? (
        <Button size="small" onPress={() => transfer.goOn()}>
          {t("files.goOn")}
        </Button>
      ) : null}
      <Button size="small" onPress={() => transfer.cancel()}>
        {t("files.cancel")}
      </Button>
    </li>
  );
}
