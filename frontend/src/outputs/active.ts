/** Output that runs code: in a frame at once when it was made here, behind a click when it came with the notebook. */
import { text } from "../i18n/t.ts";
import { openFrame } from "./frames.ts";
import { asText, button, element, type Rendered, type Renderer, type RenderRequest } from "./rendered.ts";

/** Keys of saved outputs that somebody clicked in this page: they stay open when they scroll out and back. */
const clicked = new Set<string>();

export const scriptRenderer: Renderer = {
  mimeTypes: ["application/javascript", "text/javascript"],
  render: (request, host) => renderActive(request, host),
};

/** Shows an output in a frame, or the question whether to. */
export function renderActive(request: RenderRequest, host: HTMLElement): Rendered {
  if (request.isLive || clicked.has(request.outputKey)) return show(request, host);
  const notice = element("div", "output-ask");
  const shown: Rendered[] = [];
  const run = button(text("outputs.showActive"), () => {
    clicked.add(request.outputKey);
    notice.remove();
    shown.push(show(request, host));
  });
  notice.append(element("span", "", text("outputs.activeSaved")), run);
  host.append(notice);
  return {
    dispose: () => {
      notice.remove();
      for (const one of shown) one.dispose();
    },
  };
}

function show(request: RenderRequest, host: HTMLElement): Rendered {
  const slot = element("div", "output-frame");
  host.append(slot);
  const frame = openFrame(
    request.outputKey,
    slot,
    { mime: request.mime, data: asText(request.value) },
    request.environment,
  );
  return {
    dispose: () => {
      frame.park();
      slot.remove();
    },
  };
}
