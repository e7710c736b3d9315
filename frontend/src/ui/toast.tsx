/**
 * Short messages at the foot of the page. The kit still exports its toasts as unstable; this file is the only one that
 * knows them.
 */
import { X } from "lucide-react";
import {
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from "react-aria-components/Toast";
import { Button } from "./button.tsx";
import { cx } from "./cx.ts";
import styles from "./toast.module.css";
import { useText } from "./use-observable.ts";

export interface ToastMessage {
  readonly text: string;
  readonly tone?: "plain" | "error";
  readonly action?: { readonly label: string; readonly onAction: () => void } | undefined;
}

const queue = new ToastQueue<ToastMessage>({ maxVisibleToasts: 3 });

/** Shows a message: eight seconds, or, when it is an error, until it is closed. Returns what closes it. */
export function toast(message: ToastMessage): () => void {
  const key = queue.add(message, message.tone === "error" ? {} : { timeout: 8_000 });
  return () => queue.close(key);
}

/** Where the messages appear; once in the page. */
export function Toasts() {
  const t = useText();
  return (
    <ToastRegion queue={queue} className={styles.region ?? ""} aria-label={t("shell.notifications")}>
      {({ toast: shown }) => {
        const { text, tone, action } = shown.content;
        return (
          <AriaToast toast={shown} className={cx(styles.toast, tone === "error" && styles.error)}>
            <ToastContent className={styles.content}>{text}</ToastContent>
            {action ? (
              <Button
                variant="quiet"
                size="small"
                className={styles.action}
                onPress={() => {
                  queue.close(shown.key);
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
              onPress={() => queue.close(shown.key)}
            >
              <X size={16} aria-hidden />
            </Button>
          </AriaToast>
        );
      }}
    </ToastRegion>
  );
}
