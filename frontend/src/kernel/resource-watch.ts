/**
 * Follows what the bound runtime has and uses, as long as somebody looks: a companion's stream (all of its machine), or, on any other
 * server, what the kernel says of itself every few seconds on its control channel, also while it works.
 *
 *   waiting ──told──▶ live ──close, no answer──▶ cut ──told──▶ live
 *      │ │             └──can only be asked when no cell runs──▶ postponed ──told──▶ live
 *      │ └─────────────────────────────────────────────────────────┘
 *      └──── the kernel never answers ────▶ untold
 */
import { type Observable, Value } from "../core/observable.ts";
import { NOTHING_TOLD, type Reach, type Resources, type Snapshot, withSnapshot } from "../core/resources.ts";
import type { KernelPort } from "./kernel-port.ts";
import { type Clock, waitBefore } from "./messages.ts";
import { readSnapshot, readUsage } from "./resource-readings.ts";
import type { JupyterServer } from "./server.ts";
import type { SocketLike } from "./transport.ts";
import { type UsageAnswer, UsageQuestions } from "./usage-questions.ts";

export interface ResourceWatchOptions {
  readonly server: Observable<JupyterServer | null>;
  readonly port: Observable<KernelPort | null>;
  readonly kernelId: () => string | null;
  /** Whether the bound server says it is a companion: a stock server is not asked for what it cannot know. */
  readonly isCompanion: () => boolean;
  readonly sessionId: () => string;
  readonly clock: Clock;
  /** Calls back when the network may work again. Returns the end. */
  readonly onWake: (fn: () => void) => () => void;
}

export const RESOURCES_PROTOCOL = "runhere.resources.v1";
const STREAM_MS = 2_000;
const ASK_MS = 4_000;
const OPEN_MS = 15_000;
/** A kernel that left so many questions in a row without an answer, and never answered one, does not know them. */
const TRIES = 2;

export class ResourceWatch {
  readonly #options: ResourceWatchOptions;
  readonly #state = new Value<Resources>(NOTHING_TOLD);
  #watchers = 0;
  #end: () => void = () => {};

  constructor(options: ResourceWatchOptions) {
    this.#options = options;
  }

  get state(): Observable<Resources> {
    return this.#state;
  }

  /** Follows until the returned function is called (by everybody who called this). */
  watch(): () => void {
    this.#watchers += 1;
    if (this.#watchers === 1) this.#end = this.#follow();
    let isDone = false;
    return () => {
      if (isDone) return;
      isDone = true;
      this.#watchers -= 1;
      if (this.#watchers === 0) this.#end();
    };
  }

  /** Each bound server anew. */
  #follow(): () => void {
    let stop = () => {};
    const begin = () => {
      stop();
      this.#state.set(NOTHING_TOLD);
      const server = this.#options.server.get();
      stop = server === null ? () => {} : this.#followServer(server);
    };
    begin();
    const end = this.#options.server.subscribe(begin);
    return () => {
      end();
      stop();
    };
  }

  #followServer(server: JupyterServer): () => void {
    let isOver = false;
    let stop = () => {
      isOver = true;
    };
    if (!this.#options.isCompanion()) return this.#questions();
    void server.features().then((features) => {
      if (isOver) return;
      // A companion of an earlier version tells no more than Jupyter.
      stop = features.includes("resources") ? this.#stream(server) : this.#questions();
    });
    return () => stop();
  }

  // ── A companion ────────────────────────────────────────────────────────────────────────────────────────────────────

  #stream(server: JupyterServer): () => void {
    const { clock, onWake } = this.#options;
    let socket: SocketLike | null = null;
    let attempt = 0;
    let cancel = () => {};
    const drop = () => {
      cancel();
      const old = socket;
      socket = null;
      if (old === null) return;
      old.onmessage = null;
      old.onclose = null;
      old.close();
    };
    const closed = () => {
      drop();
      attempt += 1;
      this.#cut();
      cancel = clock.after(waitBefore(attempt + 1, clock.random), open);
    };
    const open = () => {
      drop();
      // The kernel's own line comes first: there the runtime shows that it is still the one that the token is for.
      if (!this.#isProven(attempt)) {
        cancel = clock.after(STREAM_MS, open);
        return;
      }
      const params = { interval_ms: String(STREAM_MS) };
      const made = server.transport.socket("api/runhere/resources/stream", params, [RESOURCES_PROTOCOL]);
      socket = made;
      made.onmessage = ({ data }) => {
        const snapshot = readSnapshot(data, clock.now());
        if (snapshot === null) return;
        attempt = 0;
        cancel();
        // A dead cable closes nothing.
        cancel = clock.after(OPEN_MS, closed);
        this.#told("machine", snapshot);
      };
      made.onerror = () => {};
      made.onclose = closed;
      cancel = clock.after(OPEN_MS, closed);
    };
    open();
    const endWake = onWake(() => {
      if (attempt > 0) open();
    });
    return () => {
      endWake();
      drop();
    };
  }

  #isProven(attempt: number): boolean {
    const port = this.#options.port.get();
    return port === null ? attempt === 0 : port.state.get().phase === "open";
  }

  // ── Any other server ───────────────────────────────────────────────────────────────────────────────────────────────

  #questions(): () => void {
    const { port } = this.#options;
    let end = () => {};
    const begin = () => {
      end();
      // Another kernel: other numbers, and perhaps one that answers.
      this.#state.set(NOTHING_TOLD);
      const now = port.get();
      end = now === null ? () => {} : this.#questionsTo(now);
    };
    begin();
    const endPort = port.subscribe(begin);
    return () => {
      endPort();
      end();
    };
  }

  /** At once when there is a line, before somebody's first cell runs; every few seconds; and when one that had to wait for a cell can be asked. */
  #questionsTo(port: KernelPort): () => void {
    const { clock, sessionId } = this.#options;
    const questions = new UsageQuestions({ port, sessionId, clock });
    let phase: "resting" | "asking" | "over" = "resting";
    let unanswered = 0;
    let cancel = () => {};
    const question = async () => {
      if (phase !== "resting" || port.state.get().phase !== "open") return;
      cancel();
      phase = "asking";
      const isTold = await questions.ask().then((answer) => phase === "asking" && this.#heard(answer));
      if (phase !== "asking") return;
      unanswered = isTold ? 0 : unanswered + 1;
      if (!isTold && this.#state.get().history.length > 0) this.#cut();
      else if (unanswered >= TRIES) {
        // No more questions: a kernel that does not know them would be asked for ever.
        this.#state.set({ ...NOTHING_TOLD, phase: "untold" });
        return;
      }
      phase = "resting";
      cancel = clock.after(ASK_MS, () => void question());
    };
    const endState = port.state.subscribe(() => void question());
    const endStatus = port.status.subscribe(() => {
      if (port.status.get() === "idle" && this.#state.get().phase === "postponed") void question();
    });
    void question();
    return () => {
      phase = "over";
      cancel();
      endState();
      endStatus();
      questions.close();
    };
  }

  /** False when the kernel said nothing of use. */
  #heard(answer: UsageAnswer): boolean {
    const { clock, kernelId } = this.#options;
    if (answer.is === "at_work") {
      this.#state.set({ ...this.#state.get(), phase: "postponed" });
      return true;
    }
    const snapshot = answer.is === "told" ? readUsage(answer.content, kernelId() ?? "", clock.now()) : null;
    if (snapshot !== null) this.#told("kernel", snapshot);
    return snapshot !== null;
  }

  #told(reach: Reach, snapshot: Snapshot): void {
    this.#state.set(withSnapshot(this.#state.get(), reach, snapshot));
  }

  #cut(): void {
    const state = this.#state.get();
    if (state.phase === "live" || state.phase === "postponed") this.#state.set({ ...state, phase: "cut" });
  }
}
