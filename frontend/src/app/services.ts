/** The composition root: what lives as long as the page. What lives as long as one open notebook is `open-notebook.ts`. */
import { HubClient } from "../api/client.ts";
import { Value } from "../core/observable.ts";
import type { Owner } from "../core/owner.ts";
import { browserStore } from "./browser-store.ts";
import { DefaultRuntime } from "./default-runtime.ts";
import { takeCode, takeRuntimeLink } from "./fragment.ts";
import { NotebookAhead } from "./notebook-ahead.ts";
import { NARROW_PX, PanelChoice } from "./panel-choice.ts";
import { PreferenceStore } from "./preferences.ts";
import { Router } from "./routes.ts";
import { browserEnvironment } from "./runtime-environment.ts";
import { ownerOf, SessionKeeper } from "./session.ts";
import { SessionNews } from "./session-news.ts";

export interface PageServices {
  readonly hub: HubClient;
  readonly session: SessionKeeper;
  readonly sessionNews: SessionNews;
  readonly router: Router;
  readonly ahead: NotebookAhead;
  readonly preferences: PreferenceStore;
  readonly panels: PanelChoice;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The runtime of a person's notebooks that remember none. */
  readonly defaultRuntime: (owner: Owner) => DefaultRuntime;
  /** A runtime's own link, opened by a person and not yet answered by them (`/connect`); it never goes to the hub. */
  readonly runtimeLink: Value<string | null>;
}

/** Builds the page's services and starts finding out who is signed in. */
export function composePage(): PageServices {
  const hub = new HubClient();
  const sessionNews = new SessionNews();
  const session = new SessionKeeper(
    hub,
    (owner) => browserEnvironment(owner).vault.forgetInTabs(),
    () => sessionNews.tell(),
  );
  sessionNews.onTold(() => void session.again());
  const router = new Router();
  const ahead = new NotebookAhead(hub);
  const first = router.route.get();
  if (first.name === "notebook") ahead.ask(first.id);
  const defaultRuntime = defaultRuntimes();
  const runtimeLink = new Value<string | null>(null);

  const start = async () => {
    const { name } = router.route.get();
    const link = takeRuntimeLink();
    if (name !== "login") {
      if (link !== null) runtimeLink.set(link);
      await session.look();
      return;
    }
    await session.signIn(takeCode());
    const state = session.state.get();
    if (state.phase !== "signed_in") return;
    // The runtime of a sign-in link was started by the same command line: no question. Any other link asks first.
    if (link !== null) defaultRuntime(ownerOf(state.session)).adopt(link);
    // The address of a used link is of no use: neither for reloading nor in the history.
    router.go("/", "replace");
  };
  addEventListener("runhere:link", () => void start());
  void start();

  const preferences = new PreferenceStore(browserStore());
  const panels = new PanelChoice(innerWidth < NARROW_PX, browserStore());
  const now = () => Date.now();
  return { hub, session, sessionNews, router, ahead, preferences, panels, now, defaultRuntime, runtimeLink };
}

/** One for each person who signs in while the page lives. */
function defaultRuntimes(): (owner: Owner) => DefaultRuntime {
  const made = new Map<Owner, DefaultRuntime>();
  return (owner) => {
    const { ownStore, vault, fetch, clientName } = browserEnvironment(owner);
    const { locks } = navigator;
    const one = made.get(owner) ?? new DefaultRuntime({ store: ownStore, vault, fetch, clientName, owner, locks });
    made.set(owner, one);
    return one;
  };
}
