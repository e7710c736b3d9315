/** Output that runs code: shown in a frame (`framed.ts`), which is fetched with the first of them. */
import { rootOf, VIEW_MIME } from "../core/widget-state.ts";
import { text, withWords } from "../i18n/t.ts";
import { element, nothingToDispose, type Rendered, type Renderer, type RenderRequest } from "./rendered.ts";
import { worded } from "./words.ts";

type Framed = typeof import("./framed.ts");

let framed: Promise<Framed> | null = null;

/** Whatever `core/mime.ts` calls active; what each type needs is the frame's affair (`frontend/frame/v1/`). */
export const activeRenderer: Renderer = {
  mimeTypes: ["application/javascript", "text/javascript", VIEW_MIME],
  isFramed: true,
  render: (request, host) => renderActive(request, host),
};

/** What Bokeh's and HoloViews' loaders fetch would stay in a frame of its own: it comes with each plot's frame. */
export const bokehLoadRenderer: Renderer = {
  mimeTypes: ["application/vnd.bokehjs_load.v0+json", "application/vnd.holoviews_load.v0+json"],
  render: () => nothingToDispose,
};

/** Shows an output in a frame, or the question whether to. */
export function renderActive(request: RenderRequest, host: HTMLElement): Rendered {
  const place = element("div");
  host.append(place);
  let shown: Rendered | null = null;
  let isGone = false;
  framed ??= withWords(import("./framed.ts"), "frames");
  framed.then(
    ({ showFramed }) => {
      if (!isGone) shown = showFramed(request, place);
    },
    () => {
      framed = null; // The next output asks again.
      worded(place, () => text("outputs.notStored"));
    },
  );
  return {
    // A widget's saved state changes beside it; the frame shows the present one.
    update: (value) => request.mime === VIEW_MIME && rootOf(value) === rootOf(request.value),
    dispose: () => {
      isGone = true;
      shown?.dispose();
      place.remove();
    },
  };
}

/** The notebook is closed. */
export function endAllFrames(): void {
  void framed?.then((parts) => parts.endAllFrames());
}
