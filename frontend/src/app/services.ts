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
  /** The runtime that a link brought along; it never goes to the hub. */
  readonly runtimeLink: RuntimeLink;
  /** Gives the link to the notebook that opens first, once a person agreed (a sign-in link's own runtime needs no question). */
  readonly takeRuntimeLink: () => string | null;
}

export interface RuntimeLink {
  /** As the connect dialog takes it. */
  link: string | null;
  /** The command line that printed the sign-in link started it, or the person agreed on `/connect`. */
  isAccepted: boolean;
}

/** Builds the page's services and starts finding out who is signed in. */
export function composePage(): PageServices {
  const hub = new HubClient();
  const session = new SessionKeeper(hub);
  const router = new Router();
  const runtimeLink: RuntimeLink = { link: null, isAccepted: false };

  const start = async () => {
    const { name } = router.route.get();
    const link = takeRuntimeLink();
    if (link !== null) {
      runtimeLink.link = link;
      runtimeLink.isAccepted = name === "login";
    }
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

  return {
    hub,
    session,
    router,
    preferences: new PreferenceStore(),
    now: () => Date.now(),
    runtimeLink,
    takeRuntimeLink() {
      if (!runtimeLink.isAccepted) return null;
      const { link } = runtimeLink;
      runtimeLink.link = null;
      return link;
    },
  };
}
