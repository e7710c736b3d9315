/** Where the focus is while a panel opens, changes and goes. Never nowhere: what has no focus hears no Escape. */
import { type RefObject, useEffect, useRef } from "react";

const STOPS = ":is(button, input, textarea, select, a[href], [tabindex]):not(:disabled, [tabindex='-1'], [hidden])";
const CAN_HAVE_IT = "button, input, textarea, select, a[href], [tabindex]";

/**
 * Focus for a panel that a person opened: what is marked `data-panel-focus` (or the first stop in that), else the first stop in the body; at
 * once, or, when it is still being loaded, as soon as it is there. Until then the section has it. Returns what ends the waiting.
 */
export function focusInto(section: HTMLElement, body: Element | null): () => void {
  const target = entrance(body);
  (target ?? section).focus();
  if (target || !body) return () => {};
  const observer = new MutationObserver(() => {
    const late = entrance(body);
    // Whoever moved the focus meanwhile keeps it.
    if (late && document.activeElement === section) late.focus();
    if (late || document.activeElement !== section) observer.disconnect();
  });
  observer.observe(body, { childList: true, subtree: true });
  return () => observer.disconnect();
}

export interface AwaitedFocus {
  /** Whether what has come may take the focus; once, and it ends the waiting. */
  take(): boolean;
  end(): void;
}

/**
 * For a panel that a person opened and whose content is not there yet: the section has the focus, so that what is typed for it is no command
 * of a cell. Who presses a key or the pointer elsewhere meanwhile has gone on, and the panel takes no focus any more.
 */
export function awaitFocus(section: HTMLElement): AwaitedFocus {
  let isWanted = true;
  const goOn = ({ target }: Event): void => {
    if (!(target instanceof Node && section.contains(target))) isWanted = false;
  };
  const kinds = ["pointerdown", "keydown"] as const;
  for (const kind of kinds) window.addEventListener(kind, goOn, true);
  // The menu or the palette that it was chosen in first gives the focus back to where it was, with the next picture.
  let picture = requestAnimationFrame(() => {
    picture = requestAnimationFrame(() => isWanted && section.focus());
  });
  const end = (): void => {
    cancelAnimationFrame(picture);
    for (const kind of kinds) window.removeEventListener(kind, goOn, true);
  };
  return {
    take() {
      end();
      const was = isWanted;
      isWanted = false;
      return was;
    },
    end,
  };
}

function entrance(body: Element | null): HTMLElement | null {
  const marked = body?.querySelector<HTMLElement>("[data-panel-focus]");
  if (marked) return marked.matches(CAN_HAVE_IT) ? marked : marked.querySelector<HTMLElement>(CAN_HAVE_IT);
  return body?.querySelector<HTMLElement>(STOPS) ?? null;
}

/** What goes away while it has the focus leaves it to its neighbour: the last stop before it, else the first one after it. */
export function useFocusKept(section: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const place = section.current;
    return place === null ? undefined : keepFocus(place);
  }, [section]);
}

function keepFocus(section: HTMLElement): () => void {
  let last: Node | null = null;
  const onFocus = (event: FocusEvent): void => {
    last = event.target instanceof Node ? event.target : null;
  };
  const observer = new MutationObserver((records) => {
    const gone = last;
    if (gone === null || gone.isConnected || document.activeElement !== document.body) return;
    const record = records.find(({ removedNodes }) => [...removedNodes].some((node) => node.contains(gone)));
    if (record === undefined) return;
    last = null;
    (neighbour(section, record) ?? section).focus();
  });
  section.addEventListener("focusin", onFocus);
  observer.observe(section, { childList: true, subtree: true });
  return () => {
    section.removeEventListener("focusin", onFocus);
    observer.disconnect();
  };
}

/** Looked for in the smallest part of the panel that has a stop left. */
function neighbour(section: HTMLElement, { previousSibling, target }: MutationRecord): HTMLElement | null {
  const at = previousSibling?.isConnected ? previousSibling : target;
  let part = target instanceof Element && section.contains(target) ? target : section;
  for (;;) {
    const stops = [...part.querySelectorAll<HTMLElement>(STOPS)];
    const before = stops.filter((stop) => at !== part && isNotAfter(stop, at));
    const found = before.at(-1) ?? stops[0];
    if (found || part === section) return found ?? null;
    part = part.parentElement ?? section;
  }
}

function isNotAfter(stop: Node, at: Node): boolean {
  const isBefore = Node.DOCUMENT_POSITION_PRECEDING | Node.DOCUMENT_POSITION_CONTAINED_BY;
  return stop === at || (at.compareDocumentPosition(stop) & isBefore) !== 0;
}

/** Gives the focus back when a panel goes and takes it along; to the notebook when there is nowhere to give it back to. */
export function useFocusBack(panel: unknown, orElse: () => void): void {
  const before = useRef<Element | null>(null);
  const last = useRef(panel);
  const fallBack = useRef(orElse);
  fallBack.current = orElse;
  if (last.current === null && panel !== null) before.current = document.activeElement;
  useEffect(() => {
    const had = last.current;
    last.current = panel;
    if (had === null || panel !== null || document.activeElement !== document.body) return;
    if (before.current instanceof HTMLElement && before.current.isConnected) before.current.focus();
    if (document.activeElement === document.body) fallBack.current();
  }, [panel]);
}
