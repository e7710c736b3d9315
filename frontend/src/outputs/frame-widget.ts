/** A frame's widget models: the line to them, opened with each document that loads in the frame. */
import type { PageMessage, WidgetFrameMessage } from "../core/frame-messages.ts";
import type { FrameNotes } from "./frame-notes.ts";
import type { FrameOwner, WidgetFrameLine } from "./rendered.ts";

export class FrameWidget {
  readonly #widget: { readonly root: string; readonly saved: unknown };
  readonly #owner: FrameOwner;
  readonly #notes: FrameNotes;
  readonly #tell: (message: PageMessage) => void;
  #line: WidgetFrameLine | null = null;
  /** Said before the line was open. */
  #early: WidgetFrameMessage[] = [];
  #opening = 0;
  #revive: () => void = () => {};

  constructor(
    widget: { readonly root: string; readonly saved: unknown },
    owner: FrameOwner,
    notes: FrameNotes,
    tell: (message: PageMessage) => void,
  ) {
    this.#widget = widget;
    this.#owner = owner;
    this.#notes = notes;
    this.#tell = tell;
  }

  onRevived(fn: () => void): void {
    this.#revive = fn;
  }

  /** A new document waits for its models. */
  open(): void {
    this.close();
    const mine = this.#opening;
    const { environment, runId, isOwn } = this.#owner;
    const wish = {
      ...this.#widget,
      runId,
      isOwn,
      tell: (message: PageMessage) => mine === this.#opening && this.#tell(message),
      onDeaf: () => this.#notes.deaf(),
      onUnsure: () => this.#notes.unsure(),
      onRevived: () => {
        this.#notes.clear();
        this.#revive();
      },
    };
    void environment.widgets.openLine(wish).then((line) => {
      if (mine !== this.#opening) {
        line.close();
        return;
      }
      this.#line = line;
      for (const message of this.#early.splice(0)) line.receive(message);
    });
  }

  receive(message: WidgetFrameMessage): void {
    if (message.type === "comm_msg") this.#notes.sure();
    if (this.#line) this.#line.receive(message);
    else this.#early.push(message);
  }

  close(): void {
    this.#opening += 1;
    this.#line?.close();
    this.#line = null;
    this.#early = [];
  }
}
