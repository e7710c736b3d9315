/**
 * Output frames: opaque-origin iframes that hold what may run code. A frame outlives the row that shows it, because an
 * iframe that leaves the document starts anew: when its row goes, it is *parked*, moved with its state into a hidden place
 * (`Element.moveBefore`). The longest parked ones go first. Browsers without `moveBefore` park none: a frame ends with its row
 * and is made anew, as high as it was, and a widget in it takes up its state from the page.
 *
 *   openFrame ──▶ shown in its slot ──park──▶ parked ──openFrame──▶ shown …
 *                       └── broke the protocol, evicted while parked, cannot be moved ──▶ gone ──openFrame──▶ shown
 */

import type { PageMessage } from "../core/frame-messages.ts";
import { text } from "../i18n/t.ts";
import { connectFrame } from "./bridge.ts";
import { assetFor, invoked } from "./frame-asks.ts";
import { FrameHeight } from "./frame-height.ts";
import { FrameNotes } from "./frame-notes.ts";
import { FramePlot } from "./frame-plot.ts";
import { FrameScripts } from "./frame-scripts.ts";
import { FrameWidget } from "./frame-widget.ts";
import { element, type FrameOwner, type OutputEnvironment } from "./rendered.ts";
import { pageTheme } from "./theme.ts";
import { worded } from "./words.ts";

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
  /** The widget model that it shows, and the state that came with it. */
  readonly widget: { readonly root: string; readonly saved: unknown } | null;
}

interface HeldFrame {
  readonly iframe: HTMLIFrameElement;
  readonly notes: HTMLElement;
  readonly content: FrameContent;
  readonly scripts: FrameScripts;
  readonly tell: (message: PageMessage) => void;
  readonly end: () => void;
}

type MovingElement = HTMLElement & { moveBefore?: (node: Node, before: Node | null) => void };

// In order of parking: the first is the next to go. Frames in sight are in `shown`.
const parked = new Map<string, HeldFrame>();
const shown = new Map<string, HeldFrame>();
/** In CSS pixels. */
const heights = new Map<string, number>();
let parking: HTMLElement | null = null;

/** Shows `content` in `slot`, in the frame kept under `key` if there is one. `park` is called before the slot goes. */
export function openFrame(key: string, slot: HTMLElement, content: FrameContent, owner: FrameOwner): { park(): void } {
  watchTheme();
  const frame = takeParked(key, slot, content) ?? create(key, slot, content, owner, () => shown.delete(key));
  shown.set(key, frame);
  return {
    park: () => {
      if (shown.get(key) !== frame) return;
      shown.delete(key);
      park(key, frame);
    },
  };
}

/** The frame parked under this key, moved into `slot`; null when there is none that shows this and can be moved. */
function takeParked(key: string, slot: HTMLElement, content: FrameContent): HeldFrame | null {
  const kept = parked.get(key);
  if (kept === undefined) return null;
  parked.delete(key);
  if (isSame(kept.content, content) && move(kept.iframe, slot)) {
    slot.append(kept.notes);
    return kept;
  }
  end(kept);
  return null;
}

/** As high as the frame of this key was last, in CSS pixels; null when it was never drawn. */
export function knownHeight(key: string): number | null {
  return heights.get(key) ?? null;
}

/** The height that a place has while its frame is away (frame-room.ts), in CSS pixels; null when it keeps none. */
function keptHeight(slot: HTMLElement): number | null {
  return Number.parseFloat(slot.style.minHeight) || null;
}

/** Runs a script in the frame kept under `key`; null: there is none. */
export function runInFrame(key: string, script: string): Promise<unknown> | null {
  return (shown.get(key) ?? parked.get(key))?.scripts.run(script) ?? null;
}

/** Makes a frame that nobody sees yet, to be shown under this key later. */
export function openParked(key: string, content: FrameContent, owner: FrameOwner): void {
  const frame = create(key, parkingPlace(), content, owner, () => parked.delete(key));
  keepParked(key, frame);
}

/** Ends every frame: the notebook is closed. */
export function endFrames(): void {
  for (const frame of [...parked.values(), ...shown.values()]) end(frame);
  parked.clear();
  shown.clear();
  heights.clear();
}

function isSame(one: FrameContent, other: FrameContent): boolean {
  if (one.mime !== other.mime) return false;
  return one.widget && other.widget ? one.widget.root === other.widget.root : one.data === other.data;
}

/** Frames that nobody keeps: they end with the element that holds them. */
const loose = new Map<HTMLIFrameElement, (message: PageMessage) => void>();
let tellsTheme = false;

/** Tells a frame, for as long as it stands in the page, when the page's colours change. */
export function tellTheme(iframe: HTMLIFrameElement, tell: (message: PageMessage) => void): void {
  loose.set(iframe, tell);
  watchTheme();
}

function watchTheme(): void {
  if (tellsTheme) return;
  tellsTheme = true;
  const tell = (): void => {
    const message = { type: "theme", theme: pageTheme() } as const;
    for (const frame of [...parked.values(), ...shown.values()]) frame.tell(message);
    for (const [iframe, tellOne] of loose) {
      if (iframe.isConnected) tellOne(message);
      else loose.delete(iframe);
    }
  };
  new MutationObserver(tell).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  globalThis.matchMedia?.("(prefers-color-scheme: dark)").addEventListener("change", tell);
}

/** A closed-off frame that loads its document once it stands in the page. */
export function makeFrame(title: () => string): HTMLIFrameElement {
  const iframe = element("iframe");
  iframe.setAttribute("sandbox", "allow-scripts");
  iframe.setAttribute("allow", NO_POWERS);
  iframe.referrerPolicy = "no-referrer";
  worded(iframe, title, "title");
  iframe.src = FRAME_URL;
  return iframe;
}

function create(
  key: string,
  slot: HTMLElement,
  content: FrameContent,
  owner: FrameOwner,
  onBroken: () => void,
): HeldFrame {
  const { environment } = owner;
  const iframe = makeFrame(() => text("frames.title"));
  // As high as it was before it was ended, or as its place was kept: what stands below must not jump before it is drawn.
  const height = new FrameHeight(knownHeight(key) ?? keptHeight(slot), (heightPx) => {
    iframe.style.height = `${heightPx}px`;
    heights.set(key, heightPx);
  });
  const notes = element("div", "output-frame-notes");
  const note = new FrameNotes(notes);
  const widget = content.widget && new FrameWidget(content.widget, owner, note, (message) => link.tell(message));
  const plot = new FramePlot(content.data, owner, note, (message) => link.tell(message));
  const scripts = new FrameScripts((message) => link.tell(message));
  const link = connectFrame(
    iframe,
    () => ({
      type: "render",
      mime: content.mime,
      data: content.data,
      theme: environment.theme(),
      language: environment.language(),
    }),
    {
      onResize: (heightPx) => height.told(heightPx),
      onReady: () => height.ready(),
      onError: (message) => note.problem(message),
      onCannotShow: (message) => {
        note.problem(message);
        owner.onUnshowable(message);
      },
      onBlocked: (host) => note.blocked(host),
      onLink: (url) => void followLink(url, environment),
      onWidget: (message) => widget?.receive(message),
      onPlot: (message) => plot.receive(message),
      onEvaluated: (message) => scripts.evaluated(message),
      onInvoke: (message) => void invoked(message, owner).then((answer) => link.tell(answer)),
      onAsset: (name) => void assetFor(name, owner).then((answer) => link.tell(answer)),
      onOpened: () => {
        height.opened();
        plot.close();
        widget?.open();
        scripts.opened();
      },
      onBroken: () => {
        finish();
        iframe.remove();
        note.problem(() => text("frames.stopped"));
        onBroken();
      },
    },
  );
  widget?.onRevived(() => iframe.contentWindow && reload(iframe));
  slot.append(iframe, notes);
  const finish = (): void => {
    widget?.close();
    plot.close();
    scripts.end();
    link.close();
  };
  return { iframe, notes, content, scripts, tell: (message) => link.tell(message), end: finish };
}

/** The document begins anew, and is told again what to show. */
function reload(iframe: HTMLIFrameElement): void {
  iframe.src = FRAME_URL;
}

async function followLink(url: string, environment: OutputEnvironment): Promise<void> {
  if (await environment.confirmLink(url)) window.open(url, "_blank", "noopener,noreferrer");
}

function park(key: string, frame: HeldFrame): void {
  if (move(frame.iframe, parkingPlace())) keepParked(key, frame);
  else end(frame);
}

function parkingPlace(): HTMLElement {
  if (!parking) {
    parking = element("div", "output-parking");
    parking.inert = true;
    document.body.append(parking);
  }
  return parking;
}

function keepParked(key: string, frame: HeldFrame): void {
  parked.set(key, frame);
  const oldest = parked.entries().next().value;
  if (parked.size > MAX_PARKED && oldest) {
    parked.delete(oldest[0]);
    end(oldest[1]);
  }
}

function end(frame: HeldFrame): void {
  frame.end();
  frame.iframe.remove();
  frame.notes.remove();
}

/** With all that is in it; false when it cannot be moved so. */
function move(iframe: HTMLIFrameElement, target: MovingElement): boolean {
  if (!target.moveBefore || !iframe.isConnected || !target.isConnected) return false;
  target.moveBefore(iframe, null);
  return true;
}
