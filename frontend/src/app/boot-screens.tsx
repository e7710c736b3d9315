/** What is shown instead of a view: while starting, signed out, without a hub, after a crash, at a wrong address. */
import type { ReactNode } from "react";
import type { TextKey } from "../i18n/t.ts";
import { Button } from "../ui/button.tsx";
import { CopyLine } from "../ui/copy-line.tsx";
import { Spinner } from "../ui/progress.tsx";
import { useText } from "../ui/use-observable.ts";
import styles from "./boot-screens.module.css";
import { Brand } from "./brand.tsx";
import type { SignInFailure } from "./session.ts";

function Screen({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main className={styles.screen}>
      <title>Runhere</title>
      <div className={styles.card}>
        <Brand className={styles.logo} />
        <h1 className={styles.title}>{title}</h1>
        {children}
      </div>
    </main>
  );
}

export function StartingScreen() {
  const t = useText();
  return (
    <main className={styles.screen}>
      <p className={styles.waiting}>
        <Spinner /> {t("shell.loading")}
      </p>
    </main>
  );
}

const failures: Record<SignInFailure, TextKey & `shell.${string}`> = {
  used: "shell.signInUsed",
  expired: "shell.signInExpired",
  no_code: "shell.signInNoCode",
};

export function SignedOutScreen({ failure }: { readonly failure: SignInFailure | null }) {
  const t = useText();
  return (
    <Screen title={t(failure ? "shell.signInFailedTitle" : "shell.signedOutTitle")}>
      <p role={failure ? "alert" : undefined}>
        {failure ? t(failures[failure] as "shell.signInUsed") : t("shell.signedOutText")}
      </p>
      <CopyLine line="runhere login" />
      <p className={styles.hint}>{t("shell.signedOutHint")}</p>
    </Screen>
  );
}

/** @param message what the hub answered; without one it did not. */
export function UnreachableScreen({ message, onRetry }: { readonly message?: string; readonly onRetry: () => void }) {
  const t = useText();
  return (
    <Screen title={t(message === undefined ? "shell.hubUnreachableTitle" : "shell.hubRefusedTitle")}>
      <p role="alert">{message ?? t("shell.hubUnreachableText")}</p>
      <div className={styles.actions}>
        <Button variant="primary" onPress={onRetry}>
          {t("shell.retry")}
        </Button>
      </div>
    </Screen>
  );
}

export function NotFoundScreen(props: { readonly what: "address" | "notebook"; readonly onHome: () => void }) {
  const t = useText();
  const isNotebook = props.what === "notebook";
  return (
    <Screen title={t(isNotebook ? "shell.noNotebookTitle" : "shell.notFoundTitle")}>
      <p>{t(isNotebook ? "shell.noNotebookText" : "shell.notFoundText")}</p>
      <div className={styles.actions}>
        <Button variant="primary" onPress={props.onHome}>
          {t("shell.goHome")}
        </Button>
      </div>
    </Screen>
  );
}

/** Also for a lazily loaded part that is gone from the hub because it was updated meanwhile. */
export function CrashScreen({ error }: { readonly error: unknown }) {
  const t = useText();
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const isStale = /dynamically imported module|module script failed|preload CSS/i.test(detail);
  return (
    <Screen title={t(isStale ? "shell.viewFailedTitle" : "shell.crashTitle")}>
      <p role="alert">{t(isStale ? "shell.viewFailedText" : "shell.crashText")}</p>
      {isStale ? null : <pre className={styles.details}>{detail}</pre>}
      <div className={styles.actions}>
        <Button variant="primary" onPress={() => location.reload()}>
          {t("shell.reload")}
        </Button>
        <Button onPress={() => location.assign("/")}>{t("shell.goHome")}</Button>
      </div>
    </Screen>
  );
}
