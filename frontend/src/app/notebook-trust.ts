/**
 * Trust of one open notebook: the question that is being asked, how each cell stands, and the way to the gate (`run-gate.ts`), which is a
 * chunk of its own. Closed with the notebook.
 */
import type { HubClient } from "../api/client.ts";
import type { CellId } from "../core/cell.ts";
import { type Observable, Value } from "../core/observable.ts";
import { onChange } from "../doc/changes.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import { systemClock } from "../sync/clock.ts";
import type { RoomState } from "../sync/room-socket.ts";
import type { Review, TrustState } from "../views/trust/review.ts";
import { digestOf } from "./digest.ts";
import { reviewDialog } from "./review-part.ts";
import type { Captured, RunGate, StillWanted, Wish } from "./run-gate.ts";

interface NotebookTrustOptions {
  readonly notebookId: string;
  readonly doc: NotebookDoc;
  readonly room: { readonly state: Observable<RoomState> };
  readonly hub: HubClient;
  /** Whether what runs now would run on the hub's machine, where nothing of this person is at stake. */
  readonly isHosted: Observable<boolean>;
  /** Opens the way to a hosted runtime; null: the hub offers none. */
  readonly turnToHosted: (() => void) | null;
  /** The cell that a person would run next. */
  readonly activeCell: () => CellId | null;
}

/** How cells stand is looked up this long after the last change: the margin may be late, the gate never is. */
const LOOK_AFTER_MS = 1_500;

export class NotebookTrust {
  readonly review = new Value<Review | null>(null);
  readonly states = new Value<ReadonlyMap<CellId, TrustState>>(new Map());
  readonly asks: Observable<boolean>;
  readonly #options: NotebookTrustOptions;
  readonly #end: () => void;
  #gate: Promise<RunGate> | null = null;
  /** Once it is loaded. */
  #opened: RunGate | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #endGate: () => void = () => {};
  #isClosed = false;

  constructor(options: NotebookTrustOptions) {
    this.#options = options;
    const { isHosted } = options;
    this.asks = { get: () => !isHosted.get(), subscribe: (fn) => isHosted.subscribe(fn) };
    const { doc } = options.doc;
    // One timer that is set again when it rings, not one for each key.
    let changedAt = 0;
    const wait = (ms: number): void => {
      this.#timer = setTimeout(() => {
        const leftMs = changedAt + LOOK_AFTER_MS - performance.now();
        this.#timer = undefined;
        if (leftMs > 0) wait(leftMs);
        else void this.#look();
      }, ms);
    };
    this.#end = onChange(doc, () => {
      changedAt = performance.now();
      if (this.#timer === undefined) wait(LOOK_AFTER_MS);
    });
  }

  async approve(captured: readonly Captured[], wanted: StillWanted): Promise<readonly Captured[]> {
    if (this.#options.isHosted.get()) return captured;
    return await (await this.#loaded()).approve(captured, wanted);
  }

  /** What may run at once on this person's machine; null: ask. */
  approveAtOnce(wishes: readonly Wish[]): readonly Captured[] | null {
    return this.#options.isHosted.get() ? null : (this.#opened?.approveAtOnce(wishes) ?? null);
  }

  /** What was decided may be another now. */
  forget(): void {
    void this.#gate?.then(
      (gate) => gate.forget(),
      () => undefined,
    );
  }

  /** Nothing that is still asked runs. */
  close(): void {
    this.#isClosed = true;
    this.#end();
    this.#endGate();
    clearTimeout(this.#timer);
    this.review.get()?.answer(null);
  }

  async #look(): Promise<void> {
    // The margin waits for the hub; a failure shows when a cell is run.
    await this.#loaded()
      .then((gate) => gate.look())
      .catch(() => {});
  }

  #loaded(): Promise<RunGate> {
    this.#gate ??= Promise.all([
      import("./run-gate.ts"),
      import("./trust-ahead.ts"),
      import("./digest-now.ts"),
      reviewDialog.fetch(),
    ]).then(
      ([{ RunGate }, { askAhead }, { digestNow }]) => {
        const { doc, activeCell } = this.#options;
        const { review, states } = this;
        const gate = new RunGate({ ...this.#options, digestOf, digestNow, review, states, clock: systemClock });
        this.#opened = gate;
        const endAsking = this.#isClosed
          ? () => {}
          : askAhead({
              gate,
              doc,
              target: window,
              activeCell: () => (this.#options.isHosted.get() ? null : activeCell()),
            });
        this.#endGate = () => {
          endAsking();
          gate.close();
        };
        return gate;
      },
      (error: unknown) => {
        this.#gate = null;
        throw error;
      },
    );
    return this.#gate;
  }
}
