/**
 * Keeps the list of a kernel's variables right: looked up when the panel opens, after each run, and every few seconds while one goes on.
 *
 *   loading ──answer──▶ listed ──after each run──▶ listed
 *      │   └─ another language ─▶ foreign
 *      └─ no answer ─▶ silent ──after the run that is going on or the next one, or asked to──▶ loading
 */
import { type Observable, Value } from "../../core/observable.ts";
import { type Asker, type KernelFacts, kernelFacts } from "../../kernel/ask.ts";
import type { KernelEvent, KernelPort } from "../../kernel/kernel-port.ts";
import type { Clock } from "../../kernel/messages.ts";
import {
  installHelper,
  type Listing,
  listVariables,
  type Opened,
  openVariable,
  type Path,
} from "../../kernel/variables.ts";
import type { KernelMessage } from "../../kernel/wire.ts";

export interface VariablesDeskOptions {
  readonly port: Observable<KernelPort | null>;
  readonly sessionId: () => string;
  readonly clock: Clock;
}

export interface VariablesState {
  readonly phase: "loading" | "listed" | "foreign" | "silent";
  /** Of the last answer; kept while another one is waited for. */
  readonly listing: Listing | null;
  /** Of the kernel, when it is not Python's. */
  readonly language: string;
  /** Goes up with each answer: what is open is looked up again. */
  readonly serial: number;
}

const START: VariablesState = { phase: "loading", listing: null, language: "", serial: 0 };
/** A run of many cells asks once. */
const CALM_MS = 200;
const WORKING_MS = 2_500;

export class VariablesDesk {
  readonly #options: VariablesDeskOptions;
  readonly #state = new Value<VariablesState>(START);
  readonly #endPort: () => void;
  #endListening: () => void = () => {};
  /** Runs that are going on, whoever wanted them. Silent requests, ours too, tell no input and are none. */
  readonly #runs = new Set<string>();
  #cancel: () => void = () => {};
  #facts: KernelFacts | null = null;
  /** Whether the helper is in the kernel, or on its way there. */
  #helper: "absent" | "coming" | "there" = "absent";
  #isAsking = false;
  #isClosed = false;
  /** Another process: what was asked of the one before says nothing of this one. */
  #process = 0;

  constructor(options: VariablesDeskOptions) {
    this.#options = options;
    this.#endPort = options.port.subscribe(() => this.#attach());
    this.#attach();
  }

  get state(): Observable<VariablesState> {
    return this.#state;
  }

  /** Asks again now. */
  refresh(): void {
    void this.#look();
  }

  /** Null when there is no answer. While a cell runs, the answer comes after it. */
  async open(path: Path, start: number): Promise<Opened | null> {
    const asker = this.#asker();
    return asker === null ? null : await openVariable(asker, this.#facts?.hasDebugger ?? false, path, start);
  }

  close(): void {
    this.#isClosed = true;
    this.#endPort();
    this.#endListening();
    this.#cancel();
  }

  #attach(): void {
    this.#endListening();
    const port = this.#options.port.get();
    this.#anew();
    if (port === null) return;
    this.#endListening = port.listen((event) => this.#heard(event));
  }

  #anew(): void {
    this.#process += 1;
    this.#facts = null;
    this.#helper = "absent";
    this.#isAsking = false;
    this.#runs.clear();
    this.#change({ ...START, serial: this.#state.get().serial });
    this.#soon(0);
  }

  #heard(event: KernelEvent): void {
    if (event.type === "process_changed") this.#anew();
    else if (event.type === "opened") this.#soon(CALM_MS);
    else if (event.type === "message") this.#said(event.message);
  }

  #said({ header, parent_header: parent, content }: KernelMessage): void {
    const runId = parent.msg_id ?? "";
    if (header.msg_type === "execute_input") {
      this.#runs.add(runId);
      this.#soon(WORKING_MS);
    } else if (header.msg_type === "status" && content["execution_state"] === "idle") {
      const wasRun = this.#runs.delete(runId);
      if (wasRun || (parent.msg_type === "execute_request" && this.#hopes())) this.#soon(CALM_MS);
    }
  }

  /**
   * No answer, and nothing of ours is to run in this kernel: code that began before this listened, and that let the kernel do nothing else, may have
   * been why. Its end is the moment to ask once more.
   */
  #hopes(): boolean {
    return this.#state.get().phase === "silent" && this.#facts?.hasDebugger !== false;
  }

  #soon(ms: number): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(ms, () => void this.#look());
  }

  async #look(): Promise<void> {
    const asker = this.#asker();
    if (this.#isAsking || this.#isClosed || asker === null) return;
    const process = this.#process;
    const isOld = () => this.#isClosed || process !== this.#process;
    this.#isAsking = true;
    this.#facts ??= await kernelFacts(asker);
    if (isOld()) return;
    const facts = this.#facts;
    if (facts !== null && facts.language !== "python") {
      this.#change({ phase: "foreign", language: facts.language });
      return;
    }
    if (facts !== null && !facts.hasDebugger) await this.#install(asker);
    const listing = facts === null ? null : await listVariables(asker, facts.hasDebugger);
    if (isOld()) return;
    this.#isAsking = false;
    const serial = this.#state.get().serial + 1;
    if (listing === null) this.#change({ phase: "silent" });
    else this.#change({ phase: "listed", listing, serial });
    if (listing !== null && !listing.isWhole) void this.#install(asker);
    if (this.#runs.size > 0) this.#soon(WORKING_MS);
  }

  async #install(asker: Asker): Promise<void> {
    if (this.#helper !== "absent") return;
    const process = this.#process;
    this.#helper = "coming";
    const isThere = await installHelper(asker);
    if (this.#isClosed || process !== this.#process) return;
    this.#helper = isThere ? "there" : "absent";
    if (isThere) this.#soon(0);
  }

  #asker(): Asker | null {
    const port = this.#options.port.get();
    return port === null ? null : { port, session: this.#options.sessionId(), clock: this.#options.clock };
  }

  #change(changes: Partial<VariablesState>): void {
    if (!this.#isClosed) this.#state.set({ ...this.#state.get(), ...changes });
  }
}
