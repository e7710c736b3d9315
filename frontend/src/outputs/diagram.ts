/** A Mermaid diagram of a text cell: drawn in a frame of its own; its source stands there until it is, and if it cannot be. */
import { language, text } from "../i18n/t.ts";
import { connectFrame } from "./bridge.ts";
import { FrameNotes } from "./frame-notes.ts";
import { makeFrame, tellTheme } from "./frames.ts";
import { element } from "./rendered.ts";
import { pageTheme } from "./theme.ts";

/** Puts the diagram into the place of its source. The frame ends with the element that holds it. */
export function showDiagram(source: HTMLElement): void {
  const place = element("div", "output-frame");
  const iframe = makeFrame(() => text("frames.diagram"));
  const notes = element("div", "output-frame-notes");
  const note = new FrameNotes(notes);
  const data = source.textContent ?? "";
  const fail = (message: string): void => {
    note.problem(message);
    iframe.hidden = true;
    source.hidden = false;
  };
  const link = connectFrame(
    iframe,
    () => ({ type: "render", mime: "text/vnd.mermaid", data, theme: pageTheme(), language: language.get() }),
    {
      onResize: (height) => {
        iframe.style.height = `${height}px`;
        // Of an empty document: nothing is drawn yet.
        if (height > 8) source.hidden = true;
      },
      onReady: () => {},
      onError: fail,
      onCannotShow: fail,
      onBlocked: (host) => note.blocked(host),
      onLink: () => {},
      onWidget: () => {},
      onPlot: () => {},
      onEvaluated: () => {},
      onInvoke: () => {},
      onAsset: () => {},
      onOpened: () => {},
      onBroken: () => fail(text("frames.stopped")),
    },
  );
  tellTheme(iframe, (message) => link.tell(message));
  place.append(iframe, notes);
  source.after(place);
}
