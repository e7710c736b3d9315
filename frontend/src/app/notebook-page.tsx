import { useEffect, useState } from "react";
import type { Notebook, Session } from "../api/client.ts";
import { ApiError } from "../api/errors.ts";
import { errorText } from "../i18n/error-text.ts";
import { useText } from "../ui/use-observable.ts";
import { ConnectControls } from "../views/connect/connect-controls.tsx";
import { NotebookView } from "../views/notebook/notebook-view.tsx";
import { NotFoundScreen, StartingScreen, UnreachableScreen } from "./boot-screens.tsx";
import { HomeLink } from "./home-link.tsx";
import icon from "./icon.svg";
import styles from "./notebook-header.module.css";
import { NotebookTitle } from "./notebook-title.tsx";
import { type OpenNotebook, openNotebook } from "./open-notebook.ts";
import type { PageServices } from "./services.ts";

export interface NotebookPageProps {
  readonly id: string;
  readonly page: PageServices;
  readonly session: Session;
  readonly onSettings: () => void;
}

type Loaded =
  | { readonly phase: "loading" }
  | { readonly phase: "missing" }
  | { readonly phase: "failed"; readonly message: string }
  | { readonly phase: "open"; readonly notebook: Notebook; readonly open: OpenNotebook };

/** A notebook with its top bar. What lives with it is composed here and closed when the address changes. */
export function NotebookPage({ id, page, session, onSettings }: NotebookPageProps) {
  const [loaded, setLoaded] = useState<Loaded>({ phase: "loading" });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` is there to try again.
  useEffect(() => {
    let open: OpenNotebook | null = null;
    let isGone = false;
    const load = async () => {
      try {
        const notebook = await page.hub.notebook(id);
        if (isGone) return;
        open = openNotebook({
          notebook,
          session,
          hub: page.hub,
          now: page.now,
          takeRuntimeLink: () => page.takeRuntimeLink(),
        });
        setLoaded({ phase: "open", notebook, open });
      } catch (error) {
        if (isGone) return;
        if (error instanceof ApiError && error.status === 401) page.session.lost();
        else if (error instanceof ApiError && error.status === 404) setLoaded({ phase: "missing" });
        else setLoaded({ phase: "failed", message: errorText(error) });
      }
    };
    void load();
    return () => {
      isGone = true;
      open?.close();
    };
  }, [id, page, session, attempt]);

  switch (loaded.phase) {
    case "loading":
      return <StartingScreen />;
    case "missing":
      return <NotFoundScreen what="notebook" onHome={() => page.router.go("/")} />;
    case "failed":
      return <UnreachableScreen message={loaded.message} onRetry={() => setAttempt(attempt + 1)} />;
    case "open":
      return (
        <OpenPage
          notebook={loaded.notebook}
          open={loaded.open}
          page={page}
          session={session}
          onSettings={onSettings}
          onChanged={(notebook) => setLoaded({ ...loaded, notebook })}
        />
      );
  }
}

interface OpenPageProps {
  readonly notebook: Notebook;
  readonly open: OpenNotebook;
  readonly page: PageServices;
  readonly session: Session;
  readonly onSettings: () => void;
  readonly onChanged: (notebook: Notebook) => void;
}

function OpenPage({ notebook, open, page, session, onChanged }: OpenPageProps) {
  const t = useText();
  const rename = async (name: string) => onChanged(await page.hub.renameNotebook(notebook.id, name));
  return (
    <div className={styles.page}>
      <title>{`${notebook.name} · Runhere`}</title>
      <header className={styles.header}>
        <HomeLink page={page} className={styles.home} label={t("shell.home")}>
          <img src={icon} alt="" />
        </HomeLink>
        <NotebookTitle
          name={notebook.name}
          path={`${notebook.folder_path}/${notebook.name}.ipynb`}
          isReadOnly={false}
          onRename={rename}
          focusWish={0}
        />
        <div className={styles.menus} />
        <div className={styles.end}>
          <ConnectControls runtime={open.runtime} desk={open.desk} origin={session.origin} now={page.now} />
        </div>
      </header>
      <div className={styles.body}>
        <NotebookView controller={open.controller} keys={[]} onCommand={() => {}} />
      </div>
    </div>
  );
}
