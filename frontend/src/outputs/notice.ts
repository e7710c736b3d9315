/** A notice of ours: what the file says at once, then in the page's language and with what can be done. */
import { NOTICE_MIME } from "../core/mime.ts";
import { withWords } from "../i18n/t.ts";
import { asText, element, type Renderer } from "./rendered.ts";

export const noticeRenderer: Renderer = {
  mimeTypes: [NOTICE_MIME],
  render({ value, data }, host) {
    const note = element("div", "output-notice", asText(data["text/plain"] ?? ""));
    host.append(note);
    withWords(import("./notice-text.ts"), "notices").then(
      ({ noticeText }) => {
        note.textContent = noticeText(value) ?? note.textContent;
      },
      // The hub does not answer: the plain sentence stays.
      () => {},
    );
    return { dispose: () => note.remove() };
  },
};
