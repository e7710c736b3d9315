import { EllipsisVertical, Plus } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { errorText } from "../../i18n/error-text.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { MenuButton } from "../../ui/menu.tsx";
import { Progress, Spinner } from "../../ui/progress.tsx";
import { TextQuestion } from "../../ui/text-question.tsx";
import { toast } from "../../ui/toast.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import type { OpenTerminal, TerminalDeskOptions } from "./terminal-desk.ts";
import { TerminalDesk } from "./terminal-desk.ts";
import styles from "./terminal-panel.module.css";

export type TerminalPanelProps = Omit<TerminalDeskOptions, "onLeave">;

/** Shells on the runtime's machine, one tab each. */
export function TerminalPanel(props: TerminalPanelProps) {
  const root = useRef<HTMLDivElement>(null);
  const desk = useDesk(props, () => root.current?.querySelector<HTMLElement>("[role=tab][tabindex='0']")?.focus());
  return (
    <div ref={root} className={styles.panel}>
      {desk === null ? null : <Terminals desk={desk} />}
    </div>
  );
}

/** The desk lives as long as the panel: made in an effect, because what it opens must be closed. */
function useDesk(props: TerminalPanelProps, onLeave: () => void): TerminalDesk | null {
  const [desk, setDesk] = useState<TerminalDesk | null>(null);
  const first = useRef({ props, onLeave });
  useEffect(() => {
    const made = new TerminalDesk({ ...first.current.props, onLeave: () => first.current.onLeave() });
    setDesk(made);
    return () => made.close();
  }, []);
  return desk;
}

function Terminals({ desk }: { readonly desk: TerminalDesk }) {
  const t = useText();
  const state = useObservable(desk.state);
  const start = () => {
    desk.start().catch((error: unknown) => {
      toast({ text: t("terminal.notStarted", { message: errorText(error) }), tone: "error" });
    });
  };
  switch (state.phase) {
    case "loading":
      return (
        <div className={styles.note}>
          <Spinner label={t("shell.loading")} />
        </div>
      );
    case "none":
      return <p className={styles.note}>{t("terminal.none")}</p>;
    case "failed":
      return (
        <div className={styles.note} role="alert">
          <p>{t("terminal.notListed", { message: errorText(state.error) })}</p>
          <Button onPress={() => void desk.look()}>{t("shell.retry")}</Button>
        </div>
      );
    case "listed":
      return state.front === null ? (
        <div className={styles.note}>
          <p>{t("terminal.empty")}</p>
          <Button variant="primary" onPress={start} isPending={state.isStarting} data-panel-focus="">
            {t(state.isStarting ? "terminal.starting" : "terminal.start")}
          </Button>
        </div>
      ) : (
        <Tabs desk={desk} front={state.front} names={state.names} isStarting={state.isStarting} onStart={start} />
      );
  }
}

interface TabsProps {
  readonly desk: TerminalDesk;
  readonly names: readonly string[];
  readonly front: string;
  readonly isStarting: boolean;
  readonly onStart: () => void;
}

function Tabs({ desk, names, front, isStarting, onStart }: TabsProps) {
  const t = useText();
  const id = useId();
  const labels = useObservable(desk.labels);
  const labelOf = (name: string): string => labels[name] ?? t("terminal.name", { name });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };
    const step = steps[event.key];
    const to =
      event.key === "Home" ? 0 : event.key === "End" ? names.length - 1 : names.indexOf(front) + (step ?? Number.NaN);
    const name = names.at(to % names.length);
    if (Number.isNaN(to) || name === undefined) return;
    event.preventDefault();
    desk.show(name);
    const tabs = event.currentTarget.querySelectorAll<HTMLElement>("[role=tab]");
    tabs[names.indexOf(name)]?.focus();
  };
  const terminal = desk.terminal(front);
  return (
    <>
      <div className={styles.bar}>
        <div role="tablist" aria-label={t("terminal.tabs")} className={styles.tabs} onKeyDown={onKeyDown}>
          {names.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`${id}-${name}`}
              aria-selected={name === front}
              aria-controls={`${id}-screen`}
              tabIndex={name === front ? 0 : -1}
              className={styles.tab}
              onClick={() => {
                desk.show(name);
                desk.screenOf(name)?.terminal.focus();
              }}
            >
              {labelOf(name)}
            </button>
          ))}
        </div>
        <IconButton label={t("terminal.start")} size="small" onPress={onStart} isPending={isStarting}>
          <Plus size={16} aria-hidden />
        </IconButton>
        <Actions desk={desk} front={front} label={labelOf(front)} />
      </div>
      {terminal === undefined ? null : <LinkNote desk={desk} terminal={terminal} />}
      <Screens desk={desk} front={front} id={`${id}-screen`} labelledBy={`${id}-${front}`} />
    </>
  );
}

function Actions({
  desk,
  front,
  label,
}: {
  readonly desk: TerminalDesk;
  readonly front: string;
  readonly label: string;
}) {
  const t = useText();
  const [asks, setAsks] = useState<"name" | "end" | null>(null);
  const [isForScreenReaders, setForScreenReaders] = useState(desk.isForScreenReaders);
  const end = () => {
    setAsks(null);
    desk.end(front).catch((error: unknown) => {
      toast({ text: t("terminal.notEnded", { message: errorText(error) }), tone: "error" });
    });
  };
  return (
    <>
      <MenuButton
        label={t("terminal.actions")}
        placement="bottom end"
        entries={[
          { kind: "item", id: "rename", label: t("terminal.rename"), onAction: () => setAsks("name") },
          {
            kind: "item",
            id: "reader",
            label: t("terminal.screenReader"),
            isChecked: isForScreenReaders,
            onAction: () => {
              desk.setForScreenReaders(!isForScreenReaders);
              setForScreenReaders(!isForScreenReaders);
            },
          },
          { kind: "separator", id: "line" },
          { kind: "item", id: "end", label: t("terminal.end"), tone: "danger", onAction: () => setAsks("end") },
        ]}
      >
        <IconButton label={t("terminal.actions")} size="small">
          <EllipsisVertical size={16} aria-hidden />
        </IconButton>
      </MenuButton>
      {asks === "name" ? (
        <TextQuestion
          title={t("terminal.renameTitle")}
          label={t("terminal.renameLabel")}
          description={t("terminal.renameHint")}
          initial={label}
          confirm={t("terminal.save")}
          onAnswer={(text) => desk.rename(front, text === t("terminal.name", { name: front }) ? "" : text.slice(0, 80))}
          onClose={() => setAsks(null)}
        />
      ) : null}
      <ConfirmDialog
        title={t("terminal.endTitle", { name: label })}
        isOpen={asks === "end"}
        confirm={t("terminal.endConfirm")}
        tone="danger"
        onConfirm={end}
        onClose={() => setAsks(null)}
      >
        <p>{t("terminal.endText")}</p>
      </ConfirmDialog>
    </>
  );
}

/** What there is to say of the line to a terminal: being cut, ended, busy with a paste. */
function LinkNote({ desk, terminal }: { readonly desk: TerminalDesk; readonly terminal: OpenTerminal }) {
  const t = useText();
  const { link } = terminal;
  const state = useObservable(link.state);
  const sending = useObservable(link.sending);
  if (state.phase === "waiting")
    return (
      <div className={styles.cut} role="status">
        <span>{t("terminal.waiting")}</span>
        <Button size="small" onPress={() => link.reconnectNow()}>
          {t("terminal.retryNow")}
        </Button>
      </div>
    );
  if (state.phase === "ended" && state.reason !== "closed")
    return (
      <div className={styles.cut} role="status">
        <span>{t(`terminal.${state.reason}`)}</span>
        <Button size="small" onPress={() => void desk.end(terminal.name)}>
          {t("terminal.close")}
        </Button>
      </div>
    );
  if (sending !== null)
    return (
      <div className={styles.sending}>
        <Progress label={t("terminal.pasting")} value={Math.round(sending * 100)} />
        <Button size="small" onPress={() => link.dropInput()}>
          {t("terminal.stopPasting")}
        </Button>
      </div>
    );
  return null;
}

interface ScreensProps {
  readonly desk: TerminalDesk;
  readonly front: string;
  readonly id: string;
  readonly labelledBy: string;
}

/** All screens lie in one place; the one in front is shown. */
function Screens({ desk, front, id, labelledBy }: ScreensProps) {
  const t = useText();
  const host = useRef<HTMLDivElement>(null);
  const hint = useId();
  useEffect(() => {
    desk.placeIn(host.current);
    return () => desk.placeIn(null);
  }, [desk]);
  useEffect(() => {
    const shown = desk.screenOf(front);
    for (const name of desk.state.get().names) {
      const element = desk.terminal(name)?.screen?.element;
      if (element) element.hidden = name !== front;
    }
    if (shown === null) return;
    shown.fit();
    shown.terminal.textarea?.setAttribute("aria-describedby", hint);
    // The panel was opened, or the person chose this terminal: typing goes on in it. Not while they walk along the tabs.
    const panel = host.current?.closest("[data-panel]");
    const has = document.activeElement;
    const isHere = panel?.contains(has) && has?.getAttribute("role") !== "tab";
    if (desk.takesFocus(front) || isHere) shown.terminal.focus();
  }, [desk, front, hint]);
  return (
    <div id={id} role="tabpanel" aria-labelledby={labelledBy} className={styles.screens}>
      <span id={hint} className="visually-hidden">
        {t("terminal.howToLeave")}
      </span>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the terminal has the focus; keys that it did not take do not close the panel. */}
      <div ref={host} className={styles.host} onKeyDown={(event) => event.stopPropagation()} />
    </div>
  );
}
