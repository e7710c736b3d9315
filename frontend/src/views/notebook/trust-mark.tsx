import { ShieldQuestion } from "lucide-react";
import type { CellId } from "../../core/cell.ts";
import { useObservable, useSelected, useText } from "../../ui/use-observable.ts";
import type { CellTrust } from "./services.ts";
import styles from "./trust-mark.module.css";

interface TrustMarkProps {
  readonly trust: CellTrust;
  readonly id: CellId;
}

/** Beside a cell that asks before it runs on this person's machine; none while cells run elsewhere. */
export function TrustMark({ trust, id }: TrustMarkProps) {
  const t = useText();
  const isReviewed = useSelected(trust.states, (all) => all.get(id) !== "review");
  const asks = useObservable(trust.asks);
  if (isReviewed || !asks) return null;
  return (
    <span className={styles.mark} title={t("notebook.notReviewedWhy")}>
      <ShieldQuestion size={15} aria-hidden />
      <span className="visually-hidden">{t("notebook.notReviewed")}</span>
    </span>
  );
}
