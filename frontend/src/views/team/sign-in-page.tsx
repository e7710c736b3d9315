import { useState } from "react";
import type { Session, SignInWays } from "../../api/client.ts";
import type { TeamClient } from "../../api/team-client.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useText } from "../../ui/use-observable.ts";
import { Card } from "./card.tsx";
import styles from "./team.module.css";
import { teamErrorText } from "./team-error.ts";

export interface SignInPageProps {
  readonly team: TeamClient;
  readonly ways: SignInWays;
  /** Where the person wanted to go. */
  readonly path: string;
  /** They came by a share link. */
  readonly hasLink: boolean;
  /** Called before this tab goes elsewhere to sign in. */
  readonly onLeave: () => void;
  readonly onSignedIn: (session: Session) => void;
}

/** User name and password, the identity provider's button, and, where the hub allows it, a new account. */
export function SignInPage({ team, ways, path, hasLink, onLeave, onSignedIn }: SignInPageProps) {
  const t = useText();
  const [isNew, setNew] = useState(false);
  const [userName, setUserName] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { error, isBusy, run } = useWork();
  const submit = () =>
    run(async () =>
      onSignedIn(isNew ? await team.signUp({ userName, name, password }) : await team.signIn(userName, password)),
    );
  const elsewhere = () =>
    run(async () => {
      const url = await team.goElsewhere(path);
      onLeave();
      location.assign(url);
    });
  return (
    <Card title={t(isNew ? "team.makeAccount" : "team.signInTitle")}>
      {hasLink ? <Notice>{t("team.waitingLink")}</Notice> : null}
      <form
        className={`${styles.form} ${styles.wide}`}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label={t("team.userName")}
          value={userName}
          onChange={setUserName}
          autoComplete="username"
          autoFocus
          {...(isNew ? { description: t("team.userNameHint") } : {})}
        />
        {isNew ? (
          <TextField
            label={t("team.yourName")}
            description={t("team.yourNameHint")}
            value={name}
            onChange={setName}
            autoComplete="name"
          />
        ) : null}
        <TextField
          label={t("team.password")}
          type="password"
          value={password}
          onChange={setPassword}
          autoComplete={isNew ? "new-password" : "current-password"}
          {...(isNew ? { description: t("team.passwordHint") } : {})}
        />
        {error === null ? null : (
          <Notice tone="danger" isLive>
            {error}
          </Notice>
        )}
        <Button variant="primary" type="submit" isPending={isBusy}>
          {t(isNew ? "team.makeAccount" : "team.signIn")}
        </Button>
      </form>
      {ways.provider !== null ? (
        <>
          <div className={styles.or}>{t("team.or")}</div>
          <div className={styles.wide}>
            <Button onPress={() => void elsewhere()} isPending={isBusy}>
              {t("team.signInWith", { provider: ways.provider })}
            </Button>
          </div>
        </>
      ) : null}
      <p className={styles.small}>
        {ways.sign_up ? (
          <>
            {isNew ? null : `${t("team.noAccount")} `}
            <Button variant="quiet" size="small" onPress={() => setNew(!isNew)}>
              {t(isNew ? "team.haveAccount" : "team.makeAccount")}
            </Button>
          </>
        ) : ways.provider === null ? (
          t("team.byInvitation")
        ) : null}
      </p>
    </Card>
  );
}

/** One thing at a time, and what went wrong with it in words. */
export function useWork() {
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async (work: () => Promise<void>): Promise<boolean> => {
    setError(null);
    setBusy(true);
    try {
      await work();
      return true;
    } catch (reason) {
      setError(teamErrorText(reason));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { error, isBusy, run };
}
