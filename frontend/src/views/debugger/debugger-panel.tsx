import { ArrowDownToDot, ArrowUpFromDot, Play, RedoDot, X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import type { CellId } from "../../core/cell.ts";
import type { Frame } from "../../core/debug-replies.ts";
import type { DebugState, Halt, Move, StopOn } from "../../core/debug-session.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { Select } from "../../ui/select.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import type { Breakpoint, BreakpointBook } from "./breakpoint-book.ts";
import type { DebugDesk } from "./debug-desk.ts";
import styles from "./debugger-panel.module.css";
import { Scopes } from "./scopes.tsx";
import { cannotText } from "./words.ts";

export interface DebuggerPanelProps {
  readonly desk: DebugDesk;
  /** Of a cell among all cells, from 1. */
  readonly positionOf: (cellId: CellId) => number;
  /** Shows a line, from 1, of a cell. */
  readonly onGo: (cellId: CellId, line: number) => void;
}

/** Where the cells stop, and what is there when one does. */
export function DebuggerPanel(props: DebuggerPanelProps) {
  const { desk } = props;
  const t = useText();
  const state = useObservable(desk.state);
  const { stopOn } = useObservable(desk.book.wishes);
  const { phase, halt } = state;
  const isMovable = halt !== null && !halt.isMoving && state.isLinked;
  const onKeyDown = (event: KeyboardEvent): void => {
    const how = moveOf(event);
    if (how === null || !isMovable) return;
    event.preventDefault();
    event.stopPropagation();
    desk.move(how);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys of the buttons in it.
    <div className={styles.panel} onKeyDown={onKeyDown}>
      <div className={styles.head}>
        <Checkbox
          isSelected={phase !== "off" && phase !== "cannot"}
          onChange={(isOn) => (isOn ? desk.turnOn() : desk.turnOff())}
        >
          {t("debugger.on")}
        </Checkbox>
        <p className={styles.state} role="status">
          {stateText(state, t)}
        </p>
        <div role="toolbar" aria-label={t("debugger.controls")} className={styles.controls}>
          {MOVES.map(({ how, Icon, keys }) => (
            <IconButton
              key={how}
              label={t(`debugger.${how}`)}
              shortcut={keys}
              isDisabled={!isMovable}
              onPress={() => desk.move(how)}
            >
              <Icon size={18} aria-hidden />
            </IconButton>
          ))}
        </div>
        <Select
          label={t("debugger.stopAt")}
          options={STOPS.map((id) => ({ id, label: t(`debugger.stopAt_${id}`) }))}
          selected={stopOn}
          onSelect={(id) => desk.stopOn(STOPS.find((one) => one === id) ?? "nothing")}
        />
      </div>
      {halt === null ? (
        <Section title={t("debugger.frames")}>
          <p className={styles.note}>{t("debugger.notStopped")}</p>
        </Section>
      ) : (
        <Stopped {...props} halt={halt} />
      )}
      <Breakpoints {...props} />
    </div>
  );
}

const STOPS: readonly StopOn[] = ["nothing", "unhandled", "raised"];
const MOVES = [
  { how: "continue", Icon: Play, keys: "F8" },
  { how: "next", Icon: RedoDot, keys: "F10" },
  { how: "stepIn", Icon: ArrowDownToDot, keys: "F11" },
  { how: "stepOut", Icon: ArrowUpFromDot, keys: "Shift+F11" },
] as const;

function moveOf({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent): Move | null {
  if (ctrlKey || metaKey || altKey) return null;
  if (key === "F11") return shiftKey ? "stepOut" : "stepIn";
  if (shiftKey) return null;
  if (key === "F10") return "next";
  return key === "F8" || key === "F5" ? "continue" : null;
}

function stateText(state: DebugState, t: ReturnType<typeof useText>): string {
  const { phase, halt, isLinked } = state;
  if (phase === "off") return t("debugger.stateOff");
  if (phase === "cannot" || phase === "resting") return cannotText(state);
  if (phase !== "on") return t("debugger.stateBeginning");
  if (!isLinked) return t("debugger.stateAway");
  if (halt === null) return t("debugger.stateOn");
  if (halt.isMoving) return t("debugger.stateMoving");
  if (halt.reason === "exception") return t("debugger.why_exception", { text: halt.text });
  return t(
    halt.reason === "breakpoint" || halt.reason === "step" ? `debugger.why_${halt.reason}` : "debugger.why_other",
  );
}

function Section({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.section} aria-label={title}>
      <div className={styles.sectionHead}>
        <h3 className={styles.title}>{title}</h3>
        {action}
      </div>
      {children}
    </section>
  );
}

function Stopped({ desk, halt, positionOf, onGo }: DebuggerPanelProps & { readonly halt: Halt }) {
  const t = useText();
  const chosen = halt.frames.find(({ id }) => id === halt.frameId) ?? null;
  const choose = (frame: Frame): void => {
    desk.selectFrame(frame.id);
    const place = desk.placeOf(frame);
    if (place?.isCurrent) onGo(place.cellId, place.line);
  };
  return (
    <>
      <Section title={t("debugger.frames")}>
        <ol className={styles.list} aria-label={t("debugger.frames")}>
          {halt.frames.map((frame) => (
            <li key={frame.id}>
              <button
                type="button"
                className={styles.row}
                aria-current={frame.id === halt.frameId || undefined}
                disabled={halt.isMoving}
                onClick={() => choose(frame)}
              >
                <span className={styles.name}>{frame.name}</span>
                <span className={styles.place}>{placeText(desk, frame, positionOf, t)}</span>
              </button>
            </li>
          ))}
        </ol>
      </Section>
      {chosen === null ? null : (
        <Section title={t("debugger.source")}>
          <Source desk={desk} frame={chosen} />
        </Section>
      )}
      <Section title={t("debugger.variables")}>
        <Scopes desk={desk} halt={halt} />
      </Section>
    </>
  );
}

function placeText(
  desk: DebugDesk,
  frame: Frame,
  positionOf: (cellId: CellId) => number,
  t: ReturnType<typeof useText>,
): string {
  const { line, path } = frame;
  const place = desk.placeOf(frame);
  if (place === null) return t("debugger.inFile", { file: path.slice(path.search(/[^/\\]*$/)), line });
  const position = positionOf(place.cellId);
  return t(place.isCurrent ? "debugger.inCell" : "debugger.inChangedCell", { position, line });
}

/** Lines before and after the one in which the frame stands. */
const AROUND = 3;

function Source({ desk, frame }: { readonly desk: DebugDesk; readonly frame: Frame }) {
  const t = useText();
  const [code, setCode] = useState<{ readonly of: Frame; readonly text: string | null } | null>(null);
  useEffect(() => {
    let isGone = false;
    void desk.sourceOf(frame).then((text) => {
      if (!isGone) setCode({ of: frame, text });
    });
    return () => {
      isGone = true;
    };
  }, [desk, frame]);
  if (code === null) return <p className={styles.note}>{t("debugger.asking")}</p>;
  if (code.text === null) return <p className={styles.note}>{t("debugger.noSource")}</p>;
  const lines = code.text.split("\n");
  const first = Math.max(0, code.of.line - 1 - AROUND);
  return (
    <ol className={styles.source} start={first + 1}>
      {lines.slice(first, code.of.line + AROUND).map((line, at) => {
        const number = first + at + 1;
        return (
          <li key={number} aria-current={number === code.of.line || undefined}>
            <span className={styles.number}>{number}</span>
            <code>{line}</code>
          </li>
        );
      })}
    </ol>
  );
}

function Breakpoints({ desk, positionOf, onGo }: DebuggerPanelProps) {
  const t = useText();
  const points = useBreakpoints(desk.book);
  return (
    <Section
      title={t("debugger.breakpoints")}
      action={
        points.length === 0 ? null : (
          <Button size="small" variant="quiet" onPress={() => desk.clearBreakpoints()}>
            {t("debugger.removeAll")}
          </Button>
        )
      }
    >
      {points.length === 0 ? (
        <p className={styles.note}>{t("debugger.noBreakpoints")}</p>
      ) : (
        <ul className={styles.list} aria-label={t("debugger.breakpoints")}>
          {points.map(({ cellId, line, text, from }) => {
            const where = { position: positionOf(cellId), line };
            return (
              <li key={`${cellId} ${from}`} className={styles.point}>
                <button type="button" className={styles.row} onClick={() => onGo(cellId, line)}>
                  <span className={styles.name}>{text.trim()}</span>
                  <span className={styles.place}>{t("debugger.inCell", where)}</span>
                </button>
                <IconButton label={t("debugger.remove", where)} size="small" onPress={() => desk.toggle(cellId, from)}>
                  <X size={14} aria-hidden />
                </IconButton>
              </li>
            );
          })}
        </ul>
      )}
    </Section>
  );
}

function useBreakpoints(book: BreakpointBook): readonly Breakpoint[] {
  return useSyncExternalStore(
    (watcher) => book.subscribe(watcher),
    () => book.all(),
  );
}
