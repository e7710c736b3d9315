/**
 * Widgets of one open notebook: joins the store of models to the kernel, to the frames that show them, and to the runs
 * whose outputs keep their state.
 */

import type { RunId } from "../core/notebook.ts";
import { displayId, type Output, type OutputOp } from "../core/outputs.ts";
import { NO_STATE, rootOf, STATE_MIME, toSaved, VIEW_MIME } from "../core/widget-state.ts";
import type { RunEvent } from "../kernel/execute.ts";
import type { KernelEvent, KernelPort } from "../kernel/kernel-port.ts";
import { type Clock, newId, newMessage } from "../kernel/messages.ts";
import type { PlotLineWish, WidgetLineWish, WidgetPort } from "../outputs/rendered.ts";
import type { RunStore } from "../sync/run-store.ts";
import type { CommWish, WidgetStore } from "../widgets/store.ts";

type WidgetParts = typeof import("./widget-parts.ts");

export interface WidgetHostOptions {
  readonly runs: RunStore;
  readonly clock: Clock;
  readonly sessionId: () => string;
  /** State of widgets that came with the file. */
  readonly fileState: () => unknown;
}

/** A widget's state is written down once it has been still for so long, and at least so often while it moves. */
const STILL_MS = 2_000;
const SAVE_MS = 15_000;
/** Above this the state of one output is not kept. */
const MAX_SAVED_CHARACTERS = 8 * 1_048_576;

export class WidgetHost implements WidgetPort {
  readonly #options: WidgetHostOptions;
  #parts: Promise<WidgetParts> | null = null;
  #store: WidgetStore | null = null;
  #port: KernelPort | null = null;
  #wasOpened = false;
  #endState: () => void = () => {};
  readonly #assets = new Map<string, Promise<string | null>>();
  /** Models that changed since the last save. */
  readonly #changed = new Set<string>();
  #changedSince = 0;
  #cancelSave: () => void = () => {};

  constructor(options: WidgetHostOptions) {
    this.#options = options;
  }

  /** Another kernel, or none. Before its first message the store is there: its code came with what talks to Jupyter. */
  follow(port: KernelPort | null): void {
    this.#store?.kernelLost();
    this.#port = port;
    this.#wasOpened = false;
    this.#assets.clear();
    this.#endState();
    if (port === null) return;
    const look = () => {
      if (port.state.get().phase === "open") this.#store?.kernelCame(false);
    };
    this.#endState = port.state.subscribe(look);
    void this.#load().then(look);
  }

  /** The kernel's process ended; its successor knows none of the models. */
  lost(): void {
    this.#store?.kernelLost();
    this.#assets.clear();
  }

  /** Whether the event was a widget's affair alone. */
  heard(event: KernelEvent): boolean {
    if (event.type === "opened") {
      if (this.#wasOpened && !event.clean) this.#store?.kernelCame(true);
      this.#wasOpened = true;
    }
    if (event.type !== "message") return false;
    return this.#store?.heard(event.message) ?? false;
  }

  /** What a widget's code prints belongs to the run that shows the widget, or into an `Output` widget: then nothing is left. */
  sort(requestId: string, event: RunEvent): { readonly runId: RunId; readonly event: RunEvent | null } {
    if (event.type !== "ops" || this.#store === null) return { runId: requestId, event };
    const runId = this.#store.runOf(requestId) ?? requestId;
    const ops = this.#store.capture(requestId, event.ops, this.#options.runs.isWriter(runId));
    return { runId, event: ops.length === 0 ? null : { ...event, ops } };
  }

  close(): void {
    this.#endState();
    this.#cancelSave();
    this.#save();
  }

  // For frames

  async openLine(wish: WidgetLineWish) {
    const parts = await this.#load();
    const store = this.#storeOf(parts);
    const saved = wish.saved === null ? parts.fromSaved(this.#options.fileState()) : parts.fromSaved(wish.saved);
    return new parts.WidgetLine({ ...wish, store, saved });
  }

  async openPlot(wish: PlotLineWish) {
    const parts = await this.#load();
    return new parts.PlotLine({ ...wish, store: this.#storeOf(parts) });
  }

  #load(): Promise<WidgetParts> {
    this.#parts ??= import("./widget-parts.ts").then((parts) => {
      this.#storeOf(parts);
      return parts;
    });
    return this.#parts;
  }

  #storeOf(parts: WidgetParts): WidgetStore {
    if (this.#store === null) {
      const { clock } = this.#options;
      this.#store = new parts.WidgetStore({
        clock,
        newId: () => newId(clock.random),
        send: (wish) => this.#send(wish),
      });
      this.#store.onChange((modelId) => this.#modelChanged(modelId));
    }
    return this.#store;
  }

  #send({ type, commId, data, buffers = [], target, version }: CommWish): string | null {
    if (this.#port === null) return null;
    const { clock, sessionId } = this.#options;
    const msgId = newId(clock.random);
    const opening = target === undefined ? {} : { target_name: target };
    this.#port.send(
      newMessage({
        msgId,
        type,
        channel: "shell",
        session: sessionId(),
        now: clock.now(),
        content: { comm_id: commId, data, ...opening },
        buffers,
        ...(version === undefined ? {} : { metadata: { version } }),
      }),
    );
    return msgId;
  }

  // Modules of the kernel's environment

  /** Of the kernel that is bound; what it does not have is asked for again by the next frame. */
  readAsset(name: string): Promise<string | null> {
    const known = this.#assets.get(name);
    if (known !== undefined) return known;
    const asked = this.#askForAsset(name);
    this.#assets.set(name, asked);
    void asked.then((code) => {
      if (code === null && this.#assets.get(name) === asked) this.#assets.delete(name);
    });
    return asked;
  }

  async #askForAsset(name: string): Promise<string | null> {
    const [parts, port] = [await this.#load(), this.#port];
    const { clock, sessionId } = this.#options;
    return port === null ? null : await parts.readAsset({ port, session: sessionId(), clock }, name);
  }

  // What is kept

  #modelChanged(modelId: string): void {
    const { clock } = this.#options;
    if (this.#changed.size === 0) this.#changedSince = clock.now();
    this.#changed.add(modelId);
    this.#cancelSave();
    const waited = clock.now() - this.#changedSince;
    this.#cancelSave = clock.after(Math.max(0, Math.min(STILL_MS, SAVE_MS - waited)), () => this.#save());
  }

  /** Writes the state of what this tab's runs show into their outputs: there it is stored, shared, and left out as they are. */
  #save(): void {
    const store = this.#store;
    if (store === null) return;
    const changed = new Set(this.#changed);
    this.#changed.clear();
    const { runs } = this.#options;
    for (const run of runs.shown()) {
      if (!runs.isOwn(run)) continue;
      const ops = run.outputs.flatMap((output) => stateUpdate(output, store, changed) ?? []);
      // A page that was reloaded goes on where it left off; what another tab writes is that tab's affair.
      if (ops.length > 0) void runs.takeOver(run.run_id, false).then((isOurs) => isOurs && runs.ops(run.run_id, ops));
    }
  }
}

/** The operation that puts the present state beside a widget's view; null when nothing of it changed. */
function stateUpdate(output: Output, store: WidgetStore, changed: ReadonlySet<string>): OutputOp | null {
  const id = displayId(output);
  if (id === null || (output.output_type !== "display_data" && output.output_type !== "execute_result")) return null;
  const root = rootOf(output.data[VIEW_MIME]);
  const models = root === null || !store.has(root) ? [] : store.closure(root);
  if (!models.some((modelId) => changed.has(modelId))) return null;
  const state = toSaved(new Map(models.map((modelId) => [modelId, store.stateOf(modelId) ?? NO_STATE])));
  if (JSON.stringify(state).length > MAX_SAVED_CHARACTERS) return null;
  const { runhere: _, ...metadata } = output.metadata;
  return { op: "update_display", display_id: id, data: { ...output.data, [STATE_MIME]: state }, metadata };
}
