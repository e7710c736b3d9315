import { showKeys } from "../core/shortcuts.ts";
import { Dialog } from "../ui/dialog.tsx";
import { useText } from "../ui/use-observable.ts";
import { isMac } from "../views/notebook/keys.ts";
import styles from "./command-palette.module.css";
import { type Command, commands } from "./commands.ts";

/** All keys, by where they work. Read from the table of commands, so it cannot lie. */
export function ShortcutHelp({ onClose }: { readonly onClose: () => void }) {
  const t = useText();
  const groups = [
    { title: t("commands.keysAnywhere"), mode: "any" },
    { title: t("commands.keysOnCell"), mode: "command" },
    { title: t("commands.keysInText"), mode: "edit" },
  ] as const;
  return (
    <Dialog title={t("commands.shortcuts")} isOpen onClose={onClose} size="wide">
      {groups.map(({ title, mode }) => (
        <section key={mode}>
          <h3 className={styles.group}>{title}</h3>
          <dl className={styles.table}>{commands.map((command) => row(command, mode))}</dl>
        </section>
      ))}
    </Dialog>
  );

  function row(command: Command, mode: "any" | "command" | "edit") {
    const shown = command.keys.filter((one) => one.mode === mode).map((one) => showKeys(one.keys, isMac));
    if (shown.length === 0) return null;
    return (
      <div key={command.id}>
        <dt>{t(command.title as "commands.undo")}</dt>
        <dd>
          {/* The command key and the control key are one and the same but on a Mac. */}
          {[...new Set(shown)].map((keys) => (
            <kbd key={keys}>{keys}</kbd>
          ))}
        </dd>
      </div>
    );
  }
}
