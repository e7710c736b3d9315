/**
 * Puts text on the clipboard, from within a press of a key or a button. Browsers keep `navigator.clipboard` for pages over https and of this
 * machine; the older command works for a hub on plain http too. Rejects where the browser allows neither.
 */
export async function copyText(copied: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(copied);
  } catch {
    if (!copiedByCommand(copied)) throw new Error("the browser does not let this page copy");
  }
}

function copiedByCommand(copied: string): boolean {
  let isDone = false;
  const give = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", copied);
    event.preventDefault();
    // Selected cells would be copied in its place.
    event.stopImmediatePropagation();
    isDone = true;
  };
  document.addEventListener("copy", give, { capture: true, once: true });
  document.execCommand("copy");
  document.removeEventListener("copy", give, { capture: true });
  return isDone;
}
