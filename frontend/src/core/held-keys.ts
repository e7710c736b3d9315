/**
 * What keys do while the part of the page that they are meant for is still being fetched: text is kept for it, Escape calls it off, and
 * nothing else happens. Nothing is answered or chosen by a key from before it could be seen, and nothing reaches what the person has left.
 */
export interface HeldKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  /** An input method is at work, and every key is its own. */
  readonly isComposing: boolean;
}

export type HeldKeyMeaning = "text" | "call_off" | "nothing";

/** Select all, copy, cut, paste, undo: what one does with text. */
const TEXT_CHORDS = "acxvz";
/** They leave a field, or answer the form that it stands in. */
const LEAVING = new Set(["Enter", "Tab"]);

export function heldKeyMeaning({ key, ctrlKey, metaKey, altKey, isComposing }: HeldKey): HeldKeyMeaning {
  if (isComposing) return "text";
  if (key === "Escape") return "call_off";
  if (LEAVING.has(key)) return "nothing";
  // AltGr comes as Ctrl and Alt, and makes characters.
  const isChord = (ctrlKey || metaKey) && !altKey && key.length === 1;
  return isChord && !TEXT_CHORDS.includes(key.toLowerCase()) ? "nothing" : "text";
}
