/**
 * Where a notebook's debugger is asked for. What does the work is loaded with its first use, or because this browser kept breakpoints of the
 * notebook; until then it costs nothing.
 */
import type { Move } from "../core/debug-session.ts";
import { Value } from "../core/observable.ts";
import { errorText } from "../i18n/error-text.ts";
import { withWords } from "../i18n/t.ts";
import { toast } from "../ui/toast.tsx";
import type { NotebookController } from "../views/notebook/controller.ts";
import { browserStore } from "./browser-store.ts";
import type { DebugPart } from "./debug-part.ts";
import type { NotebookRuntime } from "./notebook-runtime.ts";
import type { Captured } from "./run-gate.ts";

export type DebugCommand = "toggle" | "cell" | Move;

export interface DebugSeatOptions {
  readonly notebookId: string;
  readonly runtime: NotebookRuntime;
}

export class DebugSeat {
  readonly part = new Value<DebugPart | null>(null);
  readonly #options: DebugSeatOptions;
  readonly #key: string;
  #controller: NotebookController | null = null;
  #loading: Promise<DebugPart> | null = null;
  #isClosed = false;

  constructor(options: DebugSeatOptions) {
    this.#options = options;
    this.#key = `runhere.debug.${options.notebookId}`;
  }

  /** The notebook is there: what this browser kept of its debugger comes back. */
  sit(controller: NotebookController): void {
    this.#controller = controller;
    if (browserStore().getItem(this.#key) === null) return;
    // Without it, the notebook is the same; it is asked for again with the first use.
    (globalThis.requestIdleCallback ?? setTimeout)(() => void this.load().catch(() => {}));
  }

  get isStopped(): boolean {
    const halt = this.part.get()?.desk.state.get().halt;
    return halt != null && !halt.isMoving;
  }

  /** Tells when `isStopped` may have changed. Returns the end. */
  subscribe(fn: () => void): () => void {
    let endState = (): void => {};
    const follow = (): void => {
      endState();
      endState = this.part.get()?.desk.state.subscribe(fn) ?? (() => {});
    };
    follow();
    const endPart = this.part.subscribe(() => {
      follow();
      fn();
    });
    return () => {
      endPart();
      endState();
    };
  }

  /** Rejects when it cannot be loaded; it may be asked for again. */
  load(): Promise<DebugPart> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }

  do(command: DebugCommand): void {
    if (command === "cell") {
      this.#controller?.debugCell();
      return;
    }
    this.load().then(
      (part) => part.do(command),
      (error: unknown) => toast({ text: errorText(error), tone: "error" }),
    );
  }

  /** Those that may run now, once the kernel knows their breakpoints; none when they were to be debugged and cannot be. */
  async approve(captured: readonly Captured[], isDebugged: boolean): Promise<readonly Captured[]> {
    const part = isDebugged && captured.length > 0 ? await this.load() : this.part.get();
    return part === null || (await part.prepare(captured, isDebugged)) ? captured : [];
  }

  close(): void {
    this.#isClosed = true;
    this.part.get()?.close();
  }

  async #load(): Promise<DebugPart> {
    const { DebugPart } = await withWords(import("./debug-part.ts"), "debugger");
    if (this.#controller === null || this.#isClosed) throw new Error("The notebook is not open.");
    const part = new DebugPart({ ...this.#options, key: this.#key, controller: this.#controller });
    this.part.set(part);
    return part;
  }
}
