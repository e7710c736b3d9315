import type { Revision } from "../../api/client.ts";
import { formatDateTime } from "../../i18n/t.ts";
import { cx } from "../../ui/cx.ts";
import { useText } from "../../ui/use-observable.ts";
import { peopleOf, titleOf } from "./revision-words.ts";
import styles from "./revisions.module.css";

export interface RevisionListProps {
  readonly revisions: readonly Revision[];
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

/** Versions, newest first: what each is called, when it was kept, who edited. */
export function RevisionList({ revisions, chosen, onChoose }: RevisionListProps) {
  const t = useText();
  return (
    <ul aria-label={t("revisions.versions")} className={styles.list}>
      {revisions.map((revision) => (
        <li key={revision.id}>
          <button
            type="button"
            aria-current={revision.id === chosen}
            className={cx(styles.version, revision.id === chosen && styles.chosen)}
            onClick={() => onChoose(revision.id)}
          >
            <span className={cx(styles.title, revision.name !== null && styles.named)}>
              {titleOf(revision, revisions)}
            </span>
            <span className={styles.info}>{formatDateTime(revision.created_at)}</span>
            <span className={styles.info}>{peopleOf(revision) ?? t("revisions.outside")}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
