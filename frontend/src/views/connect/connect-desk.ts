/** Which of this view's dialogs is open, and who waits for a connection. One per open notebook. */
import type { BindingState } from "../../core/binding.ts";
import { type Observable, Value } from "../../core/observable.ts";
import type { HostedAccess } from "./runtime.ts";

export type ConnectDialog = "local" | "hosted" | "sessions" | "details";

export class ConnectDesk {
  readonly #open = new Value<ConnectDialog | null>(null);
  readonly #waiting = new Set<(isConnected: boolean) => void>();
  readonly #stop: () => void;

  /** `hosted`: null where the hub has no hosted runtimes. */
  constructor(
    private readonly binding: Observable<BindingState>,
    readonly hosted: HostedAccess | null = null,
  ) {
    this.#stop = binding.subscribe(() => {
      if (binding.get().phase === "ready") this.#connected();
    });
  }

  get open(): Observable<ConnectDialog | null> {
    return this.#open;
  }

  /** What somebody without a runtime is offered. */
  get first(): "local" | "hosted" {
    return this.hosted === null ? "local" : "hosted";
  }

  show(dialog: ConnectDialog): void {
    this.#open.set(dialog);
  }

  /** Also says no to everyone who waits for a connection, unless there is one. */
  close(): void {
    this.#open.set(null);
    this.#answer(this.binding.get().phase === "ready");
  }

  /** Opens the dialog; resolves true once a runtime is bound, false when the person gives up. */
  askForRuntime(): Promise<boolean> {
    if (this.binding.get().phase === "ready") return Promise.resolve(true);
    this.show(this.first);
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** The notebook is closed. */
  end(): void {
    this.#stop();
    this.#answer(false);
  }

  #connected(): void {
    const open = this.#open.get();
    if (open === "local" || open === "hosted") this.#open.set(null);
    this.#answer(true);
  }

  #answer(isConnected: boolean): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const answer of waiting) answer(isConnected);
  }
}
