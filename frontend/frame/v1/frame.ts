/**
 * The document inside an output frame: takes a port from the page, shows what it is told to, and says how high that is.
 * It runs in an opaque origin without network, storage or the page's cookies; everything it is given may be hostile.
 */
import type { FrameMessage, RenderMessage } from "../../src/core/frame-messages.ts";

const output = document.getElementById("output") as HTMLElement;

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
  port.onmessage = (event: MessageEvent<RenderMessage>) => {
    if (event.data.type === "render") void show(event.data, say);
  };
  window.addEventListener("error", (event) => say({ type: "error", message: String(event.message) }));
  window.addEventListener("unhandledrejection", (event) => say({ type: "error", message: String(event.reason) }));
  document.addEventListener("click", (event) => askForLink(event, say), true);
  reportHeight(say);
  say({ type: "ready" });
}

async function show(message: RenderMessage, say: (message: FrameMessage) => void): Promise<void> {
  document.documentElement.dataset["theme"] = message.theme;
  try {
    if (message.mime.endsWith("/javascript")) runScript(message.data);
    else await showHtml(message.data);
  } catch (error) {
    say({ type: "error", message: String(error) });
  }
}

/** Scripts see `element`, as in Jupyter. */
function runScript(source: string): void {
  new Function("element", source)(output);
}

async function showHtml(html: string): Promise<void> {
  output.innerHTML = html;
  // Scripts put in by innerHTML do not run: make them again, one after another, as a parser would.
  for (const inert of output.querySelectorAll("script")) {
    const script = document.createElement("script");
    for (const { name, value } of inert.attributes) script.setAttribute(name, value);
    script.textContent = inert.textContent;
    const loaded = script.src
      ? new Promise((resolve) => script.addEventListener("load", resolve, { once: true }))
      : null;
    const failed = script.src
      ? new Promise((resolve) => script.addEventListener("error", resolve, { once: true }))
      : null;
    inert.replaceWith(script);
    if (loaded && failed) await Promise.race([loaded, failed]);
  }
}

function askForLink(event: MouseEvent, say: (message: FrameMessage) => void): void {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || !/^https?:/.test(link.href) || !event.isTrusted) return;
  event.preventDefault();
  say({ type: "open_link", url: link.href });
}

function reportHeight(say: (message: FrameMessage) => void): void {
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
}
