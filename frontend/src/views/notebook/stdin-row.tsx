import { type FormEvent, useEffect, useLayoutEffect, useRef } from "react";
import type { CellId } from "../../core/cell.ts";
import { stripAnsi } from "../../outputs/ansi.ts";
import { Button } from "../../ui/button.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import styles from "./cell.module.css";
import type { NotebookController } from "./controller.ts";
import { useWishedFocus } from "./hooks.ts";
import type { StdinQuestion } from "./services.ts";

/** What is typed and not sent yet: a row that is scrolled far away ceases to exist. */
const drafts = new WeakMap<StdinQuestion, string>();

/** The question of `input()` or `getpass()`. Enter answers; a password is never kept. */
export function StdinRow({ controller, id }: { readonly controller: NotebookController; readonly id: CellId }) {
  const t = useText();
  const question = useObservable(controller.services.actions.stdin);
  const field = useRef<HTMLInputElement>(null);
  // The question takes the focus from the cell that asks, never from a cell somebody is typing in.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each question takes it anew.
  useEffect(() => {
    const isHere = field.current?.closest("[data-cell-id]")?.contains(document.activeElement) ?? false;
    if (isHere || document.activeElement === document.body) field.current?.focus();
  }, [question]);
  useWishedFocus(controller, { cellId: id, where: "input" }, field);
  useSight(controller, field);
  // Once it is answered its cell has the focus back: else nobody has, and a screen reader begins at the top.
  useLayoutEffect(() => {
    const row = field.current?.form;
    const cell = row?.closest<HTMLElement>("[data-cell-id]");
    return () => {
      const isThere = controller.services.doc.cellIds().includes(id);
      if (isThere && row?.contains(document.activeElement)) cell?.focus({ preventScroll: true });
    };
  }, [controller, id]);
  if (question?.cellId !== id) return null;
  const send = (event: FormEvent): void => {
    event.preventDefault();
    const answer = field.current?.value ?? "";
    if (field.current) field.current.value = "";
    controller.services.actions.answerStdin(answer);
  };
  return (
    <form className={styles.stdin} onSubmit={send}>
      <label className={styles.prompt}>
        <span>{stripAnsi(question.prompt)}</span>
        <input
          ref={field}
          type={question.password ? "password" : "text"}
          autoComplete="off"
          spellCheck={false}
          defaultValue={drafts.get(question) ?? ""}
          onChange={({ target }) => question.password || drafts.set(question, target.value)}
          aria-label={
            stripAnsi(question.prompt) || t(question.password ? "notebook.passwordLabel" : "notebook.inputLabel")
          }
        />
      </label>
      <Button size="small" type="submit">
        {t("notebook.send")}
      </Button>
    </form>
  );
}

type Field = { readonly current: HTMLInputElement | null };

/** Whoever has the field before their eyes needs no hint that there is one. */
function useSight({ inputInSight }: NotebookController, field: Field): void {
  useEffect(() => {
    if (!field.current) return;
    const observer = new IntersectionObserver((entries) => inputInSight.set(entries.at(-1)?.isIntersecting ?? false));
    observer.observe(field.current);
    return () => {
      observer.disconnect();
      inputInSight.set(false);
    };
  }, [inputInSight, field]);
}
