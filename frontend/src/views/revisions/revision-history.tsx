/** File ▸ Revision history: which versions are kept, what each changed, giving one a name, going back to one. */
import { useMemo, useState } from "react";
import type { Revision, ShownOutputs } from "../../api/client.ts";
import type { CellId } from "../../core/cell.ts";
import type { ComparedCell } from "../../core/compare-cells.ts";
import { RunhereError } from "../../core/errors.ts";
import { errorText } from "../../i18n/error-text.ts";
import { formatDateTime } from "../../i18n/t.ts";
import type { OutputEnvironment } from "../../outputs/rendered.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { DialogFrame } from "../../ui/dialog-frame.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { Select } from "../../ui/select.tsx";
import { useText } from "../../ui/use-observable.ts";
import { ComparisonView } from "./comparison-view.tsx";
import { NameVersionDialog } from "./name-version-dialog.tsx";
import { RevisionList } from "./revision-list.tsx";
import { peopleOf, titleOf } from "./revision-words.ts";
import styles from "./revisions.module.css";
import { type RevisionHub, useRevisionCells, useRevisionOutputs, useRevisions } from "./use-revisions.ts";

export interface RevisionHistoryProps {
  readonly hub: RevisionHub;
  readonly notebookId: string;
  /** The cells as this page has them now. */
  readonly cellsNow: () => readonly ComparedCell[];
  /** Waits a little until everything of this page is on the hub: only then a version or a restore holds it. False: it is not. */
  readonly saved: () => Promise<boolean>;
  /** Of code cells; lower case. */
  readonly language: string;
  readonly isReadOnly: boolean;
  /** For what cells of a version showed. */
  readonly environment: OutputEnvironment;
  /** Restores a version and says so, with a way back. Rejects when it could not be done. */
  readonly onRestore: (revision: Revision) => Promise<void>;
  readonly onClose: () => void;
}

type Naming = { readonly what: "now" } | { readonly what: "earlier"; readonly revision: Revision };

const BEFORE = "before";
const NOW = "now";
const WHOLE = "whole";

export function RevisionHistory(props: RevisionHistoryProps) {
  const { hub, notebookId, saved, isReadOnly, onClose } = props;
  const t = useText();
  const { revisions, error, again } = useRevisions(hub, notebookId);
  const [chosenId, setChosenId] = useState<string | null>(null);
  const [naming, setNaming] = useState<Naming | null>(null);
  const chosen = revisions?.find((one) => one.id === chosenId) ?? revisions?.[0] ?? null;
  // What is looked at stays, also when a newer one comes.
  if (chosenId === null && chosen) setChosenId(chosen.id);
  const save = async (name: string) => {
    if (naming?.what === "earlier") await hub.nameEarlierRevision(notebookId, naming.revision.id, name);
    else if (!(await saved())) throw new RunhereError("still_saving", t("revisions.stillSaving"));
    else setChosenId((await hub.nameRevision(notebookId, name)).id);
    await again();
  };
  return (
    <DialogFrame title={t("revisions.title")} isOpen onClose={onClose} size="full">
      <div className={styles.history}>
        <div className={styles.side}>
          {isReadOnly ? null : <Button onPress={() => setNaming({ what: "now" })}>{t("revisions.nameNow")}</Button>}
          {error ? (
            <Notice tone="danger" isLive>
              {error}
            </Notice>
          ) : null}
          {revisions === null ? (
            error ? null : (
              <Spinner label={t("shell.loading")} />
            )
          ) : revisions.length === 0 ? null : (
            <RevisionList revisions={revisions} chosen={chosen?.id ?? null} onChoose={setChosenId} />
          )}
        </div>
        <div className={styles.main}>
          {chosen && revisions ? (
            <Version
              {...props}
              key={chosen.id}
              revision={chosen}
              all={revisions}
              onName={() => setNaming({ what: "earlier", revision: chosen })}
            />
          ) : revisions ? (
            <NoVersion />
          ) : null}
        </div>
      </div>
      {naming ? (
        <NameVersionDialog
          initial={naming.what === "earlier" ? (naming.revision.name ?? "") : ""}
          hint={naming.what === "now" ? t("revisions.nameNowHint") : null}
          onSave={save}
          onClose={() => setNaming(null)}
        />
      ) : null}
    </DialogFrame>
  );
}

/** Where a version would be shown: why there is none, and what comes here. */
function NoVersion() {
  const t = useText();
  return (
    <div className={styles.empty}>
      <h3>{t("revisions.none")}</h3>
      <p>{t("revisions.noneWhy")}</p>
      <p>{t("revisions.noneThen")}</p>
    </div>
  );
}

interface VersionProps extends RevisionHistoryProps {
  readonly revision: Revision;
  readonly all: readonly Revision[];
  readonly onName: () => void;
}

/** One version beside another one. */
function Version(props: VersionProps) {
  const { hub, notebookId, revision, all, language, environment, isReadOnly, onName } = props;
  const t = useText();
  const [against, setAgainst] = useState(BEFORE);
  const [isAsked, setAsked] = useState(false);
  const earlier = all[all.indexOf(revision) + 1] ?? null;
  const otherId =
    against === BEFORE ? (earlier?.id ?? null) : against === NOW ? null : against === WHOLE ? revision.id : against;
  const own = useRevisionCells(hub, notebookId, revision.id);
  const other = useRevisionCells(hub, notebookId, otherId);
  const cells = useOther(props, against, otherId === null ? null : other.cells, earlier !== null);
  const shown = useRevisionOutputs(hub, notebookId, against === WHOLE ? revision.id : null);
  const error = own.error ?? other.error ?? shown.error;
  const isOtherLater =
    against === NOW || (otherId !== null && all.findIndex(({ id }) => id === otherId) < all.indexOf(revision));
  const people = peopleOf(revision);
  return (
    <>
      <div className={styles.versionHead}>
        <div className={styles.what}>
          <h2 className={styles.versionTitle}>{titleOf(revision, all)}</h2>
          <p className={styles.info}>
            {formatDateTime(revision.created_at)} · {people ? t("revisions.by", { people }) : t("revisions.outside")}
          </p>
        </div>
        {isReadOnly ? null : (
          <>
            <Button variant="quiet" onPress={onName}>
              {t("revisions.name")}
            </Button>
            <Button variant="primary" onPress={() => setAsked(true)}>
              {t("revisions.restore")}
            </Button>
          </>
        )}
      </div>
      <div className={styles.against}>
        <Select
          label={t("revisions.compareWith")}
          selected={against}
          onSelect={setAgainst}
          options={[
            { id: BEFORE, label: earlier ? t("revisions.before") : t("revisions.nothing") },
            { id: NOW, label: t("revisions.now") },
            { id: WHOLE, label: t("revisions.whole") },
            ...all
              .filter((one) => one !== revision && one !== earlier)
              .map((one) => ({ id: one.id, label: titleOf(one, all), description: formatDateTime(one.created_at) })),
          ]}
        />
      </div>
      {error ? (
        <Notice tone="danger" isLive>
          {error}
        </Notice>
      ) : own.cells === null || cells === null ? (
        <Spinner label={t("shell.loading")} />
      ) : (
        <>
          {against === WHOLE ? <OutputsHint shown={shown.outputs} /> : null}
          <ComparisonView
            before={isOtherLater ? own.cells : cells}
            after={isOtherLater ? cells : own.cells}
            language={language}
            isWhole={against === WHOLE}
            outputs={shown.outputs}
            environment={environment}
          />
        </>
      )}
      {isAsked ? <RestoreQuestion {...props} onAnswered={() => setAsked(false)} /> : null}
    </>
  );
}

/** Where the outputs are, or why there are none. */
function OutputsHint({ shown }: { readonly shown: ReadonlyMap<CellId, ShownOutputs> | null }) {
  const t = useText();
  if (shown === null) return <Spinner label={t("revisions.outputsComing")} />;
  return <p className={styles.hint}>{t(shown.size > 0 ? "revisions.outputsThen" : "revisions.noOutputsThen")}</p>;
}

/** The cells to compare with: an earlier or later version, the page's own, or none. Null while they are being fetched. */
function useOther(
  { cellsNow }: RevisionHistoryProps,
  against: string,
  fetched: readonly ComparedCell[] | null,
  hasEarlier: boolean,
): readonly ComparedCell[] | null {
  return useMemo(() => {
    if (against === NOW) return cellsNow();
    if (against === BEFORE && !hasEarlier) return [];
    return fetched;
  }, [against, hasEarlier, fetched, cellsNow]);
}

interface RestoreQuestionProps extends VersionProps {
  readonly onAnswered: () => void;
}

function RestoreQuestion({ revision, saved, onRestore, onClose, onAnswered }: RestoreQuestionProps) {
  const t = useText();
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const restore = async () => {
    setBusy(true);
    try {
      if (!(await saved())) throw new RunhereError("still_saving", t("revisions.stillSaving"));
      await onRestore(revision);
      onClose();
    } catch (reason) {
      setError(errorText(reason));
      setBusy(false);
    }
  };
  return (
    <ConfirmDialog
      title={t("revisions.restoreTitle")}
      isOpen
      confirm={t("revisions.restore")}
      isBusy={isBusy}
      onConfirm={() => void restore()}
      onClose={onAnswered}
    >
      <p>{t("revisions.restoreText", { when: formatDateTime(revision.created_at) })}</p>
      {error ? (
        <Notice tone="danger" isLive>
          {error}
        </Notice>
      ) : null}
    </ConfirmDialog>
  );
}
