/** The runtime as this view uses it; `NotebookRuntime` of `app/notebook-runtime.ts` is one. */
import type { BindingState } from "../../core/binding.ts";
import type { HostedStatus } from "../../core/hosted.ts";
import type { Observable } from "../../core/observable.ts";
import type { Advice } from "../../core/probe.ts";
import type { BareEnvironment } from "../../kernel/server.ts";

export interface KernelNow {
  readonly status: "none" | "starting" | "idle" | "busy" | "restarting" | "dead" | "unknown";
  readonly name: string | null;
  readonly displayName: string | null;
}

export interface KernelChoice {
  readonly name: string;
  readonly displayName: string;
}

export interface ConnectRuntime {
  readonly binding: Observable<BindingState>;
  /** What is tried beside a runtime that is ready, which stays bound until the other one has answered. */
  readonly trial: Observable<BindingState>;
  readonly kernel: Observable<KernelNow>;
  readonly kernelspecs: Observable<readonly KernelChoice[]>;
  /** What could be better about the present connection; a runtime that knows of nothing leaves it out. */
  readonly advice?: Observable<readonly Advice[]>;
  /** Where this notebook's runtime was last; null: nowhere, or at a hosted one. */
  readonly lastAddress: string | null;
  connect(input: string, options?: { readonly kernelspec?: string; readonly remember?: boolean }): Promise<void>;
  /** Connect to one's hosted runtime, which runs. Resolves as `connect` does. */
  connectHosted(id: string, label: string): Promise<void>;
  permitAsked(): void;
  giveToken(tokenOrUrl: string, options?: { readonly remember?: boolean }): Promise<void>;
  /** Forget what is, or was, tried beside the bound runtime. */
  callOff(): void;
  disconnect(): void;
  reconnectNow(): void;
  newKernel(kernelspec?: string): Promise<void>;
  /** Looks anew which kernels there are; gives environments that have none. Rejects when the server does not answer. */
  lookForKernels(): Promise<readonly BareEnvironment[]>;
}

/** The hub's hosted runtimes, as far as this notebook's dialogs use them. Every method rejects when the hub does not answer. */
export interface HostedAccess {
  /** The notebook's outputs are to stay at home. */
  readonly omitsOutputs: boolean;
  status(): Promise<HostedStatus>;
  start(): Promise<HostedStatus>;
  /** Resolves when it is gone. */
  stop(): Promise<HostedStatus>;
  keep(): Promise<HostedStatus>;
}

/** A kernel of the bound server. */
export interface RunningSession {
  readonly sessionId: string | null;
  readonly kernelId: string;
  /** Path of the notebook on the server, "" when the kernel belongs to none. */
  readonly path: string;
  readonly kernelspec: string;
  readonly status: string;
  /** ms since 1970. */
  readonly lastActivity: number;
  readonly isMine: boolean;
}

/** What *Manage sessions* needs of the runtime. Both reject when the server does not answer. */
export interface SessionList {
  listSessions(): Promise<readonly RunningSession[]>;
  shutdownSession(session: { readonly sessionId: string | null; readonly kernelId: string }): Promise<void>;
}
