/** FOR TESTS: a clock that is moved by hand, and a hub of one notebook in memory that speaks SPEC 2 through `Connect`. */
import * as Y from "yjs";
import type { Hello } from "../core/notebook.ts";
import type { Clock } from "./clock.ts";
import { decodeFrame, encodeFrame, type HubFrame, type PageFrame } from "./messages.ts";
import type { Connect, Socket, SocketEvents } from "./socket.ts";

export class HandClock implements Clock {
  #now = 1_000_000;
  #timers: { at: number; fn: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + ms, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  random(): number {
    return 0.5;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.fn();
    }
    this.#now = end;
  }

  get waiting(): number {
    return this.#timers.length;
  }
}

/** Lets every promise that can go on do so. IndexedDB on Node answers by `setImmediate`. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
}

export const HELLO: Hello = {
  session: "s1",
  notebook: { id: "n", title: "Notebook", folder_path: null },
  person: { id: "p", name: "Ada" },
  role: "owner",
  omit_outputs: false,
  seq: 0,
  file: null,
};

/** One accepted socket, seen from the hub. */
export class FakeLine {
  readonly sent: PageFrame[] = [];
  /** Document frames received, in order. */
  readonly updates: Uint8Array[] = [];
  readonly awareness: Uint8Array[] = [];
  isOpen = true;
  readonly #hub: FakeHub;
  readonly #events: SocketEvents;

  constructor(hub: FakeHub, events: SocketEvents) {
    this.#hub = hub;
    this.#events = events;
  }

  hear(data: string | Uint8Array): void {
    if (typeof data === "string") {
      // The page's own frames, which the compiler checked where they were made.
      const frame = JSON.parse(data) as PageFrame;
      this.sent.push(frame);
      if (frame.type === "join") this.#hub.welcome(this);
      return;
    }
    const frame = decodeFrame(data);
    if (frame?.type === "step1") {
      this.#hub.synchronise(this, frame.stateVector);
    } else if (frame?.type === "awareness") {
      this.awareness.push(frame.update);
    } else if (frame) {
      this.updates.push(frame.update);
      this.#hub.take(this, frame.update);
      if (this.#hub.acknowledges) this.say({ type: "saved", received: this.updates.length, seq: 1 });
    }
  }

  say(frame: HubFrame | { type: string }): void {
    if (this.isOpen) this.#events.heard(JSON.stringify(frame));
  }

  binary(frame: Parameters<typeof encodeFrame>[0]): void {
    if (this.isOpen) this.#events.heard(encodeFrame(frame).buffer);
  }

  raw(data: string | ArrayBuffer): void {
    this.#events.heard(data);
  }

  close(code: number): void {
    this.isOpen = false;
    this.#events.closed(code);
  }
}

export class FakeHub {
  doc: Y.Doc;
  readonly lines: FakeLine[] = [];
  acknowledges = true;
  relays = false;
  /** What would survive a crash. */
  #durable: Uint8Array;
  accepts = true;
  hello: Hello = HELLO;
  runs: Extract<HubFrame, { type: "runs" }> = { type: "runs", heads: {}, runs: [] };
  tries = 0;

  constructor(doc: Y.Doc) {
    this.doc = doc;
    this.#durable = Y.encodeStateAsUpdate(doc);
  }

  take(from: FakeLine, update: Uint8Array): void {
    Y.applyUpdate(this.doc, update, from);
    if (!this.relays) return;
    for (const line of this.lines) if (line !== from) line.binary({ type: "update", update });
  }

  /** Everything received is on the disk, and said to be. */
  commit(): void {
    this.#durable = Y.encodeStateAsUpdate(this.doc);
    for (const line of this.lines) line.say({ type: "saved", received: line.updates.length, seq: 1 });
  }

  /** kill -9 and a new start: what was not committed is gone, and so is every socket. */
  crash(): void {
    const lines = this.lines.splice(0);
    this.doc = new Y.Doc();
    Y.applyUpdate(this.doc, this.#durable);
    for (const line of lines) if (line.isOpen) line.close(1006);
  }

  readonly connect: Connect = (_url, _protocol, events): Socket => {
    this.tries += 1;
    const line = new FakeLine(this, events);
    queueMicrotask(() => {
      if (!this.accepts) {
        events.closed(1006);
        return;
      }
      this.lines.push(line);
      events.opened();
    });
    return {
      send: (data) => {
        if (line.isOpen) line.hear(data);
      },
      end: () => {
        line.isOpen = false;
      },
    };
  };

  get line(): FakeLine {
    const line = this.lines.at(-1);
    if (!line) throw new Error("Nobody connected.");
    return line;
  }

  welcome(line: FakeLine): void {
    line.say({ type: "hello", ...this.hello });
  }

  synchronise(line: FakeLine, stateVector: Uint8Array): void {
    line.binary({ type: "step2", update: Y.encodeStateAsUpdate(this.doc, stateVector) });
    line.say(this.runs);
    line.binary({ type: "step1", stateVector: Y.encodeStateVector(this.doc) });
  }
}
