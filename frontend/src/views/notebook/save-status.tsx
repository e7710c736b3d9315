import { CircleAlert, Cloud, CloudOff, EyeOff, LoaderCircle } from "lucide-react";
import { useCallback, useMemo, useRef, useSyncExternalStore } from "react";
import type { Observable } from "../../core/observable.ts";
import { CELL_MARK, saysHome } from "../../core/private-outputs.ts";
import { othersIn, type Present } from "../../doc/awareness.ts";
import type { CellView } from "../../doc/notebook-doc.ts";
import type { RoomState } from "../../sync/room-socket.ts";
import { Button } from "../../ui/button.tsx";
import { useObservable, useSelected, useText } from "../../ui/use-observable.ts";
import type { NotebookController } from "./controller.ts";
import styles from "./notebook-view.module.css";

type Safety =
  | "saved"
  | "saving"
  | "notSaved"
  | "offline"
  | "offlineKept"
  | "offlineOnlyHere"
  | "closed"
  | "closedKept"
  | "closedOnlyHere"
  | "connecting";

/** How safe the changes are. "All changes saved" only when the hub has them on its disk (SPEC 2.4). */
export function safetyOf(state: RoomState): Safety {
  if (state.notSaved) return "notSaved";
  if (state.connection === "online") return state.saved ? "saved" : "saving";
  if (state.connection === "connecting" && state.hello === null) return "connecting";
  // Closed: the hub refuses this person here. That is no matter of the cable, and trying again does not help.
  const isClosed = state.connection === "refused";
  if (state.saved) return isClosed ? "closed" : "offline";
  if (state.keptOffline) return isClosed ? "closedKept" : "offlineKept";
  return isClosed ? "closedOnlyHere" : "offlineOnlyHere";
}

/** "Saved" is told when it has been so for this long. */
const CALM_MS = 400;

/** The safety of what a room holds; bad news at once, "saved" when it lasts: each key makes it "saving" and "saved" again. */
export function calmSafety(room: Observable<RoomState>): Observable<Safety> {
  let shown = safetyOf(room.get());
  return {
    get: () => shown,
    subscribe(fn) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const show = (): void => {
        timer = undefined;
        const next = safetyOf(room.get());
        if (next === shown) return;
        shown = next;
        fn();
      };
      const look = (): void => {
        const next = safetyOf(room.get());
        if (next === "saved" && shown === "saving") timer ??= setTimeout(show, CALM_MS);
        else {
          clearTimeout(timer);
          show();
        }
      };
      shown = safetyOf(room.get());
      const end = room.subscribe(look);
      return () => {
        clearTimeout(timer);
        end();
      };
    },
  };
}

const ICONS = {
  saved: Cloud,
  saving: LoaderCircle,
  notSaved: CircleAlert,
  offline: CloudOff,
  offlineKept: CloudOff,
  offlineOnlyHere: CircleAlert,
  closed: CloudOff,
  closedKept: CloudOff,
  closedOnlyHere: CircleAlert,
  connecting: LoaderCircle,
} as const;

export function SaveStatus({ controller }: { readonly controller: NotebookController }) {
  const t = useText();
  const { room } = controller.services;
  const safety = useObservable(useMemo(() => calmSafety(room.state), [room]));
  const Icon = ICONS[safety];
  return (
    <span className={styles.save} data-safety={safety}>
      <Icon size={15} aria-hidden />
      <span>{t(`notebook.${safety}`)}</span>
      {safety.startsWith("offline") ? (
        <Button size="small" variant="quiet" onPress={() => room.reconnectNow()}>
          {t("notebook.reconnect")}
        </Button>
      ) : null}
    </span>
  );
}

/** The promise that outputs of this notebook stay at home, where it is given. */
export function OutputsAtHome({ controller }: { readonly controller: NotebookController }) {
  const t = useText();
  const staysHome = useSelected(controller.services.room.state, ({ hello }) => hello?.omit_outputs ?? false);
  if (!staysHome) return null;
  return (
    <span className={styles.atHome} title={t("notebook.outputsAtHomeWhy")}>
      <EyeOff size={15} aria-hidden />
      <span>{t("notebook.outputsAtHome")}</span>
    </span>
  );
}

/** The same of one cell, where it is not promised of all. */
export function CellAtHome({ controller, cell }: { readonly controller: NotebookController; readonly cell: CellView }) {
  const t = useText();
  const isMarked = saysHome(cell.metadata(CELL_MARK));
  const staysHome = useSelected(
    controller.services.room.state,
    ({ hello }) => hello?.omit_outputs !== true && (isMarked || hello?.private_cells?.includes(cell.id) === true),
  );
  if (!staysHome) return null;
  return (
    <span className={styles.cellAtHome} title={t("notebook.cellAtHomeWhy")}>
      <EyeOff size={13} aria-hidden />
      <span>{t("notebook.outputsAtHome")}</span>
    </span>
  );
}

/** Who else has the notebook open, one sign per person. */
export function People({ controller }: { readonly controller: NotebookController }) {
  const t = useText();
  const people = usePeople(controller);
  if (people.length === 0) return null;
  const names = people.map((one) => one.person.name).join(", ");
  return (
    <span
      className={styles.people}
      role="img"
      aria-label={t("notebook.peopleHere", { names })}
      title={t("notebook.peopleHere", { names })}
    >
      {people.slice(0, 5).map(({ clientId, person }) => (
        <span key={clientId} className={styles.person} ref={(dot) => dot?.style.setProperty("--person", person.color)}>
          {[...person.name][0]?.toUpperCase() ?? "?"}
        </span>
      ))}
      {people.length > 5 ? <span className={styles.person}>+{people.length - 5}</span> : null}
    </span>
  );
}

function usePeople(controller: NotebookController): readonly Present[] {
  const { awareness } = controller.services.doc;
  const kept = useRef<readonly Present[]>([]);
  return useSyncExternalStore(
    useCallback(
      (fn) => {
        awareness.on("change", fn);
        return () => awareness.off("change", fn);
      },
      [awareness],
    ),
    () => {
      const others = othersIn(awareness);
      const same =
        others.length === kept.current.length &&
        others.every((one, index) => one.clientId === kept.current[index]?.clientId);
      if (!same) kept.current = others;
      return kept.current;
    },
  );
}
