import { act, fireEvent } from "@testing-library/react";

/** The old numbers of keys, which xterm.js still reads. */
const NUMBERS: Readonly<Record<string, number>> = { Escape: 27, Enter: 13 };

/** A key at what has the focus, as a browser sends it: Enter also presses a button, unless somebody took the key. */
export async function press(key: string, { shiftKey = false } = {}): Promise<void> {
  const more = { shiftKey, keyCode: NUMBERS[key] ?? 0 };
  const target = document.activeElement ?? document.body;
  await act(async () => {
    if (fireEvent.keyDown(target, { key, ...more }) && key === "Enter" && target instanceof HTMLButtonElement)
      fireEvent.click(target);
    fireEvent.keyUp(document.activeElement ?? document.body, { key, ...more });
  });
}
