import { Clock, Play, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { CellId } from "../../core/cell.ts";
import { IconButton } from "../../ui/button.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./cell.module.css";
import type { NotebookController } from "./controller.ts";
import { useContactLost, useQueuePlace, useShownRun } from "./hooks.ts";
import { durationOf, elapsedBetween, type RunLook, runLook, showDuration } from "./run-status.ts";
import type { QueuePlace } from "./services.ts";

/** After the button changed it hears nothing for this long, so that a double click does not interrupt what it started. */
const DEAF_MS = 400;

/** The one button of a code cell: run, cancel or interrupt. */
export function RunButton({ controller, id }: { readonly controller: NotebookController; readonly id: CellId }) {
  const t = useText();
  const place = useQueuePlace(controller, id);
  const changedAt = useChangedAt(controller, id, place);
  // When the finger or key went down, by the event's own clock: a busy page hears of a double click late.
  const pressedAt = useRef(0);
  const notePress = (event: { readonly timeStamp: number }): void => {
    pressedAt.current = event.timeStamp;
  };
  const { actions } = controller.services;
  const press = (): void => {
    if (pressedAt.current - changedAt.current < DEAF_MS) return;
    if (place === "running") actions.interrupt();
    else if (place === "waiting") actions.cancel(id);
    else actions.runCells([id]);
  };
  const label =
    place === "running"
      ? t("notebook.interrupt")
      : place === "waiting"
        ? t("notebook.cancelQueued")
        : t("notebook.runCell");
  return (
    <span
      className={styles.runHolder}
      onPointerDownCapture={notePress}
      onKeyDownCapture={notePress}
      // A click without a pointer comes from a screen reader.
      onClickCapture={(event) => event.detail === 0 && notePress(event)}
    >
      <IconButton label={label} onPress={press} className={styles.run} data-place={place ?? "none"}>
        {place === "running" ? (
          <Square size={14} fill="currentColor" aria-hidden />
        ) : place === "waiting" ? (
          <Clock size={17} aria-hidden />
        ) : (
          <Play size={17} aria-hidden />
        )}
      </IconButton>
    </span>
  );
}

/** When the button changed, or what it stands for did and is over before it was shown. */
function useChangedAt(
  controller: NotebookController,
  id: CellId,
  shown: QueuePlace | null,
): { readonly current: number } {
  const at = useRef(Number.NEGATIVE_INFINITY);
  const last = useRef(shown);
  if (last.current !== shown) {
    last.current = shown;
    at.current = performance.now();
  }
  const { actions } = controller.services;
  useEffect(() => {
    let place = actions.placeOf(id);
    return actions.subscribeCell(id, () => {
      if (place === actions.placeOf(id)) return;
      place = actions.placeOf(id);
      at.current = performance.now();
    });
  }, [actions, id]);
  return at;
}

const WORDS: Readonly<Record<RunLook, Parameters<ReturnType<typeof useText>>[0] | null>> = {
  never: null,
  saved: null,
  queued: "notebook.queued",
  running: "notebook.running",
  "running-elsewhere": "notebook.running",
  ok: "notebook.ranOk",
  error: "notebook.ranError",
  interrupted: "notebook.interrupted",
  cancelled: "notebook.cancelled",
  lost: "notebook.contactLost",
};

/** Count, mark and time of the cell's run, under its button. */
export function RunMark({ controller, id }: { readonly controller: NotebookController; readonly id: CellId }) {
  const t = useText();
  const run = useShownRun(controller, id);
  const place = useQueuePlace(controller, id);
  const look = runLook(run, place, useContactLost(controller, run));
  const isRunning = look === "running" || look === "running-elsewhere";
  const elapsed = useElapsed(isRunning ? (run?.started_at ?? null) : null, controller.services.now);
  const duration = isRunning ? elapsed : look === "queued" ? null : durationOf(run);
  const words = WORDS[look];
  const count = isRunning || look === "queued" ? "*" : (run?.execution_count ?? null);
  return (
    <span className={styles.mark} data-look={look} data-counted={count === null ? undefined : ""}>
      <span className={styles.count}>{count === null ? "" : `[${count}]`}</span>
      {duration === null ? null : (
        <span className={styles.duration} aria-hidden>
          {showDuration(duration)}
        </span>
      )}
      {words ? <span className="visually-hidden">{t(words as "notebook.ranOk")}</span> : null}
    </span>
  );
}

/** Milliseconds since `startedAt`, counted up; null when nothing runs, or nobody knows. */
function useElapsed(startedAt: number | null, now: () => number): number | null {
  const [, tick] = useState(0);
  useEffect(() => {
    if (startedAt === null) return;
    const timer = setInterval(() => tick((n) => n + 1), 200);
    return () => clearInterval(timer);
  }, [startedAt]);
  return startedAt === null ? null : elapsedBetween(startedAt, now());
}
