import { UserRoundPlus } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Notebook, Session } from "../api/client.ts";
import { ApiError, HubUnreachable } from "../api/errors.ts";
import { hostedId } from "../core/hosted.ts";
import { fetchPython } from "../editor/languages.ts";
import { errorText } from "../i18n/error-text.ts";
import { withWords } from "../i18n/t.ts";
import type { Connection } from "../sync/room-state.ts";
import { Button } from "../ui/button.tsx";
import { askAgainForParts, closable, latePart } from "../ui/late-part.ts";
import { MenuBar } from "../ui/menu-bar.tsx";
import { toast } from "../ui/toast.tsx";
import { useObservable, useSelected, useText } from "../ui/use-observable.ts";
import { ConnectControls } from "../views/connect/connect-controls.tsx";
import { NotebookView } from "../views/notebook/notebook-view.tsx";
import { watchTrouble } from "./binding-trouble.ts";
import { NotFoundScreen, StartingScreen, UnreachableScreen } from "./boot-screens.tsx";
import { Brand } from "./brand.tsx";
import { browserStore } from "./browser-store.ts";
import { type CommandContext, keyBindings, runCommand } from "./commands.ts";
import { DISK_PREFIX } from "./disk-key.ts";
import { HomeLink } from "./home-link.tsx";
import { fetchLateParts } from "./late-parts.ts";
import { followCommands, notebookMenus } from "./menus.ts";
import styles from "./notebook-header.module.css";
import { NotebookTitle } from "./notebook-title.tsx";
import { type OpenNotebook, openNotebook } from "./open-notebook.ts";
import { type PageDialog, pageActions } from "./page-actions.ts";
import { panelServices } from "./panel-services.ts";
import { reviewDialog } from "./review-part.ts";
import type { RuntimeNotice } from "./runtime-types.ts";
import type { PageServices } from "./services.ts";
import { ownerOf } from "./session.ts";
import { goOnSignedIn } from "./session-news.ts";

// It arrives while the hub is asked for the notebook, and in time for the first editor.
void fetchPython().catch(() => {});

const panelHost = latePart(
  () => withWords(import("./panel-host.tsx"), "panels"),
  (module) => module.PanelHost,
  { waiting: <div className={styles.rail} />, missing: "quiet" },
);
const pageDialogs = latePart(
  () => withWords(import("./page-dialogs.tsx"), "connect", "private"),
  (module) => module.PageDialogs,
  closable,
);

const requestsDialog = latePart(
  () => withWords(import("../views/requests/requests-dialog.tsx"), "requests"),
  (module) => module.RequestsDialog,
);

const idleNotice = latePart(
  () => withWords(import("../views/connect/idle-notice.tsx"), "hosted"),
  (module) => module.IdleNotice,
  { missing: "quiet" },
);

const diskHome = latePart(
  () => withWords(import("./disk-part.tsx"), "disk"),
  (module) => module.DiskHome,
  { missing: "quiet" },
);

const headerMeter = latePart(
  () => withWords(import("./resource-part.tsx"), "resources"),
  (module) => module.HeaderMeter,
  { missing: "quiet" },
);

export interface NotebookPageProps {
  readonly id: string;
  readonly page: PageServices;
  readonly session: Session;
  readonly onSettings: () => void;
}

type Loaded =
  | { readonly phase: "loading" }
  | { readonly phase: "missing" }
  /** Without a message: the hub did not answer. */
  | { readonly phase: "failed"; readonly message?: string }
  | { readonly phase: "open"; readonly notebook: Notebook; readonly open: OpenNotebook };

/** A notebook with its top bar. What lives with it is composed here and closed when the address changes. */
export function NotebookPage({ id, page, session, onSettings }: NotebookPageProps) {
  const [loaded, setLoaded] = useState<Loaded>({ phase: "loading" });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` is there to try again.
  useEffect(() => {
    let open: OpenNotebook | null = null;
    let endFollowing = () => {};
    let isGone = false;
    const load = async () => {
      try {
        const notebook = await page.ahead.take(id);
        if (isGone) return;
        open = openNotebook({
          notebook,
          session,
          hub: page.hub,
          now: page.now,
          defaultRuntime: page.defaultRuntime(ownerOf(session)),
          connect: page.ahead.takeLine(id),
        });
        endFollowing = goOnSignedIn(open.room, page.session, page.sessionNews);
        setLoaded({ phase: "open", notebook, open });
      } catch (error) {
        if (isGone) return;
        if (error instanceof ApiError && error.status === 401) page.session.lost();
        else if (error instanceof ApiError && error.status === 404) setLoaded({ phase: "missing" });
        else if (error instanceof HubUnreachable) setLoaded({ phase: "failed" });
        else setLoaded({ phase: "failed", message: errorText(error) });
      }
    };
    void load();
    return () => {
      isGone = true;
      endFollowing();
      open?.close();
    };
  }, [id, page, session, attempt]);

  switch (loaded.phase) {
    case "loading":
      return <StartingScreen />;
    case "missing":
      return <NotFoundScreen what="notebook" onHome={() => page.router.go("/")} />;
    case "failed":
      return (
        <UnreachableScreen
          {...(loaded.message === undefined ? {} : { message: loaded.message })}
          onRetry={() => setAttempt(attempt + 1)}
        />
      );
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

function OpenPage({ notebook, open, page, session, onSettings, onChanged }: OpenPageProps) {
  const t = useText();
  const [dialog, setDialog] = useState<PageDialog | null>(null);
  const [renameWish, setRenameWish] = useState(0);
  const binding = useObservable(open.runtime.binding);
  const isHosted = binding.phase === "ready" && hostedId(binding.target.baseUrl, session.hosted_url) !== null;
  const clerk = useObservable(open.requests.clerk);
  const review = useObservable(open.trust.review);
  // Not the whole state: every key makes it "saving" and "saved" again. The cells come before everything that is fetched once somebody is there.
  const isConnected = useOnce(useSelected(open.room.state, ({ connection }) => connection === "online"));
  useEffect(() => {
    if (isConnected) whenIdle(() => void fetchLateParts());
  }, [isConnected]);
  const hasPanels = usePanels(useSelected(open.room.state, ({ connection }) => connection));
  useComments(open, page, isConnected);
  useLineNumbers(open, page);
  useNotices(open);
  useTrouble(open, session.origin);
  useEffect(() => {
    const ends = [
      open.copyWish.subscribe(() => setDialog("copy_to_run")),
      open.cellOutputsWish.subscribe(() => setDialog("cell_outputs")),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [open]);
  const rename = async (name: string) => onChanged(await page.hub.renameNotebook(notebook.id, name));
  const context: CommandContext = {
    notebook: open.controller,
    // A kernel that ended is started again by a restart; a hosted runtime that ended, where one connects.
    isConnected: binding.phase === "ready" || (binding.phase === "gone" && binding.target.kind !== "hosted"),
    page: pageActions({
      page,
      notebook,
      open,
      onSettings,
      onDialog: setDialog,
      onRename: () => setRenameWish((wish) => wish + 1),
    }),
  };
  const panels = useMemo(() => panelServices({ page, notebook, open, session }), [page, notebook, open, session]);
  const follow = useMemo(() => followCommands(open, page), [open, page]);
  const now = useRef(context);
  now.current = context;
  const onCommand = useCallback((id: string) => runCommand(id, now.current), []);
  return (
    <div className={styles.page}>
      <title>{`${notebook.name} · Runhere`}</title>
      <header className={styles.header}>
        <HomeLink page={page} className={styles.home} label={t("shell.home")}>
          <Brand />
        </HomeLink>
        <NotebookTitle
          name={notebook.name}
          path={notebook.folder_path === "" ? notebook.path : `${notebook.folder_path}/${notebook.name}.ipynb`}
          isReadOnly={notebook.role !== "owner"}
          onRename={rename}
          onDone={() => open.controller.command()}
          focusWish={renameWish}
        />
        <div className={styles.menus}>
          <MenuBar label={t("shell.menus")} menus={() => notebookMenus(context)} follow={follow} />
        </div>
        <div className={styles.end}>
          {browserStore().getItem(`${DISK_PREFIX}${notebook.id}`) === null ? null : (
            <diskHome.Part notebook={notebook} open={open} page={page} personId={session.person.id} />
          )}
          {binding.phase === "unbound" ? null : (
            <headerMeter.Part services={panels} onPress={() => page.panels.toggle("resources")} />
          )}
          <Button onPress={() => setDialog("share")}>
            <UserRoundPlus size={16} aria-hidden />
            <span className={styles.shareWord}>{t("shell.share")}</span>
          </Button>
          <ConnectControls
            runtime={open.runtime}
            desk={open.desk}
            notebookName={notebook.name}
            origin={session.origin}
            now={page.now}
          />
        </div>
      </header>
      {isHosted && open.desk.hosted ? <idleNotice.Part access={open.desk.hosted} /> : null}
      <div className={styles.body}>
        {hasPanels ? <panelHost.Part choice={page.panels} services={panels} /> : <div className={styles.rail} />}
        <NotebookView controller={open.controller} keys={keyBindings} onCommand={onCommand} />
      </div>
      {clerk ? <requestsDialog.Part asked={clerk.asked} /> : null}
      {review ? <reviewDialog.Part review={review} /> : null}
      {dialog ? (
        <pageDialogs.Part
          dialog={dialog}
          context={context}
          follow={follow}
          driver={open.driver}
          page={page}
          notebook={notebook}
          session={session}
          onClose={() => setDialog(null)}
        />
      ) : null}
    </div>
  );
}

/** True from the first time on. */
function useOnce(isTrue: boolean): boolean {
  const was = useRef(false);
  was.current ||= isTrue;
  return was.current;
}

/** Whether it is time for the panels: the cells come first. */
function usePanels(connection: Connection): boolean {
  const [isTime, setTime] = useState(false);
  useEffect(() => {
    // A hub that ended before it handed out a part of the page may have come back.
    askAgainForParts();
    if (connection !== "connecting") whenIdle(() => setTime(true));
  }, [connection]);
  return isTime;
}

function whenIdle(work: () => void): void {
  (globalThis.requestIdleCallback ?? setTimeout)(() => work());
}

/** What shows comments is loaded when the page is idle: the notebook needs none of it. */
function useComments({ comments, controller }: OpenNotebook, { panels }: PageServices, isConnected: boolean): void {
  useEffect(() => {
    comments.open = () => panels.show("comments");
    if (!isConnected) return;
    // Without it the margin is empty; the panel tries again.
    whenIdle(
      () =>
        void withWords(import("./comment-part.tsx"), "comments").then(
          ({ beginComments }) => void beginComments(comments, controller),
          () => undefined,
        ),
    );
  }, [comments, controller, panels, isConnected]);
}

/** The choice of line numbers holds for every notebook of this browser; the command and the settings change the same. */
function useLineNumbers({ controller }: OpenNotebook, { preferences }: PageServices): void {
  useEffect(() => {
    const take = () => {
      if (controller.lineNumbers.get() !== preferences.get().lineNumbers) controller.toggleLineNumbers();
    };
    take();
    const ends = [
      preferences.subscribe(take),
      controller.lineNumbers.subscribe(() => {
        const lineNumbers = controller.lineNumbers.get();
        if (lineNumbers !== preferences.get().lineNumbers) preferences.set({ lineNumbers });
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [controller, preferences]);
}

/** What the runtime has to say is said once. */
function useNotices({ runtime, driver, controller }: OpenNotebook): void {
  const t = useText();
  useEffect(() => {
    const tell = () => {
      const notice = runtime.notice.get();
      if (notice === null) return;
      toast({ text: noticeText(notice, t), tone: isQuiet(notice) ? "plain" : "error" });
      runtime.dismissNotice();
    };
    let closeStopped = () => {};
    const tellStopped = () => {
      // What is asked for next makes the last error old news.
      closeStopped();
      closeStopped = () => {};
      const stopped = driver.stopped.get();
      if (stopped === null) return;
      const { cellId, cancelled, reason } = stopped;
      closeStopped = toast({
        text: t(reason === "error" ? "runtime.queueStopped" : "runtime.queueInterrupted", { count: cancelled }),
        tone: "error",
        action:
          cellId === null ? undefined : { label: t("runtime.showCell"), onAction: () => controller.select(cellId) },
      });
    };
    tell();
    const ends = [runtime.notice.subscribe(tell), driver.stopped.subscribe(tellStopped)];
    return () => {
      for (const end of ends) end();
      closeStopped();
    };
  }, [runtime, driver, controller, t]);
}

/** Why there is no connection, where no dialog says so. */
function useTrouble({ runtime, desk }: OpenNotebook, origin: string): void {
  const t = useText();
  useEffect(
    () =>
      watchTrouble(runtime.binding, desk, (failure) => {
        withWords(import("./tell-trouble.ts"), "connect").then(
          ({ tellTrouble }) => tellTrouble(failure, origin, () => desk.showTrouble()),
          // The hub is away, and with it the words.
          () => toast({ text: t("errors.hub_unreachable"), tone: "error" }),
        );
      }),
    [runtime, desk, origin, t],
  );
}

/** Nothing is lost, and nothing is to be done. */
function isQuiet({ code }: RuntimeNotice): boolean {
  return code === "started_elsewhere" || code === "kernel_instead";
}

function noticeText(notice: RuntimeNotice, t: ReturnType<typeof useText>): string {
  switch (notice.code) {
    case "variables_lost":
      return t(`runtime.variablesLost_${notice.reason}`);
    case "maybe_incomplete":
      return t("runtime.maybeIncomplete");
    case "started_elsewhere":
      return t("runtime.startedElsewhere");
    case "kernel_instead":
      return t("runtime.kernelInstead", { wanted: notice.wanted, taken: notice.taken });
    case "not_run":
      return t("runtime.notRun", { count: notice.count });
    case "not_interrupted":
      return notice.count === 0
        ? t("runtime.notInterrupted")
        : t("runtime.notInterruptedQueue", { count: notice.count });
    case "cannot_cancel":
      return t("runtime.cannotCancel");
  }
}
