import type { FrameMessage, PageMessage } from "../../src/core/frame-messages.ts";

/** A value to show: the output's text, JSON text for JSON types. */
export interface Shown {
  readonly mime: string;
  readonly data: string;
}

/** The line to the page, as the parts of the frame use it. */
export interface Page {
  say(message: FrameMessage): void;
  /** Calls `fn` with every message from now on. */
  hear(fn: (message: PageMessage) => void): void;
  readonly theme: "light" | "dark";
  readonly language: string;
  /** A module of the kernel's environment; null when there is none, or this output may not have it. */
  readAsset(name: string): Promise<string | null>;
  /** Shows a value in an element, as the frame itself does. */
  show(shown: Shown, host: HTMLElement): Promise<void>;
}
