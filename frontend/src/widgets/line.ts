/**
 * One frame's line to the models: what it may see and say. It reaches the model that its output shows and what the kernel
 * said that one needs, models that its own run's code opened, and models that it made itself. Nothing else, whatever it asks.
 */
import type { PageMessage, WidgetData, WidgetFrameMessage } from "../core/frame-messages.ts";
import type { WidgetState } from "../core/widget-state.ts";
import { modelsIn, reachable } from "../core/widget-state.ts";
import type { WidgetListener } from "./listener.ts";
import type { WidgetStore } from "./store.ts";
import { frameModelOf } from "./told.ts";

type Word = Extract<WidgetFrameMessage, { type: "comm_msg" }>;

/** As much as a person does to a widget while a kernel is asked for it; a kernel that computes answers late. */
const MOST_EARLY = 1_000;

export interface LineOptions {
  readonly store: WidgetStore;
  /** Model that the output shows. */
  readonly root: string;
  readonly runId: string;
  /** Whether this output may reach the kernel at all: it is of a run of this person. */
  readonly isOwn: boolean;
  /** State that came with the output or the notebook, for when no kernel has the model. */
  readonly saved: ReadonlyMap<string, WidgetState>;
  readonly tell: (message: PageMessage) => void;
  /** The person acts on a widget that no kernel listens to. */
  readonly onDeaf: () => void;
  /** What the person did may not have reached the kernel. */
  readonly onUnsure: () => void;
  /** A kernel has the model now that was shown from its saved state: the frame must begin again. */
  readonly onRevived: () => void;
}

export class WidgetLine implements WidgetListener {
  readonly runId: string;
  readonly #options: LineOptions;
  readonly #held = new Set<string>();
  readonly #made = new Set<string>();
  readonly #endListening: () => void;
  #endWaiting: (() => void) | null = null;
  /** What the person did to a saved widget while the kernel was being asked whether it has it. */
  #early: Word[] = [];
  /** `waiting`: nobody has the model, and the kernel was asked. */
  #from: "waiting" | "kernel" | "file" | "nowhere" = "waiting";

  constructor(options: LineOptions) {
    this.#options = options;
    this.runId = options.runId;
    this.#endListening = options.store.listen(this);
    this.#look();
  }

  close(): void {
    this.#endWaiting?.();
    this.#endListening();
  }

  /** A message of the frame, already checked for its shape. */
  receive(message: WidgetFrameMessage): void {
    switch (message.type) {
      case "want_model":
        this.#give(message.model_id);
        return;
      case "comm_msg":
        this.#say(message);
        return;
      case "comm_open":
        this.#create(message);
        return;
      case "comm_close":
        if (this.#made.has(message.comm_id)) this.#options.store.end(this, message.id, message.comm_id);
    }
  }

  // The store's news

  holds(modelId: string): boolean {
    return this.#from === "kernel" && this.#held.has(modelId);
  }

  told(modelId: string, data: WidgetData, buffers: readonly Uint8Array[], answers: number | null): void {
    this.#options.tell({ type: "comm", comm_id: modelId, data, buffers, answers });
  }

  closed(modelId: string): void {
    this.#held.delete(modelId);
    this.#options.tell({ type: "comm_close", comm_id: modelId });
  }

  sent(id: number): void {
    this.#options.tell({ type: "sent", id });
  }

  unsure(): void {
    this.#options.onUnsure();
  }

  changed(): void {
    const { store, root, isOwn, onDeaf, onRevived } = this.#options;
    if (this.#from === "waiting") this.#look();
    else if (isOwn && (this.#from === "file" || this.#from === "nowhere") && store.isLive(root)) {
      this.#from = "kernel";
      // Before the frame begins again: it is to begin with what the person made of it.
      for (const word of this.#early.splice(0)) this.#say(word);
      onRevived();
    } else if (isOwn && this.#from === "file" && !store.askKernel()) {
      if (this.#early.splice(0).length > 0) onDeaf();
    }
  }

  // Inside

  #look(): void {
    const { store, root, isOwn, saved } = this.#options;
    if (isOwn && store.has(root)) {
      this.#from = "kernel";
      this.#tellModels(store.closure(root));
      return;
    }
    const asks = isOwn && store.askKernel();
    if (saved.has(root)) {
      this.#from = "file";
      this.#tellModels(reachable(root, (id) => referredBy(saved.get(id))));
    } else if (!isOwn) this.#giveUp();
    else if (!asks) this.#endWaiting ??= store.waitForKernel(() => this.#giveUp());
  }

  #giveUp(): void {
    if (this.#from !== "waiting") return;
    this.#from = "nowhere";
    this.#options.tell({ type: "no_model", model_id: this.#options.root });
  }

  #tellModels(ids: readonly string[]): void {
    const { store, saved, tell } = this.#options;
    const news = ids.filter((id) => !this.#held.has(id));
    for (const id of news) this.#held.add(id);
    const models = news.flatMap((id) => {
      const held = saved.get(id);
      const model = this.#from === "kernel" ? store.frameModel(id) : held && frameModelOf(id, held);
      return model ? [model] : [];
    });
    tell({ type: "models", models });
  }

  #give(modelId: string): void {
    // The frame asks before there is an answer; it comes with the others.
    if (this.#from === "waiting" && modelId === this.#options.root) return;
    if (this.#mayReach(modelId)) {
      this.#held.delete(modelId);
      this.#tellModels(this.#from === "kernel" ? this.#options.store.closure(modelId) : [modelId]);
    } else this.#options.tell({ type: "no_model", model_id: modelId });
  }

  #mayReach(modelId: string): boolean {
    const { store, root, runId, saved } = this.#options;
    if (this.#from === "file") return saved.has(modelId);
    if (this.#from !== "kernel" || !store.has(modelId)) return false;
    return this.#made.has(modelId) || store.closure(root).includes(modelId) || store.openedBy(runId).includes(modelId);
  }

  #say(word: Word): void {
    const { id, comm_id: modelId, data, buffers } = word;
    const isHeard =
      this.#from === "kernel" && this.#mayReach(modelId) && this.#options.store.say(this, id, modelId, data, buffers);
    if (isHeard) return;
    // Else the frame keeps back what the person does next.
    this.sent(id);
    if (this.#isAsked() && this.#early.length < MOST_EARLY) this.#early.push(word);
    else this.#options.onDeaf();
  }

  /** Whether a kernel may yet say that it has what is shown from its saved state. */
  #isAsked(): boolean {
    return this.#options.isOwn && this.#from === "file" && this.#options.store.askKernel();
  }

  #create(message: Extract<WidgetFrameMessage, { type: "comm_open" }>): void {
    const { id, comm_id: modelId, state, buffer_paths, buffers } = message;
    const pieces = buffer_paths.flatMap((path, index) => {
      const bytes = buffers[index];
      return bytes ? [{ path, bytes }] : [];
    });
    const isMade = this.#from === "kernel" && this.#options.store.create(this, id, modelId, { state, buffers: pieces });
    if (isMade) {
      this.#made.add(modelId);
      this.#held.add(modelId);
    } else this.sent(id);
  }
}

function referredBy(held: WidgetState | undefined): Iterable<string> | null {
  return held ? modelsIn(held.state) : null;
}
