import { type MouseEvent, useMemo, useRef } from "react";
import { diffLines } from "../../core/line-diff.ts";
import { revealed, type WarningKind, warningsOf } from "../../core/warnings.ts";
import { Button } from "../../ui/button.tsx";
// Not the late one: this comes unasked, and what is typed meanwhile is not for it.
import { Dialog } from "../../ui/dialog-frame.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useText } from "../../ui/use-observable.ts";
import { type Author, type Review, type ReviewCell, strangersOf } from "./review.ts";
import styles from "./review-dialog.module.css";
import { isUncovered, useUncovered } from "./uncovered.ts";

/** **Review before running on your machine**: what would run, who wrote it, what is new, and how far the consent goes. */
export function ReviewDialog({ review }: { readonly review: Review }) {
  const t = useText();
  const buttons = useRef<HTMLSpanElement>(null);
  const isReady = useUncovered(buttons);
  const strangers = strangersOf(review);
  const known = strangers.filter((author) => author.id !== null);
  // A script's click, or one on something that lies over the buttons, is not an answer.
  const guard = (event: MouseEvent): void => {
    if (event.isTrusted && isReady && isUncovered(buttons.current)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <Dialog
      title={t("trust.title")}
      isOpen
      size="wide"
      role="dialog"
      onClose={() => review.answer(null)}
      footer={
        <div className={styles.footer}>
          <Button onPress={() => review.answer(null)} autoFocus>
            {t("shell.cancel")}
          </Button>
          {review.turnToHosted ? <Button onPress={review.turnToHosted}>{t("trust.hosted")}</Button> : null}
          <span ref={buttons} className={styles.answers} onClickCapture={guard}>
            {known.map((author) => (
              <Button
                key={author.id}
                isDisabled={!isReady || review.isHubAway}
                onPress={() => review.answer({ kind: "author", personId: author.id ?? "" })}
              >
                {t("trust.author", { name: author.name ?? "" })}
              </Button>
            ))}
            <Button isDisabled={!isReady} onPress={() => review.answer({ kind: "once" })}>
              {t("trust.once")}
            </Button>
            <Button variant="primary" isDisabled={!isReady} onPress={() => review.answer({ kind: "cells" })}>
              {t("trust.cells")}
            </Button>
          </span>
        </div>
      }
    >
      <p>{t("trust.why")}</p>
      <ul className={styles.consequences}>
        <li>{t("trust.files")}</li>
        <li>{t("trust.keys")}</li>
        <li>{t("trust.outputs")}</li>
      </ul>
      {review.isHubAway ? <Notice tone="warning">{t("trust.hubAway")}</Notice> : null}
      <dl className={styles.people}>
        <dt>{t("trust.owner")}</dt>
        <dd>{nameOf(review.owner, t)}</dd>
        <dt>{t("trust.writers")}</dt>
        <dd>{strangers.map((author) => nameOf(author, t)).join(", ")}</dd>
      </dl>
      <ol className={styles.cells} aria-label={t("trust.list", { count: review.cells.length })}>
        {review.cells.map((cell) => (
          <Cell key={cell.cellId} cell={cell} />
        ))}
      </ol>
    </Dialog>
  );
}

function Cell({ cell }: { readonly cell: ReviewCell }) {
  const t = useText();
  const lines = useMemo(
    () => (cell.trustedSource === null ? null : diffLines(cell.trustedSource, cell.source)),
    [cell.trustedSource, cell.source],
  );
  const warnings = useMemo(() => warningsOf(cell.source), [cell.source]);
  const kinds = [...new Set(warnings.map(({ kind }) => kind))];
  return (
    <li className={styles.cell}>
      <div className={styles.head}>
        <strong>{t("notebook.codeCell", { position: String(cell.position) })}</strong>
        <span>{cell.strangers.map((author) => nameOf(author, t)).join(", ")}</span>
        <span className={styles.tag}>{t(lines === null ? "trust.new" : "trust.changed")}</span>
        {cell.isFolded ? <span className={styles.tag}>{t("trust.folded")}</span> : null}
      </div>
      {kinds.length > 0 ? (
        <p className={styles.warning}>
          {kinds
            .map((kind) =>
              t(WARNINGS[kind], { lines: warnings.flatMap((one) => (one.kind === kind ? [one.line] : [])).join(", ") }),
            )
            .join(" ")}
        </p>
      ) : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the dialog must be reached by keys. */}
      <pre className={styles.code} tabIndex={0}>
        {lines === null
          ? revealed(cell.source)
          : lines.map(({ kind, text }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and never move.
              <span key={index} className={styles[kind]}>
                {`${SIGNS[kind]} ${revealed(text)}\n`}
              </span>
            ))}
      </pre>
    </li>
  );
}

const SIGNS = { same: " ", added: "+", removed: "−" } as const;

const WARNINGS = {
  shell: "trust.warnShell",
  network: "trust.warnNetwork",
  deletes: "trust.warnDeletes",
  hidden_characters: "trust.warnHidden",
} as const satisfies Record<WarningKind, string>;

function nameOf(author: Author, t: ReturnType<typeof useText>): string {
  return author.id === null ? t("trust.unknown") : (author.name ?? t("trust.nameless"));
}
