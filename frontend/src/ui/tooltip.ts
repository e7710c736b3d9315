/**
 * The page's one tooltip: shown for whatever carries `data-tooltip` (and `data-shortcut`), after a moment of hovering or at
 * once with the keyboard's focus. It says what the element's accessible name says, so screen readers are not told again.
 */
import styles from "./tooltip.module.css";

const DELAY_MS = 600;
/** Going from one button to the next within this time shows the next one's at once. */
const WARM_MS = 300;
const CLOSE_MS = 80;
const GAP_PX = 6;

interface Shown {
  readonly target: Element;
  readonly bubble: HTMLElement;
}

/** Listens until the returned function is called. Once per page. */
export function installTooltips(root: Document = document): () => void {
  let shown: Shown | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hiddenAt = Number.NEGATIVE_INFINITY;
  const now = (): number => performance.now();

  const hide = (): void => {
    clearTimeout(timer);
    if (!shown) return;
    renamed.disconnect();
    shown.bubble.remove();
    shown = null;
    hiddenAt = now();
  };
  // A button that has become another one under the pointer: what was said of it is no longer true.
  const renamed = new MutationObserver(hide);
  const show = (target: Element): void => {
    hide();
    if (!target.isConnected || target.getAttribute("aria-expanded") === "true") return;
    shown = { target, bubble: draw(root, target) };
    renamed.observe(target, { attributeFilter: ["data-tooltip"] });
  };
  const later = (work: () => void, ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(work, ms);
  };
  const onOver = (event: PointerEvent): void => {
    if (event.pointerType !== "mouse") return;
    const target = ownerOf(event.target);
    // On the tooltip itself it stays: its words can be reached by a magnifier.
    if (shown && (target === shown.target || shown.bubble.contains(event.target as Node))) clearTimeout(timer);
    else if (target) later(() => show(target), shown || now() - hiddenAt < WARM_MS ? 0 : DELAY_MS);
    else later(hide, CLOSE_MS);
  };
  const onFocus = (event: FocusEvent): void => {
    const target = ownerOf(event.target);
    if (target?.matches(":focus-visible")) show(target);
    else hide();
  };
  const ends = new AbortController();
  const listen = { signal: ends.signal, capture: true, passive: true };
  root.addEventListener("pointerover", onOver, listen);
  root.addEventListener("focusin", onFocus, listen);
  for (const kind of ["focusout", "pointerdown", "keydown", "wheel"]) root.addEventListener(kind, hide, listen);
  return () => {
    ends.abort();
    hide();
  };
}

function ownerOf(target: EventTarget | null): Element | null {
  return target instanceof Element ? target.closest("[data-tooltip]") : null;
}

function draw(root: Document, target: Element): HTMLElement {
  const bubble = root.createElement("div");
  bubble.className = styles.tooltip ?? "";
  bubble.setAttribute("role", "tooltip");
  bubble.setAttribute("aria-hidden", "true");
  bubble.append(target.getAttribute("data-tooltip") ?? "");
  const shortcut = target.getAttribute("data-shortcut");
  if (shortcut) {
    const keys = root.createElement("kbd");
    keys.className = styles.shortcut ?? "";
    keys.textContent = shortcut;
    bubble.append(keys);
  }
  // The top layer: over dialogs, cut off by nothing.
  bubble.popover = "manual";
  root.body.append(bubble);
  bubble.showPopover?.();
  place(bubble, target.getBoundingClientRect());
  return bubble;
}

/** Below the element where there is room, else above; never over the window's edge. */
function place(bubble: HTMLElement, anchor: DOMRect): void {
  const { width, height } = bubble.getBoundingClientRect();
  const middle = anchor.left + anchor.width / 2 - width / 2;
  const below = anchor.bottom + GAP_PX;
  const top = below + height > innerHeight ? anchor.top - GAP_PX - height : below;
  bubble.style.left = `${Math.max(4, Math.min(innerWidth - width - 4, middle))}px`;
  bubble.style.top = `${top}px`;
}
