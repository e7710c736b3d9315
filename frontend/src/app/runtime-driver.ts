/**
 * Joins the binding's pure rules (`core/binding.ts`) to a real runtime: probes it, authenticates, chooses a kernel, starts it in the notebook's
 * folder, holds (or follows) its socket, and goes on after a reload.
 *
 * Fetched with all that talks to a Jupyter server when a runtime is to be reached. One object per open notebook and tab; `NotebookRuntime` alone
 * calls it.
 */
import { parseBackendUrl, tokensIn, tokensOf } from "../core/backend-url.ts";
import {
  type AuthStyle,
  type BindingEvent,
  type Failure,
  type KernelAttachment,
  kernelIdOf,
  nextBinding,
  type RuntimeTarget,
  UNBOUND,
} from "../core/binding.ts";
import { RunhereError } from "../core/errors.ts";
import { hostedId, hostedUrl } from "../core/hosted.ts";
import { type Diagnosis, type FailureCode, socketBlocked } from "../core/probe.ts";
import { type Completion, complete, inspect } from "../kernel/complete.ts";
import type { LinkState } from "../kernel/kernel-port.ts";
import { tellGone } from "../kernel/leader.ts";
import { type BareEnvironment, JupyterServer } from "../kernel/server.ts";
import { directTransport } from "../kernel/transport.ts";
import { answersStrangers, ConnectAttempt, provesItself } from "./connect-attempt.ts";
import { folderOnDisk } from "./disk-links.ts";
import { HeldKernel } from "./held-kernel.ts";
import { KernelRuns, type KernelRunsOptions } from "./kernel-runs.ts";
import { chooseKernelspec, rememberedKernel, runningKernels, startKernel, type WantedKernel } from "./kernel-start.ts";
import type { RuntimeEnvironment } from "./runtime-environment.ts";
import type { RuntimeMemory } from "./runtime-memory.ts";
import { NO_KERNEL, type RuntimeState } from "./runtime-state.ts";
import type { ConnectOptions, LossReason, NotebookRuntimeOptions, RunningKernel } from "./runtime-types.ts";

// Here so that widgets' code is there before a kernel's first message.
export { WidgetStore } from "./widget-parts.ts";

type Connected = Extract<Diagnosis, { ok: true }>;

export interface RuntimeDriverOptions extends NotebookRuntimeOptions {
  readonly environment: RuntimeEnvironment;
  readonly memory: RuntimeMemory;
  /** Written by the driver alone, but for notices that were read. */
  readonly state: RuntimeState;
  /** The kernel's variables are gone, and nothing sent to it will be answered. */
  readonly onLost: (reason: LossReason) => void;
}

export class RuntimeDriver {
  readonly #options: RuntimeDriverOptions;
  readonly #environment: RuntimeEnvironment;
  readonly #memory: RuntimeMemory;
  readonly #state: RuntimeState;
  #attempt: ConnectAttempt | null = null;
  /** Address and way of proof of the server in `#state`. */
  #servedAs = "";
  #keepsJournal = false;
  /** Answers which kernel is to be started, while that is asked. */
  #pick: (kernelspec: string) => void = () => {};
  /** The kernel whose socket is being opened, or is open. */
  #held: HeldKernel | null = null;
  /** Of a kernel that ended before it ever answered no variables are lost. */
  #hasAnswered = true;

  constructor(options: RuntimeDriverOptions) {
    this.#options = options;
    this.#environment = options.environment;
    this.#memory = options.memory;
    this.#state = options.state;
  }

  runsOfKernel(options: KernelRunsOptions): KernelRuns {
    return new KernelRuns(options);
  }

  // ── Connecting ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Connect to what a person pasted. Resolves when ready, failed, or waiting for a token (see `binding`); never rejects. A runtime that is
   * ready stays bound until the new one has answered; what becomes of that is told in `trial`.
   */
  async connect(input: string, options: ConnectOptions): Promise<void> {
    const address = parseBackendUrl(input);
    if (!address.ok) {
      const failure: Failure = { ok: false, code: address.code, facts: address.facts, needsToken: false };
      this.#happened({ type: "address_refused", failure });
      return;
    }
    const target = { baseUrl: address.baseUrl, label: address.label, kind: null };
    const isBeside = this.#state.binding.get().phase === "ready";
    const attempt = isBeside
      ? this.#beginBeside(target, options, address.pair)
      : this.#begin(target, options, address.pair);
    const readings = tokensOf(address);
    if (readings.length > 0) attempt.giveToken(readings, options.remember ?? false);
    else await this.#environment.vault.find(address.baseUrl);
    await this.#climb(attempt);
  }

  /** Connect to one's hosted runtime, which runs. Resolves as `connect` does. */
  async connectHosted(id: string, label: string): Promise<void> {
    const target = { baseUrl: hostedUrl(this.#options.hostedPlace ?? "", id), label, kind: "hosted" as const };
    await this.#enterHosted(this.#begin(target, {}, null));
  }

  /** The hub stands for a hosted runtime: there is nothing to probe, only a pass to be had. */
  async #enterHosted(attempt: ConnectAttempt): Promise<void> {
    const { baseUrl } = attempt.target;
    const refused = await this.#renewPass(baseUrl).then(
      (hasPass) => (hasPass ? null : "hosted_closed"),
      (error: unknown) => (isUnreachable(error) ? "hosted_unreachable" : "hosted_closed"),
    );
    if (!this.#isCurrent(attempt)) return;
    if (refused === null) {
      await this.#diagnosed(attempt, { ok: true, baseUrl, kind: "hosted", auth: "header", version: "", advice: [] });
    } else {
      this.#fail(attempt, this.#failure(refused, baseUrl));
    }
  }

  async #renewPass(baseUrl: string): Promise<boolean> {
    const pass = (await this.#options.newPass?.(baseUrl)) ?? null;
    if (pass !== null) await this.#environment.vault.keep(baseUrl, pass, { remember: false });
    return pass !== null;
  }

  #isHosted(baseUrl: string): boolean {
    return hostedId(baseUrl, this.#options.hostedPlace ?? null) !== null;
  }

  /** The person pressed "Continue" in the explanation before the browser's permission question (call it in the click). */
  permitAsked(): void {
    this.#attempt?.permitAsked();
  }

  /** Token (or a whole URL holding one) for the bound server, when `binding` waits for it. */
  async giveToken(tokenOrUrl: string, options: { readonly remember?: boolean }): Promise<void> {
    const state = (this.#attempt?.state ?? this.#state.binding).get();
    const readings = tokensIn(tokenOrUrl);
    const [token] = readings;
    if (token === undefined || !("target" in state)) return;
    const remember = options.remember ?? false;
    if (state.phase === "interrupted") {
      await this.#environment.vault.keep(state.target.baseUrl, token, { remember });
      this.#held?.reconnectNow();
    } else if (state.phase === "authenticating") {
      const attempt = this.#attempt ?? this.#begin(state.target, {}, null);
      attempt.giveToken(readings, remember);
      attempt.happened({ type: "connect", target: state.target });
      await this.#climb(attempt);
    }
  }

  /** Go on with what this browser remembers of the notebook. Resolves false when there is nothing to go on with. */
  async reattach(): Promise<boolean> {
    this.#memory.refresh();
    const { runtime } = this.#memory;
    if (runtime === null || this.#state.binding.get().phase !== "unbound") return false;
    const isHosted = this.#isHosted(runtime.baseUrl);
    const target = { baseUrl: runtime.baseUrl, label: runtime.label, kind: isHosted ? ("hosted" as const) : null };
    const attempt = this.#begin(target, {}, null);
    if (isHosted) {
      await this.#enterHosted(attempt);
      return true;
    }
    const token = await this.#environment.vault.find(runtime.baseUrl);
    if (token === null && runtime.auth !== "none") {
      this.#fail(attempt, { ok: false, code: "token_missing", facts: { address: runtime.label }, needsToken: true });
      return true;
    }
    const diagnosis = await attempt.probe();
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
      this.#keepsJournal = kind === "companion";
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

  #begin(target: RuntimeTarget, options: ConnectOptions, pair: string | null): ConnectAttempt {
    this.#leave();
    const attempt = this.#attemptFor(target, options, pair);
    this.#happened({ type: "connect", target });
    return attempt;
  }

  #beginBeside(target: RuntimeTarget, options: ConnectOptions, pair: string | null): ConnectAttempt {
    const attempt = this.#attemptFor(target, options, pair);
    attempt.state = this.#state.trial;
    attempt.happened({ type: "connect", target });
    return attempt;
  }

  /** The new runtime has answered: it takes the place of the bound one. */
  #takeOver(attempt: ConnectAttempt): void {
    this.#attempt = null;
    this.#leave();
    this.#attempt = attempt;
    attempt.state = this.#state.binding;
    attempt.happened({ type: "connect", target: attempt.target });
  }

  #attemptFor(target: RuntimeTarget, options: ConnectOptions, pair: string | null): ConnectAttempt {
    this.#giveUp();
    const { binding } = this.#state;
    const attempt = new ConnectAttempt({ target, options, pair, environment: this.#environment, state: binding });
    this.#attempt = attempt;
    return attempt;
  }

  async #climb(attempt: ConnectAttempt): Promise<void> {
    const diagnosis = await attempt.probe();
    if (this.#isCurrent(attempt)) await this.#diagnosed(attempt, diagnosis);
  }

  async #diagnosed(attempt: ConnectAttempt, diagnosis: Diagnosis): Promise<void> {
    if (!diagnosis.ok) {
      this.#fail(attempt, diagnosis);
      return;
    }
    await attempt.keepToken(diagnosis.baseUrl);
    if (!this.#isCurrent(attempt)) return;
    if (attempt.state === this.#state.trial) this.#takeOver(attempt);
    this.#state.advice.set(diagnosis.advice);
    this.#happened({
      type: "identified",
      target: { ...attempt.target, baseUrl: diagnosis.baseUrl, kind: diagnosis.kind },
    });
    this.#happened({ type: "authenticated" });
    try {
      await this.#attach(attempt, diagnosis);
    } catch (error) {
      this.#fail(attempt, this.#noKernel(error, diagnosis.baseUrl));
    }
  }

  /** Whatever the server refused is told as one thing: it did not start a kernel. Unless there is no server. */
  #noKernel(error: unknown, baseUrl: string): Failure {
    // The hub gives a pass also to a runtime that has stopped, and says so at the first request.
    if (this.#isHosted(baseUrl) && isStopped(error)) return this.#failure("hosted_closed", baseUrl);
    return this.#failure("kernel_start_failed", baseUrl, { hint: error instanceof Error ? error.message : "" });
  }

  // ── Kernel ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #attach(attempt: ConnectAttempt, { baseUrl, auth, kind }: Connected): Promise<void> {
    const server = this.#serve(baseUrl, auth);
    const [{ defaultName, specs }, keepsJournal] = await Promise.all([
      server.kernelspecs(),
      kind === "jupyter" ? false : server.keepsJournal(),
    ]);
    this.#keepsJournal = keepsJournal;
    if (!this.#isCurrent(attempt)) return;
    this.#state.kernelspecs.set(specs);
    if (specs.length === 0) {
      this.#fail(attempt, this.#failure("no_kernelspecs", baseUrl));
      return;
    }
    const remembered = await rememberedKernel(server, this.#memory, {
      baseUrl,
      wanted: attempt.options.kernelspec,
    });
    if (remembered === "gone") this.#lost("kernel_gone");
    const found = typeof remembered === "object" ? remembered : null;
    const started = found
      ? { kernel: found.kernel, isElsewhere: false }
      : await this.#startKernel(server, attempt, defaultName);
    if (started === null || !this.#isCurrent(attempt)) return;
    const { kernel, isElsewhere } = started;
    if (isElsewhere) this.#state.notice.set({ code: "started_elsewhere" });
    this.#happened({ type: "connect_step", step: "socket" });
    this.#join(kernel, found?.process ?? null);
    this.#remember(baseUrl, auth, kernel, found?.process ?? null);
    const outcome = await this.#held?.firstOpened(attempt.signal);
    if (outcome === "blocked" && this.#isCurrent(attempt)) {
      this.#fail(attempt, socketBlocked(baseUrl, this.#environment.facts.hubOrigin));
    } else if (outcome === "ended" && this.#isCurrent(attempt)) {
      this.#fail(attempt, this.#diedAtStart(kernel, baseUrl));
    }
  }

  /** Most often an environment without ipykernel: nothing says so but the server's terminal. */
  #diedAtStart({ kernelspec, displayName }: KernelAttachment, baseUrl: string): Failure {
    const spec = this.#state.kernelspecs.get().find(({ name }) => name === kernelspec);
    // Next time another one may be had.
    this.#memory.forgetKernelspec();
    if (spec?.language !== "python") return this.#failure("kernel_start_failed", baseUrl);
    return this.#failure("kernel_died_at_start", baseUrl, { kernel: displayName });
  }

  #serve(baseUrl: string, auth: AuthStyle): JupyterServer {
    const { fetch, openSocket, vault } = this.#environment;
    const token = () => vault.peek(baseUrl);
    const servedAs = `${auth} ${baseUrl}`;
    const present = this.#state.server.get();
    // The same object for the same server: what panels show of it outlives a new kernel.
    if (present !== null && servedAs === this.#servedAs) return present;
    const server = new JupyterServer(
      directTransport({ baseUrl, auth, token, fetch, openSocket, isHosted: this.#isHosted(baseUrl) }),
    );
    this.#servedAs = servedAs;
    this.#state.server.set(server);
    return server;
  }

  /** Null: the person gave up when asked which kernel. */
  async #startKernel(
    server: JupyterServer,
    attempt: ConnectAttempt,
    defaultName: string,
  ): Promise<{ readonly kernel: KernelAttachment; readonly isElsewhere: boolean } | null> {
    const { place: wish, wantedKernelspec } = this.#options;
    const specs = this.#state.kernelspecs.get();
    const kernelspec = await this.#kernelspecFor(attempt, defaultName, wantedKernelspec?.() ?? null);
    if (kernelspec === null) return null;
    const place = typeof wish === "function" ? await wish().catch(() => null) : wish;
    const kernel = await startKernel({
      server,
      specs,
      kernelspec,
      place,
      home: folderOnDisk(this.#environment.store, this.#options.notebookId, server.transport.baseUrl),
      // With a journal every browser of a person is welcome at the one kernel of the notebook; else each has its own.
      owner: this.#keepsJournal ? this.#options.notebookId : this.#memory.sessionId,
      locks: this.#environment.locks,
      signal: attempt.signal,
      onStep: (step) => this.#happened({ type: "connect_step", step }),
    });
    // A hub for several people names no folder, and what it keeps itself lies in none: nothing is beside the notebook.
    return { kernel, isElsewhere: kernel.folder.place === "root" && place !== null && place.folder !== "" };
  }

  /** Null: the person gave up when asked. */
  async #kernelspecFor(
    { options, signal }: ConnectAttempt,
    defaultName: string,
    wanted: WantedKernel | null,
  ): Promise<string | null> {
    const remembered = this.#memory.kernelspec;
    const wishes = { picked: options.kernelspec, remembered, wanted, defaultName };
    const choice = chooseKernelspec(this.#state.kernelspecs.get(), wishes);
    if (choice.type === "ask") {
      this.#happened({ type: "connect_step", step: "kernelspec_choice" });
      return await new Promise((give) => {
        this.#pick = give;
        signal.addEventListener("abort", () => give(null));
      });
    }
    const { spec, isOther } = choice;
    if (isOther && wanted !== null)
      this.#state.notice.set({ code: "kernel_instead", wanted: wanted.name, taken: spec.displayName });
    return spec.name;
  }

  /** Hold the kernel's socket, or follow the tab that does. */
  #join(attachment: KernelAttachment, process: string | null): void {
    const server = this.#state.server.get();
    const state = this.#state.binding.get();
    if (server === null || !("target" in state)) return;
    const { baseUrl } = state.target;
    this.#drop();
    this.#hasAnswered = process !== null;
    const held = new HeldKernel({
      environment: this.#environment,
      server,
      attachment,
      sessionId: this.#memory.sessionId,
      process,
      isTokenRefused: this.#isHosted(baseUrl)
        ? async () => !(await this.#renewPass(baseUrl))
        : () => answersStrangers(this.#environment.fetch, baseUrl),
      prove: this.#keepsJournal ? () => provesItself(this.#environment, baseUrl) : null,
      listener: {
        linkChanged: (link) => this.#linkChanged(link),
        statusChanged: (status) => this.#state.kernel.set({ ...this.#state.kernel.get(), status }),
        processHeard: (heard) => this.#memory.process(heard),
        languageHeard: (language) => this.#state.kernel.set({ ...this.#state.kernel.get(), language }),
        lost: (reason) => this.#lost(reason),
        ended: (reason) => this.#kernelEnded(reason),
      },
    });
    this.#held = held;
    const spec = this.#state.kernelspecs.get().find(({ name }) => name === attachment.kernelspec);
    this.#state.kernel.set({
      status: held.port.status.get(),
      name: attachment.kernelspec,
      displayName: attachment.displayName,
      language: spec?.language ?? null,
    });
    this.#state.port.set(held.port);
  }

  #drop(): void {
    this.#held?.close();
    this.#held = null;
    this.#state.port.set(null);
  }

  #remember(baseUrl: string, auth: AuthStyle, kernel: KernelAttachment, process: string | null): void {
    const state = this.#state.binding.get();
    if (!("target" in state)) return;
    const { label, kind } = state.target;
    this.#memory.bind({ baseUrl, label, kind: kind ?? "jupyter", auth, kernel: { ...kernel, process } });
  }

  #linkChanged(link: LinkState): void {
    if (link.phase === "open") {
      this.#hasAnswered = true;
      if (this.#held !== null) this.#happened({ type: "attached", attachment: this.#held.attachment });
    } else if (link.phase === "waiting") {
      this.#happened({ type: "lost", reason: link.reason, attempt: link.attempt, retryAt: link.retryAt });
    } else if (link.phase === "ended" && link.reason === "token_refused") {
      this.#happened({ type: "token_wanted", failure: null });
    }
  }

  #lost(reason: LossReason): void {
    this.#options.onLost(reason);
    if (reason !== "restarted_here" && this.#hasAnswered) this.#state.notice.set({ code: "variables_lost", reason });
  }

  #kernelEnded(reason: "kernel_died" | "kernel_gone"): void {
    this.#memory.forgetKernel();
    this.#state.kernel.set({ ...this.#state.kernel.get(), status: "dead" });
    this.#happened({ type: "ended", reason });
  }

  // ── What a person does with it ─────────────────────────────────────────────────────────────────────────────────────

  /** Nothing comes of what is tried beside the bound runtime, and what came of it is forgotten. */
  callOff(): void {
    if (this.#attempt?.state === this.#state.trial) this.#giveUp();
    this.#state.trial.set(UNBOUND);
  }

  /** The kernel keeps running. */
  disconnect(): void {
    this.#leave();
    this.#happened({ type: "disconnect" });
  }

  /** @throws RuntimeError when the server does not answer; nothing has happened then. */
  async interrupt(): Promise<void> {
    if (this.#state.binding.get().phase === "gone") return;
    await this.#held?.interrupt();
  }

  /**
   * A new process for the same kernel. Resolves when it answers.
   *
   * @throws RuntimeError when the server does not answer; the old process may still run then.
   */
  async restart(): Promise<void> {
    await this.#held?.restart();
  }

  /**
   * Have nothing that the bound kernel says kept on its machine's disk, from now on. Where no journal is kept, nothing is to be done.
   *
   * @throws RuntimeError
   */
  async turnJournalOff(): Promise<void> {
    if (this.#keepsJournal && this.#held !== null)
      await this.#state.server.get()?.turnJournalOff(this.#held.attachment.kernelId);
  }

  /** End the kernel. The server stays bound; `newKernel` starts another. */
  async shutdown(): Promise<void> {
    const kernelId = this.#kernelId();
    if (kernelId === null) return;
    await this.#endOnServer(this.#state.server.get(), kernelId);
    this.#endKernel();
  }

  async #endOnServer(server: JupyterServer | null, kernelId: string): Promise<void> {
    await server?.shutdown(kernelId);
    tellGone(this.#environment.openChannel, kernelId);
  }

  #endKernel(): void {
    this.#drop();
    this.#lost("restarted_here");
    this.#memory.forgetKernel();
    this.#state.kernel.set({ ...this.#state.kernel.get(), status: "none" });
    this.#happened({ type: "ended", reason: "shut_down" });
  }

  /** A fresh kernel on the same server, with this kernelspec or the present one. The old kernel is shut down. Also the answer when asked which one. */
  async newKernel(kernelspec?: string): Promise<void> {
    const state = this.#state.binding.get();
    if (state.phase === "connecting" && state.step === "kernelspec_choice") {
      if (kernelspec !== undefined) this.#pick(kernelspec);
      return;
    }
    const server = this.#state.server.get();
    const { runtime } = this.#memory;
    if (!("target" in state) || server === null || runtime === null) return;
    const wanted = kernelspec ?? this.#state.kernel.get().name ?? undefined;
    const old = this.#kernelId();
    // First of all: what a person runs from now on is meant for the fresh one, however long the old one takes to end.
    this.#endKernel();
    const options = wanted === undefined ? {} : { kernelspec: wanted };
    const attempt = this.#attemptFor(state.target, options, null);
    this.#happened({ type: "connect_step", step: "kernelspecs" });
    if (old !== null) await this.#endOnServer(server, old).catch(() => {});
    if (!this.#isCurrent(attempt)) return;
    await this.#diagnosedAgain(attempt, { baseUrl: runtime.baseUrl, auth: runtime.auth, kind: runtime.kind });
  }

  async #diagnosedAgain(attempt: ConnectAttempt, known: Pick<Connected, "baseUrl" | "auth" | "kind">): Promise<void> {
    try {
      await this.#attach(attempt, { ok: true, version: "", advice: [], ...known });
    } catch (error) {
      if (!isUnreachable(error)) this.#fail(attempt, this.#noKernel(error, known.baseUrl));
      else if (this.#isCurrent(attempt)) {
        // Whoever connects anew is told exactly why it does not answer.
        this.#happened({ type: "connect", target: attempt.target });
        await (this.#isHosted(known.baseUrl) ? this.#enterHosted(attempt) : this.#climb(attempt));
      }
    }
  }

  /** Try again now instead of at `retryAt`. */
  reconnectNow(): void {
    this.#held?.reconnectNow();
  }

  /**
   * Looks anew which kernels the server has (see `kernelspecs`). Returns environments of its machine that have none, where it tells.
   *
   * @throws RuntimeError
   */
  async lookForKernels(): Promise<readonly BareEnvironment[]> {
    const server = this.#state.server.get();
    if (server === null) return [];
    const [{ specs }, bare] = await Promise.all([
      server.kernelspecs(),
      this.#keepsJournal ? server.bareEnvironments() : [],
    ]);
    if (server === this.#state.server.get()) this.#state.kernelspecs.set(specs);
    return bare;
  }

  /** @throws RuntimeError */
  async listSessions(): Promise<readonly RunningKernel[]> {
    const server = this.#state.server.get();
    return server === null ? [] : await runningKernels(server, this.#kernelId());
  }

  /** @throws RuntimeError */
  async shutdownSession({ kernelId }: { readonly sessionId: string | null; readonly kernelId: string }): Promise<void> {
    if (kernelId === this.#kernelId()) await this.shutdown();
    else await this.#endOnServer(this.#state.server.get(), kernelId);
  }

  async complete(code: string, cursor: number): Promise<Completion | null> {
    const asker = this.#asker();
    return asker === null ? null : await complete(asker, code, cursor);
  }

  async inspect(code: string, cursor: number): Promise<{ readonly [mime: string]: unknown } | null> {
    const asker = this.#asker();
    return asker === null ? null : await inspect(asker, code, cursor);
  }

  #asker() {
    const port = this.#state.port.get();
    return port === null ? null : { port, session: this.#memory.sessionId, clock: this.#environment.clock };
  }

  /** Close sockets and channels. The kernel keeps running, and another page goes on with it. */
  close(): void {
    this.#leave();
  }

  // ── Small parts ────────────────────────────────────────────────────────────────────────────────────────────────────

  #kernelId(): string | null {
    return kernelIdOf(this.#state.binding.get());
  }

  #giveUp(): void {
    this.#attempt?.cancel();
    this.#attempt = null;
    this.#state.trial.set(UNBOUND);
  }

  #leave(): void {
    this.#giveUp();
    this.#drop();
    this.#state.server.set(null);
    this.#state.kernelspecs.set([]);
    this.#state.advice.set([]);
    this.#state.kernel.set(NO_KERNEL);
  }

  #fail(attempt: ConnectAttempt, failure: Failure): void {
    if (!this.#isCurrent(attempt)) return;
    const { state } = attempt;
    if (!failure.needsToken && state === this.#state.trial) this.#attempt = null;
    else if (!failure.needsToken) this.#leave();
    state.set(nextBinding(state.get(), { type: "failed", failure }));
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

  #isCurrent(attempt: ConnectAttempt): boolean {
    return this.#attempt === attempt && !attempt.signal.aborted;
  }

  #happened(event: BindingEvent): void {
    this.#state.binding.set(nextBinding(this.#state.binding.get(), event));
  }
}

/** Of a hosted runtime: the hub's own answer where none runs. */
function isStopped(error: unknown): boolean {
  return error instanceof RunhereError && error.facts["status"] === 409;
}

/** Of a hosted runtime: its own host does not answer, while the hub does. */
function isUnreachable(error: unknown): boolean {
  return error instanceof RunhereError && error.code === "runtime_unreachable";
}
