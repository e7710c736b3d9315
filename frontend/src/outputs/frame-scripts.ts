/**
 * Scripts that running code wants run in an output's frame (`eval_js`), and what they came to. One for each frame.
 *
 * The frame runs foreign code, so what it says is checked before it is believed to be JSON, and never runs in the page.
 */
import type { EvaluatedMessage, PageMessage } from "../core/frame-messages.ts";
import { text } from "../i18n/t.ts";

interface Waiting {
  readonly script: string;
  readonly give: (value: unknown) => void;
  readonly fail: (error: Error) => void;
  isSent: boolean;
}

export class FrameScripts {
  readonly #tell: (message: PageMessage) => void;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #isOpen = false;

  constructor(tell: (message: PageMessage) => void) {
    this.#tell = tell;
  }

  /** What the script comes to, as JSON can carry it. Rejects with the script's own words, or when the frame goes. */
  run(script: string): Promise<unknown> {
    return new Promise((give, fail) => {
      this.#last += 1;
      this.#waiting.set(this.#last, { script, give, fail, isSent: false });
      if (this.#isOpen) this.#send();
    });
  }

  /** A document has loaded. What the last one was given is lost with it: it is never run twice. */
  opened(): void {
    for (const [id, one] of this.#waiting) if (one.isSent) this.#settle(id, () => one.fail(gone()));
    this.#isOpen = true;
    this.#send();
  }

  evaluated({ id, json, error }: EvaluatedMessage): void {
    const one = this.#waiting.get(id);
    if (one === undefined) return;
    this.#settle(id, () => {
      if (error !== null) one.fail(new Error(error));
      else one.give(json === null ? null : JSON.parse(json));
    });
  }

  /** The frame is gone. */
  end(): void {
    this.#isOpen = false;
    for (const [id, one] of this.#waiting) this.#settle(id, () => one.fail(gone()));
  }

  #send(): void {
    for (const [id, one] of this.#waiting) {
      if (one.isSent) continue;
      one.isSent = true;
      this.#tell({ type: "evaluate", id, script: one.script });
    }
  }

  #settle(id: number, tell: () => void): void {
    const one = this.#waiting.get(id);
    this.#waiting.delete(id);
    try {
      tell();
    } catch {
      one?.fail(new Error(text("frames.notJson")));
    }
  }
}

function gone(): Error {
  return new Error(text("frames.scriptFrameGone"));
}
