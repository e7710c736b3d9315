export const runtime = {
  connect: "Connect",
  connectedTo: "Connected to {name}",
  connectingTo: "Connecting to {name}…",
  lostTo: "Connection to {name} lost",
  endedAt: "Kernel on {name} has ended",
  needsToken: "{name} asks for a token",
  waitsForYou: "{name} waits for you",
  // On a phone, each within the words above: what stands for the rest is the dot.
  connectedBrief: "Connected",
  connectingBrief: "Connecting",
  lostBrief: "Lost",
  endedBrief: "Ended",
  tokenBrief: "Token",
  kernelBrief: "Kernel",
  askedBrief: "Waits for you",
  options: "Connection options",
  localRuntime: "Connect to a local runtime…",
  hostedRuntime: "Connect to a hosted runtime",
  noHosted: "This hub has none",
  manageSessions: "Manage sessions",
  disconnect: "Disconnect",
  changeKernel: "Kernel",
  moreKernels: "More environments…",
  maybeIncomplete: "The connection was cut while code was running: the output may have gaps.",
  queueStopped: {
    one: "Stopped at an error: {count} cell that waited was not run.",
    other: "Stopped at an error: {count} cells that waited were not run.",
  },
  queueInterrupted: {
    one: "Interrupted from elsewhere: {count} cell that waited was not run.",
    other: "Interrupted from elsewhere: {count} cells that waited were not run.",
  },
  showCell: "Show the cell",
  notRun: {
    one: "{count} cell that waited did not run, because the page was closed before its turn. It shows again what it showed before; run it to have it now.",
    other:
      "{count} cells that waited did not run, because the page was closed before their turn. They show again what they showed before; run them to have them now.",
  },
  kernelInstead:
    "This server has no kernel “{wanted}”, which the notebook names. It runs on “{taken}”, of the same language.",
  choosesKernel: "{name}: choose a kernel",
  cannotCancel: "The kernel has this cell already and works for somebody else first. Interrupt it, or let it run.",
  notInterrupted: "The runtime cannot be reached to interrupt what runs there.",
  notInterruptedQueue: {
    one: "The runtime cannot be reached to interrupt what runs there. {count} cell that waited will not run.",
    other: "The runtime cannot be reached to interrupt what runs there. {count} cells that waited will not run.",
  },
  startedElsewhere:
    "The kernel started in the runtime’s own folder: this notebook’s folder is not below it. Files that lie beside the notebook need their full path.",
  variablesLost_kernel_died: "The kernel stopped unexpectedly: its variables are lost.",
  variablesLost_kernel_restarted: "The kernel was restarted: its variables are lost.",
  variablesLost_kernel_gone: "The kernel is gone: its variables are lost.",
} as const;
