/** The composition root: what lives as long as the page. What lives as long as one open notebook is `open-notebook.ts`. */
import { HubClient } from "../api/client.ts";
import { takeCode, takeRuntimeLink } from "./fragment.ts";
import { PreferenceStore } from "./preferences.ts";
import { Router } from "./routes.ts";
import { SessionKeeper } from "./session.ts";

export interface PageServices {
  readonly hub: HubClient;
  readonly session: SessionKeeper;
  readonly router: Router;
  readonly preferences: PreferenceStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The runtime that a link brought along, until a notebook takes it. Never sent to the hub. */
  readonly runtimeLink: { readonly link: string | null; readonly isFromLogin: boolean };
}

/** Builds the page's services and starts finding out who is signed in. */
export function composePage(): PageServices {
  const hub = new HubClient();
  const session = new SessionKeeper(hub);
  const router = new Router();
  const runtimeLink = { link: null as string | null, isFromLogin: false };

  const start = async () => {
    const { name } = router.route.get();
    runtimeLink.link = takeRuntimeLink() ?? runtimeLink.link;
    if (name !== "login") {
      await session.look();
      return;
    }
    runtimeLink.isFromLogin = runtimeLink.link !== null;
    await session.signIn(takeCode());
    // The address of a used link is of no use: neither for reloading nor in the history.
    if (session.state.get().phase === "signed_in") router.go("/", "replace");
  };
  addEventListener("runhere:link", () => void start());
  void start();

  return { hub, session, router, preferences: new PreferenceStore(), now: () => Date.now(), runtimeLink };
}
