/** The pages of a hub for several people: sign in, join, come back from elsewhere, open a share link, account, people. */
import { useEffect, useMemo, useState } from "react";
import type { Session } from "../api/client.ts";
import { TeamClient } from "../api/team-client.ts";
import { Button } from "../ui/button.tsx";
import { Spinner } from "../ui/progress.tsx";
import { useObservable, useText } from "../ui/use-observable.ts";
import { AccountPage } from "../views/team/account-page.tsx";
import { Card } from "../views/team/card.tsx";
import { JoinPage } from "../views/team/join-page.tsx";
import { PeoplePage } from "../views/team/people-page.tsx";
import { SignInPage } from "../views/team/sign-in-page.tsx";
import { teamErrorText } from "../views/team/team-error.ts";
import { forgetShareSecret, keepShareSecret, shareSecret, takeCode } from "./fragment.ts";
import { notebookPath } from "./routes.ts";
import type { PageServices } from "./services.ts";

/** The page of the address; whoever is signed out is asked to sign in first, and then goes on to it. */
export function TeamPages({ page }: { readonly page: PageServices }) {
  const state = useObservable(page.session.state);
  const route = useObservable(page.router.route);
  const team = useMemo(() => new TeamClient(page.hub), [page]);
  const [code] = useState(takeCode);
  const arrive = (session: Session, path: string) => {
    page.session.adopt(session);
    page.router.go(path, "replace");
  };
  if (route.name === "join") return <JoinPage team={team} code={code} onSignedIn={(session) => arrive(session, "/")} />;
  if (route.name === "signed_in") return <ReturnPage team={team} onArrived={arrive} onBack={() => leave(page)} />;
  if (state.phase === "signed_out" && state.ways !== null) {
    return (
      <SignInPage
        team={team}
        ways={state.ways}
        path={location.pathname}
        hasLink={route.name === "share"}
        onLeave={keepShareSecret}
        onSignedIn={(session) => page.session.adopt(session)}
      />
    );
  }
  if (state.phase !== "signed_in") return null;
  switch (route.name) {
    case "share":
      return <LinkPage team={team} id={route.id} page={page} />;
    case "account":
      return (
        <AccountPage
          team={team}
          session={state.session}
          now={page.now}
          signInWays={() => page.hub.signInWays()}
          onLeaveFor={(url) => location.assign(url)}
          onSession={(session) => page.session.adopt(session)}
          onSignedOut={() => void page.session.left()}
        />
      );
    case "people":
      return (
        <PeoplePage
          team={team}
          hasHosted={state.session.hosted_provider !== null}
          now={page.now}
          personId={state.session.person.id}
          onLeft={() => leave(page)}
        />
      );
    default:
      return null;
  }
}

function leave(page: PageServices): void {
  page.router.go("/", "replace");
  void page.session.look();
}

/** Trades a share link's secret for its role, by a POST of our own: opening an address alone changes nothing. */
function LinkPage(props: { readonly team: TeamClient; readonly id: string; readonly page: PageServices }) {
  const { team, id, page } = props;
  const t = useText();
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    const accept = async () => {
      const { notebook_id } = await team.acceptLink(id, shareSecret() ?? "");
      forgetShareSecret();
      page.router.go(notebook_id === null ? "/" : notebookPath(notebook_id), "replace");
    };
    accept().catch(() => setFailed(true));
  }, [team, id, page]);
  if (!hasFailed) {
    return (
      <Card title={t("team.opening")}>
        <Spinner label={t("shell.loading")} />
      </Card>
    );
  }
  return (
    <Card title={t("team.linkFailedTitle")}>
      <p role="alert">{t("team.linkFailedText")}</p>
      <div>
        <Button variant="primary" onPress={() => page.router.go("/", "replace")}>
          {t("shell.goHome")}
        </Button>
      </div>
    </Card>
  );
}

/** Back from the identity provider: the code leaves the address bar, and goes to the hub by a request of our own. */
function ReturnPage(props: {
  readonly team: TeamClient;
  readonly onArrived: (session: Session, path: string) => void;
  readonly onBack: () => void;
}) {
  const { team, onArrived, onBack } = props;
  const t = useText();
  const [failure, setFailure] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once; the code works once.
  useEffect(() => {
    const answer = new URLSearchParams(location.search);
    history.replaceState(history.state, "", location.pathname);
    const [state, code] = [answer.get("state"), answer.get("code")];
    if (state === null || code === null) {
      setFailure(t("team.returnCancelled"));
      return;
    }
    team.comeBack(state, code).then(
      (arrived) => onArrived(arrived.session, arrived.next_path),
      (error: unknown) => setFailure(teamErrorText(error)),
    );
  }, []);
  return (
    <Card title={t(failure === null ? "team.returning" : "team.returnFailedTitle")}>
      {failure === null ? <Spinner label={t("shell.loading")} /> : <p role="alert">{failure}</p>}
      {failure === null ? null : (
        <div>
          <Button variant="primary" onPress={onBack}>
            {t("team.tryAgain")}
          </Button>
        </div>
      )}
    </Card>
  );
}
