/** What a notebook's runtime tells and takes. */
import type { NotebookPlace } from "../kernel/folder.ts";

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
  | { readonly code: "maybe_incomplete"; readonly runIds: readonly string[] }
  /** The page was closed while so many cells waited: they did not run. */
  | { readonly code: "not_run"; readonly count: number }
  /** The server lacks the kernel that the notebook names; it runs on another one of the same language. */
  | { readonly code: "kernel_instead"; readonly wanted: string; readonly taken: string }
  /** A waiting cell is with the kernel already, which works for somebody else. */
  | { readonly code: "cannot_cancel" }
  /** The runtime does not answer an interrupt: what runs there goes on, and so many cells that waited are taken out. */
  | { readonly code: "not_interrupted"; readonly count: number }
  /** The kernel began in the runtime's root folder, because the notebook's own is not there. */
  | { readonly code: "started_elsewhere" };

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
  /** Where hosted runtimes are, `*` for the id; null or absent: the hub has none. */
  readonly hostedPlace?: string | null;
  /** A fresh pass to the hosted runtime at an address; null: there is none to be had. */
  readonly newPass?: (baseUrl: string) => Promise<string | null>;
  /** Kernelspec named in the notebook's metadata, if any. */
  readonly wantedKernelspec?: () => { readonly name: string; readonly language: string | null } | null;
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
