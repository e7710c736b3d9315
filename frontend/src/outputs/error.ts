/** An error: its name and message in sight, the traceback folded when it is long. */

import type { ErrorOutput } from "../core/outputs.ts";
import { text } from "../i18n/t.ts";
import { plainStyle, stripAnsi } from "./ansi.ts";
import { appendAnsi } from "./ansi-dom.ts";
import { button, element, type OutputEnvironment } from "./rendered.ts";
import { worded } from "./words.ts";

/** Tracebacks up to this many lines are shown open. */
const OPEN_LINES = 24;

export function errorElement(error: ErrorOutput, environment: OutputEnvironment): HTMLElement {
  const box = element("div", "output-failure");
  const traceback = error.traceback.join("\n");
  const head = element("div", "output-failure-head");
  head.append(
    element("strong", "", error.ename),
    element("span", "", error.evalue ? `: ${stripAnsi(error.evalue)}` : ""),
  );
  box.append(head);
  if (!traceback) return box;
  const details = element("details");
  details.open = traceback.split("\n").length <= OPEN_LINES;
  const summary = worded(element("summary"), () => text("outputs.traceback"));
  const copy = button(
    () => text("outputs.copy"),
    () => void environment.copyText(stripAnsi(traceback)),
  );
  const body = element("pre", "output-traceback");
  const fill = (): void => {
    if (details.open && !body.hasChildNodes()) appendAnsi(body, traceback, plainStyle);
  };
  details.addEventListener("toggle", fill);
  fill();
  details.append(summary, body, copy);
  box.append(details);
  return box;
}
