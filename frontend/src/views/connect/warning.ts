/** Whether a person of this browser has read what a runtime may do. */
const key = "runhere.runtime-warning-read";

export function wasWarningRead(storage: Pick<Storage, "getItem"> = localStorage): boolean {
  try {
    return storage.getItem(key) === "yes";
  } catch {
    return false;
  }
}

export function noteWarningRead(storage: Pick<Storage, "setItem"> = localStorage): void {
  try {
    storage.setItem(key, "yes");
  } catch {
    // Without storage the warning is shown again next time: the safe side.
  }
}
