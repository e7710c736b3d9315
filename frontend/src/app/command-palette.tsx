import { useId, useRef, useState, useSyncExternalStore } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { showKeys } from "../core/shortcuts.ts";
import { englishText } from "../i18n/t.ts";
import { useText } from "../ui/use-observable.ts";
import { isMac } from "../views/notebook/keys.ts";
import styles from "./command-palette.module.css";
import { bestScore } from "./command-search.ts";
import { type Command, type CommandContext, commands, runCommand } from "./commands.ts";

/** Every command by its name, and by its English one: pages that one reads call it so. What cannot be called now is not listed. */
export function CommandPalette({
  context,
  follow,
  onClose,
}: {
  readonly context: CommandContext;
  /** Tells of what may change which commands can be called. Returns the end. */
  readonly follow: (fn: () => void) => () => void;
  readonly onClose: () => void;
}) {
  const t = useText();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const callable = useSyncExternalStore(follow, () => callableNow(context)).split(" ");
  const found = commands
    .filter(({ id }) => callable.includes(id))
    .flatMap((command) => {
      const key = command.title as "commands.undo";
      const title = t(key);
      const score = bestScore(query, [title, englishText(key)]);
      return score === null ? [] : [{ command, title, score }];
    })
    .sort((a, b) => (query ? b.score - a.score : 0));
  const first = found[0]?.command.id ?? null;
  // By its name: Enter calls what is marked, also when others came in front of it meanwhile.
  if (chosen === null && first !== null) setChosen(first);
  const index = Math.max(
    0,
    found.findIndex(({ command }) => command.id === chosen),
  );
  const run = (command: Command | undefined): void => {
    if (!command) return;
    onClose();
    // After the dialog gave the focus back: the command may want it elsewhere.
    requestAnimationFrame(() => runCommand(command.id, context));
  };
  const go = (next: number): void => {
    const wrapped = (next + found.length) % Math.max(1, found.length);
    setChosen(found[wrapped]?.command.id ?? null);
    list.current?.children[wrapped]?.scrollIntoView({ block: "nearest" });
  };
  return (
    <ModalOverlay isOpen isDismissable onOpenChange={(open) => open || onClose()} className={styles.scrim ?? ""}>
      <Modal className={styles.modal ?? ""}>
        <AriaDialog aria-label={t("commands.palette")} className={styles.dialog ?? ""}>
          <input
            // biome-ignore lint/a11y/noAutofocus: a palette is opened to type into it.
            autoFocus
            role="combobox"
            aria-expanded
            aria-controls={listId}
            aria-activedescendant={found[index] ? `${listId}-${index}` : undefined}
            aria-label={t("commands.palette")}
            placeholder={t("commands.searchCommands")}
            className={styles.field}
            value={query}
            spellCheck={false}
            onChange={(event) => {
              setQuery(event.target.value);
              setChosen(null);
            }}
            onKeyDown={(event) => {
              if (event.nativeEvent.isComposing) return;
              if (event.key === "ArrowDown") go(index + 1);
              else if (event.key === "ArrowUp") go(index - 1);
              else if (event.key === "Enter") run(found[index]?.command);
              else return;
              event.preventDefault();
            }}
          />
          <div ref={list} id={listId} role="listbox" aria-label={t("commands.palette")} className={styles.list}>
            {found.map(({ command, title }, row) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys.
              <div
                key={command.id}
                id={`${listId}-${row}`}
                role="option"
                tabIndex={-1}
                aria-selected={row === index}
                className={styles.option}
                onPointerMove={() => setChosen(command.id)}
                onClick={() => run(command)}
              >
                <span>{title}</span>
                {command.keys[0] ? <kbd aria-hidden>{showKeys(command.keys[0].keys, isMac)}</kbd> : null}
              </div>
            ))}
            {found.length === 0 ? <div className={styles.none}>{t("commands.noCommand")}</div> : null}
          </div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** The names of all that can be called, as one value that compares. */
function callableNow(context: CommandContext): string {
  return commands
    .filter((one) => one.when(context))
    .map(({ id }) => id)
    .join(" ");
}
