/**
 * A hosted runtime's disk is the hub's machine. Where outputs of a notebook stay at home, the journal of its kernel there is turned off before
 * a cell runs (SPEC 7.14, architecture 10a), and as soon as the setting is switched on.
 */
import type { Notebook } from "../api/client.ts";
import type { Observable } from "../core/observable.ts";
import { atHomeOf, staysHomeSomewhere } from "../core/private-outputs.ts";
import { text } from "../i18n/t.ts";
import { RuntimeError } from "../kernel/errors.ts";
import type { KernelPort } from "../kernel/kernel-port.ts";
import type { RoomState } from "../sync/room-socket.ts";

export interface HostedJournalOptions {
  readonly notebook: Pick<Notebook, "omit_outputs">;
  readonly room: { readonly state: Observable<RoomState> };
  readonly runtime: { readonly port: Observable<KernelPort | null>; turnJournalOff(): Promise<void> };
  readonly isHosted: () => boolean;
}

export class HostedJournal {
  readonly #options: HostedJournalOptions;
  /** Kernels, as they are attached, that keep none. */
  readonly #off = new WeakSet<KernelPort>();
  readonly #ends: readonly (() => void)[];

  constructor(options: HostedJournalOptions) {
    this.#options = options;
    // Whoever runs a cell is told of a failure.
    const early = () => void this.turnOff().catch(() => {});
    this.#ends = [options.runtime.port.subscribe(early), options.room.state.subscribe(early)];
  }

  /**
   * Resolves when what runs now is written nowhere on a hosted runtime, or may be.
   *
   * @throws RuntimeError `journal_on`: nothing may run.
   */
  async turnOff(): Promise<void> {
    const { runtime, isHosted } = this.#options;
    const port = runtime.port.get();
    if (port === null || this.#off.has(port) || !isHosted() || !this.#staysHome()) return;
    try {
      await runtime.turnJournalOff();
      this.#off.add(port);
    } catch (error) {
      throw new RuntimeError("journal_on", text("errors.journal_on"), {}, error);
    }
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #staysHome(): boolean {
    const { notebook, room } = this.#options;
    const { hello } = room.state.get();
    return hello === null ? notebook.omit_outputs : staysHomeSomewhere(atHomeOf(hello));
  }
}
