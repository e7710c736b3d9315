/** `text/plain` and its relatives. */
import { asText, type Renderer } from "./rendered.ts";
import { TextView } from "./text-view.ts";

export const plainTextRenderer: Renderer = {
  mimeTypes: ["text/plain"],
  render(request, host) {
    const view = new TextView("plain", (text) => void request.environment.copyText(text));
    view.setText(asText(request.value));
    host.append(view.element);
    return {
      update: (value) => {
        view.setText(asText(value));
        return true;
      },
      reveal: (line) => view.reveal(line),
      dispose: () => view.element.remove(),
    };
  },
};
