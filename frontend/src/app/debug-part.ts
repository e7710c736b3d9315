/** The debugger of one open notebook: its session, its breakpoints, its marks in the cells. Loaded with its first use. */
import { kernelIdOf } from "../core/binding.ts";
import { lineNumberAt } from "../core/breakpoints.ts";
import type { CellId } from "../core/cell.ts";
import type { DebugState, Halt, Move } from "../core/debug-session.ts";
import { Listeners } from "../core/observable.ts";
import { breakpointGutter } from "../editor/breakpoint-gutter.ts";
import { text } from "../i18n/t.ts";
import { systemClock } from "../sync/clock.ts";
import { toast } from "../ui/toast.tsx";
import { BreakpointBook } from "../views/debugger/breakpoint-book.ts";
import { type CellPlace, DebugDesk } from "../views/debugger/debug-desk.ts";
import { cannotText, heldText } from "../views/debugger/words.ts";
import type { NotebookController } from "../views/notebook/controller.ts";
import { browserStore, onStored } from "./browser-store.ts";
import type { NotebookRuntime } from "./notebook-runtime.ts";
import type { Captured } from "./run-gate.ts";

export interface DebugPartOptions {
  readonly runtime: NotebookRuntime;
  readonly controller: NotebookController;
  /** Under which breakpoints are kept in this browser. */
  readonly key: string;
}

export class DebugPart {
  readonly desk: DebugDesk;
  readonly #controller: NotebookController;
  readonly #book: BreakpointBook;
  /** Told when a cell begins or ceases to stand still, or another of its lines does. */
  readonly #stops = new Listeners();
  readonly #ends: (() => void)[] = [];
  #stopped: CellPlace | null = null;
  #shown: Halt["frames"] | null = null;

  constructor({ runtime, controller, key }: DebugPartOptions) {
    const { doc } = controller.services;
    this.#controller = controller;
    this.#book = new BreakpointBook({ doc, store: browserStore(), key, clock: systemClock });
    this.desk = new DebugDesk({
      port: runtime.port,
      sessionId: () => runtime.sessionId,
      clock: systemClock,
      doc,
      book: this.#book,
      restarted: () => runtime.restarted(),
      alone: (work) => void aloneInBrowser(`runhere-debug:${kernelOf(runtime)}`, work),
    });
    this.#ends.push(
      onStored((stored) => {
        if (stored === key) this.#book.readAgain();
      }),
      this.desk.state.subscribe(() => this.#looked()),
    );
    controller.margin.set((cellId) => this.#marginOf(cellId));
    this.#looked();
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#controller.margin.set(null);
    this.desk.close();
    this.#book.close();
  }

  do(command: Move | "toggle"): void {
    if (command === "toggle") this.#toggleHere();
    else this.desk.move(command);
  }

  /** See `DebugDesk.prepare`; tells the person why when a cell cannot be debugged. */
  async prepare(captured: readonly Captured[], isDebugged: boolean): Promise<boolean> {
    const visit = isDebugged ? (captured[0]?.cellId ?? null) : null;
    const isReady = await this.desk.prepare(captured, visit);
    if (!isReady) toast({ text: cannotText(this.desk.state.get()), tone: "error" });
    else this.#tellHeld();
    return isReady;
  }

  /** What is run while a cell stands still waits, maybe far from that cell, and for as long as nobody lets it go on. */
  #tellHeld(): void {
    const { halt } = this.desk.state.get();
    if (halt === null || halt.isMoving) return;
    toast({
      text: heldText(halt, this.desk, this.#controller.services.doc.cellIds()),
      action: { label: text("debugger.continue"), onAction: () => this.desk.move("continue") },
    });
  }

  #toggleHere(): void {
    const { activeId } = this.#controller;
    const cell = activeId === null ? null : this.#controller.services.doc.cell(activeId);
    if (activeId === null || cell?.type !== "code") return;
    const before = this.#book.marked(activeId).length;
    const offset = this.#controller.cursorOf(activeId)?.head ?? 0;
    this.desk.toggle(activeId, offset);
    const line = lineNumberAt(cell.source.toString(), offset);
    const isSet = this.#book.marked(activeId).length > before;
    this.#controller.say(text(isSet ? "debugger.saidSet" : "debugger.saidRemoved", { line }));
  }

  #marginOf(cellId: CellId) {
    return breakpointGutter({
      marked: () => this.#book.marked(cellId),
      stoppedLine: () => (this.#stopped?.cellId === cellId ? this.#stopped.line : null),
      subscribe: (fn) => {
        const ends = [this.#book.subscribe(fn), this.#stops.add(fn)];
        return () => {
          for (const end of ends) end();
        };
      },
      toggle: (offset) => this.desk.toggle(cellId, offset),
    });
  }

  /** The line in which the chosen frame stands is marked; a new stop is brought into sight and told. */
  #looked(): void {
    const state = this.desk.state.get();
    const place = placeNow(this.desk, state);
    const isElsewhere = place?.cellId !== this.#stopped?.cellId || place?.line !== this.#stopped?.line;
    this.#stopped = place;
    if (isElsewhere) this.#stops.notify();
    const frames = state.halt?.isMoving === false ? state.halt.frames : null;
    if (frames === this.#shown) return;
    this.#shown = frames;
    if (state.halt !== null && frames !== null) this.#tell(state.halt, place);
  }

  #tell({ frames, frameId }: Halt, place: CellPlace | null): void {
    const frame = frames.find(({ id }) => id === frameId);
    if (frame === undefined) return;
    if (place === null) {
      this.#controller.say(text("debugger.saidStoppedIn", { name: frame.name, line: frame.line }));
      return;
    }
    const position = this.#controller.services.doc.cellIds().indexOf(place.cellId) + 1;
    this.#controller.showLine(place.cellId, place.line);
    this.#controller.say(text("debugger.saidStopped", { position, line: place.line }));
  }
}

/** Where the chosen frame stands, when the cell still says what runs. */
function placeNow(desk: DebugDesk, { halt }: DebugState): CellPlace | null {
  const frame = halt?.frames.find(({ id }) => id === halt.frameId);
  const place = frame === undefined || halt?.isMoving ? null : desk.placeOf(frame);
  return place?.isCurrent ? place : null;
}

/** A page that was not served safely has no locks: two tabs that begin at once are then told by the kernel that one was enough. */
async function aloneInBrowser(name: string, work: () => Promise<void>): Promise<void> {
  if ("locks" in navigator) await navigator.locks.request(name, work);
  else await work();
}

function kernelOf({ binding }: NotebookRuntime): string {
  return kernelIdOf(binding.get()) ?? "";
}
