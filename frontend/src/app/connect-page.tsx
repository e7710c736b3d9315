import type { Session } from "../api/client.ts";
import { parseBackendUrl } from "../core/backend-url.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { useObservable, useText } from "../ui/use-observable.ts";
import { FailureNotice, Warning } from "../views/connect/local-dialog.tsx";
import { noteWarningRead } from "../views/connect/warning.ts";
import styles from "./boot-screens.module.css";
import type { PageServices } from "./services.ts";
import { ownerOf } from "./session.ts";

/** `/connect`: a runtime's own link was opened. Nothing is asked of that runtime before the person agrees. */
export function ConnectPage({ page, session }: { readonly page: PageServices; readonly session: Session }) {
  const t = useText();
  const link = useObservable(page.runtimeLink);
  const address = link === null ? null : parseBackendUrl(link);
  const goHome = () => page.router.go("/");
  const accept = () => {
    if (link === null) return;
    noteWarningRead();
    page.defaultRuntime(ownerOf(session)).adopt(link);
    page.runtimeLink.set(null);
    goHome();
  };
  return (
    <main className={styles.screen} id="content" tabIndex={-1}>
      <title>{`${t("runtime.connect")} · Runhere`}</title>
      <div className={styles.card}>
        <h1 className={styles.title}>
          {address?.ok ? t("connect.linkTitle", { address: address.label }) : t("connect.failed")}
        </h1>
        {address === null ? <Notice tone="warning">{t("connect.linkNone")}</Notice> : null}
        {address !== null && !address.ok ? (
          <FailureNotice
            failure={{ ok: false, code: address.code, facts: address.facts, needsToken: false }}
            origin={location.origin}
          />
        ) : null}
        {address?.ok ? (
          <>
            <p>{t("connect.linkText")}</p>
            <Warning />
          </>
        ) : null}
        <div className={styles.actions}>
          {address?.ok ? (
            <Button variant="primary" onPress={accept}>
              {t("runtime.connect")}
            </Button>
          ) : null}
          <Button onPress={goHome}>{t("shell.goHome")}</Button>
        </div>
      </div>
    </main>
  );
}
