/**
 * Joins the binding's pure rules (`core/binding.ts`) to a real runtime: probes it, authenticates, chooses a kernel, starts it in the notebook's
 * folder, holds (or follows) its socket, and goes on after a reload.
 *
 * No kernel message and no token passes the hub. One object per open notebook and tab.
 */
import { parseBackendUrl, parseToken } from "../core/backend-url.ts";
import {
  type AuthStyle,
  type BindingEvent,
  type BindingState,
  type Failure,
  type KernelAttachment,
  nextBinding,
  type RuntimeTarget,
  UNBOUND,
} from "../core/binding.ts";
import { type Observable, Value } from "../core/observable.ts";
import { type Diagnosis, type FailureCode, socketBlocked } from "../core/probe.ts";
import { type Completion, complete, inspect } from "../kernel/complete.ts";
import { findFolder, type NotebookPlace } from "../kernel/folder.ts";
import { KernelConnection, type KernelEvent, type KernelPort, type LinkState } from "../kernel/kernel.ts";
import { SharedKernel } from "../kernel/leader.ts";
import { newId } from "../kernel/messages.ts";
import { probe } from "../kernel/probing.ts";
import { JupyterServer } from "../kernel/server.ts";
import { directTransport } from "../kernel/transport.ts";
import { browserEnvironment, type RuntimeEnvironment } from "./runtime-environment.ts";
import { RuntimeMemory } from "./runtime-memory.ts";

export type { NotebookPlace } from "../kernel/folder.ts";

/** What is known of the kernel this notebook is attached to. */
export interface KernelState {
  readonly status: "none" | "starting" | "idle" | "busy" | "restarting" | "dead" | "unknown";
  /** Name of the kernelspec, `python3`; null before one is chosen. */
  readonly name: string | null;
  readonly displayName: string | null;
  /** Of `language_info.name`, lower case; null before it is known. */
  readonly language: string | null;
}

export interface KernelspecChoice {
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
}

export type LossReason = "kernel_died" | "kernel_restarted" | "kernel_gone" | "restarted_here";

/** Said once to the person, then dismissed by the view. */
export type RuntimeNotice =
  | { readonly code: "variables_lost"; readonly reason: Exclude<LossReason, "restarted_here"> }
  | { readonly code: "maybe_incomplete"; readonly runIds: readonly string[] };

export interface ConnectOptions {
  /** Name of the kernelspec; else the one remembered for this notebook, else the notebook's own, else the server's default. */
  readonly kernelspec?: string;
  /** Keep the token on this browser, encrypted, until forgotten. Default: session tokens of the companion only. */
  readonly remember?: boolean;
}

export interface NotebookRuntimeOptions {
  readonly notebookId: string;
  /** Asked when a kernel is to be started, because saving changes the file's size and time. */
  readonly place: NotebookPlace | null | (() => Promise<NotebookPlace | null>);
  /** Kernelspec named in the notebook's metadata, if any. */
  readonly wantedKernelspec?: () => string | null;
}

/** A kernel of the bound server, for *Manage sessions*. */
export interface RunningKernel {
  readonly sessionId: string | null;
  readonly kernelId: string;
  readonly path: string;
  readonly kernelspec: string;
  readonly status: string;
  /** ms since 1970, of the server's clock. */
  readonly lastActivity: number;
  readonly isMine: boolean;
}

type Connected = Extract<Diagnosis, { ok: true }>;

interface Attempt {
  readonly target: RuntimeTarget;
  readonly options: ConnectOptions;
  readonly abort: AbortController;
  pair: string | null;
}

const NO_KERNEL: KernelState = { status: "none", name: null, displayName: null, language: null };
/** After so many closed sockets while HTTP works, something swallows WebSockets. */
const SOCKET_TRIES = 4;
const RESTART_MS = 15_000;

export class NotebookRuntime {
  readonly #options: NotebookRuntimeOptions;
  readonly #environment: RuntimeEnvironment;
  readonly #memory: RuntimeMemory;
  readonly #binding = new Value<BindingState>(UNBOUND);
  readonly #kernel = new Value<KernelState>(NO_KERNEL);
  readonly #kernelspecs = new Value<readonly KernelspecChoice[]>([]);
  readonly #notice = new Value<RuntimeNotice | null>(null);
  readonly #port = new Value<KernelPort | null>(null);
  readonly #lossListeners = new Set<(reason: LossReason) => void>();
  #attempt: Attempt | null = null;
  #server: JupyterServer | null = null;
  /** The kernel whose socket is being opened, or is open. */
  #pending: KernelAttachment | null = null;
  #shared: SharedKernel | null = null;
  #explained: ((go: boolean) => void) | null = null;
  /** A restart asked for here: the loss of variables needs no telling. */
  #restarting = false;
  #lostAt = Number.NEGATIVE_INFINITY;
  #endPort: () => void = () => {};

  constructor(options: NotebookRuntimeOptions, environment: RuntimeEnvironment = browserEnvironment()) {
    this.#options = options;
    this.#environment = environment;
    this.#memory = new RuntimeMemory(environment.store, options.notebookId, () => newId(environment.clock.random));
  }

  get binding(): Observable<BindingState> {
    return this.#binding;
  }
  get kernel(): Observable<KernelState> {
    return this.#kernel;
  }
  /** All kernels the bound server offers, its default first; empty while unbound. */
  get kernelspecs(): Observable<readonly KernelspecChoice[]> {
    return this.#kernelspecs;
  }
  get notice(): Observable<RuntimeNotice | null> {
    return this.#notice;
  }
  dismissNotice(): void {
    this.#notice.set(null);
  }
  tell(notice: RuntimeNotice): void {
    this.#notice.set(notice);
  }
  /** The bound kernel's messages; null while none is bound. */
  get port(): Observable<KernelPort | null> {
    return this.#port;
  }
  /** `session` of the messages sent to the kernel. */
  get sessionId(): string {
    return this.#memory.sessionId;
  }
  /** Calls `fn` once each time the kernel's variables are gone and nothing sent to it will be answered. Returns the end. */
  onLoss(fn: (reason: LossReason) => void): () => void {
    this.#lossListeners.add(fn);
    return () => {
      this.#lossListeners.delete(fn);
    };
  }

  // ── Connecting ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Connect to what a person pasted. Resolves when ready, failed, or waiting for a token (see `binding`); never rejects. */
  async connect(input: string, options: ConnectOptions = {}): Promise<void> {
    const address = parseBackendUrl(input);
    if (!address.ok) {
      const failure: Failure = { ok: false, code: address.code, facts: address.facts, needsToken: false };
      this.#happened({ type: "address_refused", failure });
      return;
    }
    const target = { baseUrl: address.baseUrl, label: address.label, kind: null };
    const attempt = this.#begin(target, options, address.pair);
    if (address.token !== null) await this.#keepToken(attempt, address.token, options.remember ?? false);
    else await this.#environment.vault.find(address.baseUrl);
    await this.#climb(attempt);
  }

  /** The person pressed "Continue" in the explanation before the browser's permission question (call it in the click). */
  permitAsked(): void {
    this.#explained?.(true);
  }

  /** Token (or a whole URL holding one) for the bound server, when `binding` waits for it. */
  async giveToken(tokenOrUrl: string, options: { readonly remember?: boolean } = {}): Promise<void> {
    const state = this.#binding.get();
    const token = parseToken(tokenOrUrl);
    if (token === null || !("target" in state)) return;
    const remember = options.remember ?? false;
    if (state.phase === "interrupted") {
      await this.#environment.vault.keep(state.target.baseUrl, token, remember);
      this.#shared?.reconnectNow();
    } else if (state.phase === "authenticating") {
      const attempt = this.#attempt ?? this.#begin(state.target, {}, null);
      await this.#keepToken(attempt, token, remember);
      this.#happened({ type: "connect", target: state.target });
      await this.#climb(attempt);
    }
  }

  /** Go on with what this browser remembers of the notebook. Resolves false when there is nothing to go on with. */
  async reattach(): Promise<boolean> {
    this.#memory.refresh();
    const { runtime } = this.#memory;
    if (runtime === null || this.#binding.get().phase !== "unbound") return false;
    const attempt = this.#begin({ baseUrl: runtime.baseUrl, label: runtime.label, kind: null }, {}, null);
    const token = await this.#environment.vault.find(runtime.baseUrl);
    if (token === null && runtime.auth !== "none") {
      this.#fail(attempt, { ok: false, code: "token_missing", facts: { address: runtime.label }, needsToken: true });
      return true;
    }
    const diagnosis = await this.#probe(attempt);
    if (!this.#isCurrent(attempt)) return true;
    const { kernel } = runtime;
    const isAway = !diagnosis.ok && (diagnosis.code === "nothing_listening" || diagnosis.code === "no_answer");
    if (isAway && kernel !== null) {
      // The tunnel is down, say: stay bound, and come back by itself.
      const { baseUrl, auth, kind } = runtime;
      const target = { ...attempt.target, kind };
      this.#happened({ type: "identified", target });
      this.#happened({ type: "authenticated" });
      this.#serve(baseUrl, auth);
      this.#join({ ...kernel }, kernel.process);
      this.#happened({ type: "attached", attachment: kernel });
      this.#linkChanged({
        phase: "waiting",
        attempt: 1,
        retryAt: this.#environment.clock.now(),
        reason: "server_unreachable",
      });
    } else {
      await this.#diagnosed(attempt, diagnosis);
    }
    return true;
  }

  #begin(target: RuntimeTarget, options: ConnectOptions, pair: string | null): Attempt {
    this.#leave();
    const attempt: Attempt = { target, options, abort: new AbortController(), pair };
    this.#attempt = attempt;
    this.#happened({ type: "connect", target });
    return attempt;
  }

  /** Companions give session tokens, which are bound to this origin and can be revoked: these are remembered unless refused. */
  async #keepToken(attempt: Attempt, token: string, remember: boolean): Promise<void> {
    await this.#environment.vault.keep(attempt.target.baseUrl, token, remember);
  }

  async #climb(attempt: Attempt): Promise<void> {
    const diagnosis = await this.#probe(attempt);
    if (this.#isCurrent(attempt)) await this.#diagnosed(attempt, diagnosis);
  }

  async #probe(attempt: Attempt): Promise<Diagnosis> {
    const { fetch, openSocket, clock, queryPermission, facts, vault } = this.#environment;
    const { baseUrl } = attempt.target;
    return await probe(
      { baseUrl, hasToken: vault.peek(baseUrl) !== null, hasPairingCode: attempt.pair !== null, environment: facts },
      {
        fetch,
        openSocket,
        clock,
        queryPermission,
        explain: () => new Promise((give) => (this.#explained = give)),
        onStep: (step) => this.#isCurrent(attempt) && this.#happened({ type: "probe_step", step }),
        token: () => vault.peek(baseUrl),
        pair: (url, signal) => this.#pair(attempt, url, signal),
        signal: attempt.abort.signal,
      },
    );
  }

  async #pair(attempt: Attempt, url: string, signal: AbortSignal): Promise<{ status: number; json: unknown }> {
    const { fetch, clientName } = this.#environment;
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code: attempt.pair, client_name: clientName }),
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal,
    });
    const json: unknown = await answer.json().catch(() => null);
    const token = typeof json === "object" && json !== null && "token" in json ? json.token : null;
    if (!answer.ok || typeof token !== "string") return { status: answer.ok ? 500 : answer.status, json };
    // The code is used up: another try goes by the token.
    attempt.pair = null;
    await this.#keepToken(attempt, token, attempt.options.remember ?? true);
    return { status: answer.status, json: null };
  }

  async #diagnosed(attempt: Attempt, diagnosis: Diagnosis): Promise<void> {
    if (!diagnosis.ok) {
      this.#fail(attempt, diagnosis);
      return;
    }
    const { vault } = this.#environment;
    const token = vault.peek(attempt.target.baseUrl);
    if (token !== null && diagnosis.baseUrl !== attempt.target.baseUrl) {
      await vault.keep(diagnosis.baseUrl, token, attempt.options.remember ?? false);
    }
    this.#happened({
      type: "identified",
      target: { ...attempt.target, baseUrl: diagnosis.baseUrl, kind: diagnosis.kind },
    });
    this.#happened({ type: "authenticated" });
    try {
      await this.#attach(attempt, diagnosis);
    } catch (error) {
      // Whatever the server refused here is told as one thing: it did not start a kernel.
      const hint = error instanceof Error ? error.message : "";
      this.#fail(attempt, this.#failure("kernel_start_failed", diagnosis.baseUrl, { hint }));
    }
  }

  // ── Kernel ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #attach(attempt: Attempt, { baseUrl, auth }: Connected): Promise<void> {
    const server = this.#serve(baseUrl, auth);
    const { defaultName, specs } = await server.kernelspecs();
    if (!this.#isCurrent(attempt)) return;
    this.#kernelspecs.set(specs);
    if (specs.length === 0) {
      this.#fail(attempt, this.#failure("no_kernelspecs", baseUrl));
      return;
    }
    const remembered = await this.#rememberedKernel(server, baseUrl, attempt.options.kernelspec);
    const kernel =
      remembered?.kernel ?? (await this.#startKernel(server, this.#chooseKernelspec(attempt.options, defaultName)));
    if (!this.#isCurrent(attempt)) return;
    this.#happened({ type: "connect_step", step: "socket" });
    this.#join(kernel, remembered?.process ?? null);
    this.#remember(baseUrl, auth, kernel, remembered?.process ?? null);
    await this.#firstOpen(attempt, baseUrl);
  }

  #serve(baseUrl: string, auth: AuthStyle): JupyterServer {
    const { fetch, openSocket, vault } = this.#environment;
    const token = () => vault.peek(baseUrl);
    this.#server = new JupyterServer(directTransport({ baseUrl, auth, token, fetch, openSocket }));
    return this.#server;
  }

  /** The kernel that this notebook had on this server, if it still runs and no other kind is wanted. */
  async #rememberedKernel(
    server: JupyterServer,
    baseUrl: string,
    wanted: string | undefined,
  ): Promise<{ kernel: KernelAttachment; process: string | null } | null> {
    const { runtime } = this.#memory;
    if (runtime?.kernel == null || runtime.baseUrl !== baseUrl) return null;
    if (wanted !== undefined && wanted !== runtime.kernel.kernelspec) return null;
    if ((await server.kernel(runtime.kernel.kernelId)) === null) {
      this.#lost("kernel_gone");
      return null;
    }
    const { process, ...kernel } = runtime.kernel;
    return { kernel, process };
  }

  #chooseKernelspec(options: ConnectOptions, defaultName: string): string {
    const names = new Set(this.#kernelspecs.get().map((spec) => spec.name));
    const wishes = [options.kernelspec, this.#memory.kernelspec, this.#options.wantedKernelspec?.(), defaultName];
    const chosen = wishes.find((name): name is string => typeof name === "string" && names.has(name));
    return chosen ?? this.#kernelspecs.get()[0]?.name ?? defaultName;
  }

  async #startKernel(server: JupyterServer, kernelspec: string): Promise<KernelAttachment> {
    this.#happened({ type: "connect_step", step: "folder" });
    const place = await this.#place();
    const folder = await findFolder(server, place);
    this.#happened({ type: "connect_step", step: "session" });
    const fileName = place?.fileName ?? "notebook.ipynb";
    // A path of this browser's own: another client that opens the same file gets another kernel, and cannot empty our buffer.
    const own = `${fileName.replace(/\.ipynb$/, "")}-runhere-${this.#memory.sessionId.slice(0, 8)}.ipynb`;
    const path = folder.path === "" ? own : `${folder.path}/${own}`;
    const session = await server.startSession({ path, name: fileName, kernelspec });
    const spec = this.#kernelspecs.get().find(({ name }) => name === session.kernel.name);
    const displayName = spec?.displayName ?? session.kernel.name;
    return { kernelId: session.kernel.id, kernelspec: session.kernel.name, displayName, folder };
  }

  async #place(): Promise<NotebookPlace | null> {
    const { place } = this.#options;
    return typeof place === "function" ? await place().catch(() => null) : place;
  }

  /** Hold the kernel's socket, or follow the tab that does. */
  #join(kernel: KernelAttachment, process: string | null): void {
    const { locks, openChannel, clock, onWake } = this.#environment;
    const server = this.#server;
    if (server === null) return;
    const { kernelId } = kernel;
    this.#endPort();
    const shared = new SharedKernel({
      name: `runhere-kernel:${kernelId}`,
      locks,
      openChannel,
      clock,
      process,
      openPort: (known) =>
        new KernelConnection({
          server,
          kernelId,
          sessionId: this.#memory.sessionId,
          clock,
          onWake,
          process: known,
          isTokenRefused: () => this.#answersStrangers(),
        }),
    });
    this.#shared = shared;
    this.#pending = kernel;
    const spec = this.#kernelspecs.get().find(({ name }) => name === kernel.kernelspec);
    this.#kernel.set({
      status: shared.status.get(),
      name: kernel.kernelspec,
      displayName: kernel.displayName,
      language: spec?.language ?? null,
    });
    const ends = [
      shared.listen((event) => this.#heard(event)),
      shared.state.subscribe(() => this.#linkChanged(shared.state.get())),
      shared.status.subscribe(() => this.#statusChanged(shared.status.get())),
    ];
    this.#endPort = () => {
      for (const end of ends) end();
      shared.close();
      this.#port.set(null);
    };
    this.#port.set(shared);
  }

  #remember(baseUrl: string, auth: AuthStyle, kernel: KernelAttachment, process: string | null): void {
    const state = this.#binding.get();
    if (!("target" in state)) return;
    const { label, kind } = state.target;
    this.#memory.bind({ baseUrl, label, kind: kind ?? "jupyter", auth, kernel: { ...kernel, process } });
  }

  /** Resolves when the socket is open for the first time, or when it is clear that it does not open. */
  async #firstOpen(attempt: Attempt, baseUrl: string): Promise<void> {
    const shared = this.#shared;
    if (shared === null) return;
    const outcome = await new Promise<"open" | "blocked" | "left">((give) => {
      const look = () => {
        const state = shared.state.get();
        if (state.phase === "open") give("open");
        else if (state.phase === "waiting" && state.reason === "network" && state.attempt > SOCKET_TRIES)
          give("blocked");
        else if (state.phase === "ended" || !this.#isCurrent(attempt)) give("left");
      };
      shared.state.subscribe(look);
      attempt.abort.signal.addEventListener("abort", look);
      look();
    });
    if (outcome === "blocked" && this.#isCurrent(attempt)) {
      this.#fail(attempt, socketBlocked(baseUrl, this.#environment.facts.hubOrigin));
    }
  }

  /** The server answers, though not to us: it has another token now. */
  async #answersStrangers(): Promise<boolean> {
    const state = this.#binding.get();
    if (!("target" in state)) return false;
    const { fetch } = this.#environment;
    const signal = AbortSignal.timeout(5_000);
    await fetch(`${state.target.baseUrl}api`, { mode: "no-cors", credentials: "omit", cache: "no-store", signal });
    return true;
  }

  #linkChanged(link: LinkState): void {
    if (link.phase === "open") {
      if (this.#pending !== null) this.#happened({ type: "attached", attachment: this.#pending });
    } else if (link.phase === "waiting") {
      this.#happened({ type: "lost", reason: link.reason, attempt: link.attempt, retryAt: link.retryAt });
    } else if (link.phase === "ended" && link.reason === "token_refused") {
      this.#happened({ type: "token_wanted", failure: null });
    } else if (link.phase === "ended" && link.reason === "kernel_gone") {
      this.#kernelEnded("kernel_gone");
    }
  }

  #statusChanged(status: KernelState["status"]): void {
    this.#kernel.set({ ...this.#kernel.get(), status });
    if (status === "restarting" && !this.#restarting) this.#lost("kernel_died");
    if (status === "dead") this.#kernelEnded("kernel_died");
  }

  #heard(event: KernelEvent): void {
    if (event.type === "process_changed") {
      this.#memory.process(event.process);
      this.#lost(this.#restarting ? "restarted_here" : "kernel_restarted");
    } else if (event.type === "message" && event.message.header.msg_type === "kernel_info_reply") {
      this.#memory.process(event.message.header.session);
      const info = event.message.content["language_info"];
      const name = typeof info === "object" && info !== null && "name" in info ? info.name : null;
      if (typeof name === "string") this.#kernel.set({ ...this.#kernel.get(), language: name.toLowerCase() });
    }
  }

  /** Variables are gone. A death is heard of up to three times (status, new process, closed socket) and told once. */
  #lost(reason: LossReason): void {
    const now = this.#environment.clock.now();
    const isEcho = now - this.#lostAt < RESTART_MS && reason !== "restarted_here";
    this.#lostAt = now;
    if (isEcho) return;
    for (const fn of [...this.#lossListeners]) fn(reason);
    if (reason !== "restarted_here") this.#notice.set({ code: "variables_lost", reason });
  }

  #kernelEnded(reason: "kernel_died" | "kernel_gone"): void {
    this.#lost(reason);
    this.#memory.forgetKernel();
    this.#kernel.set({ ...this.#kernel.get(), status: "dead" });
    this.#happened({ type: "ended", reason });
  }

  // ── What a person does with it ─────────────────────────────────────────────────────────────────────────────────────

  /** Forget the binding. The kernel keeps running; the document stays open. */
  disconnect(): void {
    this.#leave();
    this.#memory.unbind();
    this.#happened({ type: "disconnect" });
  }

  /** @throws RuntimeError when the server does not answer; nothing has happened then. */
  async interrupt(): Promise<void> {
    const kernelId = this.#kernelId();
    if (kernelId !== null) await this.#server?.interrupt(kernelId);
  }

  /**
   * A new process for the same kernel. Resolves when it answers.
   *
   * @throws RuntimeError when the server does not answer; the old process may still run then.
   */
  async restart(): Promise<void> {
    const kernelId = this.#kernelId();
    const shared = this.#shared;
    if (kernelId === null || shared === null || this.#server === null) return;
    this.#restarting = true;
    try {
      const drained = this.#newProcess(shared);
      await this.#server.restart(kernelId);
      shared.reconnectNow();
      if (!(await drained)) this.#lost("restarted_here");
    } finally {
      this.#restarting = false;
    }
  }

  /** True when a new process has told who it is. */
  async #newProcess(shared: SharedKernel): Promise<boolean> {
    return await new Promise((give) => {
      const finish = (isNew: boolean) => {
        end();
        cancel();
        give(isNew);
      };
      const end = shared.listen((event) => event.type === "process_changed" && finish(true));
      const cancel = this.#environment.clock.after(RESTART_MS, () => finish(false));
    });
  }

  /** End the kernel. The server stays bound; `newKernel` starts another. */
  async shutdown(): Promise<void> {
    const kernelId = this.#kernelId();
    if (kernelId === null) return;
    await this.#server?.shutdown(kernelId);
    this.#endKernel();
  }

  #endKernel(): void {
    this.#endPort();
    this.#endPort = () => {};
    this.#shared = null;
    this.#pending = null;
    for (const fn of [...this.#lossListeners]) fn("restarted_here");
    this.#memory.forgetKernel();
    this.#kernel.set({ ...this.#kernel.get(), status: "none" });
    this.#happened({ type: "ended", reason: "shut_down" });
  }

  /** A fresh kernel on the same server, with this kernelspec or the present one. The old kernel is shut down. */
  async newKernel(kernelspec?: string): Promise<void> {
    const state = this.#binding.get();
    const { runtime } = this.#memory;
    if (!("target" in state) || this.#server === null || runtime === null) return;
    const wanted = kernelspec ?? this.#kernel.get().name ?? undefined;
    const old = this.#kernelId();
    if (old !== null) await this.#server.shutdown(old).catch(() => {});
    this.#endKernel();
    const attempt: Attempt = {
      target: state.target,
      options: wanted === undefined ? {} : { kernelspec: wanted },
      abort: new AbortController(),
      pair: null,
    };
    this.#attempt = attempt;
    this.#happened({ type: "connect_step", step: "kernelspecs" });
    const kind = runtime.kind === "companion" ? "companion" : "jupyter";
    await this.#diagnosedAgain(attempt, { baseUrl: runtime.baseUrl, auth: runtime.auth, kind });
  }

  async #diagnosedAgain(attempt: Attempt, known: Pick<Connected, "baseUrl" | "auth" | "kind">): Promise<void> {
    try {
      await this.#attach(attempt, { ok: true, version: "", advice: [], ...known });
    } catch (error) {
      const hint = error instanceof Error ? error.message : "";
      this.#fail(attempt, this.#failure("kernel_start_failed", known.baseUrl, { hint }));
    }
  }

  /** Try again now instead of at `retryAt`. */
  reconnectNow(): void {
    this.#shared?.reconnectNow();
  }

  /** Remove every remembered token from this browser. */
  async forgetTokens(): Promise<void> {
    await this.#environment.vault.forgetAll();
  }

  /** @throws RuntimeError */
  async listSessions(): Promise<readonly RunningKernel[]> {
    const sessions = (await this.#server?.sessions()) ?? [];
    const mine = this.#kernelId();
    return sessions.map(({ id, path, kernel }) => ({
      sessionId: id,
      kernelId: kernel.id,
      path,
      kernelspec: kernel.name,
      status: kernel.executionState,
      lastActivity: kernel.lastActivity,
      isMine: kernel.id === mine,
    }));
  }

  /** @throws RuntimeError */
  async shutdownSession({ kernelId }: { readonly sessionId: string | null; readonly kernelId: string }): Promise<void> {
    if (kernelId === this.#kernelId()) await this.shutdown();
    else await this.#server?.shutdown(kernelId);
  }

  async complete(code: string, cursor: number): Promise<Completion | null> {
    const port = this.#shared;
    return port === null
      ? null
      : await complete({ port, session: this.sessionId, clock: this.#environment.clock }, code, cursor);
  }

  async inspect(code: string, cursor: number): Promise<{ readonly [mime: string]: unknown } | null> {
    const port = this.#shared;
    return port === null
      ? null
      : await inspect({ port, session: this.sessionId, clock: this.#environment.clock }, code, cursor);
  }

  /** Close sockets and channels. The kernel keeps running, and another page goes on with it. */
  close(): void {
    this.#leave();
  }

  // ── Small parts ────────────────────────────────────────────────────────────────────────────────────────────────────

  #kernelId(): string | null {
    const state = this.#binding.get();
    return "attachment" in state ? state.attachment.kernelId : null;
  }

  #leave(): void {
    this.#attempt?.abort.abort();
    this.#attempt = null;
    this.#explained?.(false);
    this.#explained = null;
    this.#endPort();
    this.#endPort = () => {};
    this.#shared = null;
    this.#server = null;
    this.#pending = null;
    this.#kernelspecs.set([]);
    this.#kernel.set(NO_KERNEL);
  }

  #fail(attempt: Attempt, failure: Failure): void {
    if (!this.#isCurrent(attempt)) return;
    if (!failure.needsToken) this.#leave();
    this.#happened({ type: "failed", failure });
  }

  #failure(code: FailureCode, baseUrl: string, facts: Readonly<Record<string, string>> = {}): Failure {
    const address = baseUrl.replace(/^https?:\/\//, "").replace(/\/$/, "");
    return {
      ok: false,
      code,
      facts: { address, origin: this.#environment.facts.hubOrigin, ...facts },
      needsToken: false,
    };
  }

  #isCurrent(attempt: Attempt): boolean {
    return this.#attempt === attempt && !attempt.abort.signal.aborted;
  }

  #happened(event: BindingEvent): void {
    this.#binding.set(nextBinding(this.#binding.get(), event));
  }
}
