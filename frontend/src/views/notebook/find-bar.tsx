import { ArrowDown, ArrowUp, CaseSensitive, ChevronRight, Regex, WholeWord, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { text as word } from "../../i18n/t.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import type { NotebookController } from "./controller.ts";
import type { FindOptions } from "./find.ts";
import styles from "./notebook-view.module.css";

/** Find and replace over the whole notebook, in sight or not; stands in for the browser's own. */
export function FindBar({ controller }: { readonly controller: NotebookController }) {
  const t = useText();
  const { find } = controller;
  const state = useObservable(find.state);
  const [replacement, setReplacement] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const { opened } = state;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each opening takes the focus again.
  useEffect(() => field.current?.select(), [opened]);

  const set = (options: Partial<FindOptions>): void => {
    const cellId = controller.activeId;
    find.setOptions(options, { cellId, offset: cellId === null ? 0 : (controller.cursorOf(cellId)?.anchor ?? 0) });
  };
  const close = (): void => {
    find.close();
    if (controller.activeId !== null) controller.select(controller.activeId);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && event.target === field.current) find.step(event.shiftKey ? -1 : 1);
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
          <span className={styles.matchCount} role="status">
            {counted(state)}
          </span>
          <IconButton
            size="small"
            label={t("find.previousMatch")}
            isDisabled={state.matches.length === 0}
            onPress={() => find.step(-1)}
          >
            <ArrowUp size={16} aria-hidden />
          </IconButton>
          <IconButton
            size="small"
            label={t("find.nextMatch")}
            isDisabled={state.matches.length === 0}
            onPress={() => find.step(1)}
          >
            <ArrowDown size={16} aria-hidden />
          </IconButton>
          <IconButton size="small" label={t("find.closeFind")} onPress={close}>
            <X size={16} aria-hidden />
          </IconButton>
        </div>
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
              isDisabled={state.current < 0 || controller.isReadOnly}
              onPress={() => find.replace(replacement)}
            >
              {t("find.replace")}
            </Button>
            <Button
              size="small"
              isDisabled={state.matches.length === 0 || controller.isReadOnly}
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

function counted(state: {
  readonly isInvalid: boolean;
  readonly options: FindOptions;
  readonly matches: readonly unknown[];
  readonly current: number;
}): string {
  if (state.isInvalid) return word("find.invalidExpression");
  if (state.options.text === "") return "";
  if (state.matches.length === 0) return word("find.noMatches");
  return word("find.matchOf", { current: state.current + 1, total: state.matches.length });
}
