/** What a runtime's driver takes from the browser. Tests give their own. */
import { type Owner, ownKey } from "../core/owner.ts";
import type { BrowserFacts, PermissionState } from "../core/probe.ts";
import type { Locks, TabChannel } from "../kernel/leader.ts";
import type { Clock } from "../kernel/messages.ts";
import type { OpenSocket, SocketLike } from "../kernel/transport.ts";
import { onWake, watchLeaving } from "../sync/back-off.ts";
import { systemClock } from "../sync/clock.ts";
import { pagesByLock } from "../sync/pages.ts";
import { browserStore } from "./browser-store.ts";
import type { LocalStore } from "./runtime-memory.ts";
import { TokenVault } from "./token-vault.ts";

export interface RuntimeEnvironment {
  readonly facts: BrowserFacts;
  readonly fetch: typeof fetch;
  readonly openSocket: OpenSocket;
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly onWake: (fn: () => void) => () => void;
  /** ms until it is clear that the page stays, which was asked a moment ago to let itself be left; else 0. */
  readonly leavingMs: () => number;
  readonly locks: Locks | null;
  readonly openChannel: (name: string) => TabChannel;
  readonly queryPermission: () => Promise<PermissionState>;
  readonly store: LocalStore;
  /** The part of `store` that is this person's. */
  readonly ownStore: LocalStore;
  readonly vault: TokenVault;
  /** Shown by the companion beside the session it gives: `Firefox on Linux`. */
  readonly clientName: string;
}

const shared = new Map<Owner, RuntimeEnvironment>();

/** The page's own, made once for each person who signs in: all notebooks of a tab share one vault. */
export function browserEnvironment(owner: Owner): RuntimeEnvironment {
  const made = shared.get(owner) ?? makeBrowserEnvironment(owner);
  shared.set(owner, made);
  return made;
}

/** What is this person's in a store that everybody who uses the browser shares. */
export function ownStore(store: LocalStore, owner: Owner): LocalStore {
  return {
    getItem: (key) => store.getItem(ownKey(owner, key)),
    setItem: (key, value) => store.setItem(ownKey(owner, key), value),
  };
}

function makeBrowserEnvironment(owner: Owner): RuntimeEnvironment {
  if (shared.size === 0) keepTokensOutOfTimings();
  const store = browserStore();
  return {
    facts: { engine: engineOf(navigator.userAgent), isSecureContext, hubOrigin: location.origin },
    fetch: (input, init) => fetch(input, init),
    openSocket: openBrowserSocket,
    crypto,
    clock: systemClock,
    onWake,
    leavingMs: watchLeaving(),
    locks: "locks" in navigator ? navigator.locks : null,
    openChannel: openTabChannel,
    queryPermission,
    store,
    ownStore: ownStore(store, owner),
    vault: new TokenVault({
      owner,
      session: sessionStorage,
      indexedDB: globalThis.indexedDB ?? null,
      crypto,
      openChannel: openTabChannel,
      pages: pagesByLock(navigator.locks),
    }),
    clientName: clientName(navigator.userAgent),
  };
}

/**
 * The browser's list of loaded resources keeps whole URLs, and a stock server's may hold its token. An entry comes some time after its answer,
 * so it is waited for.
 */
function keepTokensOutOfTimings(): void {
  new PerformanceObserver((list) => {
    if (list.getEntries().some(({ name }) => name.includes("token="))) performance.clearResourceTimings();
  }).observe({ type: "resource", buffered: true });
}

export function engineOf(userAgent: string): BrowserFacts["engine"] {
  // Every browser on iOS is WebKit, whatever it calls itself.
  if (/iPhone|iPad|CriOS|FxiOS|EdgiOS/.test(userAgent)) return "webkit";
  if (/Chrome\/|Chromium\//.test(userAgent)) return "chromium";
  return /Gecko\/\d/.test(userAgent) ? "gecko" : "webkit";
}

function clientName(userAgent: string): string {
  const name = /Edg\//.test(userAgent)
    ? "Edge"
    : { chromium: "Chrome", gecko: "Firefox", webkit: "Safari" }[engineOf(userAgent)];
  const system = /Windows|Mac OS X|Linux|Android/.exec(userAgent)?.[0].replace("Mac OS X", "macOS");
  return system === undefined ? name : `${name} on ${system}`;
}

/** Chromium from 145 on splits the permission; before, it had one name for both. */
async function queryPermission(): Promise<PermissionState> {
  for (const name of ["loopback-network", "local-network-access"]) {
    try {
      // The type lists the names of older browsers only.
      const { state } = await navigator.permissions.query({ name: name as PermissionName });
      return state;
    } catch {
      // This browser does not know that name.
    }
  }
  return "unknown";
}

/** The platform's own. Its handlers take richer events than `SocketLike` names, which a type checker cannot see to be safe. */
function openBrowserSocket(url: string, protocols: string[]): SocketLike {
  return new WebSocket(url, protocols) as unknown as SocketLike;
}

/** A `BroadcastChannel` as a `TabChannel`. */
function openTabChannel(name: string): TabChannel {
  const channel = new BroadcastChannel(name);
  return {
    postMessage: (message) => channel.postMessage(message),
    listen: (fn) => channel.addEventListener("message", (event) => fn(event.data)),
    close: () => channel.close(),
  };
}
