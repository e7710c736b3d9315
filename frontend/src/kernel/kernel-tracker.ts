/**
 * What a kernel is doing, as its messages tell it: who its process is, whether it works, and when everything that was asked before has been
 * answered. The same for a stock server's socket and for a companion's.
 */
import { type Observable, Value } from "../core/observable.ts";
import type { KernelEvent, KernelStatus } from "./kernel-port.ts";
import { isWork } from "./messages.ts";
import type { KernelMessage } from "./wire.ts";

export interface TrackerOptions {
  /** Session id that the kernel's process used when it was last heard; null when unknown. */
  readonly process: string | null;
  /** Sends a `kernel_info_request` and returns its id; null: there is no socket now. */
  readonly ask: (channel: "shell" | "control") => string | null;
  readonly emit: (event: KernelEvent) => void;
  /** The process begins anew, as the server says. */
  readonly onRestart?: () => void;
  /** Another process answers: nothing that was asked before will be answered. */
  readonly onNewProcess: () => void;
}

export class KernelTracker {
  readonly #options: TrackerOptions;
  readonly #status = new Value<KernelStatus>("unknown");
  /** Requests that the kernel said it is working on. */
  readonly #busyWith = new Set<string>();
  #process: string | null;
  #asked: { control: string | null; shell: string | null } = { control: null, shell: null };

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.#process = options.process;
  }

  get status(): Observable<KernelStatus> {
    return this.#status;
  }

  /** Who the kernel's process said it is; null before it did. */
  get process(): string | null {
    return this.#process;
  }

  /** A socket is open: ask who is there, and when everything before has been answered. */
  opened(): void {
    const { ask } = this.#options;
    this.#asked = { control: ask("control"), shell: ask("shell") };
  }

  /** What the runtime says of the kernel as a whole. */
  told(status: KernelStatus): void {
    this.#busyWith.clear();
    this.#status.set(status);
  }

  /** Take a message's meaning for the status; before it is passed on. */
  heard(message: KernelMessage): void {
    if (message.header.msg_type !== "status") return;
    const state = message.content["execution_state"];
    const parentId = message.parent_header.msg_id ?? "";
    if (state === "restarting" || state === "dead" || state === "starting") {
      this.told(state);
      this.#options.onRestart?.();
      // The new process tells who it is.
      if (state !== "dead") this.#askShell();
    } else if (isWork(message.parent_header.msg_type)) {
      if (state === "busy") this.#busyWith.add(parentId);
      else this.#busyWith.delete(parentId);
      this.#status.set(this.#busyWith.size > 0 ? "busy" : "idle");
    }
  }

  /** What the answers to our own questions tell; after the message was passed on. Gives the channel of a question that was answered. */
  answered(message: KernelMessage): "control" | "shell" | null {
    if (message.header.msg_type !== "kernel_info_reply") return null;
    this.#meet(message.header.session);
    const { control, shell } = this.#asked;
    const parentId = message.parent_header.msg_id ?? null;
    if (parentId === null) return null;
    if (parentId === control) return "control";
    if (parentId !== shell) return null;
    this.told("idle");
    this.#options.emit({ type: "shell_drained" });
    return "shell";
  }

  #meet(process: string): void {
    if (process === "" || process === this.#process) return;
    const isAnother = this.#process !== null;
    this.#process = process;
    if (!isAnother) return;
    this.#busyWith.clear();
    this.#options.onNewProcess();
    this.#options.emit({ type: "process_changed", process });
    // When the new process has answered on the shell, too, it takes requests.
    this.#askShell();
  }

  #askShell(): void {
    this.#asked.shell = this.#options.ask("shell") ?? this.#asked.shell;
  }
}
