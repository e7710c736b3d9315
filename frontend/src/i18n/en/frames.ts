export const frames = {
  diagram: "Diagram",
  title: "Interactive output",
  stopped: "This output was stopped: it sent messages that no output should send. Run the cell again to show it.",
  blocked: "This output tried to load from {hosts}. Outputs have no network here unless the administrator opens it.",
  deaf: "No kernel listens to this widget: it shows its last state. Run the cell again to use it.",
  unsure:
    "The connection was cut while the kernel worked for this widget. If what you last pressed had no effect, press it again.",
  missing:
    "What shows this output is in the package “{name}” of its kernel’s environment. Run the cell on a runtime that has it.",
  gone: "Nobody has this widget any more: code closed it, or its kernel is gone. Run the cell again to show it.",
  scriptFrameGone: "The output in which the script ran is gone. Run the cell again.",
  scriptTooLong: "The script did not come to an end within {seconds} s.",
  notJson: "What the script came to is no JSON.",
  notOwn: "Only outputs of your own runs reach the kernel. Run the cell to use this output.",
  noKernel: "No kernel answered. Connect a runtime and run the cell again.",
  saved: "This saved output contains code of its own. It would run in a closed-off frame.",
  show: "Show it",
  pageInside: "This output is a page of {host}. It would be loaded from there.",
  openPage: "Open it in a new tab",
} as const;
