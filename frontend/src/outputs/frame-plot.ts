/** A frame's plot that speaks to code of its run: the line for it, opened with the first word of each document. */
import type { PageMessage, PlotMessage } from "../core/frame-messages.ts";
import type { FrameNotes } from "./frame-notes.ts";
import type { FrameOwner, PlotFrameLine } from "./rendered.ts";

export class FramePlot {
  readonly #shown: string;
  readonly #owner: FrameOwner;
  readonly #notes: FrameNotes;
  readonly #tell: (message: PageMessage) => void;
  #line: Promise<PlotFrameLine> | null = null;

  /** `shown`: the output's text, which names the channels. */
  constructor(shown: string, owner: FrameOwner, notes: FrameNotes, tell: (message: PageMessage) => void) {
    this.#shown = shown;
    this.#owner = owner;
    this.#notes = notes;
    this.#tell = tell;
  }

  receive(message: PlotMessage): void {
    this.#notes.sure();
    this.#line ??= this.#open();
    void this.#line.then((line) => line.receive(message));
  }

  /** The document is gone. */
  close(): void {
    void this.#line?.then((line) => line.close());
    this.#line = null;
  }

  #open(): Promise<PlotFrameLine> {
    const { environment, runId, isOwn } = this.#owner;
    return environment.widgets.openPlot({
      runId,
      isOwn,
      shown: this.#shown,
      tell: this.#tell,
      onDeaf: () => this.#notes.deaf(),
      onUnsure: () => this.#notes.unsure(),
    });
  }
}
