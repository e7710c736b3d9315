/** Short messages at the foot of the page: said by screen readers as they come, held as long as somebody is at them. */
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { Value } from "../core/observable.ts";
import { Button } from "./button.tsx";
import { cx } from "./cx.ts";
import styles from "./toast.module.css";
import { useObservable, useText } from "./use-observable.ts";

export interface ToastMessage {
  readonly text: string;
  readonly tone?: "plain" | "error";
  /** It says what is going on, and stays until whoever shows it says that it is over. */
  readonly isLasting?: boolean;
  readonly action?: { readonly label: string; readonly onAction: () => void } | undefined;
}

interface Shown extends ToastMessage {
  readonly key: number;
}

/** An error stays until it is closed, or until another view is shown. */
const PLAIN_MS = 8_000;
const MAX_SHOWN = 3;

const shown = new Value<readonly Shown[]>([]);
let made = 0;

/**
 * Shows a message: eight seconds, or, when it is an error or lasts, until it is closed. What is said once more stands there once; what can be pressed
 * stands for something of its own. Returns what closes it.
 */
export function toast(message: ToastMessage): () => void {
  made += 1;
  const key = made;
  const isSaidAgain = ({ text, action }: Shown) => text === message.text && action === undefined && !message.action;
  shown.set([...shown.get().filter((one) => !isSaidAgain(one)), { ...message, key }]);
  return () => close(key);
}

function close(key: number): void {
  shown.set(shown.get().filter((one) => one.key !== key));
}

/** An error, or what is going on, is about the view in which it came: it goes when the page shows another one (`view`: anything that names it). */
export function useErrorsOfView(view: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: leaving the view is what counts
  useEffect(() => () => shown.set(shown.get().filter((one) => one.tone !== "error" && !one.isLasting)), [view]);
}

/** Where the messages appear; once in the page. */
export function Toasts() {
  const t = useText();
  const toasts = useObservable(shown);
  const [isHeld, setHeld] = useState(false);
  return (
    <section
      aria-label={t("shell.notifications")}
      aria-live="polite"
      className={styles.region}
      // An open dialog hides everything else from screen readers and takes every click outside for a wish to close it.
      data-react-aria-top-layer="true"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {/* The last ones: errors that nobody closes may not keep what was just done from being told. */}
      {toasts.slice(-MAX_SHOWN).map((one) => (
        <Toast key={one.key} message={one} isHeld={isHeld} />
      ))}
    </section>
  );
}

function Toast({ message, isHeld }: { readonly message: Shown; readonly isHeld: boolean }) {
  const t = useText();
  const { key, text, tone, action, isLasting = false } = message;
  const stays = tone === "error" || isLasting || isHeld;
  useEffect(() => {
    if (stays) return;
    const timer = setTimeout(() => close(key), PLAIN_MS);
    return () => clearTimeout(timer);
  }, [stays, key]);
  return (
    <div className={cx(styles.toast, tone === "error" && styles.error)}>
      <span className={styles.content} role={tone === "error" ? "alert" : undefined}>
        {text}
      </span>
      {action ? (
        <Button
          variant="quiet"
          size="small"
          className={styles.action}
          onPress={() => {
            close(key);
            action.onAction();
          }}
        >
          {action.label}
        </Button>
      ) : null}
      <Button
        variant="quiet"
        size="small"
        className={styles.close}
        aria-label={t("shell.dismiss")}
        onPress={() => close(key)}
      >
        <X size={16} aria-hidden />
      </Button>
    </div>
  );
}
