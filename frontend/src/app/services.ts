/** The composition root: what lives as long as the page. What lives as long as one open notebook is `open-notebook.ts`. */
import { HubClient } from "../api/client.ts";
import { Value } from "../core/observable.ts";
import { DefaultRuntime } from "./default-runtime.ts";
import { takeCode, takeRuntimeLink } from "./fragment.ts";
import { NotebookAhead } from "./notebook-ahead.ts";
import { NARROW_PX, PanelChoice } from "./panel-choice.ts";
import { PreferenceStore } from "./preferences.ts";
import { Router } from "./routes.ts";
import { browserEnvironment } from "./runtime-environment.ts";
import { SessionKeeper } from "./session.ts";

export interface PageServices {
  readonly hub: HubClient;
  readonly session: SessionKeeper;
  readonly router: Router;
  readonly ahead: NotebookAhead;
  readonly preferences: PreferenceStore;
  readonly panels: PanelChoice;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The runtime of notebooks that remember none. */
  readonly defaultRuntime: DefaultRuntime;
  /** A runtime's own link, opened by a person and not yet answered by them (`/connect`); it never goes to the hub. */
  readonly runtimeLink: Value<string | null>;
}

/** Builds the page's services and starts finding out who is signed in. */
export function composePage(): PageServices {
  const hub = new HubClient();
  const session = new SessionKeeper(hub);
  const router = new Router();
  const ahead = new NotebookAhead(hub);
  const first = router.route.get();
  if (first.name === "notebook") ahead.ask(first.id);
  const defaultRuntime = new DefaultRuntime(browserEnvironment());
  const runtimeLink = new Value<string | null>(null);

  const start = async () => {
    const { name } = router.route.get();
    const link = takeRuntimeLink();
    // The runtime of a sign-in link was started by the same command line: no question. Any other link asks first.
    if (link !== null && name === "login") defaultRuntime.adopt(link);
    else if (link !== null) runtimeLink.set(link);
    if (name !== "login") {
      await session.look();
      return;
    }
    await session.signIn(takeCode());
    // The address of a used link is of no use: neither for reloading nor in the history.
    if (session.state.get().phase === "signed_in") router.go("/", "replace");
  };
  addEventListener("runhere:link", () => void start());
  void start();

  const preferences = new PreferenceStore();
  const panels = new PanelChoice(innerWidth < NARROW_PX);
  return { hub, session, router, ahead, preferences, panels, now: () => Date.now(), defaultRuntime, runtimeLink };
}
