import { ChevronRight } from "lucide-react";
import { Button } from "react-aria-components/Button";
import { Disclosure, DisclosurePanel } from "react-aria-components/Disclosure";
import { Heading } from "react-aria-components/Heading";
import { CopyLine } from "../../ui/copy-line.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./connect.module.css";
import { companionLine, jupyterLine, sshLine } from "./start-lines.ts";

/** How to start each kind of server so that this hub's page may connect to it. */
export function StartHelp({ origin, isOpenAtFirst }: { readonly origin: string; readonly isOpenAtFirst: boolean }) {
  const t = useText();
  const item = (id: string, label: string, words: string, lines: readonly string[]) => ({
    id,
    label,
    content: (
      <>
        <p>{words}</p>
        {lines.map((line) => (
          <CopyLine key={line} line={line} label={t("connect.copyLine")} />
        ))}
      </>
    ),
  });
  const jupyter = t("connect.howToJupyterText");
  return (
    <Disclosure className={styles.how ?? ""} defaultExpanded={isOpenAtFirst}>
      <Heading level={3}>
        <Button slot="trigger" className={styles.howButton ?? ""}>
          <ChevronRight size={16} aria-hidden />
          {t("connect.howTo")}
        </Button>
      </Heading>
      <DisclosurePanel>
        <div className={styles.howBody}>
          <Tabs
            label={t("connect.howTo")}
            items={[
              item("notebook", t("connect.howToNotebook"), jupyter, [jupyterLine("notebook", origin)]),
              item("lab", t("connect.howToLab"), jupyter, [jupyterLine("lab", origin)]),
              item("server", t("connect.howToServer"), jupyter, [jupyterLine("server", origin)]),
              item("companion", t("connect.howToCompanion"), t("connect.howToCompanionText"), [companionLine(origin)]),
              item("ssh", t("connect.howToSsh"), t("connect.howToSshText"), [sshLine()]),
            ]}
          />
        </div>
      </DisclosurePanel>
    </Disclosure>
  );
}
