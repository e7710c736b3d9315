/** The runtime as this view uses it; `NotebookRuntime` of `app/runtime-driver.ts` is one. */
import type { BindingState } from "../../core/binding.ts";
import type { Observable } from "../../core/observable.ts";
import type { Advice } from "../../core/probe.ts";

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
  readonly kernel: Observable<KernelNow>;
  readonly kernelspecs: Observable<readonly KernelChoice[]>;
  /** What could be better about the present connection; a runtime that knows of nothing leaves it out. */
  readonly advice?: Observable<readonly Advice[]>;
  connect(input: string, options?: { readonly kernelspec?: string; readonly remember?: boolean }): Promise<void>;
  permitAsked(): void;
  giveToken(tokenOrUrl: string, options?: { readonly remember?: boolean }): Promise<void>;
  disconnect(): void;
  reconnectNow(): void;
  newKernel(kernelspec?: string): Promise<void>;
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
