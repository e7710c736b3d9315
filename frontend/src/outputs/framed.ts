/** Output in a frame: at once when this person's run made it, behind a click when it came with the notebook. */
import { markedMime } from "../core/mime.ts";
import { isBlobRef } from "../core/outputs.ts";
import { rootOf, STATE_MIME, VIEW_MIME } from "../core/widget-state.ts";
import { text } from "../i18n/t.ts";
import { takePlace } from "./frame-room.ts";
import { endFrames, type FrameContent, knownHeight, openFrame } from "./frames.ts";
import { asText, button, element, type Rendered, type RenderRequest } from "./rendered.ts";
import { worded } from "./words.ts";

/** Keys of saved outputs that somebody clicked in this page: they stay open when they scroll out and back. */
const clicked = new Set<string>();

/** Shows an output in a frame, or the question whether to. */
export function showFramed(request: RenderRequest, host: HTMLElement): Rendered {
  const page = pageInside(request);
  if (clicked.has(request.outputKey) || (request.isOwn && page === null)) return show(request, host);
  const notice = element("div", "output-ask");
  const shown: Rendered[] = [];
  const run = button(
    () => text("frames.show"),
    () => {
      clicked.add(request.outputKey);
      notice.remove();
      shown.push(show(request, host));
    },
  );
  const question = (): string =>
    page === null ? text("frames.saved") : text("frames.pageInside", { host: page.host });
  notice.append(worded(element("span"), question), run);
  if (page !== null)
    notice.append(
      button(
        () => text("frames.openPage"),
        () => void openPage(page, request),
      ),
    );
  host.append(notice);
  return {
    dispose: () => {
      notice.remove();
      for (const one of shown) one.dispose();
    },
  };
}

/** The notebook is closed. */
export function endAllFrames(): void {
  clicked.clear();
  endFrames();
}

async function openPage(page: URL, { environment }: RenderRequest): Promise<void> {
  if (await environment.confirmLink(page.href)) window.open(page.href, "_blank", "noopener,noreferrer");
}

const IFRAME = /^\s*<iframe\b[^>]*?\ssrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i;

/** The page that an output is nothing but a frame around (`IFrame`, `YouTubeVideo`); null for any other output. */
function pageInside({ mime, value }: RenderRequest): URL | null {
  if (mime !== "text/html") return null;
  const found = IFRAME.exec(asText(value));
  const address = found?.[1] ?? found?.[2] ?? found?.[3];
  const url = address === undefined ? null : URL.parse(address.replaceAll("&amp;", "&"), location.href);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin !== location.origin ? url : null;
}

function show(request: RenderRequest, host: HTMLElement): Rendered {
  const slot = element("div", "output-frame");
  host.append(slot);
  let frame: { park(): void } | null = null;
  let isWanted = false;
  const open = (): void => {
    isWanted = true;
    asFrameContent(request).then(
      (content) => {
        if (!isWanted) return;
        frame ??= openFrame(request.outputKey, slot, content, request);
        slot.style.minHeight = "";
      },
      () => {
        slot.style.minHeight = "";
        slot.replaceChildren(worded(element("div"), () => text("outputs.notStored")));
      },
    );
  };
  const close = (): void => {
    isWanted = false;
    frame?.park();
    frame = null;
  };
  const leave = takePlace({ slot, heightPx: knownHeight(request.outputKey), open, close });
  return {
    dispose: () => {
      leave();
      close();
      slot.remove();
    },
  };
}

/** @throws when the hub has lost a part of it. */
export async function asFrameContent({
  mime,
  value,
  data,
  environment,
}: Pick<RenderRequest, "mime" | "value" | "data" | "environment">): Promise<FrameContent> {
  const read = async (part: unknown): Promise<unknown> =>
    isBlobRef(part) ? JSON.parse(new TextDecoder().decode(await environment.readBlob(part.$blob))) : part;
  const root = mime === VIEW_MIME ? rootOf(value) : null;
  if (root !== null) return { mime, data: root, widget: { root, saved: (await read(data[STATE_MIME])) ?? null } };
  const beside = markedMime(mime);
  if (beside !== null) return { mime, data: asText(await read(data[beside])), widget: null };
  return { mime, data: asText(value), widget: null };
}
