/**
 * The recorder in the kernel of a plain server (ADR 56), seen from a page: the tab that holds the socket puts it there before anything runs,
 * and any tab reads its own runs back.
 */
import type { RunId } from "../core/notebook.ts";
import { type Asker, factsIn, type KernelFacts } from "../kernel/ask.ts";
import type { KernelEvent, KernelPort } from "../kernel/kernel-port.ts";
import type { Clock } from "../kernel/messages.ts";
import {
  installRequest,
  type ReadWish,
  type RestOfRun,
  type RunRecording,
  readRest,
  readRun,
  takesRecorder,
} from "../kernel/recorder.ts";

export interface RunRecorderOptions {
  readonly sessionId: () => string;
  readonly clock: Clock;
  /** What waited for the recorder may go on. */
  readonly onKnown: () => void;
}

/** A kernel that holds its interpreter says nothing for as long, and publishes nothing either. */
const CATCH_UP_MS = 8_000;
/** The socket that a question went to may be cut as well. */
const TRIES = 3;

export class RunRecorder {
  readonly #options: RunRecorderOptions;
  readonly #waiting = new Set<() => void>();
  #port: KernelPort | null = null;
  #ends: readonly (() => void)[] = [];
  #facts: KernelFacts | null = null;
  /** Counts sockets. */
  #socket = 0;
  /** What the server kept has arrived, and everything is heard from now on. */
  #isCaughtUp = true;
  #isOpened = false;

  constructor(options: RunRecorderOptions) {
    this.#options = options;
  }

  /** Another kernel, or none. */
  follow(port: KernelPort | null): void {
    for (const end of this.#ends) end();
    this.#port = port?.journal === null ? port : null;
    this.#facts = null;
    this.#isOpened = false;
    this.#isCaughtUp = true;
    this.#ends =
      this.#port === null
        ? []
        : [this.#port.state.subscribe(() => this.#changed()), this.#port.isLeader.subscribe(() => this.#leads())];
    this.#changed();
  }

  /** The kernel has not said yet what it is: what runs first is to find the recorder there. */
  get isAwaited(): boolean {
    return this.#port?.isLeader.get() === true && this.#isOpened && this.#facts === null;
  }

  heard(event: KernelEvent): void {
    if (this.#port === null) return;
    if (event.type === "opened") {
      this.#socket += 1;
      this.#isOpened = true;
      this.#isCaughtUp = false;
      this.#facts = null;
    } else if (event.type === "process_changed") {
      this.#facts = null;
    } else if (event.type === "caught_up") {
      this.#isCaughtUp = true;
    } else if (event.type === "message" && event.message.header.msg_type === "kernel_info_reply") {
      this.#met(factsIn(event.message.content));
    } else {
      return;
    }
    this.#changed();
  }

  /** Null: the kernel cannot say, or not all of it. */
  read(wish: ReadWish): Promise<RunRecording | null> {
    return this.#ask((asker) => readRun(asker, wish));
  }

  /** All that the kernel still has of it; null: it cannot say. */
  readRest(runId: RunId): Promise<RestOfRun | null> {
    return this.#ask((asker) => readRest(asker, runId));
  }

  async #ask<Found>(read: (asker: Asker) => Promise<Found | null>): Promise<Found | null> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const port = await this.#listening();
      if (port === null || (this.#facts !== null && !takesRecorder(this.#facts))) return null;
      const socket = this.#socket;
      const found = await read(this.#asker(port));
      if (found !== null || socket === this.#socket) return found;
    }
    return null;
  }

  #asker(port: KernelPort): Asker {
    return { port, session: this.#options.sessionId(), clock: this.#options.clock };
  }

  #met(facts: KernelFacts): void {
    const port = this.#port;
    if (this.#facts !== null || port === null) return;
    this.#facts = facts;
    // A kernel at work takes it after its cell, for the next one.
    if (takesRecorder(facts) && port.isLeader.get()) port.send(installRequest(this.#asker(port)));
    this.#options.onKnown();
  }

  /** The socket will be another one. */
  #leads(): void {
    this.#isCaughtUp = false;
    this.#changed();
  }

  /** The present kernel, once everything that it says is heard; null: there is none, or it does not answer. */
  #listening(): Promise<KernelPort | null> {
    const port = this.#port;
    let cancel: (() => void) | null = null;
    return new Promise((give) => {
      const finish = (found: KernelPort | null) => {
        this.#waiting.delete(look);
        cancel?.();
        give(found);
      };
      const look = () => {
        const phase = port?.state.get().phase ?? "ended";
        if (port !== this.#port || phase === "ended") finish(null);
        else if (phase !== "open") return;
        else if (this.#isCaughtUp) finish(port);
        else cancel ??= this.#options.clock.after(CATCH_UP_MS, () => finish(null));
      };
      this.#waiting.add(look);
      look();
    });
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look();
  }
}
