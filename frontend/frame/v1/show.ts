/** Shows one value in an element. What is large is fetched only when it is needed. */
import { mendModules } from "./amd.ts";
import type { Page, Shown } from "./page.ts";
import { runScript, showHtml } from "./scripts.ts";

type ShowPlot = (data: string, host: HTMLElement, page: Page) => Promise<void>;

const PLOTS: readonly (readonly [mime: RegExp, load: () => Promise<ShowPlot>])[] = [
  [/^application\/vnd\.plotly\.v\d+\+json/, async () => (await import("./renderers/plotly.ts")).showPlotly],
  [/^application\/vnd\.vega(?:lite)?\.v[\d.]+\+json/, async () => (await import("./renderers/vega.ts")).showVega],
  [/^application\/vnd\.bokehjs_exec/, async () => (await import("./renderers/bokeh.ts")).showBokeh],
  [/^application\/vnd\.holoviews_exec/, async () => (await import("./renderers/holoviews.ts")).showHoloviews],
  [/^text\/vnd\.mermaid/, async () => (await import("./renderers/mermaid.ts")).showMermaid],
  [/^application\/vnd\.jupyter\.widget-view\+json/, async () => (await import("./widgets/show.ts")).showWidget],
];

/** @throws what the value's own code throws, or a renderer that cannot read it. */
export async function show({ mime, data }: Shown, host: HTMLElement, page: Page): Promise<void> {
  const plot = PLOTS.find(([pattern]) => pattern.test(mime));
  if (plot) {
    const showPlot = await plot[1]();
    await showPlot(data, host, page);
    return;
  }
  if (mime.endsWith("/javascript")) {
    mendModules(data);
    runScript(data, host);
  } else {
    mendModules(data);
    await showHtml(data, host);
  }
}
