/** Pictures, always as `<img>`: SVG there runs no script and loads nothing. */

import { text } from "../i18n/t.ts";
import { asText, element, nothingToDispose, type Rendered, type Renderer, type RenderRequest } from "./rendered.ts";
import { worded } from "./words.ts";

const RASTER = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/x-icon"];

export const imageRenderer: Renderer = {
  mimeTypes: RASTER,
  render: (request, host) => {
    showImage(request, host, `data:${request.mime};base64,${asText(request.value).replace(/\s+/g, "")}`);
    return nothingToDispose;
  },
};

export const svgRenderer: Renderer = {
  mimeTypes: ["image/svg+xml"],
  render(request, host): Rendered {
    const url = URL.createObjectURL(new Blob([asText(request.value)], { type: "image/svg+xml" }));
    showImage(request, host, url);
    return { dispose: () => URL.revokeObjectURL(url) };
  },
};

function showImage({ mime, metadata }: RenderRequest, host: HTMLElement, url: string): void {
  const image = element("img", "output-image");
  const own = altText(metadata);
  if (own === null) worded(image, () => text("outputs.imageAlt"), "alt");
  else image.alt = own;
  image.decoding = "async";
  const size = metadata[mime];
  if (typeof size === "object" && size !== null) {
    const { width, height } = size as { width?: unknown; height?: unknown };
    if (typeof width === "number" && width > 0) image.width = width;
    if (typeof height === "number" && height > 0) image.height = height;
  }
  if (metadata["needs_background"] === "light") image.classList.add("on-light");
  image.src = url;
  host.append(image);
}

function altText(metadata: Readonly<Record<string, unknown>>): string | null {
  const alt = metadata["alt"];
  return typeof alt === "string" && alt.trim() ? alt : null;
}
