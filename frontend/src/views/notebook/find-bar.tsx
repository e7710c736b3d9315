import { ArrowDown, ArrowUp, CaseSensitive, ChevronRight, Regex, SquareTerminal, WholeWord, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { formatNumber, text as word } from "../../i18n/t.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import type { NotebookController } from "./controller.ts";
import { type Cursor, type FindOptions, MATCH_LIMIT } from "./find.ts";
import type { FindState } from "./find-desk.ts";
import { FindModel } from "./find-model.ts";
import { openOutputFind } from "./find-outputs.ts";
import styles from "./notebook-view.module.css";

/** Find and replace over the whole notebook, in sight or not; stands in for the browser's own. */
export function FindBar({ controller }: { readonly controller: NotebookController }) {
  const t = useText();
  const state = useObservable(controller.find.state);
  const isReadOnly = useObservable(controller.readOnly);
  const [replacement, setReplacement] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const { opened } = state;
  const find = useFindModel(controller, opened);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each opening takes the focus again.
  useEffect(() => field.current?.select(), [opened]);

  const set = (options: Partial<FindOptions>): void => {
    find.setOptions(options, cursorIn(controller));
  };
  const step = (by: -1 | 1): void => find.step(by, cursorIn(controller));
  const close = (): void => {
    find.close();
    if (controller.activeId !== null) controller.select(controller.activeId);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && event.target === field.current) step(event.shiftKey ? -1 : 1);
    else if (event.key === "Enter" && event.target instanceof HTMLInputElement) find.replace(replacement);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const toggle = (name: "matchCase" | "wholeWord" | "isRegExp", label: string, icon: typeof Regex) => {
    const Icon = icon;
    return (
      <IconButton
        size="small"
        label={label}
        aria-pressed={state.options[name]}
        className={styles.toggle}
        onPress={() => set({ [name]: !state.options[name] })}
      >
        <Icon size={16} aria-hidden />
      </IconButton>
    );
  };
  const isInOutput = state.matches[state.current]?.output !== undefined;
  return (
    <search className={styles.find} aria-label={t("find.findIn")} onKeyDown={onKeyDown}>
      <IconButton
        size="small"
        label={t("find.toggleReplace")}
        aria-expanded={state.showsReplace}
        className={styles.chevron}
        onPress={() => find.toggleReplace()}
      >
        <ChevronRight size={16} aria-hidden />
      </IconButton>
      <div className={styles.findRows}>
        <div className={styles.findRow}>
          <input
            ref={field}
            className={styles.field}
            aria-label={t("find.find")}
            placeholder={t("find.find")}
            value={state.options.text}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => set({ text: event.target.value })}
          />
          {toggle("matchCase", t("find.matchCase"), CaseSensitive)}
          {toggle("wholeWord", t("find.wholeWord"), WholeWord)}
          {toggle("isRegExp", t("find.regExp"), Regex)}
          <IconButton
            size="small"
            label={t("find.inOutputs")}
            aria-pressed={state.inOutputs}
            className={styles.toggle}
            onPress={() => find.toggleOutputs()}
          >
            <SquareTerminal size={16} aria-hidden />
          </IconButton>
          <span className={styles.matchCount} role="status" data-wide={state.inOutputs || undefined}>
            {counted(state)}
          </span>
          <IconButton
            size="small"
            label={t("find.previousMatch")}
            isDisabled={state.matches.length === 0}
            onPress={() => step(-1)}
          >
            <ArrowUp size={16} aria-hidden />
          </IconButton>
          <IconButton
            size="small"
            label={t("find.nextMatch")}
            isDisabled={state.matches.length === 0}
            onPress={() => step(1)}
          >
            <ArrowDown size={16} aria-hidden />
          </IconButton>
          <IconButton size="small" label={t("find.closeFind")} onPress={close}>
            <X size={16} aria-hidden />
          </IconButton>
        </div>
        {state.missed > 0 ? (
          <p className={styles.findNote} role="status">
            {t("find.missed", { count: state.missed })}
          </p>
        ) : null}
        {state.showsReplace ? (
          <div className={styles.findRow}>
            <input
              className={styles.field}
              aria-label={t("find.replaceWith")}
              placeholder={t("find.replaceWith")}
              value={replacement}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setReplacement(event.target.value)}
            />
            <Button
              size="small"
              isDisabled={state.current < 0 || isInOutput || isReadOnly}
              onPress={() => find.replace(replacement)}
            >
              {t("find.replace")}
            </Button>
            <Button
              size="small"
              isDisabled={state.matches.every(({ output }) => output) || isReadOnly}
              onPress={() => {
                controller.say(t("find.replaced", { count: find.replaceAll(replacement) }));
                // Nothing is left to replace: the button goes dead, and would take the focus, and Escape, with it.
                field.current?.focus();
              }}
            >
              {t("find.replaceAll")}
            </Button>
          </div>
        ) : null}
      </div>
    </search>
  );
}

function useFindModel(controller: NotebookController, opened: number): FindModel {
  const find = useMemo(
    () =>
      new FindModel(controller.services.doc, controller.find, openOutputFind(controller), (match) =>
        controller.showMatch(match),
      ),
    [controller],
  );
  useEffect(() => () => find.end(), [find]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each opening may bring another text.
  useLayoutEffect(() => find.begin(cursorIn(controller)), [find, opened]);
  return find;
}

function cursorIn(controller: NotebookController): Cursor {
  const cellId = controller.activeId;
  const { anchor, head } = (cellId === null ? null : controller.cursorOf(cellId)) ?? { anchor: 0, head: 0 };
  return { cellId, offset: Math.min(anchor, head), end: Math.max(anchor, head) };
}

function counted({ isInvalid, options, matches, current, isLooking }: FindState): string {
  if (isInvalid) return word("find.invalidExpression");
  if (options.text === "") return "";
  if (matches.length === 0) return word(isLooking ? "find.looking" : "find.noMatches");
  const total = `${formatNumber(matches.length)}${matches.length >= MATCH_LIMIT ? "+" : ""}${isLooking ? "…" : ""}`;
  const key = matches[current]?.output ? "find.matchOfInOutput" : "find.matchOf";
  return word(key, { current: formatNumber(current + 1), total });
}
