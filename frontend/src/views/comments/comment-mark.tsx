import { MessageSquare } from "lucide-react";
import type { CellId } from "../../core/cell.ts";
import type { Observable } from "../../core/observable.ts";
import { useSelected, useText } from "../../ui/use-observable.ts";
import styles from "./comments.module.css";

interface CommentMarkProps {
  readonly counts: Observable<ReadonlyMap<CellId, number>>;
  readonly id: CellId;
  readonly onPress: () => void;
}

/** In the margin of a cell that has open comments: how many; opens the panel at them. */
export function CommentMark({ counts, id, onPress }: CommentMarkProps) {
  const t = useText();
  const count = useSelected(counts, (all) => all.get(id) ?? 0);
  if (count === 0) return null;
  const label = t("comments.countOnCell", { count });
  return (
    <button type="button" className={styles.mark} aria-label={label} data-tooltip={label} onClick={onPress}>
      <MessageSquare size={13} aria-hidden />
      <span aria-hidden>{count > 99 ? "99+" : count}</span>
    </button>
  );
}
