/**
 * Plots whose controls speak to code of the kernel without being widgets (Panel's, and with it HoloViews' `HoloMap`). The
 * code names two channels in what it displays: the plot opens one to the kernel, and the kernel one to the plot.
 *
 *   frame ──plot_open target A──▶ comm_open A ──▶ kernel ──comm_open B──▶ every frame whose output names B
 *   frame ──plot_say────────────▶ comm_msg    ──▶ kernel ──comm_msg─────▶ them; its acknowledgement, the frame that spoke
 *
 * A frame reaches the targets that its own output names, and no comm that another frame or a widget has.
 */
import { isPlotTarget, type PageMessage, type PlotMessage, type PlotNews } from "../core/frame-messages.ts";
import type { JsonRecord } from "../core/widget-state.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import type { WidgetListener } from "./listener.ts";
import { textOf } from "./told.ts";

export interface PlotLineOptions {
  readonly store: { readonly plots: PlotLines };
  /** Text of the output, as the kernel displayed it. */
  readonly shown: string;
  readonly runId: string;
  /** Whether this output may reach the kernel at all: it is of a run of this person. */
  readonly isOwn: boolean;
  readonly tell: (message: PageMessage) => void;
  /** The person acts on a plot that no kernel listens to. */
  readonly onDeaf: () => void;
  /** What the person did may not have reached the kernel. */
  readonly onUnsure: () => void;
}

/** One document's channels. */
export class PlotLine implements WidgetListener {
  readonly runId: string;
  readonly #options: PlotLineOptions;
  /** What the frame wants to speak to, by its own numbers; the kernel may come later than the plot. */
  readonly #targets = new Map<number, string>();
  /** The kernel's names of these. */
  readonly #commIds = new Map<number, string>();
  /** Whether the kernel said nothing since the frame spoke. */
  #isUnheard = false;
  readonly #leave: () => void;

  constructor(options: PlotLineOptions) {
    this.#options = options;
    this.runId = options.runId;
    this.#leave = options.store.plots.enter(this);
  }

  close(): void {
    this.#leave();
    for (const commId of this.#commIds.values()) this.#options.store.plots.end(commId);
    this.#commIds.clear();
  }

  receive(message: PlotMessage): void {
    if (message.type === "plot_open") {
      if (!this.#options.isOwn || !this.names(message.target) || this.#targets.has(message.channel)) return;
      this.#targets.set(message.channel, message.target);
      this.#commOf(message.channel);
      return;
    }
    const commId = this.#commOf(message.channel);
    this.#isUnheard = commId !== null && this.#options.store.plots.say(this, commId, message);
    if (!this.#isUnheard) this.#options.onDeaf();
  }

  /** The kernel closed it: nobody there knows the target any more. */
  ended(commId: string): void {
    for (const [channel, id] of this.#commIds) if (id === commId) this.#targets.delete(channel);
    if (this.#isUnheard) this.#options.onDeaf();
  }

  /** Whether the output names the target. */
  names(target: string): boolean {
    return isPlotTarget(target) && this.#options.shown.includes(target);
  }

  /** `commId` is the frame's own, or one that the kernel opened to `target`. */
  news(commId: string, target: string | null, news: Pick<PlotNews, "data" | "metadata" | "buffers">): void {
    this.#isUnheard = false;
    const own = [...this.#commIds].find(([, id]) => id === commId);
    this.#options.tell({ type: "plot", channel: own?.[0] ?? null, target, ...news });
  }

  // Of widgets it hears nothing.

  holds(): boolean {
    return false;
  }

  told(): void {}
  closed(): void {}
  sent(): void {}
  changed(): void {}

  unsure(): void {
    this.#options.onUnsure();
  }

  #commOf(channel: number): string | null {
    const { plots } = this.#options.store;
    const target = this.#targets.get(channel);
    if (target === undefined) return null;
    const known = this.#commIds.get(channel);
    if (known !== undefined && plots.has(known)) return known;
    const commId = plots.open(this, target);
    if (commId !== null) this.#commIds.set(channel, commId);
    return commId;
  }
}

export interface PlotComms {
  /** Sends to the kernel in the name of a frame; null when there is no kernel. */
  readonly send: (
    wish: { readonly type: "comm_open" | "comm_msg" | "comm_close"; readonly commId: string } & PlotWords,
    from: PlotLine | null,
  ) => string | null;
  readonly newId: () => string;
}

interface PlotWords {
  readonly data: JsonRecord;
  readonly target?: string;
  readonly buffers?: readonly Uint8Array[];
}

/** All channels of a kernel, by its names for them. */
export class PlotLines {
  readonly #comms: PlotComms;
  readonly #lines = new Set<PlotLine>();
  readonly #own = new Map<string, PlotLine>();
  /** Channels that the kernel opened, and to what: a frame that begins anew goes on with them. */
  readonly #kernels = new Map<string, string>();

  constructor(comms: PlotComms) {
    this.#comms = comms;
  }

  enter(line: PlotLine): () => void {
    this.#lines.add(line);
    return () => {
      this.#lines.delete(line);
    };
  }

  open(line: PlotLine, target: string): string | null {
    const commId = this.#comms.newId();
    if (this.#comms.send({ type: "comm_open", commId, target, data: {} }, line) === null) return null;
    this.#own.set(commId, line);
    return commId;
  }

  has(commId: string): boolean {
    return this.#own.has(commId);
  }

  say(line: PlotLine, commId: string, { data, buffers }: PlotWords): boolean {
    return this.#comms.send({ type: "comm_msg", commId, data, ...(buffers && { buffers }) }, line) !== null;
  }

  end(commId: string): void {
    if (!this.#own.delete(commId)) return;
    this.#comms.send({ type: "comm_close", commId, data: {} }, null);
  }

  /** The kernel's process is gone, and its channels with it. */
  lost(): void {
    this.#own.clear();
    this.#kernels.clear();
  }

  /** Whether a comm's message of the kernel was a plot's affair. */
  heard({ header, content, metadata, buffers }: KernelMessage): boolean {
    const commId = textOf(content["comm_id"]);
    const opened = textOf(content["target_name"]);
    if (header.msg_type === "comm_open" && isPlotTarget(opened)) this.#kernels.set(commId, opened);
    const target = this.#kernels.get(commId) ?? null;
    const own = this.#own.get(commId);
    if (target === null && own === undefined) return false;
    if (header.msg_type === "comm_close") {
      this.#kernels.delete(commId);
      this.#own.delete(commId);
      own?.ended(commId);
    }
    if (header.msg_type !== "comm_msg") return true;
    const news = { data: content["data"], metadata, buffers };
    const lines = own === undefined ? [...this.#lines].filter((line) => line.names(target ?? "")) : [own];
    for (const line of lines) line.news(commId, target, news);
    return true;
  }
}
