import { ChevronRight } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { Button as TriggerButton } from "react-aria-components/Button";
import { Disclosure, DisclosurePanel } from "react-aria-components/Disclosure";
import { Heading } from "react-aria-components/Heading";
import type { BareEnvironment } from "../../kernel/server.ts";
import { Button } from "../../ui/button.tsx";
import { CopyLine } from "../../ui/copy-line.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./connect.module.css";
import type { ConnectRuntime } from "./runtime.ts";

type Found = readonly BareEnvironment[] | "looking" | "failed";

/** Environments of the runtime's machine that have no kernel, each with the line that installs one. Looks when it is shown, and on request. */
export function BareEnvironments({ runtime }: { readonly runtime: ConnectRuntime }) {
  const t = useText();
  const [found, setFound] = useState<Found>("looking");
  const look = useCallback(() => {
    setFound("looking");
    runtime.lookForKernels().then(setFound, () => setFound("failed"));
  }, [runtime]);
  useEffect(look, [look]);
  if (found === "looking")
    return (
      <p role="status" className={styles.small}>
        {t("connect.looking")}
      </p>
    );
  const again = <Button onPress={look}>{t("connect.lookAgain")}</Button>;
  if (found === "failed")
    return (
      <Notice tone="warning" isLive>
        <p>{t("connect.lookFailed")}</p>
        {again}
      </Notice>
    );
  if (found.length === 0) return null;
  return (
    <Disclosure className={styles.how ?? ""}>
      <Heading level={3}>
        <TriggerButton slot="trigger" className={styles.howButton ?? ""}>
          <ChevronRight size={16} aria-hidden />
          {t("connect.bareTitle", { count: found.length })}
        </TriggerButton>
      </Heading>
      <DisclosurePanel>
        <div className={styles.howBody}>
          <p>{t("connect.bareText")}</p>
          {found.map(({ name, python, install }) => (
            <div key={python}>
              <p>
                <strong>{name}</strong> <span className={styles.small}>{python}</span>
              </p>
              <CopyLine line={install} label={t("connect.copyLine")} />
            </div>
          ))}
          {again}
        </div>
      </DisclosurePanel>
    </Disclosure>
  );
}
