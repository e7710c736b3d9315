/** Which renderer shows which MIME type. A new one: write its file, add it here. Ranks are `core/mime.ts`'s. */
import { mimeRank } from "../core/mime.ts";
import type { MimeBundle } from "../core/outputs.ts";
import { scriptRenderer } from "./active.ts";
import { htmlRenderer } from "./html.ts";
import { imageRenderer, svgRenderer } from "./image.ts";
import { jsonRenderer } from "./json.ts";
import { latexRenderer, markdownRenderer } from "./markdown.ts";
import { plainTextRenderer } from "./plain-text.ts";
import type { Renderer } from "./rendered.ts";

const renderers: readonly Renderer[] = [
  htmlRenderer,
  markdownRenderer,
  latexRenderer,
  svgRenderer,
  imageRenderer,
  scriptRenderer,
  jsonRenderer,
  plainTextRenderer,
];

const byMime = new Map(renderers.flatMap((renderer) => renderer.mimeTypes.map((mime) => [mime, renderer] as const)));

export interface Choice {
  readonly mime: string;
  readonly renderer: Renderer;
}

/** The representation to show and who shows it; null when nothing of the bundle can be shown. */
export function chooseRenderer(bundle: MimeBundle): Choice | null {
  let best: { choice: Choice; rank: number } | null = null;
  for (const key of Object.keys(bundle)) {
    const mime = key.split(";")[0]?.trim().toLowerCase() ?? key;
    const renderer = byMime.get(mime) ?? (mime.startsWith("text/") ? plainTextRenderer : undefined);
    const rank = mimeRank(mime);
    if (renderer && rank !== null && (best === null || rank < best.rank))
      best = { choice: { mime: key, renderer }, rank };
  }
  return best?.choice ?? null;
}
