/** Who hears of widget models. */
import type { WidgetData } from "../core/frame-messages.ts";

/** A frame's end, or whatever else shows models. */
export interface WidgetListener {
  /** Of whichever run the frame shows an output. */
  readonly runId: string;
  holds(modelId: string): boolean;
  told(modelId: string, data: WidgetData, buffers: readonly Uint8Array[], answers: number | null): void;
  closed(modelId: string): void;
  /** The kernel is done with the frame's message. */
  sent(id: number): void;
  /** The line was cut before the kernel was done with something that is not said twice (a press of a button). */
  unsure(): void;
  /** Models appeared, or the last hope for them is gone. */
  changed(): void;
}
