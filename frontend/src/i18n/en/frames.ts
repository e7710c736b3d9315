export const frames = {
  diagram: "Diagram",
  title: "Interactive output",
  stopped: "This output was stopped: it sent messages that no output should send. Run the cell again to show it.",
  blocked: "This output tried to load from {hosts}. Outputs have no network here unless the administrator opens it.",
  deaf: "No kernel listens to this widget: it shows its last state. Run the cell again to use it.",
  saved: "This saved output contains code of its own. It would run in a closed-off frame.",
  show: "Show it",
  pageInside: "This output is a page of {host}. It would be loaded from there.",
  openPage: "Open it in a new tab",
} as const;
