/**
 * Carries out one notebook's debug session (`core/debug-session.ts`): asks the kernel, one question after the other, and hears its events.
 *
 * One object per open notebook, from the first use of the debugger on; `close` ends it and leaves the kernel's session as it is, for the
 * page that comes next.
 */
import { firstRunLine } from "../../core/breakpoints.ts";
import type { CellId } from "../../core/cell.ts";
import { cellFile } from "../../core/cell-file.ts";
import { contentIn, displayIn, type Frame } from "../../core/debug-replies.ts";
import {
  type CellWish,
  DEBUG_OFF,
  type DebugAction,
  type DebugEvent,
  type DebugState,
  isAllPlaced,
  isPlaced,
  isStopSet,
  type Move,
  type StopOn,
  stepDebug,
} from "../../core/debug-session.ts";
import { type Observable, Value } from "../../core/observable.ts";
import { type Asker, kernelFacts } from "../../kernel/ask.ts";
import { askDebugger, debugDisplay, debugEvent, debugSource } from "../../kernel/dap.ts";
import type { KernelEvent, KernelPort } from "../../kernel/kernel-port.ts";
import type { Clock } from "../../kernel/messages.ts";
import type { BookDocument, BreakpointBook } from "./breakpoint-book.ts";

export interface DebugDeskOptions {
  readonly port: Observable<KernelPort | null>;
  readonly sessionId: () => string;
  readonly clock: Clock;
  readonly doc: BookDocument;
  readonly book: BreakpointBook;
  /** Runs `work` while no other tab of this browser runs the like for this kernel. */
  readonly alone: (work: () => Promise<void>) => void;
  /** Resolves when the kernel is not being restarted by this page. */
  readonly restarted: () => Promise<void>;
}

/** Bytes that are about to run. */
export interface RunText {
  readonly cellId: CellId;
  readonly source: string;
}

/** Where a frame is in the notebook. */
export interface CellPlace {
  readonly cellId: CellId;
  readonly line: number;
  /** The text of the cell as it ran; the cell may say something else by now. */
  readonly source: string;
  readonly isCurrent: boolean;
}

const LOOK_LATER_MS = 250;
const AGAIN_LATER_MS = 2_000;
const START_WITHIN_MS = 90_000;
/** A kernel that was just connected tells late that it is idle. */
const REST_WITHIN_MS = 3_000;
/** A run does not wait longer for its breakpoints. */
const PLACE_WITHIN_MS = 8_000;

export class DebugDesk {
  readonly book: BreakpointBook;
  readonly #options: DebugDeskOptions;
  readonly #state = new Value<DebugState>(DEBUG_OFF);
  readonly #ends: (() => void)[] = [];
  #endPort: () => void = () => {};
  #cancelLater: () => void = () => {};
  #giveTurn: (() => void) | null = null;
  /** Questions go one after the other: a kernel's debugger takes the next answer for that of the last question. */
  #asked: Promise<void> = Promise.resolve();
  /** Of every text that ran while the debugger was on, by the file that the kernel calls it. */
  readonly #texts = new Map<string, RunText>();
  /** The cell that is debugged without breakpoints of its own: it stops in its first line, once. */
  #visited: CellId | null = null;
  #isClosed = false;

  constructor(options: DebugDeskOptions) {
    this.#options = options;
    this.book = options.book;
    this.#dispatch({ type: "stop_on", stopOn: options.book.wishes.get().stopOn });
    this.#ends.push(
      options.port.subscribe(() => this.#attach()),
      options.book.wishes.subscribe(() => this.#wished()),
    );
    this.#placeAll();
    this.#attach();
    if (options.book.wishes.get().isOn) this.#dispatch({ type: "turn_on" });
  }

  get state(): Observable<DebugState> {
    return this.#state;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelLater();
    this.#endPort();
    this.#giveTurn?.();
    for (const end of this.#ends.splice(0)) end();
  }

  // ── What a person does ─────────────────────────────────────────────────────────────────────────────────────────────

  turnOn(): void {
    this.#dispatch({ type: "turn_on" });
    this.book.wish({ isOn: true });
  }

  turnOff(): void {
    this.#dispatch({ type: "turn_off", isElsewhere: false });
    this.book.wish({ isOn: false });
  }

  stopOn(stopOn: StopOn): void {
    this.#dispatch({ type: "stop_on", stopOn });
    this.book.wish({ stopOn });
  }

  toggle(cellId: CellId, offset: number): void {
    this.book.toggle(cellId, offset);
    this.#placeAll([cellId]);
  }

  clearBreakpoints(): void {
    const cells = this.book.cells();
    this.book.clear();
    this.#placeAll(cells);
  }

  move(how: Move): void {
    this.#dispatch({ type: "move", how });
  }

  selectFrame(frameId: number): void {
    this.#dispatch({ type: "frame", frameId });
  }

  /** Looks inside a value; what is there comes with the state. */
  open(reference: number): void {
    this.#dispatch({ type: "open", reference });
  }

  /**
   * Makes these texts stop where their breakpoints are; to be awaited before they run. Does nothing while the debugger is off.
   *
   * @param visit The cell that a person wants to debug: the debugger is turned on for it, and it stops in its first line if it has no
   *   breakpoints. Null: cells that just run.
   * @returns false when `visit` cannot be debugged; why is in `state`.
   */
  async prepare(runs: readonly RunText[], visit: CellId | null): Promise<boolean> {
    if (visit !== null) this.turnOn();
    // The run waits for the new process; breakpoints that the old one is told of end with it.
    if (this.#state.get().phase !== "off") await this.#options.restarted();
    if (visit !== null || isBeginning(this.#state.get())) await this.#begun();
    if (this.#state.get().phase !== "on") return visit === null;
    const wishes = runs.map((run) => this.#wishOf(run, visit));
    this.#remember(runs);
    this.#dispatch({ type: "place", cells: wishes, isForRun: true });
    const isReady = (state: DebugState) =>
      state.phase !== "on" || (isStopSet(state) && isAllPlaced(state) && wishes.every((wish) => isPlaced(state, wish)));
    await this.#until(isReady, PLACE_WITHIN_MS);
    return true;
  }

  /** Resolves when it is clear whether the debugger is on; a kernel that works is not waited for long. */
  async #begun(): Promise<void> {
    await this.#until((state) => !isBeginning(state), START_WITHIN_MS);
    if (this.#state.get().phase !== "resting") return;
    await this.#until(({ phase }) => phase !== "resting", REST_WITHIN_MS);
    await this.#until((state) => !isBeginning(state), START_WITHIN_MS);
  }

  #wishOf({ cellId, source }: RunText, visit: CellId | null): CellWish {
    const lines = this.book.linesIn(cellId, source);
    if (cellId !== visit || lines.length > 0) return { cellId, source, lines };
    const first = firstRunLine(source);
    this.#visited = cellId;
    return { cellId, source, lines: first === null ? [] : [first] };
  }

  #remember(runs: readonly RunText[]): void {
    const { naming } = this.#state.get();
    if (naming !== null) for (const run of runs) this.#texts.set(cellFile(run.source, naming), run);
  }

  // ── What is asked for to show it ───────────────────────────────────────────────────────────────────────────────────

  /** Where in the notebook a frame stands; null when in none of its cells. */
  placeOf({ path, line }: Frame): CellPlace | null {
    const { naming } = this.#state.get();
    if (naming === null || !path.startsWith(naming.prefix)) return null;
    const { doc } = this.#options;
    for (const cellId of doc.cellIds()) {
      const cell = doc.cell(cellId);
      if (cell?.type !== "code") continue;
      const source = cell.source.toString();
      if (cellFile(source, naming) === path) return { cellId, line, source, isCurrent: true };
    }
    const old = this.#texts.get(path);
    return old === undefined || doc.cell(old.cellId) === null ? null : { ...old, line, isCurrent: false };
  }

  /** The text in which a frame stands; null when it cannot be had. */
  async sourceOf(frame: Frame): Promise<string | null> {
    const place = this.placeOf(frame);
    if (place !== null) return place.source;
    const asker = this.#asker();
    if (asker === null || frame.path === "") return null;
    const reply = await this.#inTurn(() => debugSource(asker, frame.path));
    return reply?.isOk ? contentIn(reply.body) : null;
  }

  /** A variable of the selected frame as the kernel displays it, by MIME type; null when it cannot be had. */
  async display(name: string): Promise<Readonly<Record<string, unknown>> | null> {
    const { halt } = this.#state.get();
    const asker = this.#asker();
    if (halt === null || asker === null) return null;
    const reply = await this.#inTurn(() => debugDisplay(asker, name, halt.frameId));
    return reply?.isOk ? displayIn(reply.body) : null;
  }

  // ── The kernel ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #attach(): void {
    this.#endPort();
    this.#endPort = () => {};
    this.#texts.clear();
    this.#dispatch({ type: "link", isOpen: false });
    this.#dispatch({ type: "anew" });
    const port = this.#options.port.get();
    if (port === null) return;
    const linked = () => this.#linkChanged(port);
    const rested = () => this.#statusChanged(port);
    const ends = [
      port.listen((event) => this.#heard(event)),
      port.state.subscribe(linked),
      port.status.subscribe(rested),
    ];
    this.#endPort = () => {
      for (const end of ends) end();
    };
    rested();
    linked();
  }

  #linkChanged(port: KernelPort): void {
    const isOpen = port.state.get().phase === "open";
    if (isOpen !== this.#state.get().isLinked) this.#dispatch({ type: "link", isOpen });
  }

  #statusChanged(port: KernelPort): void {
    const isIdle = port.status.get() === "idle";
    if (isIdle && this.#state.get().phase === "resting") this.#placeAll();
    this.#dispatch({ type: "idle", isIdle });
    if (isIdle) this.#visitOver();
  }

  #heard(event: KernelEvent): void {
    if (event.type === "process_changed") {
      this.#texts.clear();
      this.#dispatch({ type: "anew" });
    } else if (event.type === "message") {
      const said = debugEvent(event.message);
      if (said !== null) this.#dispatch({ type: "heard", ...said });
    }
  }

  /** A cell that stops in its first line does so once. */
  #visitOver(): void {
    const cellId = this.#visited;
    if (cellId === null) return;
    this.#visited = null;
    const placed = this.#state.get().cells.get(cellId);
    if (placed === undefined) return;
    const { source } = placed;
    this.#dispatch({ type: "place", cells: [{ cellId, source, lines: this.book.linesIn(cellId, source) }] });
  }

  #placeAll(ids: Iterable<CellId> = new Set([...this.book.cells(), ...this.#state.get().cells.keys()])): void {
    const { doc } = this.#options;
    const cells = [...ids].map((cellId): CellWish => {
      const source = doc.cell(cellId)?.source.toString() ?? "";
      return { cellId, source, lines: this.book.lines(cellId) };
    });
    this.#dispatch({ type: "place", cells });
  }

  /** Another tab of this browser turned it on or off. */
  #wished(): void {
    const { isOn, stopOn } = this.book.wishes.get();
    const { phase, stopOn: now } = this.#state.get();
    if (stopOn !== now) this.#dispatch({ type: "stop_on", stopOn });
    if (isOn && phase === "off") this.#dispatch({ type: "turn_on" });
    if (!isOn && phase !== "off") this.#dispatch({ type: "turn_off", isElsewhere: true });
  }

  // ── The session ────────────────────────────────────────────────────────────────────────────────────────────────────

  #dispatch(event: DebugEvent): void {
    if (this.#isClosed) return;
    const before = this.#state.get();
    const { state, actions } = stepDebug(before, event);
    this.#state.set(state);
    for (const action of actions) this.#carryOut(action);
    if (before.halt === null && state.halt !== null) this.#visitOver();
  }

  #carryOut(action: DebugAction): void {
    switch (action.type) {
      case "ask": {
        const { ask } = action;
        const asker = this.#asker();
        void this.#inTurn(async () => (asker === null ? null : await askDebugger(asker, ask))).then((reply) =>
          this.#dispatch({ type: "told", ask, reply }),
        );
        break;
      }
      case "ask_facts":
        void this.#facts();
        break;
      case "take_turn":
        this.#options.alone(() => this.#turn());
        break;
      case "give_turn":
        this.#giveTurn?.();
        this.#giveTurn = null;
        break;
      case "look_later":
        this.#later(LOOK_LATER_MS, "look");
        break;
      case "again_later":
        this.#later(AGAIN_LATER_MS, "again");
        break;
    }
  }

  /** One thing at a time: a session that begins does not look yet. */
  #later(ms: number, type: "look" | "again"): void {
    this.#cancelLater();
    this.#cancelLater = this.#options.clock.after(ms, () => this.#dispatch({ type }));
  }

  async #facts(): Promise<void> {
    const asker = this.#asker();
    this.#dispatch({ type: "facts", facts: asker === null ? null : await kernelFacts(asker) });
  }

  #turn(): Promise<void> {
    return new Promise((over) => {
      if (this.#isClosed) {
        over();
        return;
      }
      this.#giveTurn = over;
      // Breakpoints were set in the texts of then; the session begins with those of now.
      this.#placeAll();
      this.#dispatch({ type: "turn" });
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#asked.then(work);
    this.#asked = mine.then(
      () => {},
      () => {},
    );
    return await mine;
  }

  async #until(holds: (state: DebugState) => boolean, withinMs: number): Promise<void> {
    await new Promise<void>((over) => {
      const look = () => {
        if (!holds(this.#state.get())) return;
        end();
        cancel();
        over();
      };
      const end = this.#state.subscribe(look);
      const cancel = this.#options.clock.after(withinMs, () => {
        end();
        over();
      });
      look();
    });
  }

  #asker(): Asker | null {
    const port = this.#options.port.get();
    return port === null ? null : { port, session: this.#options.sessionId(), clock: this.#options.clock };
  }
}

function isBeginning({ phase }: DebugState): boolean {
  return phase === "queueing" || phase === "asking" || phase === "starting";
}
