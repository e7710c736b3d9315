/** "Find" in the outputs of a notebook: looks through them, again when they changed, and marks what is in sight. Comes with the find bar. */
import type { NotebookController } from "./controller.ts";
import type { OutputFind } from "./find-model.ts";
import { OutputMarks } from "./output-marks.ts";
import { type OutputSearchResult, type OutputSearchWorld, searchOutputs } from "./output-search.ts";

/** Outputs that change all the time are not looked through all the time. */
const SETTLE_MS = 600;

export function openOutputFind(controller: NotebookController): OutputFind {
  return new OutputFinder(controller);
}

class OutputFinder implements OutputFind {
  readonly #controller: NotebookController;
  #marks: OutputMarks | null = null;
  #endListening: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | null = null;

  constructor(controller: NotebookController) {
    this.#controller = controller;
  }

  search(expression: RegExp, tell: (result: OutputSearchResult) => void): void {
    this.#stop();
    this.#marks ??= new OutputMarks(this.#controller);
    this.#endListening = this.#controller.services.runs.subscribe(() => {
      this.#timer ??= setTimeout(() => this.#run(expression, tell), SETTLE_MS);
    });
    this.#run(expression, tell);
  }

  close(): void {
    this.#stop();
    this.#marks?.close();
    this.#marks = null;
  }

  #stop(): void {
    this.#endListening?.();
    this.#endListening = null;
    this.#running?.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #run(expression: RegExp, tell: (result: OutputSearchResult) => void): void {
    this.#timer = undefined;
    this.#running?.abort();
    this.#running = new AbortController();
    const { signal } = this.#running;
    void searchOutputs(expression, this.#world(), tell, signal);
  }

  #world(): OutputSearchWorld {
    const { doc, runs, readBlob } = this.#controller.services;
    const cells = doc.cellIds().map((id) => [id, runs.headOf(id)?.outputs ?? []] as const);
    return {
      cells,
      readBlob,
      now: () => performance.now(),
      pause: () => new Promise((resolve) => setTimeout(resolve)),
    };
  }
}
