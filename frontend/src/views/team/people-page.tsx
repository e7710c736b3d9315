import { useCallback, useEffect, useMemo, useState } from "react";
import type { Account, TeamClient } from "../../api/team-client.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { CopyLine } from "../../ui/copy-line.tsx";
import { Notice } from "../../ui/notice.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useText } from "../../ui/use-observable.ts";
import { AccountsSection } from "./accounts-section.tsx";
import { Failure } from "./failure.tsx";
import { LogSection } from "./log-section.tsx";
import { RuntimesSection } from "./runtimes-section.tsx";
import { useWork } from "./sign-in-page.tsx";
import styles from "./team.module.css";

export interface PeoplePageProps {
  readonly team: TeamClient;
  /** This hub has hosted runtimes. */
  readonly hasHosted: boolean;
  readonly now: () => number;
  /** Who looks at this. */
  readonly personId: string;
  /** They are no administrator any more, by their own hand. */
  onLeft(): void;
}

/** For administrators: who may come in, invitations, passwords, and what happened. */
export function PeoplePage({ team, hasHosted, now, personId, onLeft }: PeoplePageProps) {
  const t = useText();
  const [accounts, setAccounts] = useState<readonly Account[]>([]);
  const [userName, setUserName] = useState("");
  const [isAdmin, setAdmin] = useState(false);
  const [link, setLink] = useState<string | null>(null);
  const names = useMemo(() => new Map(accounts.map(({ person_id, name }) => [person_id, name])), [accounts]);
  const { error, isBusy, run } = useWork();
  const [changes, setChanges] = useState(0);
  const load = useCallback(async () => setAccounts(await team.accounts()), [team]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `run` is another function each time; once is meant.
  useEffect(() => void run(load), [load]);
  const showChange = async () => {
    await load();
    setChanges((count) => count + 1);
  };
  const change = (work: () => Promise<void>) =>
    run(async () => {
      await work();
      await showChange();
    });
  const invite = () =>
    change(async () => {
      setLink(await team.invite(userName.trim() === "" ? null : userName, isAdmin));
      setUserName("");
    });
  const setAdminOf = ({ user_name, person_id }: Account, isAdmin: boolean) =>
    run(async () => {
      await team.setAdmin(user_name, isAdmin);
      if (person_id === personId && !isAdmin) onLeft();
      else await showChange();
    });
  return (
    <main className={styles.page} id="content" tabIndex={-1}>
      <title>{`${t("team.people")} · Runhere`}</title>
      <h1 className={styles.title}>{t("team.people")}</h1>
      <Failure error={error} />
      {link === null ? null : (
        <Notice tone="ok" isLive>
          <p>{t("team.oneTimeLink")}</p>
          <CopyLine line={link} />
        </Notice>
      )}
      <section className={styles.section}>
        <h2>{t("team.invite")}</h2>
        <form
          className={styles.row}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void invite();
          }}
        >
          <TextField label={t("team.inviteName")} value={userName} onChange={setUserName} autoComplete="off" />
          <Checkbox isSelected={isAdmin} onChange={setAdmin}>
            {t("team.inviteAdmin")}
          </Checkbox>
          <Button type="submit" variant="primary" isPending={isBusy}>
            {t("team.makeInvitation")}
          </Button>
        </form>
      </section>
      <AccountsSection
        accounts={accounts}
        onReset={({ user_name }) => void change(async () => setLink(await team.reset(user_name)))}
        onDisabled={({ user_name }, isDisabled) => void change(() => team.setDisabled(user_name, isDisabled))}
        onAdmin={(account, isAdmin) => void setAdminOf(account, isAdmin)}
      />
      {hasHosted ? <RuntimesSection team={team} now={now} /> : null}
      <LogSection key={changes} team={team} whose="all" names={names} />
    </main>
  );
}
