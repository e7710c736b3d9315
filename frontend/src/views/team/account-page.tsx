import { useCallback, useEffect, useState } from "react";
import type { Session, SignInWays } from "../../api/client.ts";
import type { ApiToken, TeamClient } from "../../api/team-client.ts";
import { formatAgo } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { CopyLine } from "../../ui/copy-line.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { toast } from "../../ui/toast.tsx";
import { useText } from "../../ui/use-observable.ts";
import { Failure } from "./failure.tsx";
import { LogSection } from "./log-section.tsx";
import { useWork } from "./sign-in-page.tsx";
import styles from "./team.module.css";

export interface AccountPageProps {
  readonly team: TeamClient;
  readonly session: Session;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signInWays: () => Promise<SignInWays>;
  /** Leave for the identity provider's page. */
  readonly onLeaveFor: (url: string) => void;
  readonly onSession: (session: Session) => void;
  readonly onSignedOut: () => void;
}

const noNames: ReadonlyMap<string, string> = new Map();

/** One's own account: password, sessions, tokens, and what happened. */
export function AccountPage({ team, session, now, signInWays, onLeaveFor, onSession, onSignedOut }: AccountPageProps) {
  const t = useText();
  const [isAsking, setAsking] = useState(false);
  const work = useWork();
  return (
    <main className={styles.page} id="content" tabIndex={-1}>
      <title>{`${t("team.account")} · Runhere`}</title>
      <div className={styles.section}>
        <h1 className={styles.title}>{t("team.account")}</h1>
        <p className={styles.muted}>
          {t("team.accountOf", { name: session.person.name, userName: session.user_name })}
        </p>
      </div>
      <PasswordSection team={team} onSession={onSession} />
      <ElsewhereSection team={team} signInWays={signInWays} onLeaveFor={onLeaveFor} />
      <section className={styles.section}>
        <h2>{t("team.signOutEverywhere")}</h2>
        <div className={styles.row}>
          <p className={styles.muted}>{t("team.signOutEverywhereText")}</p>
          <Button onPress={() => setAsking(true)}>{t("team.signOutEverywhere")}</Button>
        </div>
      </section>
      <TokenSection team={team} now={now} />
      <LogSection team={team} whose="own" names={noNames} />
      <ConfirmDialog
        title={t("team.signOutEverywhere")}
        isOpen={isAsking}
        confirm={t("team.signOutEverywhere")}
        tone="danger"
        isBusy={work.isBusy}
        onConfirm={() =>
          void work.run(async () => {
            await team.signOutEverywhere();
            onSignedOut();
          })
        }
        onClose={() => setAsking(false)}
      >
        {work.error ?? t("team.signOutEverywhereText")}
      </ConfirmDialog>
    </main>
  );
}

function PasswordSection({ team, onSession }: Pick<AccountPageProps, "team" | "onSession">) {
  const t = useText();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const { error, isBusy, run } = useWork();
  const change = () =>
    run(async () => {
      onSession(await team.changePassword(old, next));
      setOld("");
      setNext("");
      toast({ text: t("team.passwordChanged") });
    });
  return (
    <section className={styles.section}>
      <h2>{t("team.changePassword")}</h2>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void change();
        }}
      >
        <TextField
          label={t("team.oldPassword")}
          type="password"
          value={old}
          onChange={setOld}
          autoComplete="current-password"
        />
        <TextField
          label={t("team.newPassword")}
          description={t("team.passwordHint")}
          type="password"
          value={next}
          onChange={setNext}
          autoComplete="new-password"
        />
        <Failure error={error} />
        <div>
          <Button type="submit" isPending={isBusy}>
            {t("team.changePassword")}
          </Button>
        </div>
      </form>
    </section>
  );
}

/** Joins an account at the hub's identity provider to this one; nothing where the hub has none. */
function ElsewhereSection({
  team,
  signInWays,
  onLeaveFor,
}: Pick<AccountPageProps, "team" | "signInWays" | "onLeaveFor">) {
  const t = useText();
  const [provider, setProvider] = useState<string | null>(null);
  const { error, isBusy, run } = useWork();
  // biome-ignore lint/correctness/useExhaustiveDependencies: once; the ways do not change while the page is open.
  useEffect(() => void run(async () => setProvider((await signInWays()).provider)), []);
  if (provider === null) return null;
  return (
    <section className={styles.section}>
      <h2>{t("team.signInElsewhere")}</h2>
      <div className={styles.row}>
        <p className={styles.muted}>{t("team.connectText", { provider })}</p>
        <Button isPending={isBusy} onPress={() => void run(async () => onLeaveFor(await team.goElsewhere("/account")))}>
          {t("team.connect", { provider })}
        </Button>
      </div>
      <Failure error={error} />
    </section>
  );
}

function TokenSection({ team, now }: Pick<AccountPageProps, "team" | "now">) {
  const t = useText();
  const [tokens, setTokens] = useState<readonly ApiToken[]>([]);
  const [name, setName] = useState("");
  const [made, setMade] = useState<string | null>(null);
  const { error, isBusy, run } = useWork();
  const load = useCallback(async () => setTokens(await team.tokens()), [team]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `run` is another function each time; once is meant.
  useEffect(() => void run(load), [load]);
  const make = () =>
    run(async () => {
      setMade((await team.makeToken(name)).text);
      setName("");
      await load();
    });
  const remove = (id: string) =>
    run(async () => {
      await team.removeToken(id);
      await load();
    });
  return (
    <section className={styles.section}>
      <h2>{t("team.tokens")}</h2>
      <p className={styles.muted}>{t("team.tokensText")}</p>
      <form
        className={styles.row}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") void make();
        }}
      >
        <TextField label={t("team.tokenName")} value={name} onChange={setName} autoComplete="off" />
        <Button type="submit" isPending={isBusy}>
          {t("team.makeToken")}
        </Button>
      </form>
      <Failure error={error} />
      {made === null ? null : (
        <Notice tone="ok" isLive>
          <p>{t("team.tokenMade")}</p>
          <CopyLine line={made} />
        </Notice>
      )}
      <ul className={styles.list}>
        {tokens.map((token) => (
          <li key={token.id}>
            <span>
              {token.name}{" "}
              <span className={styles.small}>
                {token.last_used_at === null
                  ? t("team.tokenUnused")
                  : t("team.tokenUsed", { when: formatAgo(token.last_used_at, now()) })}
              </span>
            </span>
            <Button size="small" variant="quiet" onPress={() => void remove(token.id)}>
              {t("team.takeAway")}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
