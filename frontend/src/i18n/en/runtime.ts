export const runtime = {
  connect: "Connect",
  connectedTo: "Connected to {name}",
  connectingTo: "Connecting to {name}…",
  lostTo: "Connection to {name} lost",
  endedAt: "Kernel on {name} has ended",
  needsToken: "{name} asks for a token",
  options: "Connection options",
  localRuntime: "Connect to a local runtime…",
  hostedRuntime: "Connect to a hosted runtime",
  manageSessions: "Manage sessions",
  disconnect: "Disconnect",
  changeKernel: "Kernel",
  maybeIncomplete: "The connection was cut while code was running: the output may have gaps.",
  queueStopped: {
    one: "Stopped at an error: {count} cell that waited was not run.",
    other: "Stopped at an error: {count} cells that waited were not run.",
  },
  startedElsewhere:
    "The kernel started in the runtime’s own folder: this notebook’s folder is not below it. Files that lie beside the notebook need their full path.",
  variablesLost_kernel_died: "The kernel stopped unexpectedly: its variables are lost.",
  variablesLost_kernel_restarted: "The kernel was restarted: its variables are lost.",
  variablesLost_kernel_gone: "The kernel is gone: its variables are lost.",
} as const;
