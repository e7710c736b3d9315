/** Which of this view's dialogs is open, and who waits for a connection. One per open notebook. */
import { type BindingState, isOnItsWay } from "../../core/binding.ts";
import { type Observable, Value } from "../../core/observable.ts";
import type { HostedAccess } from "./runtime.ts";

/** `kernel`: the question before the present kernel ends for another one. */
export type ConnectDialog = "local" | "hosted" | "sessions" | "details" | "kernel";

export class ConnectDesk {
  readonly #open = new Value<ConnectDialog | null>(null);
  #wantedKernel: string | null = null;
  readonly #waiting = new Set<(isConnected: boolean) => void>();
  readonly #stop: () => void;

  /** `hosted`: null where the hub has no hosted runtimes. */
  constructor(
    private readonly binding: Observable<BindingState>,
    readonly hosted: HostedAccess | null = null,
  ) {
    this.#stop = binding.subscribe(() => this.#moved(binding.get()));
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

  /** The dialog that tells why there is no connection. */
  showTrouble(): void {
    this.show(this.#dialogFor(this.binding.get()));
  }

  /** The kernelspec that the question `kernel` is about; null: a fresh kernel like the present one. */
  get wantedKernel(): string | null {
    return this.#wantedKernel;
  }

  /** Another kernel is picked, or (null) a fresh one: asked about first, because the present one ends. The present one itself changes nothing. */
  pickKernel(kernelspec: string | null): void {
    const binding = this.binding.get();
    if ("attachment" in binding && binding.attachment.kernelspec === kernelspec) return;
    this.#wantedKernel = kernelspec;
    this.show("kernel");
  }

  /** Closes a dialog that was not seen yet. One that a run waits for stays: the run is still wanted. */
  callOff(): void {
    if (this.#waiting.size === 0) this.close();
  }

  /** Also says no to everyone who waits for a connection, unless there is one. */
  close(): void {
    this.#open.set(null);
    this.#answer(this.binding.get().phase === "ready");
  }

  /**
   * Resolves true once a runtime is bound, false when the person gives up. Opens the dialog, unless one comes by itself: a kernel that was
   * just chosen, or the runtime of before a reload.
   */
  askForRuntime(): Promise<boolean> {
    const binding = this.binding.get();
    if (binding.phase === "ready") return Promise.resolve(true);
    if (!isOnItsWay(binding)) this.show(this.#dialogFor(binding));
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** The notebook is closed. */
  end(): void {
    this.#stop();
    this.#answer(false);
  }

  #moved(binding: BindingState): void {
    if (binding.phase === "ready") this.#connected();
    else if (this.#waiting.size === 0 || this.#open.get() !== null || isOnItsWay(binding)) return;
    else if (binding.phase === "unbound" && binding.failure === null) this.#answer(false);
    else this.show(this.#dialogFor(binding));
  }

  /** Where what the runtime wants or suffers from is shown. */
  #dialogFor(binding: BindingState): "local" | "hosted" {
    if (binding.phase !== "unbound") return binding.target.kind === "hosted" ? this.first : "local";
    return binding.failure === null || binding.failure.code.startsWith("hosted_") ? this.first : "local";
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
