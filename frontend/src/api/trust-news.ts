/** Trust was taken back in some tab of this browser: notebooks that are open in it stop going by what the hub said before. */
const CHANNEL = "runhere-trust";

export function tellTrustTaken(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage("taken");
  channel.close();
}

/** Calls `fn` each time, whichever tab it was, also this one. Returns the end. */
export function onTrustTaken(fn: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", fn);
  return () => channel.close();
}
