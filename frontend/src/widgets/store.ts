/**
 * The widget models of one notebook, as the kernel and the frames told them. Frames come late, go and come back, and share
 * nothing: here is what each of them is given, and through here each hears what another did.
 *
 *   kernel ──comm_open, update, custom──▶ model ──▶ every frame that holds it
 *   frame  ──update, custom─────────────▶ model ──▶ kernel and the other frames
 *
 * The kernel echoes updates. The echo of what was said here goes to the frame that said it and to nobody else: the others
 * heard it at once, and would go back in time.
 */

import { type FrameModel, readWidgetData, type WidgetData } from "../core/frame-messages.ts";
import type { Json } from "../core/json.ts";
import type { OutputOp } from "../core/outputs.ts";
import { type JsonRecord, mergedState, modelsIn, NO_STATE, reachable, type WidgetState } from "../core/widget-state.ts";
import type { Clock } from "../kernel/messages.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import { followers, linkIn, type WidgetLink } from "./links.ts";
import type { WidgetListener } from "./listener.ts";
import { OutputModels } from "./output-model.ts";
import { PlotLines } from "./plot-lines.ts";
import { type Sender, SentMessages } from "./sent.ts";
import {
  bytesOf,
  dataOf,
  frameModelOf,
  isOutput,
  keysOf,
  pathsIn,
  pathsOf,
  recordIn,
  statesIn,
  textOf,
  told,
  updateOf,
  viewsIn,
} from "./told.ts";
import { isSame, pick, Unanswered } from "./unanswered.ts";

/** What a comm message to the kernel carries. */
export interface CommWish {
  readonly type: "comm_open" | "comm_msg" | "comm_close";
  readonly commId: string;
  readonly data: JsonRecord;
  readonly buffers?: readonly Uint8Array[];
  /** Of `comm_open`. */
  readonly target?: string;
  readonly version?: string;
}

export interface WidgetStoreOptions {
  /** Sends to the kernel and gives the message's id; null when there is no kernel. */
  readonly send: (wish: CommWish) => string | null;
  readonly newId: () => string;
  readonly clock: Pick<Clock, "after">;
}

interface Model {
  held: WidgetState;
  isLive: boolean;
  /** Request whose code opened it; null when it was asked for later. */
  readonly openedBy: string | null;
  /** Models that the *kernel* said it names, by key: a frame cannot widen its own reach. */
  readonly named: Map<string, ReadonlySet<string>>;
}

const TARGET = "jupyter.widget";
const CONTROL_TARGET = "jupyter.widget.control";
const CONTROL_VERSION = "1.0.0";
export const PROTOCOL_VERSION = "2.1.0";
const OUTPUT_MS = 40;
/** A page that opens shows its outputs before it has found its runtime. */
const KERNEL_MS = 12_000;

export class WidgetStore {
  readonly #options: WidgetStoreOptions;
  readonly #models = new Map<string, Model>();
  readonly #links = new Map<string, WidgetLink>();
  readonly #outputs = new OutputModels();
  readonly #listeners = new Set<WidgetListener>();
  readonly #changeListeners = new Set<(modelId: string) => void>();
  readonly #sent = new SentMessages();
  readonly #unanswered = new Unanswered();
  /** Messages whose answers may have been lost, until the kernel says what it has. */
  #inDoubt: string[] = [];
  readonly plots: PlotLines;
  /** Output models to be told, and whether the kernel is told by this tab. */
  readonly #dirtyOutputs = new Map<string, boolean>();
  /** The question for all models, while it waits for its answer. */
  #control: string | null = null;
  #wasAsked = false;

  constructor(options: WidgetStoreOptions) {
    this.#options = options;
    this.plots = new PlotLines({
      send: (wish, line) => {
        const msgId = this.#send(wish, line && { listener: line, id: 0 });
        if (msgId !== null && wish.type === "comm_msg") this.#unanswered.said(msgId, wish.commId, null);
        return msgId;
      },
      newId: options.newId,
    });
  }

  // ── From the kernel ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether the message was a widget's affair and nobody else's. */
  heard(message: KernelMessage): boolean {
    const { content } = message;
    const parent = message.parent_header.msg_id ?? "";
    if (this.plots.heard(message)) return true;
    switch (message.header.msg_type) {
      case "comm_open":
        this.#opened(content, message.buffers, parent);
        return true;
      case "comm_msg":
        this.#commMessage(content, message.buffers, parent);
        return true;
      case "comm_close":
        this.#closed(textOf(content["comm_id"]));
        return true;
      case "status":
        return this.#status(parent, content["execution_state"]);
      default:
        return false;
    }
  }

  /**
   * Takes what a request printed, where it belongs to an `Output` widget. `isOurs`: this tab tells the kernel about it.
   *
   * @returns the operations that are left for the cell.
   */
  capture(requestId: string, ops: readonly OutputOp[], isOurs: boolean): readonly OutputOp[] {
    const updates = ops.filter((op) => op.op === "update_display");
    for (const op of updates) for (const modelId of this.#outputs.updated(op)) this.#outputChanged(modelId, isOurs);
    const modelId = this.#outputs.modelFor(requestId);
    if (modelId === null) return ops;
    this.#outputs.fold(
      modelId,
      ops.filter((op) => op.op !== "update_display"),
    );
    this.#outputChanged(modelId, isOurs);
    return updates;
  }

  /** The run whose frame sent this request; null when none did. */
  runOf(requestId: string): string | null {
    return this.#sent.runOf(requestId);
  }

  /** The kernel's process is gone, or another one is bound: what is here is a picture of the past. */
  kernelLost(): void {
    for (const model of this.#models.values()) model.isLive = false;
    this.#sent.end();
    this.#unanswered.forget();
    this.#inDoubt = [];
    this.plots.lost();
    this.#control = null;
    this.#wasAsked = false;
  }

  /** A kernel is there (again): frames that wait for their models may ask. `again`: messages may have been missed. */
  kernelCame(again: boolean): void {
    this.#wasAsked = false;
    if (again) {
      this.#control = null;
      this.#inDoubt = this.#unanswered.messages();
      if (this.#models.size === 0 || !this.askKernel()) this.#endDoubt();
    }
    this.#tellChanged();
  }

  /** Asks the kernel for all of its models, once; the answer is told to every listener by `changed`. */
  askKernel(): boolean {
    if (this.#control !== null || this.#wasAsked) return this.#control !== null;
    const commId = this.#options.newId();
    const opened = this.#options.send({
      type: "comm_open",
      commId,
      target: CONTROL_TARGET,
      version: CONTROL_VERSION,
      data: {},
    });
    if (opened === null) return false;
    this.#wasAsked = true;
    this.#control = commId;
    this.#options.send({ type: "comm_msg", commId, data: { method: "request_states" } });
    return true;
  }

  /** Calls `fn` when a kernel that was to come has had its time. */
  waitForKernel(fn: () => void): () => void {
    return this.#options.clock.after(KERNEL_MS, fn);
  }

  // ── For frames ─────────────────────────────────────────────────────────────────────────────────────────────────────

  listen(listener: WidgetListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      this.#sent.forgetListener(listener);
    };
  }

  /** Calls `fn` after something in a model changed. */
  onChange(fn: (modelId: string) => void): () => void {
    this.#changeListeners.add(fn);
    return () => {
      this.#changeListeners.delete(fn);
    };
  }

  has(modelId: string): boolean {
    return this.#models.has(modelId);
  }

  isLive(modelId: string): boolean {
    return this.#models.get(modelId)?.isLive ?? false;
  }

  /** The model and all that the kernel said it needs. */
  closure(root: string): readonly string[] {
    return reachable(root, (id) => {
      const model = this.#models.get(id);
      return model ? [...model.named.values()].flatMap((ids) => [...ids]) : null;
    });
  }

  /** Models that this request's code opened. */
  openedBy(requestId: string): readonly string[] {
    return [...this.#models].flatMap(([id, { openedBy }]) => (openedBy === requestId ? [id] : []));
  }

  stateOf(modelId: string): WidgetState | null {
    return this.#models.get(modelId)?.held ?? null;
  }

  frameModel(modelId: string): FrameModel | null {
    const model = this.#models.get(modelId);
    return model ? { ...frameModelOf(modelId, model.held), is_live: model.isLive } : null;
  }

  /** A frame says something to a model that it may reach. @returns whether a kernel got it. */
  say(
    listener: WidgetListener,
    id: number,
    modelId: string,
    data: WidgetData,
    buffers: readonly Uint8Array[],
  ): boolean {
    const model = this.#models.get(modelId);
    if (!model?.isLive) return false;
    const sent = this.#say(modelId, data, buffers, { listener, id });
    if (data.method === "update") {
      model.held = mergedState(model.held, told(data, buffers));
      this.#tell(modelId, data, buffers, listener);
      this.#follow(modelId, keysOf(data));
    }
    return sent;
  }

  /** A frame makes a model of its own. */
  create(listener: WidgetListener, id: number, modelId: string, state: WidgetState): boolean {
    if (this.#models.has(modelId)) return false;
    const { buffer_paths, buffers } = frameModelOf(modelId, state);
    const wish: CommWish = {
      type: "comm_open",
      commId: modelId,
      target: TARGET,
      version: PROTOCOL_VERSION,
      data: { state: state.state, buffer_paths: buffer_paths as unknown as Json },
      buffers,
    };
    if (this.#send(wish, { listener, id }) === null) return false;
    this.#models.set(modelId, { held: state, isLive: true, openedBy: null, named: new Map() });
    return true;
  }

  /** A frame ends a model. */
  end(listener: WidgetListener, id: number, modelId: string): void {
    if (!this.#models.has(modelId)) return;
    this.#send({ type: "comm_close", commId: modelId, data: {} }, { listener, id });
    this.#closed(modelId);
  }

  /** Answers may be lost: no frame waits for them any longer, and what cannot be said again is told to the person. */
  #endDoubt(): void {
    for (const msgId of this.#inDoubt.splice(0)) {
      const isLost = this.#unanswered.answered(msgId);
      if (isLost?.before === null) this.#sent.senderOf(msgId)?.listener.unsure();
      if (isLost) this.#sent.done(msgId);
    }
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #opened(content: KernelMessage["content"], buffers: readonly Uint8Array[], parent: string): void {
    const modelId = textOf(content["comm_id"]);
    const data = dataOf(content);
    if (content["target_name"] !== TARGET || modelId === "" || data === null) return;
    const held = told({ state: recordIn(data["state"]), buffer_paths: pathsIn(data) }, buffers);
    this.#put(modelId, held, parent);
    this.#tellChanged();
  }

  #put(modelId: string, held: WidgetState, openedBy: string | null): void {
    const model: Model = { held: mergedState(NO_STATE, held), isLive: true, openedBy, named: new Map() };
    this.#models.set(modelId, model);
    this.#name(model, held.state);
    this.#outputsTold(model, modelId, held.state);
    const link = linkIn(held.state);
    if (link === null) return;
    this.#links.set(modelId, link);
    this.#follow(link.source.modelId, new Set([link.source.key]));
  }

  #name(model: Model, state: JsonRecord): void {
    for (const [key, value] of Object.entries(state)) {
      const named = modelsIn(value);
      if (named.size > 0) model.named.set(key, named);
      else model.named.delete(key);
    }
  }

  #commMessage(content: KernelMessage["content"], buffers: readonly Uint8Array[], parent: string): void {
    const modelId = textOf(content["comm_id"]);
    if (modelId === this.#control) {
      this.#answered(dataOf(content), buffers);
      return;
    }
    const model = this.#models.get(modelId);
    // The kernel may say as much as it likes: it is the person's own.
    const data = readWidgetData(content["data"], buffers.length, () => true);
    if (model === undefined || data === null || data.method === "request_state") return;
    if (data.method === "echo_update" && this.#sent.isOurs(parent)) {
      const from = this.#sent.senderOf(parent);
      from?.listener.told(modelId, data, buffers, from.id);
      const last = Object.entries(data.state).filter(
        ([key, value]) => !isSame(model.held.state[key], value) && !this.#unanswered.isSaidAfter(parent, modelId, key),
      );
      if (last.length > 0) this.#agree(modelId, model, Object.fromEntries(last), from?.listener ?? null);
      return;
    }
    if (data.method !== "custom") {
      model.held = mergedState(model.held, told(data, buffers));
      if (data.method === "update") this.#name(model, data.state);
      this.#outputsTold(model, modelId, data.state);
    }
    this.#tell(modelId, data, buffers, null);
    if (data.method !== "custom") this.#follow(modelId, keysOf(data));
  }

  /** What the kernel made of our word, where it said something else before it heard it: that is what all show, then. */
  #agree(modelId: string, model: Model, state: JsonRecord, sender: WidgetListener | null): void {
    model.held = mergedState(model.held, { state, buffers: [] });
    this.#tell(modelId, updateOf(state), [], sender);
    this.#follow(modelId, new Set(Object.keys(state)));
  }

  #outputsTold(model: Model, modelId: string, keys: JsonRecord): void {
    if (!isOutput(model.held.state)) return;
    this.#outputs.told(modelId, keys);
    if (Object.hasOwn(keys, "outputs")) this.#name(model, viewsIn(this.#outputs.outputsOf(modelId)));
  }

  #answered(data: JsonRecord | null, buffers: readonly Uint8Array[]): void {
    const states = statesIn(data, buffers);
    if (states === null) return;
    const again: { readonly modelId: string; readonly missing: JsonRecord; readonly kernels: JsonRecord }[] = [];
    for (const [modelId, { state: kernels, buffers: pieces }] of states) {
      const known = this.#models.get(modelId);
      const missing = this.#unanswered.missing(modelId, known?.held.state ?? {}, kernels);
      const held = { state: { ...kernels, ...missing }, buffers: pieces };
      this.#put(modelId, held, known?.openedBy ?? null);
      // Where messages were missed, frames that hold it are brought up to date, and the kernel.
      this.#tell(modelId, { method: "update", ...pathsOf(held) }, bytesOf(held), null);
      if (Object.keys(missing).length > 0) again.push({ modelId, missing, kernels });
    }
    // Before the frames go on: what they say next is later.
    if (this.#inDoubt.length > 0)
      for (const { modelId, missing, kernels } of again) this.#say(modelId, updateOf(missing), [], null, kernels);
    this.#endQuestion();
  }

  #endQuestion(): void {
    if (this.#control !== null) this.#options.send({ type: "comm_close", commId: this.#control, data: {} });
    this.#control = null;
    this.#endDoubt();
    this.#tellChanged();
  }

  #closed(modelId: string): void {
    // A kernel without ipywidgets refuses the question so.
    if (modelId === this.#control) {
      this.#control = null;
      this.#endDoubt();
      this.#tellChanged();
      return;
    }
    const model = this.#models.get(modelId);
    if (model === undefined) return;
    model.isLive = false;
    this.#links.delete(modelId);
    this.#outputs.forget(modelId);
    this.#models.delete(modelId);
    for (const listener of this.#listeners) if (listener.holds(modelId)) listener.closed(modelId);
  }

  #status(parent: string, state: unknown): boolean {
    if (!this.#sent.has(parent)) return false;
    if (state !== "idle") return true;
    this.#unanswered.answered(parent);
    this.#sent.done(parent);
    return true;
  }

  /** What one end of a link shows, the other shows, too. */
  #follow(modelId: string, keys: ReadonlySet<string>): void {
    for (const { key, to } of followers(this.#links.values(), modelId, keys)) {
      const value = this.#models.get(modelId)?.held.state[key];
      const other = this.#models.get(to.modelId);
      if (value === undefined || other === undefined) continue;
      if (JSON.stringify(other.held.state[to.key]) === JSON.stringify(value)) continue;
      this.#setHere(to.modelId, { [to.key]: value }, true);
    }
    for (const fn of this.#changeListeners) fn(modelId);
  }

  /** The page itself changes a model, and says so to all. */
  #setHere(modelId: string, state: JsonRecord, tellsKernel: boolean): void {
    const model = this.#models.get(modelId);
    if (model === undefined) return;
    const data = updateOf(state);
    if (tellsKernel && model.isLive) this.#say(modelId, data, [], null);
    model.held = mergedState(model.held, { state, buffers: [] });
    this.#tell(modelId, data, [], null);
    this.#follow(modelId, new Set(Object.keys(state)));
  }

  #outputChanged(modelId: string, isOurs: boolean): void {
    if (this.#dirtyOutputs.size === 0) this.#options.clock.after(OUTPUT_MS, () => this.#flushOutputs());
    this.#dirtyOutputs.set(modelId, isOurs || this.#dirtyOutputs.get(modelId) === true);
  }

  /** Not for each line that is printed: the kernel is told all outputs each time. */
  #flushOutputs(): void {
    const dirty = [...this.#dirtyOutputs];
    this.#dirtyOutputs.clear();
    // Outputs are JSON: they came in a message.
    for (const [modelId, isOurs] of dirty) {
      const state = { outputs: this.#outputs.outputsOf(modelId) as unknown as Json };
      const model = this.#models.get(modelId);
      if (model) this.#name(model, viewsIn(this.#outputs.outputsOf(modelId)));
      this.#setHere(modelId, state, isOurs);
    }
  }

  /** Before the model is changed: `before` is what the kernel has until it hears this. @returns whether a kernel will. */
  #say(
    modelId: string,
    data: WidgetData,
    buffers: readonly Uint8Array[],
    from: Sender | null,
    before: JsonRecord = this.#models.get(modelId)?.held.state ?? {},
  ): boolean {
    const msgId = this.#send({ type: "comm_msg", commId: modelId, data: { ...data }, buffers }, from);
    if (msgId !== null)
      this.#unanswered.said(msgId, modelId, data.method === "update" ? pick(before, data.state) : null);
    return msgId !== null;
  }

  #send(wish: CommWish, from: Sender | null): string | null {
    const msgId = this.#options.send(wish);
    if (msgId === null) {
      from?.listener.sent(from.id);
      return null;
    }
    this.#sent.add(msgId, from);
    return msgId;
  }

  #tell(modelId: string, data: WidgetData, buffers: readonly Uint8Array[], except: WidgetListener | null): void {
    for (const listener of this.#listeners) {
      if (listener !== except && listener.holds(modelId)) listener.told(modelId, data, buffers, null);
    }
  }

  #tellChanged(): void {
    for (const listener of [...this.#listeners]) listener.changed();
  }
}
