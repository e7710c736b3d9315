import { useCallback, useSyncExternalStore } from "react";
import type { CellId } from "../../core/cell.ts";
import type { RunRecord } from "../../core/notebook.ts";
import { formatDateTime, text } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./cell.module.css";
import type { NotebookController } from "./controller.ts";
import { useContactLost, useEditedSince, useQueuePlace, useShownRun } from "./hooks.ts";
import { otherSource, ranWhen, ranWhere, runLook } from "./run-status.ts";

/** Sentences about a run that need saying: contact lost, somebody else's machine. Else nothing. */
export function RunNotes({ controller, id }: { readonly controller: NotebookController; readonly id: CellId }) {
  const t = useText();
  const run = useShownRun(controller, id);
  const place = useQueuePlace(controller, id);
  const isEdited = useEditedSince(controller, id, run);
  const isLost = useContactLost(controller, run);
  if (!run) return null;
  const look = runLook(run, place, isLost);
  const isMine = run.person === null || run.person.id === controller.services.person.id;
  // Dates are slow to write: only where one is said.
  const when = isMine || look === "running-elsewhere" ? null : whenOf(run);
  const notes = [
    look === "lost" ? `${t("notebook.contactLost")} ${nextAfterLost(run, isMine)}` : null,
    look === "running-elsewhere" && !isMine && run.person ? t("notebook.runningBy", { name: run.person.name }) : null,
    run.person && when !== null ? t(ranWhere(run), { name: run.person.name, when }) : null,
    isEdited && place === null ? t(otherSource(controller.services.actions.extentOf(run.run_id))) : null,
  ].filter((note) => note !== null);
  return (
    <>
      {notes.map((note) => (
        <p key={note} className={styles.note}>
          {note}
        </p>
      ))}
      <Rival controller={controller} id={id} />
    </>
  );
}

/** Two people ran the cell at once, or one in two windows: the later start is shown, the other run is one click away. */
function Rival({ controller, id }: { readonly controller: NotebookController; readonly id: CellId }) {
  const t = useText();
  const { runs } = controller.services;
  const rival = useSyncExternalStore(
    useCallback((fn) => runs.subscribeCell(id, fn), [runs, id]),
    useCallback(() => runs.rivalOf(id), [runs, id]),
  );
  if (rival === null || rival.started_at === null) return null;
  const when = formatDateTime(rival.started_at);
  const isMine = rival.person?.id === controller.services.person.id;
  return (
    <p className={styles.note}>
      {isMine
        ? t("notebook.ranAtOnceYourself", { when })
        : t("notebook.ranAtOnce", { name: rival.person?.name ?? "", when })}{" "}
      <Button variant="quiet" size="small" onPress={() => runs.restoreHeads(new Map([[id, rival.run_id]]))}>
        {t("notebook.showOtherRun")}
      </Button>
    </p>
  );
}

/** Whoever hears the kernel goes on with the run by itself (`app/orphan-runs.ts`, `past-runs.ts`): there is nothing to press but *Connect* and *Run*. */
function nextAfterLost({ person }: RunRecord, isMine: boolean): string {
  if (isMine || person === null) return text("notebook.contactLostMine");
  return text("notebook.contactLostOther", { name: person.name });
}

function whenOf(run: RunRecord): string | null {
  const when = ranWhen(run);
  return when === "at-home" ? text("notebook.whenAtHome") : when === null ? null : formatDateTime(when);
}

/** When, by whom and where the cell ran last, in words; null when it did not. */
export function runFacts(controller: NotebookController, id: CellId): string | null {
  const run = controller.services.runs.headOf(id);
  const when = run === null ? null : whenOf(run);
  if (run === null || when === null) return null;
  const parts = [text("notebook.ranAt", { when })];
  if (run.person) parts.push(text("notebook.ranBy", { name: run.person.name }));
  if (run.runtime) parts.push(text("notebook.ranOn", { runtime: run.runtime.label }));
  return parts.join(" · ");
}
