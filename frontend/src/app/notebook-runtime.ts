/**
 * The runtime of one open notebook, as the page sees it: what is known of it, and what a person does with it. Whoever reaches a runtime, the
 * driver (`runtime-driver.ts`), is fetched when there is one to reach: a notebook can be read and edited before.
 *
 * No kernel message and no token passes the hub. One object per open notebook and tab.
 */
import type { BindingState } from "../core/binding.ts";
import { hostedId } from "../core/hosted.ts";
import type { Observable } from "../core/observable.ts";
import type { Advice } from "../core/probe.ts";
import type { Completion } from "../kernel/complete.ts";
import type { KernelPort } from "../kernel/kernel-port.ts";
import { newId } from "../kernel/messages.ts";
import type { BareEnvironment, JupyterServer } from "../kernel/server.ts";
import type { KernelRuns, KernelRunsOptions } from "./kernel-runs.ts";
import type { RuntimeDriver } from "./runtime-driver.ts";
import type { RuntimeEnvironment } from "./runtime-environment.ts";
import { RuntimeMemory } from "./runtime-memory.ts";
import { RuntimeState } from "./runtime-state.ts";
import type {
  ConnectOptions,
  KernelState,
  KernelspecChoice,
  LossReason,
  NotebookRuntimeOptions,
  RunningKernel,
  RuntimeNotice,
} from "./runtime-types.ts";

export class NotebookRuntime {
  readonly #options: NotebookRuntimeOptions;
  readonly #environment: RuntimeEnvironment;
  readonly #memory: RuntimeMemory;
  readonly #state = new RuntimeState();
  readonly #lossListeners = new Set<(reason: LossReason) => void>();
  #driver: RuntimeDriver | null = null;
  #loading: Promise<RuntimeDriver> | null = null;
  #restart: Promise<void> = Promise.resolve();
  /** What was asked for before a *Disconnect*, or before the end, comes to nothing. */
  #turn = 0;

  constructor(options: NotebookRuntimeOptions, environment: RuntimeEnvironment) {
    this.#options = options;
    this.#environment = environment;
    this.#memory = new RuntimeMemory(environment.ownStore, options.notebookId, () => newId(environment.clock.random));
  }

  get binding(): Observable<BindingState> {
    return this.#state.binding;
  }
  /** What becomes of a runtime that is tried while another one is ready: that one stays bound until this one has answered. */
  get trial(): Observable<BindingState> {
    return this.#state.trial;
  }
  get kernel(): Observable<KernelState> {
    return this.#state.kernel;
  }
  /** All kernels the bound server offers, its default first; empty while unbound. */
  get kernelspecs(): Observable<readonly KernelspecChoice[]> {
    return this.#state.kernelspecs;
  }
  /** What works, and could be better, about the present connection. */
  get advice(): Observable<readonly Advice[]> {
    return this.#state.advice;
  }
  get notice(): Observable<RuntimeNotice | null> {
    return this.#state.notice;
  }
  dismissNotice(): void {
    this.#state.notice.set(null);
  }
  tell(notice: RuntimeNotice): void {
    this.#state.notice.set(notice);
  }
  /** The bound kernel's messages; null while none is bound. */
  get port(): Observable<KernelPort | null> {
    return this.#state.port;
  }
  /** The bound server: null while unbound, the same object until another one is bound. */
  get server(): Observable<JupyterServer | null> {
    return this.#state.server;
  }
  /** Where this notebook's runtime was last, for a person to connect to again; null: nowhere, or at a hosted one. Holds no token. */
  get lastAddress(): string | null {
    const address = this.#memory.runtime?.baseUrl ?? null;
    return address !== null && hostedId(address, this.#options.hostedPlace ?? null) === null ? address : null;
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

  /** What hears the bound kernel speak of runs. Never null once there was a `port`. */
  runsOfKernel(options: KernelRunsOptions): KernelRuns | null {
    return this.#driver?.runsOfKernel(options) ?? null;
  }

  // ── Connecting ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Connect to what a person pasted. Resolves when ready, failed, or waiting for a token (see `binding` and `trial`); never rejects. */
  async connect(input: string, options: ConnectOptions = {}): Promise<void> {
    await (await this.#loaded())?.connect(input, options);
  }

  /** Connect to one's hosted runtime, which runs. Resolves as `connect` does. */
  async connectHosted(id: string, label: string): Promise<void> {
    await (await this.#loaded())?.connectHosted(id, label);
  }

  /** The person pressed "Continue" in the explanation before the browser's permission question (call it in the click). */
  permitAsked(): void {
    this.#driver?.permitAsked();
  }

  /** Token (or a whole URL holding one) for the bound server, when `binding` waits for it. */
  async giveToken(tokenOrUrl: string, options: { readonly remember?: boolean } = {}): Promise<void> {
    await this.#driver?.giveToken(tokenOrUrl, options);
  }

  /** Forget what is, or was, tried beside the bound runtime. */
  callOff(): void {
    this.#driver?.callOff();
  }

  /** Go on with what this browser remembers of the notebook. Resolves false when there is nothing to go on with. */
  async reattach(): Promise<boolean> {
    this.#memory.refresh();
    if (this.#memory.runtime === null || this.binding.get().phase !== "unbound") return false;
    return (await (await this.#loaded())?.reattach()) ?? false;
  }

  /** The driver; null when it cannot be fetched, which `binding` says then, or when what it was wanted for is over. */
  async #loaded(): Promise<RuntimeDriver | null> {
    const turn = this.#turn;
    try {
      this.#loading ??= this.#load();
      const driver = await this.#loading;
      return turn === this.#turn ? driver : null;
    } catch {
      this.#loading = null;
      const failure = { ok: false, code: "page_incomplete", facts: {}, needsToken: false } as const;
      if (turn === this.#turn) this.#state.binding.set({ phase: "unbound", failure });
      return null;
    }
  }

  async #load(): Promise<RuntimeDriver> {
    const { RuntimeDriver } = await import("./runtime-driver.ts");
    this.#driver = new RuntimeDriver({
      ...this.#options,
      environment: this.#environment,
      memory: this.#memory,
      state: this.#state,
      onLost: (reason) => {
        for (const fn of [...this.#lossListeners]) fn(reason);
      },
    });
    return this.#driver;
  }

  // ── What a person does with it ─────────────────────────────────────────────────────────────────────────────────────

  /** Forget the binding. The kernel keeps running; the document stays open. */
  disconnect(): void {
    this.#turn += 1;
    this.#memory.unbind();
    if (this.#driver === null) this.#state.binding.set({ phase: "unbound", failure: null });
    else this.#driver.disconnect();
  }

  /** @throws RuntimeError when the server does not answer; nothing has happened then. */
  async interrupt(): Promise<void> {
    await this.#driver?.interrupt();
  }

  /**
   * A new process for the same kernel. Resolves when it answers.
   *
   * @throws RuntimeError when the server does not answer; the old process may still run then.
   */
  async restart(): Promise<void> {
    const restart = this.#driver?.restart() ?? Promise.resolve();
    this.#restart = restart.catch(() => {});
    await restart;
  }

  /** Resolves when no process is on its way out for a restart: what is told to the present one lasts. */
  async restarted(): Promise<void> {
    await this.#restart;
  }

  /**
   * Have nothing that the bound kernel says kept on its machine's disk, from now on. Where no journal is kept, nothing is to be done.
   *
   * @throws RuntimeError
   */
  async turnJournalOff(): Promise<void> {
    await this.#driver?.turnJournalOff();
  }

  /** End the kernel. The server stays bound; `newKernel` starts another. */
  async shutdown(): Promise<void> {
    await this.#driver?.shutdown();
  }

  /** A fresh kernel on the same server, with this kernelspec or the present one. The old kernel is shut down. */
  async newKernel(kernelspec?: string): Promise<void> {
    await this.#driver?.newKernel(kernelspec);
  }

  /** Try again now instead of at `retryAt`. */
  reconnectNow(): void {
    this.#driver?.reconnectNow();
  }

  /** Remove every remembered token from this browser. */
  async forgetTokens(): Promise<void> {
    await this.#environment.vault.forgetAll();
  }

  /**
   * Looks anew which kernels the server has (see `kernelspecs`). Returns environments of its machine that have none, where it tells.
   *
   * @throws RuntimeError
   */
  async lookForKernels(): Promise<readonly BareEnvironment[]> {
    return (await this.#driver?.lookForKernels()) ?? [];
  }

  /** @throws RuntimeError */
  async listSessions(): Promise<readonly RunningKernel[]> {
    return (await this.#driver?.listSessions()) ?? [];
  }

  /** @throws RuntimeError */
  async shutdownSession(session: { readonly sessionId: string | null; readonly kernelId: string }): Promise<void> {
    await this.#driver?.shutdownSession(session);
  }

  async complete(code: string, cursor: number): Promise<Completion | null> {
    return (await this.#driver?.complete(code, cursor)) ?? null;
  }

  async inspect(code: string, cursor: number): Promise<{ readonly [mime: string]: unknown } | null> {
    return (await this.#driver?.inspect(code, cursor)) ?? null;
  }

  /** Close sockets and channels. The kernel keeps running, and another page goes on with it. */
  close(): void {
    this.#turn += 1;
    this.#driver?.close();
  }
}
