/**
 * How many output frames stand open in the page: each costs 4 to 7 MB and some tenths of a second. Up to the limit one opens
 * where its output is drawn; beyond it, when it comes into sight, and the one out of sight for the longest makes room.
 *
 *   waiting ──there is room, or in sight──▶ open ──another needs the room, and it is out of sight──▶ waiting
 */

/** Frames in sight are never taken away, however many they are. */
export const MAX_OPEN_FRAMES = 20;
/** Of an output that was not drawn yet; without a height all of them would be in sight at once. */
const UNKNOWN_HEIGHT_PX = 160;

export interface FramePlace {
  /** Where the frame stands; keeps its height while the frame is away. */
  readonly slot: HTMLElement;
  /** As high as it was when it was drawn last; null when it was not. */
  readonly heightPx: number | null;
  /** Takes the slot's `min-height` away once it is filled. */
  readonly open: () => void;
  readonly close: () => void;
}

interface Kept extends FramePlace {
  isOpen: boolean;
  isInSight: boolean;
}

/** In the order in which they were last seen. */
const places = new Map<HTMLElement, Kept>();
let observer: IntersectionObserver | null = null;

/** Has the frame opened and closed as there is room. @returns ends it; an open frame stays the caller's. */
export function takePlace(place: FramePlace): () => void {
  const kept: Kept = { ...place, isOpen: false, isInSight: false };
  places.set(place.slot, kept);
  const hasRoom = openCount() < MAX_OPEN_FRAMES || typeof IntersectionObserver === "undefined";
  const heightPx = place.heightPx ?? (hasRoom ? 0 : UNKNOWN_HEIGHT_PX);
  place.slot.style.minHeight = `${heightPx}px`;
  if (hasRoom) open(kept);
  if (typeof IntersectionObserver !== "undefined") {
    observer ??= new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) seen(target as HTMLElement, isIntersecting);
    });
    observer.observe(place.slot);
  }
  return () => {
    places.delete(place.slot);
    observer?.unobserve(place.slot);
  };
}

function seen(slot: HTMLElement, isInSight: boolean): void {
  const place = places.get(slot);
  if (place === undefined) return;
  place.isInSight = isInSight;
  places.delete(slot);
  places.set(slot, place);
  if (!isInSight) return;
  if (!place.isOpen) open(place);
  for (const other of [...places.values()]) {
    if (openCount() <= MAX_OPEN_FRAMES) return;
    if (other.isOpen && !other.isInSight) close(other);
  }
}

function open(place: Kept): void {
  place.isOpen = true;
  place.open();
}

function close(place: Kept): void {
  place.isOpen = false;
  place.slot.style.minHeight = `${place.slot.offsetHeight}px`;
  place.close();
}

function openCount(): number {
  let count = 0;
  for (const { isOpen } of places.values()) if (isOpen) count += 1;
  return count;
}
