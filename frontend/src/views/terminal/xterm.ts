/**
 * xterm.js under the page's Content-Security-Policy, in the page's colours. The only file that knows the package.
 *
 * xterm makes style elements while it opens, and gives its coloured spans a `style` attribute: both are refused by a policy without
 * 'unsafe-inline'. The elements get the nonce of this answer; the spans set the same declarations through CSSOM, which no policy forbids.
 */
import { FitAddon } from "@xterm/addon-fit";
import { type ITheme, Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { copyText } from "../../ui/copy-text.ts";

export interface Screen {
  readonly terminal: Terminal;
  readonly element: HTMLElement;
  /** Takes the size of its element; does nothing while that is hidden. */
  fit(): void;
  dispose(): void;
}

export interface ScreenOptions {
  readonly isForScreenReaders: boolean;
  /** What is typed, pasted, or answered by the terminal itself to a question of a program. */
  readonly onData: (text: string) => void;
  readonly onResize: (cols: number, rows: number) => void;
  /** The person wants to leave the terminal by the keyboard. */
  readonly onLeave: () => void;
}

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** A terminal in a fresh element, to be put into the page by the caller, then `fit`. */
export function openScreen(host: HTMLElement, options: ScreenOptions): Screen {
  const element = document.createElement("div");
  host.append(element);
  const terminal = new Terminal({
    allowProposedApi: false,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    fontFamily: getComputedStyle(host).fontFamily,
    fontSize: Number.parseFloat(getComputedStyle(host).fontSize),
    // Programs choose colours for a dark or a light screen; both stay legible on ours.
    minimumContrastRatio: 4.5,
    screenReaderMode: options.isForScreenReaders,
    scrollback: 5_000,
    theme: themeOf(host),
  });
  const fitting = new FitAddon();
  terminal.loadAddon(fitting);
  withNonce(() => terminal.open(element));
  withoutStyleAttributes(terminal);
  terminal.attachCustomKeyEventHandler((event) => takesKey(event, terminal, options.onLeave));
  terminal.onData(options.onData);
  terminal.onResize(({ cols, rows }) => options.onResize(cols, rows));
  const endTheme = followTheme(() => {
    terminal.options.theme = themeOf(host);
  });
  const fit = (): void => {
    if (element.offsetParent !== null) fitting.fit();
  };
  const watch = new ResizeObserver(fit);
  watch.observe(host);
  return {
    terminal,
    element,
    fit,
    dispose() {
      watch.disconnect();
      endTheme();
      terminal.dispose();
      element.remove();
    },
  };
}

/** False: the browser or the page takes the key. */
function takesKey(event: KeyboardEvent, terminal: Terminal, onLeave: () => void): boolean {
  if (event.type !== "keydown") return true;
  if (event.key === "Escape" && event.shiftKey) {
    event.preventDefault();
    event.stopPropagation();
    onLeave();
    return false;
  }
  if (isMac || !event.ctrlKey || event.altKey) return true;
  const key = event.key.toLowerCase();
  // As in other terminals of browsers: Ctrl+V pastes; Ctrl+C copies what is selected, and interrupts when nothing is.
  if (key === "v") return false;
  if (key === "c" && terminal.hasSelection()) {
    void copyText(terminal.getSelection()).catch(() => undefined);
    terminal.clearSelection();
    event.preventDefault();
    return false;
  }
  return true;
}

/** Every style element made meanwhile carries the nonce. xterm gives no other way in for those of its scroll bar. */
function withNonce(work: () => void): void {
  const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
  const make = document.createElement;
  const own = (tag: string, options?: ElementCreationOptions): HTMLElement => {
    const element = make.call(document, tag, options);
    if (tag === "style") element.nonce = nonce;
    return element;
  };
  // Of the many overloads of `createElement` xterm uses only this one.
  document.createElement = own as typeof document.createElement;
  try {
    work();
  } finally {
    document.createElement = make;
  }
}

/**
 * Lets the renderer set the colours of a span through CSSOM. There is no public way in; should another version of the package (pinned) be
 * built otherwise, 24-bit colours are missing, and the story of the terminal fails.
 */
function withoutStyleAttributes(terminal: Terminal): void {
  const path = ["_core", "_renderService", "_renderer", "value", "_rowFactory"];
  const factory = path.reduce<unknown>((from, name) => memberOf(from, name), terminal);
  if (typeof factory !== "object" || factory === null || !("_addStyle" in factory)) return;
  factory._addStyle = (span: HTMLElement, declaration: string): void => {
    span.style.cssText += `;${declaration}`;
  };
}

function memberOf(from: unknown, name: string): unknown {
  return typeof from === "object" && from !== null ? Reflect.get(from, name) : undefined;
}

/** The page's colours, as the style sheets resolve them just now. */
function themeOf(host: HTMLElement): ITheme {
  const probe = document.createElement("span");
  host.append(probe);
  const color = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return hex(getComputedStyle(probe).color);
  };
  const ansi = Array.from({ length: 16 }, (_, n) => color(`ansi-${n}`));
  const theme: ITheme = {
    background: color("bg"),
    foreground: color("fg"),
    cursor: color("accent"),
    cursorAccent: color("bg"),
    selectionBackground: color("selection"),
    scrollbarSliderBackground: color("line"),
    scrollbarSliderHoverBackground: color("line-strong"),
    scrollbarSliderActiveBackground: color("line-strong"),
    black: ansi[0],
    red: ansi[1],
    green: ansi[2],
    yellow: ansi[3],
    blue: ansi[4],
    magenta: ansi[5],
    cyan: ansi[6],
    white: ansi[7],
    brightBlack: ansi[8],
    brightRed: ansi[9],
    brightGreen: ansi[10],
    brightYellow: ansi[11],
    brightBlue: ansi[12],
    brightMagenta: ansi[13],
    brightCyan: ansi[14],
    brightWhite: ansi[15],
  } as ITheme;
  probe.remove();
  return theme;
}

/** `rgb(1, 2, 3)` as `#010203`, which is what xterm reads. */
function hex(color: string): string {
  const parts = color.match(/[\d.]+/g)?.slice(0, 3) ?? [];
  return `#${parts.map((part) => Math.round(Number(part)).toString(16).padStart(2, "0")).join("")}`;
}

function followTheme(fn: () => void): () => void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(fn);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  query.addEventListener("change", fn);
  return () => {
    observer.disconnect();
    query.removeEventListener("change", fn);
  };
}
