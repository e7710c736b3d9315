import { Play } from "lucide-react";
import { memo, type ReactNode, useEffect, useRef, useState } from "react";
import type { KeyBinding } from "../../core/shortcuts.ts";
import { withWords } from "../../i18n/t.ts";
import { endAllFrames } from "../../outputs/active.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { latePart } from "../../ui/late-part.ts";
import { useObservable, useSelected, useText } from "../../ui/use-observable.ts";
import "../../outputs/outputs.css";
import { AskingHint } from "./asking-hint.tsx";
import { Banners } from "./banners.tsx";
import { CellList } from "./cell-list.tsx";
import { asPlainText, CELLS_MIME, keptCells, parseCells } from "./clipboard.ts";
import type { NotebookController } from "./controller.ts";
import { InsertButtons } from "./insert-bar.tsx";
import { listenToKeys } from "./keys.ts";
import styles from "./notebook-view.module.css";
import { linkQuestion } from "./output-environment.ts";
import { OutputsAtHome, People, SaveStatus } from "./save-status.tsx";

/** Fetched ahead by the composition root: what is typed after Ctrl+F belongs into its field. */
export const findBar = latePart(
  () => withWords(import("./find-bar.tsx"), "find"),
  (module) => module.FindBar,
  { callOff: ({ controller }) => controller.find.set({ isOpen: false }) },
);

export interface NotebookViewProps {
  readonly controller: NotebookController;
  /** What keys call, in order of preference. */
  readonly keys: readonly KeyBinding[];
  /** False when the command cannot be run now. */
  readonly onCommand: (id: string) => boolean;
  /** What the composition root puts at the end of the tool row (the connect button). */
  readonly toolbarEnd?: ReactNode;
}

/** An open notebook: tools, banners, and the cells in a window. */
export const NotebookView = memo(function NotebookView(props: NotebookViewProps) {
  const { controller, keys, onCommand, toolbarEnd } = props;
  const t = useText();
  // State, not a ref: the window over the cells needs the element when it is first drawn, and refs are set after that.
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const isReadOnly = useObservable(controller.readOnly);
  const isFinding = useSelected(controller.find.state, ({ isOpen }) => isOpen);
  useKeys(keys, onCommand);
  useCellClipboard(controller);
  useEffect(() => endAllFrames, []);
  return (
    <div className={styles.view}>
      <section aria-label={t("notebook.toolbar")} className={styles.tools}>
        <div role="toolbar" aria-label={t("notebook.toolbar")} className={styles.toolbar}>
          <InsertButtons controller={controller} />
          <Button size="small" variant="quiet" aria-label={t("notebook.runAll")} onPress={() => onCommand("runAll")}>
            <Play size={14} aria-hidden />
            <span className={styles.runAllWord}>{t("notebook.runAll")}</span>
          </Button>
          <SaveStatus controller={controller} />
          <OutputsAtHome controller={controller} />
          <span className={styles.spring} />
          <People controller={controller} />
          {toolbarEnd}
        </div>
      </section>
      {isFinding ? <findBar.Part controller={controller} /> : null}
      <AskingHint controller={controller} />
      <main ref={setScroller} className={styles.scroller}>
        <Banners controller={controller} />
        {scroller ? <CellList controller={controller} scroller={scroller} /> : null}
        {isReadOnly ? null : (
          <div className={styles.end}>
            <InsertButtons controller={controller} />
          </div>
        )}
      </main>
      <Announcer controller={controller} />
      <LinkDialog />
    </div>
  );
});

/** Keys are heard before anything else, so that a chord's second letter does not land in the text. */
function useKeys(keys: readonly KeyBinding[], onCommand: (id: string) => boolean): void {
  const call = useRef(onCommand);
  call.current = onCommand;
  useEffect(() => {
    const listener = listenToKeys(keys, (id) => call.current(id));
    const hear = (event: KeyboardEvent): void => {
      if (!listener.press(event)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    window.addEventListener("keydown", hear, true);
    return () => window.removeEventListener("keydown", hear, true);
  }, [keys]);
}

/** The browser's own copy, cut and paste act on cells while a cell (not its text) has the focus. */
function useCellClipboard(controller: NotebookController): void {
  useEffect(() => {
    // Not the event's target: that is the text that was clicked last, of this cell or of another.
    const isOnCell = (): boolean =>
      document.activeElement?.hasAttribute("data-cell-id") === true && (getSelection()?.isCollapsed ?? true);
    const give = (event: ClipboardEvent, taken: { cells: string; plain: string } | null): void => {
      if (!taken) return;
      event.clipboardData?.setData(CELLS_MIME, taken.cells);
      event.clipboardData?.setData("text/plain", taken.plain);
      event.preventDefault();
    };
    const onCopy = (event: ClipboardEvent): void => {
      if (isOnCell()) give(event, controller.copy());
    };
    const onCut = (event: ClipboardEvent): void => {
      if (isOnCell() && !controller.isReadOnly) give(event, controller.cut());
    };
    const onPaste = (event: ClipboardEvent): void => {
      if (!isOnCell() || controller.isReadOnly) return;
      const carried = event.clipboardData?.getData(CELLS_MIME) ?? "";
      const plain = event.clipboardData?.getData("text/plain") ?? "";
      const own = keptCells();
      const cells = carried ? parseCells(carried) : [];
      event.preventDefault();
      if (cells.length > 0) controller.paste("below", cells);
      else if (own.length > 0 && asPlainText(own) === plain) controller.paste();
      else if (plain) controller.paste("below", [{ type: "code", source: plain.replace(/\r\n?/g, "\n") }]);
    };
    document.addEventListener("copy", onCopy);
    document.addEventListener("cut", onCut);
    document.addEventListener("paste", onPaste);
    return () => {
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("cut", onCut);
      document.removeEventListener("paste", onPaste);
    };
  }, [controller]);
}

function Announcer({ controller }: { readonly controller: NotebookController }) {
  const said = useObservable(controller.announcement);
  return (
    <div className="visually-hidden" aria-live="polite">
      {said ? <span key={said.serial}>{said.text}</span> : null}
    </div>
  );
}

function LinkDialog() {
  const t = useText();
  const question = useObservable(linkQuestion);
  if (!question) return null;
  return (
    <ConfirmDialog
      title={t("notebook.leaveTitle")}
      isOpen
      confirm={t("notebook.leaveOpen")}
      onConfirm={() => question.answer(true)}
      onClose={() => question.answer(false)}
    >
      <p>{t("notebook.leaveText", { host: new URL(question.url).host })}</p>
      <p className={styles.url}>{question.url}</p>
    </ConfirmDialog>
  );
}
