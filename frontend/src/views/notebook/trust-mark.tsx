import { ShieldQuestion } from "lucide-react";
import type { CellId } from "../../core/cell.ts";
import type { Observable } from "../../core/observable.ts";
import { useSelected, useText } from "../../ui/use-observable.ts";
import styles from "./trust-mark.module.css";

interface TrustMarkProps {
  readonly states: Observable<ReadonlyMap<CellId, "own" | "trusted" | "review">>;
  readonly id: CellId;
}

/** Beside a cell that asks before it runs on this person's machine. */
export function TrustMark({ states, id }: TrustMarkProps) {
  const t = useText();
  const state = useSelected(states, (all) => all.get(id) ?? null);
  if (state !== "review") return null;
  return (
    <span className={styles.mark} title={t("notebook.notReviewedWhy")}>
      <ShieldQuestion size={15} aria-hidden />
      <span className="visually-hidden">{t("notebook.notReviewed")}</span>
    </span>
  );
}
