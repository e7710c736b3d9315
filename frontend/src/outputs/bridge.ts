/**
 * The page's end of the line to one output frame. The page hands a port to the frame's document; from then on only
 * messages on that port count, each is checked, and a frame that says something else, or too much, is cut off.
 *
 * The frame's origin is the string "null", which proves nothing: what counts is that the port went to this window.
 */
import {
  type EvaluatedMessage,
  type FrameMessage,
  type InvokeMessage,
  MessageRate,
  type PageMessage,
  type PlotMessage,
  type RenderMessage,
  readFrameMessage,
  type WidgetFrameMessage,
} from "../core/frame-messages.ts";
import { text } from "../i18n/t.ts";

export interface FrameEvents {
  onResize(heightPx: number): void;
  /** The document has drawn what it was given. */
  onReady(): void;
  onError(message: string): void;
  onCannotShow(message: string): void;
  /** The frame's policy refused to load something from there. */
  onBlocked(host: string): void;
  onLink(url: string): void;
  onWidget(message: WidgetFrameMessage): void;
  onPlot(message: PlotMessage): void;
  /** A script that the page gave it came to an end. */
  onEvaluated(message: EvaluatedMessage): void;
  /** Code of the output calls a function of the kernel. */
  onInvoke(message: InvokeMessage): void;
  /** Code of the output needs a module of the kernel's environment. */
  onAsset(name: string): void;
  /** A document has loaded and was told what to show. Again after a reload: what it knew is gone. */
  onOpened(): void;
  /** The frame broke the protocol and was cut off. */
  onBroken(): void;
}

export interface FrameLink {
  /** Nothing happens before the document has loaded. */
  tell(message: PageMessage): void;
  close(): void;
}

/** Gives every document that loads in `iframe` a port and what it is to show. */
export function connectFrame(iframe: HTMLIFrameElement, render: () => RenderMessage, events: FrameEvents): FrameLink {
  let port: MessagePort | null = null;
  const rate = new MessageRate();
  // Also after a reload: a frame that was moved without `moveBefore` starts anew and gets a new port.
  const onLoad = (): void => {
    port?.close();
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = (event) => receive(event.data);
    iframe.contentWindow?.postMessage({ type: "runhere_port" }, "*", [channel.port2]);
    port.postMessage(render());
    events.onOpened();
  };
  const close = (): void => {
    iframe.removeEventListener("load", onLoad);
    port?.close();
    port = null;
  };
  const receive = (data: unknown): void => {
    const message = rate.take(performance.now()) ? readFrameMessage(data) : null;
    if (message) deliver(message, events);
    else {
      close();
      events.onBroken();
    }
  };
  iframe.addEventListener("load", onLoad);
  return { tell: (message) => port?.postMessage(message), close };
}

function deliver(message: FrameMessage, events: FrameEvents): void {
  switch (message.type) {
    case "ready":
      events.onReady();
      return;
    case "resize":
      events.onResize(message.height);
      return;
    case "error":
      events.onError(message.message);
      return;
    case "cannot_show":
      events.onCannotShow(message.message);
      return;
    case "missing":
      events.onCannotShow(text("frames.missing", { name: message.name }));
      return;
    case "gone":
      events.onCannotShow(text("frames.gone"));
      return;
    case "blocked":
      events.onBlocked(message.host);
      return;
    case "open_link":
      // A frame may ask only while the person is acting in the page; a click inside a frame counts for the page too.
      if (navigator.userActivation?.isActive ?? true) events.onLink(message.url);
      return;
    case "evaluated":
      events.onEvaluated(message);
      return;
    case "invoke":
      events.onInvoke(message);
      return;
    case "plot_open":
    case "plot_say":
      events.onPlot(message);
      return;
    case "want_asset":
      events.onAsset(message.name);
      return;
    default:
      events.onWidget(message);
  }
}
