/**
 * The panels beside the notebook: a rail of buttons, and the one that is open. All of it is loaded after the notebook is there.
 *
 * Focus: a panel that a person opens gets it (what is marked `data-panel-focus`, else the first thing in it that can have it); when it is
 * closed, by its button or Escape, the focus goes back to where it was. A panel that wants Escape for itself stops the key.
 */
import { X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { TextKey } from "../i18n/t.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Spinner } from "../ui/progress.tsx";
import { SplitHandle } from "../ui/split-pane.tsx";
import { useObservable, useText } from "../ui/use-observable.ts";
import { type PanelChoice, type PanelId, panelIds } from "./panel-choice.ts";
import { type AwaitedFocus, awaitFocus, focusInto, useFocusBack, useFocusKept } from "./panel-focus.ts";
import styles from "./panel-host.module.css";
import type { PanelServices } from "./panel-services.ts";
import { type PanelRow, panelTable, whyNot } from "./panel-table.tsx";

export interface PanelHostProps {
  readonly choice: PanelChoice;
  readonly services: PanelServices;
}

const MIN_PX = 220;
const MAX_PX = 900;

export function PanelHost({ choice, services }: PanelHostProps) {
  const { panel } = useObservable(choice.state);
  const [width, setWidth] = useState(choice.width);
  useFocusBack(panel, () => services.controller.command());

  return (
    <>
      <Rail choice={choice} open={panel} />
      {panel === null ? null : (
        <>
          <Panel key={panel} id={panel} row={panelTable[panel]} width={width} choice={choice} services={services} />
          <div className={styles.handle}>
            <SplitHandle
              controls={sectionId(panel)}
              width={width}
              minWidth={MIN_PX}
              maxWidth={MAX_PX}
              onWidth={setWidth}
              onResized={(next) => choice.keepWidth(next)}
            />
          </div>
        </>
      )}
    </>
  );
}

function sectionId(id: PanelId): string {
  return `panel-${id}`;
}

function titleKey(id: PanelId): Extract<TextKey, `commands.panel_${string}`> {
  return `commands.panel_${id}`;
}

/** One tab stop; the arrows go up and down. */
function Rail({ choice, open }: { readonly choice: PanelChoice; readonly open: PanelId | null }) {
  const t = useText();
  const [stop, setStop] = useState<PanelId>(open ?? panelIds[0]);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const buttons = [...event.currentTarget.querySelectorAll("button")];
    // Not known to be a button to the type checker; anything else is simply not found.
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const steps: Record<string, number> = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: buttons.length - 1 };
    const next = steps[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    buttons.at(next % buttons.length)?.focus();
  };
  return (
    <nav className={styles.rail} data-panel="" aria-label={t("panels.rail")}>
      <div
        role="toolbar"
        aria-label={t("panels.rail")}
        aria-orientation="vertical"
        className={styles.tabs}
        onKeyDown={onKeyDown}
      >
        {panelIds.map((id) => {
          const Icon = panelTable[id].icon;
          return (
            <IconButton
              key={id}
              label={t(titleKey(id))}
              aria-pressed={open === id}
              tabIndex={stop === id ? 0 : -1}
              onFocus={() => setStop(id)}
              onPress={() => choice.toggle(id)}
              className={styles.tab}
            >
              <Icon size={18} aria-hidden />
            </IconButton>
          );
        })}
      </div>
    </nav>
  );
}

interface PanelProps {
  readonly id: PanelId;
  readonly row: PanelRow;
  readonly width: number;
  readonly choice: PanelChoice;
  readonly services: PanelServices;
}

function Panel({ id, row, width, choice, services }: PanelProps) {
  const t = useText();
  const section = useRef<HTMLElement>(null);
  const body = useRef<HTMLDivElement>(null);
  useFocusKept(section);
  const { outcome, retry } = useLoaded(row);
  const serial = useServerSerial(services, row);
  const awaited = useRef<AwaitedFocus | null>(null);
  useEffect(() => {
    if (choice.state.get().asked === 0 || section.current === null) return;
    awaited.current = awaitFocus(section.current);
    return () => awaited.current?.end();
  }, [choice]);
  const onArrived = () =>
    section.current !== null && awaited.current?.take() ? focusInto(section.current, body.current) : undefined;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.nativeEvent.isComposing || event.defaultPrevented) return;
    event.stopPropagation();
    choice.close();
  };
  return (
    <section
      ref={section}
      id={sectionId(id)}
      aria-label={t(titleKey(id))}
      className={styles.panel}
      style={{ width }}
      tabIndex={-1}
      data-panel=""
      onKeyDown={onKeyDown}
    >
      <div className={styles.head}>
        <h2 className={styles.title}>{t(titleKey(id))}</h2>
        <IconButton label={t("panels.close")} size="small" onPress={() => choice.close()}>
          <X size={16} aria-hidden />
        </IconButton>
      </div>
      <Available row={row} services={services}>
        {outcome === "loading" ? (
          <div className={styles.why}>
            <Spinner label={t("shell.loading")} />
          </div>
        ) : outcome === "failed" ? (
          <div className={styles.why} role="alert">
            <p>{t("panels.notLoaded")}</p>
            <Button onPress={retry}>{t("shell.retry")}</Button>
          </div>
        ) : (
          <>
            <div ref={body} className={styles.body}>
              <outcome.Content key={serial} services={services} />
            </div>
            <Arrived onArrived={onArrived} />
          </>
        )}
      </Available>
    </section>
  );
}

type Loaded = "loading" | "failed" | { readonly Content: Awaited<ReturnType<PanelRow["load"]>> };

/** The panel's code. Asked for again only by the person: the hub that hands it out may be away. */
function useLoaded(row: PanelRow): { readonly outcome: Loaded; readonly retry: () => void } {
  const [outcome, setOutcome] = useState<Loaded>("loading");
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` is there to try again.
  useEffect(() => {
    let isGone = false;
    const tell = (next: Loaded): void => {
      if (!isGone) setOutcome(next);
    };
    tell("loading");
    row.load().then(
      (Content) => tell({ Content }),
      () => tell("failed"),
    );
    return () => {
      isGone = true;
    };
  }, [row, attempt]);
  return { outcome, retry: () => setAttempt(attempt + 1) };
}

/** Counts up with each other server, so that a panel of the old one is not drawn for the new one. */
function useServerSerial({ server }: PanelServices, { uses }: PanelRow): number {
  const now = useObservable(server);
  const seen = useRef({ server: now, serial: 0 });
  if (now !== null && now !== seen.current.server) {
    const isOther = seen.current.server !== null;
    seen.current = { server: now, serial: seen.current.serial + (isOther ? 1 : 0) };
  }
  return uses === "nothing" ? 0 : seen.current.serial;
}

/** The panel, or the sentence that says why it has nothing to show; a line over it while the runtime is away. */
function Available(props: { readonly row: PanelRow; readonly services: PanelServices; readonly children: ReactNode }) {
  const { row, services, children } = props;
  const t = useText();
  const binding = useObservable(services.binding);
  const hasServer = useObservable(services.server) !== null;
  const why = whyNot(row.uses, binding, hasServer);
  if (why !== null)
    return (
      <div className={styles.why} role="status">
        <p>{t(`panels.why_${why}`)}</p>
        {why === "unbound" ? <Button onPress={services.connect}>{t("panels.connect")}</Button> : null}
      </div>
    );
  const isAway = row.uses !== "nothing" && binding.phase === "interrupted";
  return (
    <>
      {isAway ? (
        <p className={styles.away} role="status">
          {t("panels.away")}
        </p>
      ) : null}
      {children}
    </>
  );
}

/** Calls `onArrived` when it is drawn, and what that returns when it goes. */
function Arrived({ onArrived }: { readonly onArrived: () => (() => void) | undefined }) {
  const call = useRef(onArrived);
  useEffect(() => call.current(), []);
  return null;
}
