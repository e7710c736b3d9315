/** Which renderer shows which MIME type. A new one: write its file, add it here. Ranks are `core/mime.ts`'s. */
import { mimeRank, mimeTier } from "../core/mime.ts";
import type { MimeBundle } from "../core/outputs.ts";
import { activeRenderer, bokehLoadRenderer } from "./active.ts";
import { htmlRenderer } from "./html.ts";
import { imageRenderer, svgRenderer } from "./image.ts";
import { jsonRenderer } from "./json.ts";
import { latexRenderer, markdownRenderer } from "./markdown.ts";
import { noticeRenderer } from "./notice.ts";
import { plainTextRenderer } from "./plain-text.ts";
import type { Renderer } from "./rendered.ts";

const renderers: readonly Renderer[] = [
  htmlRenderer,
  markdownRenderer,
  latexRenderer,
  svgRenderer,
  imageRenderer,
  activeRenderer,
  bokehLoadRenderer,
  jsonRenderer,
  noticeRenderer,
  plainTextRenderer,
];

const byMime = new Map(renderers.flatMap((renderer) => renderer.mimeTypes.map((mime) => [mime, renderer] as const)));

export interface Choice {
  readonly mime: string;
  readonly renderer: Renderer;
}

/** The representation to show and who shows it; null when nothing of the bundle can be shown. `except`: tried in vain. */
export function chooseRenderer(bundle: MimeBundle, except: ReadonlySet<string> = new Set()): Choice | null {
  let best: { choice: Choice; rank: number } | null = null;
  for (const key of Object.keys(bundle)) {
    const mime = key.split(";")[0]?.trim().toLowerCase() ?? key;
    const renderer = byMime.get(mime) ?? byKind(mime);
    const rank = except.has(key) ? null : mimeRank(mime);
    if (renderer && rank !== null && (best === null || rank < best.rank))
      best = { choice: { mime: key, renderer }, rank };
  }
  return best?.choice ?? null;
}

/** Plots name their version in the type. */
function byKind(mime: string): Renderer | undefined {
  if (mimeTier(mime, null) === "active" && mime !== "text/html") return activeRenderer;
  return mime.startsWith("text/") ? plainTextRenderer : undefined;
}
