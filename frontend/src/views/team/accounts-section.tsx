import { useState } from "react";
import type { Account } from "../../api/team-client.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./team.module.css";

export interface AccountsSectionProps {
  readonly accounts: readonly Account[];
  onReset(account: Account): void;
  onDisabled(account: Account, isDisabled: boolean): void;
  onAdmin(account: Account, isAdmin: boolean): void;
}

/** What is asked about first: somebody is sent away, or may do more, or less, to everybody. */
interface Asked {
  readonly what: "reset" | "disable" | "promote" | "demote";
  readonly account: Account;
}

/** For administrators: everybody who has an account, and what can be done about it. */
export function AccountsSection({ accounts, onReset, onDisabled, onAdmin }: AccountsSectionProps) {
  const t = useText();
  const [asked, setAsked] = useState<Asked | null>(null);
  const what = asked?.what ?? "reset";
  const isOnly = accounts.filter((account) => account.is_admin && !account.is_disabled).length < 2;
  const confirm = () => {
    if (asked === null) return;
    if (asked.what === "reset") onReset(asked.account);
    else if (asked.what === "disable") onDisabled(asked.account, true);
    else onAdmin(asked.account, asked.what === "promote");
    setAsked(null);
  };
  return (
    <section className={styles.section} aria-label={t("team.people")}>
      <ul className={styles.list}>
        {accounts.map((account) => (
          <li key={account.user_name}>
            <span>
              {t("team.accountOf", { name: account.name, userName: account.user_name })}{" "}
              <span className={styles.small}>{notesOf(account, t).join(" · ")}</span>
            </span>
            <span className={styles.actions}>
              {adminVerbs(account, isOnly).map((verb) => (
                <Button key={verb} size="small" variant="quiet" onPress={() => setAsked({ what: verb, account })}>
                  {t(`team.${verb}`)}
                </Button>
              ))}
              <Button size="small" variant="quiet" onPress={() => setAsked({ what: "reset", account })}>
                {t("team.reset")}
              </Button>
              <Button
                size="small"
                variant="quiet"
                onPress={() =>
                  account.is_disabled ? onDisabled(account, false) : setAsked({ what: "disable", account })
                }
              >
                {t(account.is_disabled ? "team.enable" : "team.disable")}
              </Button>
            </span>
          </li>
        ))}
      </ul>
      <ConfirmDialog
        title={t(`team.ask_${what}`, { name: asked?.account.name ?? "" })}
        isOpen={asked !== null}
        confirm={t(`team.${what}`)}
        tone={what === "promote" ? "primary" : "danger"}
        onConfirm={confirm}
        onClose={() => setAsked(null)}
      >
        {t(`team.ask_${what}_text`)}
      </ConfirmDialog>
    </section>
  );
}

/** Who may not sign in is made nothing, and the only one who administers is not offered to stop. */
function adminVerbs(account: Account, isOnly: boolean): readonly ("promote" | "demote")[] {
  if (account.is_admin) return isOnly && !account.is_disabled ? [] : ["demote"];
  return account.is_disabled ? [] : ["promote"];
}

function notesOf(account: Account, t: ReturnType<typeof useText>): readonly string[] {
  return [
    ...(account.is_admin ? [t("team.administrator")] : []),
    ...(account.is_disabled ? [t("team.disabled")] : []),
    ...(account.has_password ? [] : [t("team.noPassword")]),
  ];
}
