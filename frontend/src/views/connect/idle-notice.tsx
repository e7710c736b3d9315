import { useEffect, useState } from "react";
import { formatDateTime } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./connect.module.css";
import type { HostedAccess } from "./runtime.ts";

/** The hub warns minutes before; a hidden page asks nothing. */
const LOOK_EVERY_MS = 30_000;

/** Over a notebook that runs on a hosted runtime: it stops soon because nothing runs, and can be kept. */
export function IdleNotice({ access }: { readonly access: HostedAccess }) {
  const t = useText();
  const [stopsAt, setStopsAt] = useState<number | null>(null);
  useEffect(() => {
    // A hub that does not answer is told of elsewhere; the warning stays as it was.
    const look = () =>
      document.hidden
        ? undefined
        : void access.status().then(
            (status) => setStopsAt(status.stopsAt),
            () => undefined,
          );
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [access]);
  if (stopsAt === null) return null;
  const keep = () =>
    access.keep().then(
      (status) => setStopsAt(status.stopsAt),
      () => toast({ text: t("hosted.notKept"), tone: "error" }),
    );
  return (
    <div className={styles.idle}>
      <Notice tone="warning" isLive>
        <div className={styles.idleWords}>
          <span>{t("hosted.stopsAt", { time: formatDateTime(stopsAt) })}</span>
          <Button size="small" onPress={() => void keep()}>
            {t("hosted.keep")}
          </Button>
        </div>
      </Notice>
    </div>
  );
}
