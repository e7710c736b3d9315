/** A notice of ours: what the file says at once, then in the page's language and with what can be done. */
import { NOTICE_MIME } from "../core/mime.ts";
import { withWords } from "../i18n/t.ts";
import { asText, element, type Renderer } from "./rendered.ts";
import { saysAgain } from "./words.ts";

export const noticeRenderer: Renderer = {
  mimeTypes: [NOTICE_MIME],
  render({ value, data }, host) {
    const note = element("div", "output-notice", asText(data["text/plain"] ?? ""));
    host.append(note);
    withWords(import("./notice-text.ts"), "notices").then(
      ({ noticeText }) => {
        saysAgain(note, () => {
          const told = noticeText(value);
          // Words for a command line are not broken in two.
          if (told !== null)
            note.replaceChildren(
              ...told.split(/(--[\w.=]+)/).map((part, at) => (at % 2 ? element("code", "", part) : part)),
            );
        });
      },
      // The hub does not answer: the plain sentence stays.
      () => {},
    );
    return { dispose: () => note.remove() };
  },
};
