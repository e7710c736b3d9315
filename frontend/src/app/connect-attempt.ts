/** One try to reach a runtime: the probe ladder, with the token or pairing code that came along. It can be given up at any time. */
import { type BindingEvent, type BindingState, nextBinding, type RuntimeTarget } from "../core/binding.ts";
import type { Value } from "../core/observable.ts";
import type { Diagnosis } from "../core/probe.ts";
import type { Proof } from "../kernel/pairing.ts";
import type { RuntimeEnvironment } from "./runtime-environment.ts";
import type { ConnectOptions } from "./runtime-types.ts";

export interface AttemptOptions {
  readonly target: RuntimeTarget;
  readonly options: ConnectOptions;
  /** One-time pairing code. */
  readonly pair: string | null;
  readonly environment: RuntimeEnvironment;
  /** Where it is told how far it is. */
  readonly state: Value<BindingState>;
}

export class ConnectAttempt {
  readonly target: RuntimeTarget;
  readonly options: ConnectOptions;
  state: Value<BindingState>;
  readonly #environment: RuntimeEnvironment;
  readonly #abort = new AbortController();
  #pair: string | null;
  /** Readings of the token that the person gave, those that were refused left out; none: what the vault has is sent. */
  #given: readonly string[] = [];
  #remember = false;
  #explained: ((go: boolean) => void) | null = null;

  constructor({ target, options, pair, environment, state }: AttemptOptions) {
    this.target = target;
    this.options = options;
    this.#pair = pair;
    this.#environment = environment;
    this.state = state;
  }

  /** Aborted when the person gave up or asked for another address. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Of one that was given up nothing is told. */
  happened(event: BindingEvent): void {
    if (!this.signal.aborted) this.state.set(nextBinding(this.state.get(), event));
  }

  cancel(): void {
    this.#abort.abort();
    this.#explained?.(false);
  }

  /** The person has read what the browser will ask, or where the token will go, and wants to go on. */
  permitAsked(): void {
    this.#explained?.(true);
  }

  /** Sent from now on, the likelier reading first. Kept once the server took it: a wrong one puts no right one out. */
  giveToken(readings: readonly string[], remember: boolean): void {
    this.#given = readings;
    this.#remember = remember;
  }

  /** The server at `baseUrl`, where the target answers, took the token. */
  async keepToken(baseUrl: string): Promise<void> {
    const { vault } = this.#environment;
    const [token] = this.#given;
    if (token !== undefined) {
      for (const url of new Set([this.target.baseUrl, baseUrl])) {
        await vault.keep(url, token, { remember: this.#remember });
      }
      return;
    }
    const known = vault.peek(this.target.baseUrl);
    if (known === null || baseUrl === this.target.baseUrl) return;
    const sessionId = vault.sessionOf(this.target.baseUrl);
    await vault.keep(baseUrl, known, { remember: this.options.remember ?? sessionId !== null, sessionId });
  }

  #token(): string | null {
    return this.#given[0] ?? this.#environment.vault.peek(this.target.baseUrl);
  }

  /** Climb the ladder, with whatever token is known by now. May be called again with another token. */
  async probe(): Promise<Diagnosis> {
    const diagnosis = await this.#climb(
      () =>
        new Promise((give) => {
          this.#explained = give;
        }),
    );
    const isRefused = !diagnosis.ok && (diagnosis.code === "token_refused" || diagnosis.code === "refused");
    if (!isRefused || this.#given.length < 2) return diagnosis;
    this.#given = this.#given.slice(1);
    // That it may be sent there has been said.
    return await this.#climb(async () => true);
  }

  async #climb(explain: () => Promise<boolean>): Promise<Diagnosis> {
    const { fetch, openSocket, clock, queryPermission, facts, vault } = this.#environment;
    const { baseUrl } = this.target;
    // The ladder is fetched when somebody connects: a notebook can be read and edited before.
    const { probe } = await import("../kernel/probing.ts");
    return await probe(
      {
        baseUrl,
        hasToken: this.#token() !== null,
        hasPairingCode: this.#pair !== null,
        isPaired: this.#given.length === 0 && vault.sessionOf(baseUrl) !== null,
        environment: facts,
      },
      {
        fetch,
        openSocket,
        clock,
        queryPermission,
        explain,
        onStep: (step) => this.happened({ type: "probe_step", step }),
        token: () => this.#token(),
        pair: (signal) => this.#exchange(signal),
        prove: async () => (await provesItself(this.#environment, baseUrl)) === "proven",
        signal: this.signal,
      },
    );
  }

  /** The pairing code for a session token, which is bound to this origin and can be revoked: it is remembered unless refused. */
  async #exchange(signal: AbortSignal): Promise<{ status: number; json: unknown }> {
    const { fetch, clientName, vault } = this.#environment;
    const { baseUrl } = this.target;
    const code = this.#pair ?? "";
    const { pair } = await import("../kernel/pairing.ts");
    const paired = await pair({ baseUrl, code, clientName, signal }, fetch);
    if (!paired.ok) return paired;
    // The code is used up: another try goes by the token.
    this.#pair = null;
    this.#given = [];
    const remember = this.options.remember ?? true;
    await vault.keep(baseUrl, paired.token, { remember, sessionId: paired.sessionId });
    return { status: 200, json: null };
  }
}

/** Whether who answers knows the token that we have for it; nothing is sent of it. A stock server cannot be asked, and counts as proven. */
export async function provesItself(
  { fetch, crypto, vault }: Pick<RuntimeEnvironment, "fetch" | "crypto" | "vault">,
  baseUrl: string,
): Promise<Proof> {
  const [token, sessionId] = [vault.peek(baseUrl), vault.sessionOf(baseUrl)];
  if (token === null || sessionId === null) return "proven";
  const { proves } = await import("../kernel/pairing.ts");
  return await proves({ baseUrl, token, sessionId }, { fetch, crypto });
}

/** Whether a server that refuses us answers at all: then it has another token now. */
export async function answersStrangers(fetch: RuntimeEnvironment["fetch"], baseUrl: string): Promise<boolean> {
  const signal = AbortSignal.timeout(5_000);
  await fetch(`${baseUrl}api`, { mode: "no-cors", credentials: "omit", cache: "no-store", signal });
  return true;
}
