/** One model's end of the line. What arrives before the model listens waits for it. */
import type { ICallbacks, IClassicComm } from "@jupyter-widgets/base";
import type { WidgetData } from "../../../src/core/frame-messages.ts";
import type { BufferPath, JsonRecord } from "../../../src/core/widget-state.ts";
import type { Page } from "../page.ts";

type Message = Parameters<Parameters<IClassicComm["on_msg"]>[0]>[0];
type Buffers = readonly (ArrayBuffer | ArrayBufferView)[];

/** Counts this frame's messages and knows who waits for the kernel to be done with one. */
export class Outbox {
  readonly #page: Page;
  readonly #waiting = new Map<number, ICallbacks>();
  #last = 0;

  constructor(page: Page) {
    this.#page = page;
  }

  next(callbacks: ICallbacks | undefined): number {
    this.#last += 1;
    if (callbacks) this.#waiting.set(this.#last, callbacks);
    return this.#last;
  }

  post(commId: string, id: number, data: unknown, buffers: Buffers): void {
    // A widget's own data: the page checks it.
    this.#page.say({ type: "comm_msg", id, comm_id: commId, data: data as WidgetData, buffers: buffers.map(bytesOf) });
  }

  open(commId: string, id: number, state: JsonRecord, paths: readonly BufferPath[], buffers: Buffers): void {
    this.#page.say({
      type: "comm_open",
      id,
      comm_id: commId,
      state,
      buffer_paths: paths,
      buffers: buffers.map(bytesOf),
    });
  }

  end(commId: string, id: number): void {
    this.#page.say({ type: "comm_close", id, comm_id: commId });
  }

  /** The kernel is done with it. */
  done(id: number): void {
    const callbacks = this.#waiting.get(id);
    this.#waiting.delete(id);
    const idle = { content: { execution_state: "idle" }, header: { msg_type: "status" } };
    callbacks?.iopub?.["status"]?.(idle as unknown as Message);
  }
}

export class FrameComm implements IClassicComm {
  readonly #outbox: Outbox;
  #listener: ((message: Message) => void) | null = null;
  #closeListener: ((message: Message) => void) | null = null;
  #early: Message[] = [];

  constructor(
    readonly comm_id: string,
    readonly target_name: string,
    outbox: Outbox,
  ) {
    this.#outbox = outbox;
  }

  open(data: unknown, callbacks?: ICallbacks, _metadata?: unknown, buffers: Buffers = []): string {
    const id = this.#outbox.next(callbacks);
    const { state = {}, buffer_paths: paths = [] } = data as { state?: JsonRecord; buffer_paths?: BufferPath[] };
    this.#outbox.open(this.comm_id, id, state, paths, buffers);
    return String(id);
  }

  send(data: unknown, callbacks?: ICallbacks, _metadata?: unknown, buffers: Buffers = []): string {
    const id = this.#outbox.next(callbacks);
    this.#outbox.post(this.comm_id, id, data, buffers);
    return String(id);
  }

  close(): string {
    const id = this.#outbox.next(undefined);
    this.#outbox.end(this.comm_id, id);
    return String(id);
  }

  on_msg(listener: (message: Message) => void): void {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) listener(message);
  }

  on_close(listener: (message: Message) => void): void {
    this.#closeListener = listener;
  }

  /** From the page. `answers`: number of our message that this echoes. */
  receive(data: unknown, buffers: readonly Uint8Array[], answers: number | null): void {
    const message = {
      content: { comm_id: this.comm_id, data },
      buffers: buffers.map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
      parent_header: answers === null ? {} : { msg_id: String(answers) },
    } as unknown as Message;
    if (this.#listener) this.#listener(message);
    else this.#early.push(message);
  }

  ended(): void {
    this.#closeListener?.({ content: { comm_id: this.comm_id, data: {} } } as unknown as Message);
  }
}

function bytesOf(view: ArrayBuffer | ArrayBufferView): Uint8Array {
  return view instanceof ArrayBuffer
    ? new Uint8Array(view)
    : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
