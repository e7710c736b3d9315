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
  readonly onRestart?: (status: "restarting" | "starting" | "dead") => void;
  /** Whether the kernel's outputs are known to reach us; until then it is still starting. Default: they are. */
  readonly isFlowing?: () => boolean;
  /** Another process answers: nothing that was asked before will be answered. */
  readonly onNewProcess: () => void;
}

export class KernelTracker {
  readonly #options: TrackerOptions;
  readonly #status = new Value<KernelStatus>("unknown");
  /** Requests that the kernel said it is working on. */
  readonly #busyWith = new Set<string>();
  #process: string | null;
  /** Questions whose first answer means something, and where they were asked. */
  readonly #asked = new Map<string, "shell" | "control">();
  /** Everything that was asked before on the shell has been answered. */
  #isDrained = false;
  /** The question on the shell that the kernel was last known to have reached. */
  #passedBy = "";

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
    this.#asked.clear();
    this.#isDrained = false;
    this.ask();
  }

  /** Asks once more: an answer may have been lost on its way. */
  ask(): void {
    this.#ask("control");
    this.#ask("shell");
  }

  /** The answer comes after those to everything that was sent before. */
  askShell(): void {
    this.#ask("shell");
  }

  /** The kernel's outputs are known to reach us from now on. */
  flows(): void {
    if (this.#isDrained && this.#status.get() === "starting") this.told("idle");
  }

  /** The server has started the kernel anew, as we asked it to. */
  restarted(): void {
    this.#beginsAnew("starting");
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
    if (state === "busy" && this.#asked.get(parentId) === "shell") this.#passed(parentId);
    if (state === "restarting" || state === "dead" || state === "starting") {
      this.#beginsAnew(state);
    } else if (isWork(message.parent_header.msg_type) && !this.#isOfThePast(message)) {
      if (state === "busy") this.#busyWith.add(parentId);
      else this.#busyWith.delete(parentId);
      this.#status.set(this.#busyWith.size > 0 ? "busy" : "idle");
    }
  }

  /** What the answers to our own questions tell; after the message was passed on. Gives the channel of a question that was answered. */
  answered(message: KernelMessage): "control" | "shell" | null {
    if (message.header.msg_type !== "kernel_info_reply") return null;
    this.#meet(message.header.session);
    const channel = this.#asked.get(message.parent_header.msg_id ?? "") ?? null;
    if (channel === null) return null;
    // What was asked besides is answered with it.
    this.#forget(channel);
    if (channel === "shell") {
      const questionId = message.parent_header.msg_id ?? "";
      if (questionId !== this.#passedBy) this.#passed(questionId);
      this.#isDrained = true;
      const isStarting = this.#options.isFlowing?.() === false;
      this.#status.set(isStarting ? "starting" : this.#busyWith.size > 0 ? "busy" : "idle");
      this.#options.emit({ type: "shell_drained" });
    }
    return channel;
  }

  /** The last words of a process that is being replaced: that it ends its work does not say that the new one takes any. */
  #isOfThePast(message: KernelMessage): boolean {
    return this.#status.get() === "restarting" && message.header.session === this.#process;
  }

  #beginsAnew(status: "restarting" | "starting" | "dead"): void {
    this.told(status);
    this.#forget("shell");
    this.#isDrained = false;
    this.#options.onRestart?.(status);
    // The new process tells who it is.
    if (status !== "dead") this.#ask("shell");
  }

  #meet(process: string): void {
    if (process === "" || process === this.#process) return;
    const isAnother = this.#process !== null;
    this.#process = process;
    if (!isAnother) return;
    this.#busyWith.clear();
    this.#forget("shell");
    this.#isDrained = false;
    this.#options.onNewProcess();
    this.#options.emit({ type: "process_changed", process });
    // When the new process has answered on the shell, too, it takes requests.
    this.#ask("shell");
  }

  /**
   * What the kernel was busy with before this question is over, if nothing told so. Its answer and its "busy" come on two lines, and either may
   * be first: what is heard after the earlier of them may have begun since.
   */
  #passed(questionId: string): void {
    this.#passedBy = questionId;
    this.#busyWith.clear();
  }

  #forget(channel: "shell" | "control"): void {
    for (const [id, where] of [...this.#asked]) if (where === channel) this.#asked.delete(id);
  }

  #ask(channel: "shell" | "control"): void {
    const id = this.#options.ask(channel);
    if (id !== null) this.#asked.set(id, channel);
  }
}
