/** What a renderer is given and gives back. No framework: plain nodes with an end. */
import type { PageMessage, PlotMessage, WidgetFrameMessage } from "../core/frame-messages.ts";
import { worded } from "./words.ts";

/** A value of a MIME bundle after blobs were read: text, base64 text, or JSON. */
export type MimeValue = unknown;

/** What renderers may ask of the page. */
export interface OutputEnvironment {
  /** Shows a dialog that names the host; true when the person wants to go there. */
  confirmLink(url: string): Promise<boolean>;
  copyText(text: string): Promise<void>;
  /** Bytes of a large value. Rejects when the hub has none. */
  readBlob(sha256: string): Promise<Uint8Array>;
  /** `light` or `dark`; frames are told. */
  theme(): "light" | "dark";
  /** Language of the page, for frames. */
  language(): string;
  /** Calls a function that code of the kernel registered; gives a MIME bundle. Rejects with the reason. */
  invoke(call: string): Promise<unknown>;
  /** Joins a frame to the widget models. */
  readonly widgets: WidgetPort;
}

/** What a frame that shows a widget asks of the page. */
export interface WidgetPort {
  openLine(wish: WidgetLineWish): Promise<WidgetFrameLine>;
  /** The same for a plot whose controls speak to code of its run. */
  openPlot(wish: PlotLineWish): Promise<PlotFrameLine>;
  /** The text of a module that the kernel's environment ships; null when there is none. */
  readAsset(name: string): Promise<string | null>;
}

export interface WidgetLineWish {
  /** Model that the output shows. */
  readonly root: string;
  readonly runId: string;
  /** Whether the output may reach the kernel: it is of a run of this person. */
  readonly isOwn: boolean;
  /** State that came with the output; null: the notebook's. */
  readonly saved: unknown;
  readonly tell: (message: PageMessage) => void;
  /** The person acts on a widget that no kernel listens to. */
  readonly onDeaf: () => void;
  /** What the person did may not have reached the kernel. */
  readonly onUnsure: () => void;
  /** A kernel has the model now that was shown from its saved state: the frame must begin again. */
  readonly onRevived: () => void;
}

export interface PlotLineWish extends Pick<WidgetLineWish, "runId" | "isOwn" | "tell" | "onDeaf" | "onUnsure"> {
  /** Text of the output: it names the channels that the plot may open. */
  readonly shown: string;
}

export interface PlotFrameLine {
  receive(message: PlotMessage): void;
  close(): void;
}

export interface WidgetFrameLine {
  receive(message: WidgetFrameMessage): void;
  close(): void;
}

/** Whose output it is, and what to do when nothing can show it. */
export interface FrameOwner {
  readonly environment: OutputEnvironment;
  readonly runId: string;
  readonly isOwn: boolean;
  readonly onUnshowable: (reason: string) => void;
}

export interface RenderRequest {
  readonly mime: string;
  readonly value: MimeValue;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** All representations of the output, blobs unread: what a widget's saved state is among. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly environment: OutputEnvironment;
  /** Whether a run of this person made it: else active content waits for a click, and reaches no kernel. */
  readonly isOwn: boolean;
  readonly runId: string;
  /** Nothing shows this representation after all: take the next best, and say why. */
  readonly onUnshowable: (reason: string) => void;
  /** Names the output among all of the notebook; frames are kept under it. */
  readonly outputKey: string;
}

export interface Rendered {
  /** Shows another value in place; false when it cannot and wants to be made anew. */
  update?(value: MimeValue): boolean;
  /** Has a line, from 0, among what is shown. */
  reveal?(line: number): void;
  dispose(): void;
}

/** One file per renderer; `outputs/registry.ts` lists them. Of several MIME types in one bundle `core/mime.ts` ranks them. */
export interface Renderer {
  readonly mimeTypes: readonly string[];
  /** What it shows, it shows in a frame. */
  readonly isFramed?: true;
  render(request: RenderRequest, host: HTMLElement): Rendered;
}

export const nothingToDispose: Rendered = { dispose: () => undefined };

/** nbformat writes multi-line text as a list of lines; live messages as one string. */
export function asText(value: MimeValue): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.join("");
  return value === undefined || value === null ? "" : JSON.stringify(value, null, 2);
}

/** A small element with a class and text. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = "",
  text = "",
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** A button of the outputs' own, plain look. */
export function button(label: () => string, onPress: () => void, className = "output-button"): HTMLButtonElement {
  const made = worded(element("button", className), label);
  made.type = "button";
  made.addEventListener("click", onPress);
  return made;
}
