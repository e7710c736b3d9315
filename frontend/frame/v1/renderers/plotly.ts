/** Plotly figures, by the library that the hub serves. */
import Plotly, { type Config, type Data, type Frame, type Layout } from "plotly.js-dist-min";
import type { Page } from "../page.ts";

/** Plotly's own JSON; Plotly checks it. */
interface Figure {
  readonly data?: Data[];
  readonly layout?: Partial<Layout>;
  readonly config?: Partial<Config>;
  readonly frames?: Partial<Frame>[];
}

export async function showPlotly(data: string, host: HTMLElement, page: Page): Promise<void> {
  const figure = JSON.parse(data) as Figure;
  const { layout = {} } = figure;
  // On the page's ground; what the figure says itself goes before.
  const themed = page.theme === "dark" ? { ...colours(page), ...layout } : layout;
  const plot = await Plotly.newPlot(host, figure.data ?? [], themed, {
    responsive: true,
    displaylogo: false,
    ...figure.config,
  });
  if (figure.frames?.length) await Plotly.addFrames(plot, figure.frames);
  page.hear((message) => message.type === "theme" && void Plotly.relayout(plot, { ...colours(page), ...layout }));
}

function colours({ theme }: Page): Partial<Layout> {
  const isDark = theme === "dark";
  return { paper_bgcolor: isDark ? "#16181c" : "#ffffff", font: { color: isDark ? "#dfe3e9" : "#2a3f5f" } };
}
