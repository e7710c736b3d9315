/** Joins the binding's pure rules to a real runtime. (Signatures first; see below for what each member promises.) */
import type { BindingState } from "../core/binding.ts";
import { UNBOUND } from "../core/binding.ts";
import { type Observable, Value } from "../core/observable.ts";

/** What is known of the kernel this notebook is attached to. */
export interface KernelState {
  readonly status: "none" | "starting" | "idle" | "busy" | "restarting" | "dead" | "unknown";
  /** Name of the kernelspec, `python3`; null before one is chosen. */
  readonly name: string | null;
  readonly displayName: string | null;
  /** Of `language_info.name`, lower case; null before the kernel told it. */
  readonly language: string | null;
}

export interface KernelspecChoice {
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
}

/** Said once to the person, then dismissed by the view. */
export type RuntimeNotice =
  | { readonly code: "variables_lost"; readonly reason: "kernel_died" | "kernel_restarted" | "kernel_gone" }
  | { readonly code: "maybe_incomplete"; readonly runIds: readonly string[] };

/** Where the notebook lies on the hub's machine; null where the hub does not tell. */
export interface NotebookPlace {
  /** Absolute folder, with the separators of that machine. */
  readonly folder: string;
  /** File name with `.ipynb`. */
  readonly fileName: string;
  readonly sizeBytes: number | null;
  /** ms since 1970. */
  readonly modifiedAt: number | null;
}

export interface ConnectOptions {
  /** Name of the kernelspec; else the one remembered for this notebook, else the notebook's own, else the server's default. */
  readonly kernelspec?: string;
  /** Keep the token on this browser, encrypted, until forgotten. Default: session tokens of the companion only. */
  readonly remember?: boolean;
}

export interface NotebookRuntimeOptions {
  readonly notebookId: string;
  readonly place: NotebookPlace | null;
  /** Kernelspec named in the notebook's metadata, if any. */
  readonly wantedKernelspec?: () => string | null;
}

export class NotebookRuntime {
  readonly #binding = new Value<BindingState>(UNBOUND);
  readonly #kernel = new Value<KernelState>({ status: "none", name: null, displayName: null, language: null });
  readonly #kernelspecs = new Value<readonly KernelspecChoice[]>([]);
  readonly #notice = new Value<RuntimeNotice | null>(null);

  constructor(readonly options: NotebookRuntimeOptions) {}

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
  dismissNotice(): void {}
  /** Connect to what a person pasted. Resolves when ready or when it has failed or waits for a token (see `binding`); never rejects. */
  async connect(_input: string, _options: ConnectOptions = {}): Promise<void> {}
  /** The person pressed "Continue" in the explanation before the browser's permission question (must be called in a click). */
  permitAsked(): void {}
  /** Token (or a whole URL holding one) for the bound server, when `binding` waits for it. */
  async giveToken(_tokenOrUrl: string, _options: { remember?: boolean } = {}): Promise<void> {}
  /** Go on with what this browser remembers of the notebook. Resolves false when there is nothing to go on with. */
  async reattach(): Promise<boolean> {
    return false;
  }
  /** Forget the binding. The kernel keeps running; the document stays open. */
  disconnect(): void {}
  async interrupt(): Promise<void> {}
  async restart(): Promise<void> {}
  async shutdown(): Promise<void> {}
  /** A fresh kernel on the same server, with this kernelspec or the present one. The old kernel is shut down. */
  async newKernel(_kernelspec?: string): Promise<void> {}
  /** Try again now instead of at `retryAt`. */
  reconnectNow(): void {}
  /** Remove every remembered token from this browser. */
  async forgetTokens(): Promise<void> {}
  async complete(
    _code: string,
    _cursor: number,
  ): Promise<{ matches: readonly string[]; from: number; to: number } | null> {
    return null;
  }
  async inspect(_code: string, _cursor: number): Promise<{ readonly [mime: string]: unknown } | null> {
    return null;
  }
  /** Close sockets and channels. The kernel keeps running. */
  close(): void {}
}
