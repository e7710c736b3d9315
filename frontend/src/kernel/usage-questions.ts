/**
 * What one kernel of a plain server says of its own use, also while it works on a cell, and without the server's taking it for idle then:
 * a server that does drops a message at the next reconnect, and may end a kernel that computes with nobody there (ADR 52).
 */
import { type Asker, ask, type KernelFacts, kernelFacts } from "./ask.ts";
import { askDebugger, debugDisplay } from "./dap.ts";
import type { KernelPort } from "./kernel-port.ts";
import type { Clock } from "./messages.ts";
import { executeSilently } from "./silently.ts";
import { INSTALL_USAGE, USAGE_HELPER, USAGE_MIME } from "./usage-python.ts";

export interface UsageQuestionsOptions {
  readonly port: KernelPort;
  readonly sessionId: () => string;
  readonly clock: Clock;
}

type Fields = Readonly<Record<string, unknown>>;

export type UsageAnswer =
  | { readonly is: "told"; readonly content: Fields }
  /** It can only be asked when no cell runs. */
  | { readonly is: "at_work" }
  | { readonly is: "unanswered" };

const ANSWER_MS = 8_000;

export class UsageQuestions {
  readonly #options: UsageQuestionsOptions;
  readonly #end: () => void;
  #facts: KernelFacts | null = null;
  /** The kernel cannot take the helper. */
  #isRefused = false;

  constructor(options: UsageQuestionsOptions) {
    this.#options = options;
    this.#end = options.port.listen(({ type }) => {
      if (type !== "process_changed") return;
      this.#facts = null;
      this.#isRefused = false;
    });
  }

  close(): void {
    this.#end();
  }

  async ask(): Promise<UsageAnswer> {
    const asker: Asker = { ...this.#options, session: this.#options.sessionId() };
    this.#facts ??= await kernelFacts(asker);
    if (this.#facts === null) return { is: "unanswered" };
    const told = this.#takesHelper(this.#facts) ? await this.#byHelper(asker) : null;
    if (told !== null) return { is: "told", content: told };
    if (!this.#isIdle()) return { is: "at_work" };
    const wish = { channel: "control", type: "usage_request", content: {}, withinMs: ANSWER_MS } as const;
    const reply = await ask(asker, wish);
    return reply === null ? { is: "unanswered" } : { is: "told", content: reply.content };
  }

  #takesHelper({ language, hasDebugger }: KernelFacts): boolean {
    return language === "python" && hasDebugger && !this.#isRefused;
  }

  /** Puts the helper into the kernel where it is not there yet, and can be put there without waiting for a cell. */
  async #byHelper(asker: Asker): Promise<Fields | null> {
    // While the debugger holds a cell the question would go into its session.
    if (!this.#isIdle() && (await isHeld(asker))) return null;
    const told = await displayedUse(asker);
    if (told !== null || !this.#isIdle()) return told;
    const reply = await executeSilently(asker, { code: INSTALL_USAGE, expressions: {}, withinMs: ANSWER_MS });
    if (reply === null) return null;
    const again = reply["status"] === "ok" ? await displayedUse(asker) : null;
    this.#isRefused = again === null;
    return again;
  }

  #isIdle(): boolean {
    return this.#options.port.status.get() === "idle";
  }
}

/** Also where the kernel does not say. */
async function isHeld(asker: Asker): Promise<boolean> {
  const info = await askDebugger(asker, { command: "debugInfo" });
  const threads = fields(info?.body)["stoppedThreads"];
  return !Array.isArray(threads) || threads.length > 0;
}

async function displayedUse(asker: Asker): Promise<Fields | null> {
  const shown = await debugDisplay(asker, USAGE_HELPER, 0);
  const told = fields(fields(shown?.body)["data"])[USAGE_MIME];
  return told === undefined ? null : fields(told);
}

function fields(value: unknown): Fields {
  // Known to be an object by the test beside it.
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
