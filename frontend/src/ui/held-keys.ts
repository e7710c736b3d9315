/** The keyboard while a part that will take it is being fetched: a field has the focus, and what was typed comes into the part's own field. */
import { heldKeyMeaning } from "../core/held-keys.ts";

export interface HeldKeys {
  /** Gives the focus back to where it was, if the field still has it. Twice is fine. */
  release(): void;
  /** After the part was drawn: what was typed comes into the field that it gave the focus to; without one it is dropped. */
  hand(): void;
}

/** `onCallOff`: Escape, or a press of the pointer anywhere: the person goes on without the part. */
export function holdKeys(field: HTMLInputElement, onCallOff: () => void): HeldKeys {
  const before = document.activeElement;
  const onKey = (event: KeyboardEvent): void => {
    // 229 is what browsers send for keys that an input method took.
    const { key, ctrlKey, metaKey, altKey } = event;
    const isComposing = event.isComposing || event.keyCode === 229;
    const meaning = heldKeyMeaning({ key, ctrlKey, metaKey, altKey, isComposing });
    event.stopPropagation();
    if (meaning !== "text") event.preventDefault();
    if (meaning === "call_off") onCallOff();
  };
  field.addEventListener("keydown", onKey);
  window.addEventListener("pointerdown", onCallOff, true);
  field.focus({ preventScroll: true });
  return {
    release() {
      field.removeEventListener("keydown", onKey);
      window.removeEventListener("pointerdown", onCallOff, true);
      if (document.activeElement !== field) return;
      // First nowhere: who hears of the focus coming back is not to think that it came from here.
      field.blur();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    },
    hand() {
      if (document.activeElement !== before) type(field.value, document.activeElement);
    },
  };
}

function type(text: string, target: Element | null): void {
  const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  // A check box, say, has no place for text: it says null.
  if (text === "" || !isField || target.selectionStart === null || target.readOnly) return;
  target.setRangeText(text, target.selectionStart, target.selectionEnd ?? target.selectionStart, "end");
  target.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
}
