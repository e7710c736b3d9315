/** The page's own small router: which view an address means, and going there without loading the page again. */
import { type Observable, Value } from "../core/observable.ts";

export type Route =
  | { readonly name: "home" }
  | { readonly name: "login" }
  | { readonly name: "connect" }
  | { readonly name: "notebook"; readonly id: string }
  | { readonly name: "share"; readonly id: string }
  | { readonly name: TeamPlace }
  | { readonly name: "unknown" };

/** Addresses of a hub for several people: an invitation, the way back from signing in elsewhere, one's account, everybody. */
type TeamPlace = "join" | "signed_in" | "account" | "people";
const teamPlaces: { readonly [path: string]: TeamPlace } = {
  join: "join",
  "signed-in": "signed_in",
  account: "account",
  people: "people",
};

/** The view for a path; a final slash does not matter. */
export function routeOf(path: string): Route {
  const parts = path.split("/").filter((part) => part !== "");
  const [first, second] = parts;
  if (first === undefined) return { name: "home" };
  if (parts.length === 1 && (first === "login" || first === "connect")) return { name: first };
  const place = parts.length === 1 ? teamPlaces[first] : undefined;
  if (place !== undefined) return { name: place };
  if (parts.length === 2 && second !== undefined && /^[0-9a-f]{32}$/.test(second)) {
    if (first === "n") return { name: "notebook", id: second };
    if (first === "s") return { name: "share", id: second };
  }
  return { name: "unknown" };
}

export function notebookPath(id: string): string {
  return `/n/${id}`;
}

/** The route of the address bar. Follows the browser's back and forward. */
export class Router {
  readonly #route: Value<Route>;

  constructor() {
    this.#route = new Value(routeOf(location.pathname));
    addEventListener("popstate", () => this.#read());
  }

  get route(): Observable<Route> {
    return this.#route;
  }

  /** Shows the view of `path`, with an entry in the browser's history (or in place of the present one). */
  go(path: string, how: "push" | "replace" = "push"): void {
    // A double click asks twice for the same place: one entry is enough.
    if (how === "push" && path !== location.pathname) history.pushState(null, "", path);
    else if (how === "push") return;
    else history.replaceState(null, "", path);
    this.#read();
  }

  #read(): void {
    const next = routeOf(location.pathname);
    if (JSON.stringify(next) !== JSON.stringify(this.#route.get())) this.#route.set(next);
  }
}
