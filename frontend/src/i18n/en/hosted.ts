/** Hosted runtimes: the dialog, and their part of *Manage sessions*. */
export const hosted = {
  title: "Connect to a hosted runtime",
  intro: "The hub starts a runtime for you. Only you reach it; your files on it stay when it stops.",
  outputs:
    "This notebook keeps its outputs at home. On a hosted runtime they pass through the hub’s memory, and the runtime keeps what its kernels said in its own journal. The hub stores none of it with the notebook.",
  heading: "Your hosted runtime",
  state_absent: "Not running",
  state_starting: "Starting…",
  state_ready: "Running",
  state_failed: "It did not start",
  connect: "Connect",
  startAndConnect: "Start and connect",
  start: "Start",
  stop: "Stop",
  restart: "Restart",
  stopTitle: "Stop your hosted runtime?",
  restartTitle: "Restart your hosted runtime?",
  stopText: "Every kernel on it ends, and its variables are lost. Files stay.",
  stopsAt: "Nothing has run for a while. It stops at {time}.",
  keep: "Keep it running",
  local: "Connect to a local runtime…",
  name: "Hosted runtime",
} as const;
