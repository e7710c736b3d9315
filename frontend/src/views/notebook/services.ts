/**
 * What the notebook view is given. The composition root (`app/services.ts`) builds these; the view only sees what it uses.
 *
 * The interfaces for running are structural, because the drivers live in `app/`, above the views.
 */
import type { ComponentType } from "react";
import type { CellId } from "../../core/cell.ts";
import type { RunId } from "../../core/notebook.ts";
import type { Observable } from "../../core/observable.ts";
import type { QueueState } from "../../core/runs.ts";
import type { NotebookDoc } from "../../doc/notebook-doc.ts";
import type { OutputArea } from "../../outputs/output-area.ts";
import type { WidgetPort } from "../../outputs/rendered.ts";
import type { RoomState } from "../../sync/room-socket.ts";
import type { RunStore } from "../../sync/run-store.ts";
import type { SectionMemory } from "./section-model.ts";

/** A question of running code (`input()`, `getpass()`). */
export interface StdinQuestion {
  readonly cellId: CellId;
  readonly prompt: string;
  readonly password: boolean;
}

/** Where a cell stands in this page's queue: `waiting` is sent or about to be, `running` is being executed. */
export type QueuePlace = "waiting" | "running";

/** What the page can do with the runtime. Implemented by `app/run-driver.ts`. */
export interface RunActions {
  /** Run these cells in order. Without a runtime it opens the connect dialog and runs them once connected. */
  runCells(ids: readonly CellId[], how?: { readonly isDebugged: boolean }): void;
  /** Run what is selected in a cell, or the cursor's line; false: that is nothing. */
  runPart(id: CellId, selected: { readonly anchor: number; readonly head: number }): boolean;
  /** How much of its cell a run of this page ran; null: not of this page. */
  extentOf(runId: RunId): "whole" | "part" | null;
  interrupt(): void;
  /** Take a queued cell out of the queue; nothing happens to a running one. */
  cancel(cellId: CellId): void;
  readonly queue: Observable<QueueState>;
  placeOf(cellId: CellId): QueuePlace | null;
  /** Calls `fn` after the place of this cell changed. */
  subscribeCell(cellId: CellId, fn: () => void): () => void;
  readonly stdin: Observable<StdinQuestion | null>;
  answerStdin(text: string): void;
}

/** A completion or inspection asked of the kernel; null while no kernel is connected. Offsets are UTF-16 code units. */
export interface KernelHelp {
  complete(code: string, cursor: number): Promise<{ matches: readonly string[]; from: number; to: number } | null>;
  inspect(code: string, cursor: number): Promise<{ readonly [mime: string]: unknown } | null>;
}

/** The outputs of a cell whose row is mounted. */
export interface ShownOutputs {
  readonly host: HTMLElement;
  readonly area: OutputArea;
}

/** Draws nothing beside most cells, so it must cost nothing there. */
export type MarginPart = ComponentType<{ readonly id: CellId }>;

/** How each cell stands to this person. */
export interface CellTrust {
  readonly states: Observable<ReadonlyMap<CellId, "own" | "trusted" | "review">>;
  /** Whether what needs a review is asked about where cells run now: on the person's machine, or nowhere yet. */
  readonly asks: Observable<boolean>;
}

export interface NotebookServices {
  readonly doc: NotebookDoc;
  readonly runs: RunStore;
  readonly room: { readonly state: Observable<RoomState>; reconnectNow(): void };
  readonly actions: RunActions;
  readonly help: KernelHelp;
  /** Default: sections are forgotten with the page. */
  readonly sectionMemory?: SectionMemory;
  readonly trust?: CellTrust;
  /** What is loaded later and stands in the margin of each cell; null until it is there. */
  readonly margin?: Observable<MarginPart | null>;
  /** Language of the kernel (else of the notebook's metadata), lower case: `python`, `r`, … */
  readonly language: Observable<string>;
  /** Who I am, for presence; colour is a CSS colour. */
  readonly person: { readonly id: string; readonly name: string; readonly color: string };
  /** The widget models, for frames. Implemented by `app/widget-host.ts`. */
  readonly widgets: WidgetPort;
  /** Bytes of a large output value. Rejects when the hub has none. */
  readonly readBlob: (sha256: string) => Promise<Uint8Array>;
  /** See `OutputEnvironment.invoke`. */
  readonly invoke: (call: string) => Promise<unknown>;
  /** Opens the choice whether the active cell's outputs stay at home. */
  readonly askForCellOutputs?: () => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
