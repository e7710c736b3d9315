/**
 * Which representation of an output is shown, and how far it is trusted (architecture §10).
 *
 * `inert`: cannot run anything however it is written. `sanitised`: shown in the page after the one HTML policy. `active`: only in an
 * opaque-origin frame.
 */

import type { Json } from "./notebook.ts";
import { type BlobRef, isBlobRef, type MimeBundle } from "./outputs.ts";

/** A notice of ours among a run's outputs (`run-notice.ts`). */
export const NOTICE_MIME = "application/vnd.runhere.notice+json";

export type MimeTier = "inert" | "sanitised" | "active";

// Best first. What is not listed ranks by its pattern below, then not at all.
const RANKED: readonly (readonly [pattern: RegExp, tier: MimeTier])[] = [
  [/^application\/vnd\.runhere\.notice\+json$/, "inert"],
  [/^application\/vnd\.jupyter\.widget-view\+json$/, "active"],
  [/^application\/vnd\.(vega|vegalite)\.v\d+(\.\d+)*\+json$/, "active"],
  [/^application\/vnd\.plotly\.v1\+json$/, "active"],
  [/^application\/vnd\.(bokehjs|holoviews)_(exec|load)\.v0\+json$/, "active"],
  [/^text\/html$/, "sanitised"],
  [/^text\/markdown$/, "sanitised"],
  [/^image\/svg\+xml$/, "inert"],
  [/^text\/latex$/, "sanitised"],
  [/^image\/(png|jpeg|gif|webp|avif|bmp|x-icon)$/, "inert"],
  [/^application\/javascript$/, "active"],
  [/^application\/(geo\+)?json$/, "inert"],
  [/^text\/plain$/, "inert"],
  [/^text\/[a-z0-9.+-]+$/, "inert"],
];

/** Rank of a MIME type, 0 is best; null: nothing here can show it. Parameters (`;charset=…`) do not count. */
export function mimeRank(mime: string): number | null {
  const bare = bareMime(mime);
  const rank = RANKED.findIndex(([pattern]) => pattern.test(bare));
  return rank < 0 ? null : rank;
}

/**
 * The tier of one representation. HTML that holds anything that could act is `active`; a value that is a blob cannot be looked into yet, so
 * HTML there counts as active.
 */
export function mimeTier(mime: string, value: Json | BlobRef): MimeTier {
  const rank = mimeRank(mime);
  const tier = rank === null ? undefined : RANKED[rank]?.[1];
  if (tier === undefined) return "inert";
  if (bareMime(mime) !== "text/html") return tier;
  return typeof value === "string" && !isBlobRef(value) && !isActiveHtml(value) ? "sanitised" : "active";
}

// Decides only *where* HTML is shown; what is shown in the page is sanitised whatever this says. So a miss costs behaviour, never safety.
const ACTIVE_HTML =
  /<(?:script|iframe|object|embed|applet|frame|frameset|meta|link|base|form|audio|video|canvas|portal)[\s/>]|\son[a-z]+\s*=|(?:href|src|action|formaction)\s*=\s*["']?\s*(?:javascript|vbscript):/i;

/** Whether HTML wants to do something (scripts, frames, event handlers), and so belongs into a frame. */
export function isActiveHtml(html: string): boolean {
  return ACTIVE_HTML.test(html);
}

export interface ChosenMime {
  readonly mime: string;
  readonly value: Json | BlobRef;
  readonly tier: MimeTier;
}

/**
 * The representation to show, or null when the bundle has none that can be.
 *
 * @param allowed tiers that may be shown now: without `active`, the best of the rest (a Plotly figure falls back to its PNG or HTML, at
 *   last to `text/plain`).
 */
export function chooseMime(bundle: MimeBundle, allowed: ReadonlySet<MimeTier> = ALL_TIERS): ChosenMime | null {
  let best: { rank: number; chosen: ChosenMime } | null = null;
  for (const [mime, value] of Object.entries(bundle)) {
    const rank = mimeRank(mime);
    if (rank === null || (best !== null && best.rank <= rank)) continue;
    const tier = mimeTier(mime, value);
    if (allowed.has(tier)) best = { rank, chosen: { mime, value, tier } };
  }
  return best?.chosen ?? null;
}

export const ALL_TIERS: ReadonlySet<MimeTier> = new Set(["inert", "sanitised", "active"]);
export const PAGE_TIERS: ReadonlySet<MimeTier> = new Set(["inert", "sanitised"]);

/** The type whose value is shown for one that only marks it; null for any other type. */
export function markedMime(mime: string): string | null {
  if (mime.startsWith("application/vnd.bokehjs_exec")) return "application/javascript";
  return mime.startsWith("application/vnd.holoviews_exec") ? "text/html" : null;
}

/** Text that stands for a bundle where nothing else can: `text/plain`, else the names of what it holds. */
export function textFallback(bundle: MimeBundle): string {
  const plain = bundle["text/plain"];
  if (typeof plain === "string") return plain;
  return Object.keys(bundle).sort().join(", ");
}

function bareMime(mime: string): string {
  return (mime.split(";")[0] ?? "").trim().toLowerCase();
}
