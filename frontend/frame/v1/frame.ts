/**
 * The document inside an output frame: takes a port from the page, shows what it is told to, and says how high that is.
 * It runs in an opaque origin without network, storage or the page's cookies; everything it is given may be hostile.
 */
import type { EvaluatedMessage, FrameMessage, OutputFrameMessage, PageMessage } from "../../src/core/frame-messages.ts";
import { assetReader } from "./assets.ts";
import { offerColab } from "./colab.ts";
import type { Page } from "./page.ts";
import { show } from "./show.ts";

const output = document.getElementById("output") as HTMLElement;
/** What is drawn is measured with the next picture, and a widget's children come a moment after it. */
const SETTLE_MS = 150;

// Taken before any foreign script runs: only the first message of the parent window that carries a port is heard.
window.addEventListener("message", function hear(event: MessageEvent): void {
  const port = event.ports[0];
  if (event.source !== window.parent || !port || event.data?.type !== "runhere_port") return;
  window.removeEventListener("message", hear);
  event.stopImmediatePropagation();
  start(port);
});

function start(port: MessagePort): void {
  const say = (message: FrameMessage): void => port.postMessage(message);
  let isShown: Promise<void> = Promise.resolve();
  const listeners: ((message: PageMessage) => void)[] = [];
  const hear = (fn: (message: PageMessage) => void): void => void listeners.push(fn);
  const page: { -readonly [K in keyof Page]: Page[K] } = {
    say,
    hear,
    readAsset: assetReader({ say, hear }),
    theme: "light",
    language: "en",
    show: (shown, host) => show(shown, host, page),
  };
  offerColab(page);
  const report = heightReporter(say);
  const settled = (): void => {
    // Out of sight no picture is made, and nothing was measured since the document was empty.
    report();
    say({ type: "ready" });
  };
  port.onmessage = (event: MessageEvent<PageMessage>) => {
    const message = event.data;
    if (message.type === "theme") page.theme = setTheme(message.theme);
    if (message.type === "render") {
      page.theme = setTheme(message.theme);
      page.language = message.language;
      document.documentElement.lang = message.language;
      isShown = show(message, output, page).catch((error) => say({ type: "error", message: String(error) }));
      void isShown.then(() => setTimeout(settled, SETTLE_MS));
    }
    // After what is shown: its scripts may define what this one calls.
    if (message.type === "evaluate") void isShown.then(() => evaluate(message)).then(say);
    for (const fn of listeners) fn(message);
  };
  window.addEventListener("error", (event) => {
    // Not an error: sizes that settle one frame later.
    if (!event.message.startsWith("ResizeObserver loop")) say({ type: "error", message: String(event.message) });
  });
  window.addEventListener("unhandledrejection", (event) => say({ type: "error", message: String(event.reason) }));
  document.addEventListener("click", (event) => askForLink(event, say), true);
  document.addEventListener("securitypolicyviolation", (event) => tellBlocked(event.blockedURI, say));
  window.addEventListener("message", (event) => tellBlocked(String(event.data?.runhere_blocked ?? ""), say));
}

/** Runs a script as Colab's `eval_js` does: its last value counts, and a promise is waited for. */
async function evaluate({ id, script }: { readonly id: number; readonly script: string }): Promise<EvaluatedMessage> {
  try {
    // biome-ignore lint/security/noGlobalEval: this document is for running foreign code, and can do nothing else.
    const value: unknown = await globalThis.eval(script);
    return { type: "evaluated", id, json: JSON.stringify(value) ?? null, error: null };
  } catch (error) {
    return { type: "evaluated", id, json: null, error: String(error) };
  }
}

function setTheme(theme: "light" | "dark"): "light" | "dark" {
  document.documentElement.dataset["theme"] = theme;
  return theme;
}

function askForLink(event: MouseEvent, say: (message: OutputFrameMessage) => void): void {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || !/^https?:/.test(link.href) || !event.isTrusted) return;
  event.preventDefault();
  say({ type: "open_link", url: link.href });
}

const told = new Set<string>();

/** What is missing here is told once per host, so that a person knows why a picture stays empty. */
function tellBlocked(address: string, say: (message: OutputFrameMessage) => void): void {
  const host = URL.parse(address)?.host ?? "";
  if (host === "" || told.has(host) || told.size >= 8) return;
  told.add(host);
  say({ type: "blocked", host });
}

/** Says how high the document is, from now on whenever that changes; what is returned says it at once. */
function heightReporter(say: (message: OutputFrameMessage) => void): () => void {
  let last = -1;
  let waiting = false;
  const report = (): void => {
    waiting = false;
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === last) return;
    last = height;
    say({ type: "resize", height });
  };
  // One message per frame at most: the page cuts off who says too much.
  new ResizeObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(report);
  }).observe(document.body);
  return report;
}
