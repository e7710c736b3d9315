export const panels = {
  rail: "Panels",
  close: "Close panel",
  connect: "Connect",
  why_unbound: "This panel shows the machine that the notebook runs on. Connect to a runtime first.",
  why_connecting: "Connecting to the runtime…",
  why_no_kernel: "The kernel has ended. Start a new one with the button “Connect” to go on.",
  away: "The runtime does not answer just now. What stands here may be out of date.",
  notLoaded:
    "This panel could not be loaded: the hub does not answer, or it was updated. Try again, or reload the page.",
  noHeadings: "No headings yet. A text cell with a line like “# Title” makes one.",
} as const;
