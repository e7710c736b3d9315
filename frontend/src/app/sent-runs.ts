/**
 * Runs that this browser handed to a kernel and that are not finished, kept over reloads: how a page finds again what it started.
 *
 * Every tab of the browser with this notebook reads and writes the same list. It holds ids only: no source and no output.
 */
import type { CellId } from "../core/cell.ts";
import type { RunId } from "../core/notebook.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import type { LocalStore } from "./runtime-memory.ts";
import { StoredRuns } from "./stored-runs.ts";

export interface SentRun {
  readonly runId: RunId;
  readonly cellId: CellId;
  readonly kernelId: string;
  /** ms since 1970. */
  readonly sentAt: number;
  /** The question that the run waits for an answer to. */
  readonly input: InputWish | null;
  /** The kernel's journal says nothing of the run up to this seq; absent: there is none. */
  readonly after?: number;
  /** The last message of the kernel that a page heard of it, and stored; absent: none, or there is a journal. */
  readonly heard?: string;
  /** Of the source, to tell the hub of the run when it was away; only where there is a journal. */
  readonly digest?: string;
  /** Among its outputs are others than the kernel says of it: an answer, say. */
  readonly hasStrayed?: true;
  /** The server drops some of its outputs; absent: it does not. */
  readonly drops?: DropsNote;
}

export interface DropsNote {
  /** The last message of the kernel that was shown before the first mark; null: it had said nothing. */
  readonly after: string | null;
  /** Outputs behind it are what the kernel says of the run alone. */
  readonly isFillable: boolean;
}

export interface InputWish {
  readonly prompt: string;
  readonly password: boolean;
  readonly header: KernelMessage["header"];
}

export class SentRuns {
  readonly #list: StoredRuns<SentRun>;

  constructor(store: LocalStore, notebookId: string) {
    this.#list = new StoredRuns(store, `runhere.sent:${notebookId}`);
  }

  /** In the order in which they were sent. */
  of(kernelId: string): readonly SentRun[] {
    return this.#list.all().filter((run) => run.kernelId === kernelId);
  }

  /** Whether this run was sent to this kernel. */
  isOn(kernelId: string, runId: RunId): boolean {
    return this.#list.get(runId)?.kernelId === kernelId;
  }

  add(run: SentRun): void {
    this.#list.remove(run.runId);
    this.#list.put(run);
  }

  asks(runId: RunId, input: InputWish | null): void {
    this.#change(runId, (run) => ({ ...run, input }));
  }

  heard(runId: RunId, id: string): void {
    this.#change(runId, (run) => ({ ...run, heard: id }));
  }

  /** The server began to drop some of it, behind this message. */
  dropsBegin(runId: RunId, after: string | null): void {
    this.#change(runId, (run) => (run.drops === undefined ? { ...run, drops: { after, isFillable: true } } : run));
  }

  strayed(runId: RunId): void {
    this.#change(runId, (run) => {
      if (run.hasStrayed === true && run.drops?.isFillable !== true) return run;
      const drops = run.drops === undefined ? {} : { drops: { ...run.drops, isFillable: false } };
      return { ...run, hasStrayed: true, ...drops };
    });
  }

  finished(runId: RunId): void {
    this.#list.remove(runId);
  }

  /** Nothing is written where it stays what it is. */
  #change(runId: RunId, change: (run: SentRun) => SentRun): void {
    const run = this.#list.get(runId);
    const changed = run && change(run);
    if (changed !== run && changed !== null) this.#list.put(changed);
  }
}
