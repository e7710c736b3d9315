import { useText } from "../../ui/use-observable.ts";
import type { Asked } from "./use-opened.ts";
import styles from "./variables-panel.module.css";

/** In place of what is not there yet: why. */
export function NotYet({ asked, isBusy }: { readonly asked: Asked; readonly isBusy: boolean }) {
  const t = useText();
  return (
    <p className={styles.hint} role="status">
      {t(asked.isPending ? (isBusy ? "variables.openingLater" : "variables.opening") : "variables.notOpened")}
    </p>
  );
}
