/**
 * Output frames: opaque-origin iframes that hold what may run code. A frame outlives the row that shows it, because an
 * iframe that leaves the document starts anew: when its row goes, it is *parked*, moved with its state into a hidden place
 * (`Element.moveBefore`; browsers without it start the frame again). The longest parked ones go first.
 *
 *   openFrame ──▶ shown in its slot ──park──▶ parked ──openFrame──▶ shown …
 *                       └── broke the protocol, or evicted while parked ──▶ gone
 */
import { text } from "../i18n/t.ts";
import { connectFrame, type FrameLink } from "./bridge.ts";
import { element, type OutputEnvironment } from "./rendered.ts";

/** Where the hub serves the frame document; the page's `frame-src` names exactly this. */
const FRAME_URL = "/frame/v1/frame.html";
const MAX_PARKED = 24;
const NO_POWERS = [
  "camera",
  "microphone",
  "geolocation",
  "display-capture",
  "loopback-network",
  "local-network",
  "local-network-access",
]
  .map((power) => `${power} 'none'`)
  .join("; ");

export interface FrameContent {
  readonly mime: string;
  readonly data: string;
}

interface HeldFrame {
  readonly iframe: HTMLIFrameElement;
  readonly content: FrameContent;
  readonly link: FrameLink;
}

type MovingElement = HTMLElement & { moveBefore?: (node: Node, before: Node | null) => void };

// In order of parking: the first is the next to go. Frames in sight are in `shown`.
const parked = new Map<string, HeldFrame>();
const shown = new Map<string, HeldFrame>();
let parking: HTMLElement | null = null;

/** Shows `content` in `slot`, in the frame kept under `key` if there is one. `park` is called before the slot goes. */
export function openFrame(
  key: string,
  slot: HTMLElement,
  content: FrameContent,
  environment: OutputEnvironment,
): { park(): void } {
  const kept = parked.get(key);
  parked.delete(key);
  const same = kept && kept.content.mime === content.mime && kept.content.data === content.data;
  if (kept && !same) end(kept);
  const frame = kept && same ? kept : create(slot, content, environment, () => shown.delete(key));
  if (kept && same) move(frame.iframe, slot);
  shown.set(key, frame);
  return {
    park: () => {
      if (shown.get(key) !== frame) return;
      shown.delete(key);
      park(key, frame);
    },
  };
}

/** Ends every frame: the notebook is closed. */
export function endAllFrames(): void {
  for (const frame of [...parked.values(), ...shown.values()]) end(frame);
  parked.clear();
  shown.clear();
}

function create(
  slot: HTMLElement,
  content: FrameContent,
  environment: OutputEnvironment,
  onBroken: () => void,
): HeldFrame {
  const iframe = element("iframe");
  iframe.setAttribute("sandbox", "allow-scripts");
  iframe.setAttribute("allow", NO_POWERS);
  iframe.referrerPolicy = "no-referrer";
  iframe.title = text("outputs.frameTitle");
  const problem = element("div", "output-frame-problem");
  problem.hidden = true;
  const link = connectFrame(
    iframe,
    { type: "render", mime: content.mime, data: content.data, theme: environment.theme() },
    {
      onResize: (height) => {
        iframe.style.height = `${height}px`;
      },
      onError: (message) => {
        problem.textContent = message;
        problem.hidden = false;
      },
      onLink: (url) => void followLink(url, environment),
      onBroken: () => {
        iframe.remove();
        problem.textContent = text("outputs.frameStopped");
        problem.hidden = false;
        onBroken();
      },
    },
  );
  iframe.src = FRAME_URL;
  slot.append(iframe, problem);
  return { iframe, content, link };
}

async function followLink(url: string, environment: OutputEnvironment): Promise<void> {
  if (await environment.confirmLink(url)) window.open(url, "_blank", "noopener,noreferrer");
}

function park(key: string, frame: HeldFrame): void {
  if (!parking) {
    parking = element("div", "output-parking");
    parking.inert = true;
    document.body.append(parking);
  }
  move(frame.iframe, parking);
  parked.set(key, frame);
  const oldest = parked.entries().next().value;
  if (parked.size > MAX_PARKED && oldest) {
    parked.delete(oldest[0]);
    end(oldest[1]);
  }
}

function end(frame: HeldFrame): void {
  frame.link.close();
  frame.iframe.remove();
}

function move(iframe: HTMLIFrameElement, target: MovingElement): void {
  if (target.moveBefore && iframe.isConnected && target.isConnected) target.moveBefore(iframe, null);
  else target.append(iframe);
}
