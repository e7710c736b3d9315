/** The question that running code asks (`input()`, `getpass()`): shown, kept over a reload, answered once. */
import type { CellId } from "../core/cell.ts";
import type { RunId } from "../core/notebook.ts";
import type { Observable, Value } from "../core/observable.ts";
import type { OutputOp } from "../core/outputs.ts";
import { inputReply, type RunEvent } from "../kernel/execute.ts";
import { type Clock, newId } from "../kernel/messages.ts";
import type { KernelMessage, OutgoingMessage } from "../kernel/wire.ts";
import type { InputWish, SentRuns } from "./sent-runs.ts";

export interface StdinRequest {
  readonly cellId: CellId;
  readonly runId: RunId;
  readonly prompt: string;
  readonly password: boolean;
}

export interface Asker {
  readonly runId: RunId;
  readonly cellId: CellId;
}

export class RunQuestions {
  readonly #sent: SentRuns;
  readonly #clock: Clock;
  readonly #request: Value<StdinRequest | null>;
  #header: KernelMessage["header"] | null = null;

  constructor(sent: SentRuns, clock: Clock, request: Value<StdinRequest | null>) {
    this.#sent = sent;
    this.#clock = clock;
    this.#request = request;
  }

  /** The question that waits for the person; null: none. */
  get request(): Observable<StdinRequest | null> {
    return this.#request;
  }

  asked({ runId, cellId }: Asker, { prompt, password, request }: Extract<RunEvent, { type: "input" }>): void {
    const wish = { prompt, password, header: request.header };
    this.#sent.asks(runId, wish);
    this.askAgain({ runId, cellId }, wish);
  }

  /** A question that an earlier page was asked. */
  askAgain({ runId, cellId }: Asker, { prompt, password, header }: InputWish): void {
    this.#header = header;
    this.#request.set({ cellId, runId, prompt, password });
  }

  /** The run is over, or every run is (null). */
  ended(runId: RunId | null): void {
    const request = this.#request.get();
    if (request === null || (runId !== null && request.runId !== runId)) return;
    this.#header = null;
    this.#request.set(null);
  }

  /** The message that answers, and what the cell shows of it, as on a terminal; null when nothing is asked. A password is not shown. */
  answer(
    text: string,
    session: string,
  ): { readonly runId: RunId; readonly message: OutgoingMessage; readonly shown: OutputOp } | null {
    const request = this.#request.get();
    const header = this.#header;
    if (request === null || header === null) return null;
    const { runId, prompt, password } = request;
    this.ended(runId);
    this.#sent.asks(runId, null);
    const msgId = newId(this.#clock.random);
    const message = inputReply({ header, value: text, msgId, session, now: this.#clock.now() });
    const echo = password ? "\n" : `${text}\n`;
    const shown: OutputOp = {
      op: "output",
      output: { output_type: "stream", name: "stdout", text: prompt + echo },
    };
    return { runId, message, shown };
  }
}
