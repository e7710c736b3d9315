import { useEffect, useState } from "react";
import type { Session } from "../../api/client.ts";
import type { Invitation, TeamClient } from "../../api/team-client.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useText } from "../../ui/use-observable.ts";
import { Card } from "./card.tsx";
import { useWork } from "./sign-in-page.tsx";
import styles from "./team.module.css";
import { teamErrorText } from "./team-error.ts";

export interface JoinPageProps {
  readonly team: TeamClient;
  /** Of the invitation's link; null: it was cut off. */
  readonly code: string | null;
  readonly onSignedIn: (session: Session) => void;
}

/** Comes in by an invitation, or sets a new password. */
export function JoinPage({ team, code, onSignedIn }: JoinPageProps) {
  const t = useText();
  const [invitation, setInvitation] = useState<Invitation | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    if (code === null) return;
    team.invitation(code).then(setInvitation, (error: unknown) => setFailure(teamErrorText(error)));
  }, [team, code]);
  if (code === null) {
    return (
      <Card title={t("team.noCodeTitle")}>
        <p role="alert">{t("team.noCodeText")}</p>
      </Card>
    );
  }
  if (failure !== null) {
    return (
      <Card title={t("team.cannotJoinTitle")}>
        <p role="alert">{failure}</p>
      </Card>
    );
  }
  if (invitation === null) {
    return (
      <Card title={t("team.joinTitle")}>
        <Spinner label={t("shell.loading")} />
      </Card>
    );
  }
  return <JoinForm team={team} code={code} invitation={invitation} onSignedIn={onSignedIn} />;
}

function JoinForm(props: JoinPageProps & { readonly code: string; readonly invitation: Invitation }) {
  const { team, code, invitation, onSignedIn } = props;
  const t = useText();
  const [userName, setUserName] = useState(invitation.user_name ?? "");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { error, isBusy, run } = useWork();
  const isReset = invitation.kind === "reset";
  const submit = () => run(async () => onSignedIn(await team.join({ code, userName, name, password })));
  const title = isReset ? "team.resetTitle" : invitation.is_admin ? "team.joinAdminTitle" : "team.joinTitle";
  return (
    <Card title={t(title)}>
      <p className={styles.muted}>
        {isReset
          ? t("team.resetText", { name: invitation.user_name ?? "" })
          : t(invitation.is_admin ? "team.joinAdminText" : "team.joinText")}
      </p>
      <form
        className={`${styles.form} ${styles.wide}`}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {isReset ? null : (
          <>
            <TextField
              label={t("team.yourName")}
              description={t("team.yourNameHint")}
              value={name}
              onChange={setName}
              autoComplete="name"
              autoFocus
            />
            <TextField
              label={t("team.userName")}
              description={t("team.userNameHint")}
              value={userName}
              onChange={setUserName}
              isReadOnly={invitation.user_name !== null}
              autoComplete="username"
            />
          </>
        )}
        <TextField
          label={t(isReset ? "team.newPassword" : "team.password")}
          description={t("team.passwordHint")}
          type="password"
          value={password}
          onChange={setPassword}
          autoComplete="new-password"
        />
        {error === null ? null : (
          <Notice tone="danger" isLive>
            {error}
          </Notice>
        )}
        <Button variant="primary" type="submit" isPending={isBusy}>
          {t(isReset ? "team.setPassword" : "team.join")}
        </Button>
      </form>
    </Card>
  );
}
