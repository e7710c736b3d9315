/**
 * Output frames: opaque-origin iframes that hold what may run code. A frame outlives the row that shows it, because an
 * iframe that leaves the document starts anew: when its row goes, it is *parked*, moved with its state into a hidden place
 * (`Element.moveBefore`; browsers without it start the frame again). The longest parked ones go first.
 *
 *   openFrame ──▶ shown in its slot ──park──▶ parked ──openFrame──▶ shown …
 *                       └── broke the protocol, or evicted while parked ──▶ gone
 */

import type { PageMessage } from "../core/frame-messages.ts";
import { text } from "../i18n/t.ts";
import { connectFrame } from "./bridge.ts";
import { assetFor, invoked } from "./frame-asks.ts";
import { FrameNotes } from "./frame-notes.ts";
import { FrameScripts } from "./frame-scripts.ts";
import { FrameWidget } from "./frame-widget.ts";
import { element, type FrameOwner, type OutputEnvironment } from "./rendered.ts";
import { pageTheme } from "./theme.ts";

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
const heights = new Map<string, string>();
let parking: HTMLElement | null = null;

/** Shows `content` in `slot`, in the frame kept under `key` if there is one. `park` is called before the slot goes. */
export function openFrame(key: string, slot: HTMLElement, content: FrameContent, owner: FrameOwner): { park(): void } {
  watchTheme();
  const kept = parked.get(key);
  parked.delete(key);
  const same = kept && isSame(kept.content, content);
  if (kept && !same) end(kept);
  const frame = kept && same ? kept : create(key, slot, content, owner, () => shown.delete(key));
  if (kept && same) {
    move(frame.iframe, slot);
    slot.append(frame.notes);
  }
  shown.set(key, frame);
  return {
    park: () => {
      if (shown.get(key) !== frame) return;
      shown.delete(key);
      park(key, frame);
    },
  };
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
export function makeFrame(title: string): HTMLIFrameElement {
  const iframe = element("iframe");
  iframe.setAttribute("sandbox", "allow-scripts");
  iframe.setAttribute("allow", NO_POWERS);
  iframe.referrerPolicy = "no-referrer";
  iframe.title = title;
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
  const iframe = makeFrame(text("frames.title"));
  // As high as it was before it was ended: what stands below must not jump when it comes back.
  iframe.style.height = heights.get(key) ?? "";
  const notes = element("div", "output-frame-notes");
  const note = new FrameNotes(notes);
  const widget = content.widget && new FrameWidget(content.widget, owner, note, (message) => link.tell(message));
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
      onResize: (height) => {
        iframe.style.height = `${height}px`;
        heights.set(key, iframe.style.height);
      },
      onError: (message) => note.problem(message),
      onCannotShow: (message) => {
        note.problem(message);
        owner.onUnshowable(message);
      },
      onBlocked: (host) => note.blocked(host),
      onLink: (url) => void followLink(url, environment),
      onWidget: (message) => widget?.receive(message),
      onEvaluated: (message) => scripts.evaluated(message),
      onInvoke: (message) => void invoked(message, owner).then((answer) => link.tell(answer)),
      onAsset: (name) => void assetFor(name, owner).then((answer) => link.tell(answer)),
      onOpened: () => {
        widget?.open();
        scripts.opened();
      },
      onBroken: () => {
        widget?.close();
        scripts.end();
        iframe.remove();
        note.problem(text("frames.stopped"));
        onBroken();
      },
    },
  );
  widget?.onRevived(() => iframe.contentWindow && reload(iframe));
  slot.append(iframe, notes);
  const finish = (): void => {
    widget?.close();
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
  move(frame.iframe, parkingPlace());
  keepParked(key, frame);
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

function move(iframe: HTMLIFrameElement, target: MovingElement): void {
  if (target.moveBefore && iframe.isConnected && target.isConnected) target.moveBefore(iframe, null);
  else target.append(iframe);
}
