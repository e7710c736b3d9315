/**
 * Puts text on the clipboard, from within a press of a key or a button. Browsers keep `navigator.clipboard` for pages over https and of this
 * machine; the older command works for a hub on plain http too. Rejects where the browser allows neither.
 *
 * @param also other forms of it, by MIME type. Only the command carries those of our own: a browser that refuses it has the text alone.
 */
export async function copyText(copied: string, also: Readonly<Record<string, string>> = {}): Promise<void> {
  const forms = { ...also, "text/plain": copied };
  if (Object.keys(also).length > 0 && copiedByCommand(forms)) return;
  try {
    await navigator.clipboard.writeText(copied);
  } catch {
    if (!copiedByCommand(forms)) throw new Error("the browser does not let this page copy");
  }
}

function copiedByCommand(forms: Readonly<Record<string, string>>): boolean {
  let isDone = false;
  const give = (event: ClipboardEvent) => {
    for (const [mime, form] of Object.entries(forms)) event.clipboardData?.setData(mime, form);
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
