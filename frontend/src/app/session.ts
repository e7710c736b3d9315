/** Who is signed in, and how the page came to know. */
import type { HubClient, Session, SignInWays } from "../api/client.ts";
import { ApiError, HubUnreachable } from "../api/errors.ts";
import { type Observable, Value } from "../core/observable.ts";
import type { Owner } from "../core/owner.ts";

export type SignInFailure = "used" | "expired" | "no_code";

export type SessionState =
  | { readonly phase: "asking" }
  | { readonly phase: "signed_in"; readonly session: Session }
  | {
      readonly phase: "signed_out";
      readonly failure: SignInFailure | null;
      /** How this hub signs people in, when it is for several; null: by a link of the command line. */
      readonly ways: SignInWays | null;
    }
  | { readonly phase: "unreachable" }
  | { readonly phase: "failed"; readonly message: string };

/** Whose what the browser keeps is while this session lasts. */
export function ownerOf({ mode, person }: Pick<Session, "mode" | "person">): Owner {
  return mode === "team" ? person.id : null;
}

export class SessionKeeper {
  readonly #state = new Value<SessionState>({ phase: "asking" });

  /**
   * @param forget what a browser must not keep behind somebody who signs out.
   * @param tell called when this tab has changed whose session the browser has.
   */
  constructor(
    private readonly hub: Pick<HubClient, "session" | "signIn" | "signOut" | "signInWays">,
    private readonly forget: (owner: Owner) => void,
    private readonly tell: () => void = () => {},
  ) {}

  get state(): Observable<SessionState> {
    return this.#state;
  }

  /** Asks the hub who is signed in. Never rejects. */
  async look(): Promise<void> {
    this.#state.set({ phase: "asking" });
    await this.#settle(() => this.hub.session());
  }

  /**
   * Signs in with the code of a link. A code that does not work leaves an older session as it was: somebody who opens
   * yesterday's link in a browser that is signed in simply goes on.
   */
  async signIn(code: string | null): Promise<void> {
    this.#state.set({ phase: "asking" });
    if (code === null) {
      await this.#settle(() => this.hub.session(), "no_code");
      return;
    }
    try {
      this.adopt(await this.hub.signIn(code));
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null) await this.#fail(error, null);
      else await this.#settle(() => this.hub.session(), failure);
    }
  }

  /** Somebody signed in by another way than a link. */
  adopt(session: Session): void {
    this.#state.set({ phase: "signed_in", session });
    this.tell();
  }

  /**
   * Another tab may have signed in: asks the hub whose session the browser has now. Somebody else, or somebody where nobody was, is shown their
   * page; what was there stays while it is the same person's, and while nobody is signed in: they may have something unsaved. Never rejects.
   */
  async again(): Promise<"same" | "other" | "nobody"> {
    const before = this.#state.get();
    const session = await this.hub.session().catch(() => null);
    if (session === null || this.#state.get() !== before) return "nobody";
    if (before.phase === "signed_in" && before.session.person.id === session.person.id) return "same";
    this.#state.set({ phase: "signed_in", session });
    return "other";
  }

  async signOut(): Promise<void> {
    await this.hub.signOut();
    await this.left();
  }

  /** The person ended the session, here or everywhere. */
  async left(): Promise<void> {
    const state = this.#state.get();
    if (state.phase === "signed_in") this.forget(ownerOf(state.session));
    this.tell();
    await this.#signedOut(null);
  }

  /** The hub said in passing that the session is over: whoever signs in again goes on with what they had. */
  lost(): void {
    void this.#signedOut(null);
  }

  async #signedOut(failure: SignInFailure | null): Promise<void> {
    const ways = await this.hub.signInWays().catch(() => null);
    this.#state.set({ phase: "signed_out", failure, ways: ways?.mode === "team" ? ways : null });
  }

  async #settle(ask: () => Promise<Session>, failure: SignInFailure | null = null): Promise<void> {
    try {
      this.#state.set({ phase: "signed_in", session: await ask() });
    } catch (error) {
      await this.#fail(error, failure);
    }
  }

  async #fail(error: unknown, failure: SignInFailure | null): Promise<void> {
    if (error instanceof HubUnreachable) this.#state.set({ phase: "unreachable" });
    else if (error instanceof ApiError && error.status === 401) await this.#signedOut(failure);
    else this.#state.set({ phase: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}

function failureOf(error: unknown): SignInFailure | null {
  if (!(error instanceof ApiError)) return null;
  if (error.code === "code_used") return "used";
  return error.code === "code_expired" ? "expired" : null;
}
