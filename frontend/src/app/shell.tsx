import { Settings2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import type { Session } from "../api/client.ts";
import { language, text, withWords } from "../i18n/t.ts";
import { IconButton } from "../ui/button.tsx";
import { closable, latePart, onMissingPart } from "../ui/late-part.ts";
import { Toasts, toast, useErrorsOfView } from "../ui/toast.tsx";
import { useObservable, useText } from "../ui/use-observable.ts";
import { NotFoundScreen, SignedOutScreen, StartingScreen, UnreachableScreen } from "./boot-screens.tsx";
import { Brand } from "./brand.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";
import { HomeLink } from "./home-link.tsx";
import { notebookPath, type Route } from "./routes.ts";
import type { PageServices } from "./services.ts";
import { ownerOf } from "./session.ts";
import styles from "./shell.module.css";

const VIEW = { waiting: <StartingScreen />, missing: "thrown" } as const;

// Each view is a chunk of its own: Home does not wait for the editor, a notebook not for Home.
const home = latePart(
  () => withWords(import("../views/home/home-view.tsx"), "home"),
  (module) => module.HomeView,
  VIEW,
);
const notebookPage = latePart(
  () => import("./notebook-page.tsx"),
  (module) => module.NotebookPage,
  VIEW,
);
const connectPage = latePart(
  () => withWords(import("./connect-page.tsx"), "connect"),
  (module) => module.ConnectPage,
  VIEW,
);
const settingsDialog = latePart(
  () => withWords(import("../views/settings/settings-dialog.tsx"), "settings"),
  (module) => module.SettingsDialog,
  closable,
);
const secretsOf = (session: Session) => async () => (await import("./secrets.ts")).ownSecrets(ownerOf(session));

const teamPages = latePart(
  () => withWords(import("./team-pages.tsx"), "team"),
  (module) => module.TeamPages,
  VIEW,
);
const accountMenu = latePart(
  () => withWords(import("../views/team/account-menu.tsx"), "team"),
  (module) => module.AccountMenu,
  { missing: "quiet" },
);

const shareDialog = latePart(
  () => withWords(import("../views/sharing/share-dialog.tsx"), "sharing"),
  (module) => module.ShareDialog,
  closable,
);

function TeamPages({ page }: { readonly page: PageServices }) {
  return (
    <ErrorBoundary>
      <teamPages.Part page={page} />
    </ErrorBoundary>
  );
}

onMissingPart((comesLater) =>
  toast({ text: text(comesLater ? "shell.partMissing" : "shell.partNotOpened"), tone: "error" }),
);

/** Starts fetching a view's code. A failure shows when the view is drawn. */
export function warmView(route: Route): void {
  const isHome = route.name === "home" || route.name === "login";
  const part = route.name === "notebook" ? notebookPage : isHome ? home : null;
  void part?.fetch().catch(() => {});
}

/** The page: language, messages, and the view of the address, or what must come before it (signing in). */
export function Shell({ page }: { readonly page: PageServices }) {
  const locale = useObservable(language) === "ja" ? "ja-JP" : "en-US";
  return (
    <I18nProvider locale={locale}>
      <Gate page={page} />
      <Toasts />
    </I18nProvider>
  );
}

function Gate({ page }: { readonly page: PageServices }) {
  const state = useObservable(page.session.state);
  const route = useObservable(page.router.route);
  if (route.name === "join" || route.name === "signed_in") return <TeamPages page={page} />;
  switch (state.phase) {
    case "asking":
      return <StartingScreen />;
    case "signed_out":
      return state.ways ? <TeamPages page={page} /> : <SignedOutScreen failure={state.failure} />;
    case "unreachable":
      return <UnreachableScreen onRetry={() => void page.session.look()} />;
    case "failed":
      return <UnreachableScreen message={state.message} onRetry={() => void page.session.look()} />;
    case "signed_in":
      // Nothing that was drawn for one person is there for the next.
      return <SignedIn key={state.session.person.id} page={page} session={state.session} />;
  }
}

function SignedIn({ page, session }: { readonly page: PageServices; readonly session: Session }) {
  const route = useObservable(page.router.route);
  const [isSettingsOpen, setSettingsOpen] = useState(false);
  const preferences = useObservable(page.preferences);
  const place = JSON.stringify(route);
  useErrorsOfView(place);
  const openSettings = () => setSettingsOpen(true);
  const goHome = () => page.router.go("/");
  const view = (): ReactNode => {
    switch (route.name) {
      case "home":
      case "login":
        return (
          <Frame page={page} onSettings={openSettings}>
            <home.Part
              hub={page.hub}
              now={page.now}
              mode={session.mode}
              shareFolder={({ place, name, onClose }) => (
                <shareDialog.Part
                  hub={page.hub}
                  target={{ kind: "folder", place, name }}
                  session={session}
                  now={page.now}
                  onClose={onClose}
                />
              )}
              notebookHref={notebookPath}
              onShow={(id) => page.router.go(notebookPath(id))}
            />
          </Frame>
        );
      case "notebook":
        return (
          <notebookPage.Part key={route.id} id={route.id} page={page} session={session} onSettings={openSettings} />
        );
      case "connect":
        return (
          <Frame page={page} onSettings={openSettings}>
            <connectPage.Part page={page} session={session} />
          </Frame>
        );
      case "share":
      case "account":
      case "people":
        return (
          <Frame page={page} onSettings={openSettings}>
            <TeamPages page={page} />
          </Frame>
        );
      case "join":
      case "signed_in":
      case "unknown":
        return <NotFoundScreen what="address" onHome={goHome} />;
    }
  };
  return (
    <>
      <ErrorBoundary reset={place}>{view()}</ErrorBoundary>
      {isSettingsOpen ? (
        <settingsDialog.Part
          settings={preferences}
          onChange={(changes) => page.preferences.set(changes)}
          version={session.version}
          hub={page.hub}
          secrets={secretsOf(session)}
          onClose={() => setSettingsOpen(false)}
        />
      ) : null}
    </>
  );
}

/** Who is signed in, on a hub for several people. */
function Account({ page }: { readonly page: PageServices }) {
  const state = useObservable(page.session.state);
  if (state.phase !== "signed_in" || state.session.mode !== "team") return null;
  return <accountMenu.Part session={state.session} onGo={(path) => page.router.go(path)} onSignOut={signOut} />;
  async function signOut(): Promise<void> {
    await page.session.signOut();
    page.router.go("/");
  }
}

/** The top bar of every view but the notebook, which has its own. */
function Frame(props: { readonly page: PageServices; readonly onSettings: () => void; readonly children: ReactNode }) {
  const t = useText();
  return (
    <div className={styles.app}>
      <a className={styles.skip} href="#content">
        {t("shell.skipToContent")}
      </a>
      <header className={styles.bar}>
        <HomeLink page={props.page} className={styles.brand}>
          <Brand />
          {t("shell.productName")}
        </HomeLink>
        <Account page={props.page} />
        <IconButton label={t("shell.settings")} onPress={props.onSettings}>
          <Settings2 size={18} aria-hidden />
        </IconButton>
      </header>
      {props.children}
    </div>
  );
}
