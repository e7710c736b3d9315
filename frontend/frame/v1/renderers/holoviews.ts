/**
 * Plots of HoloViews and hvPlot, and what else Panel makes: HTML whose script takes only the BokehJS that the plot was made
 * with, and Panel's own. In a notebook another output loads both from afar; here they are read from the kernel's
 * environment, which has exactly these. Without it there is no plot, and the page is told what is missing.
 */
import type { Page } from "../page.ts";
import { showHtml } from "../scripts.ts";
import { offerPlotComms } from "./plot-comms.ts";

/** In the order in which each hangs itself on those before. */
const PARTS = [
  "bokeh/bokeh.min",
  "bokeh/bokeh-gl.min",
  "bokeh/bokeh-widgets.min",
  "bokeh/bokeh-tables.min",
  "panel/panel.min",
];

let loaded: Promise<boolean> | null = null;

export async function showHoloviews(html: string, host: HTMLElement, page: Page): Promise<void> {
  if (loaded === null) offerPlotComms(page);
  loaded ??= load(page);
  if (await loaded) await showHtml(await withStyles(html, page), host);
}

async function load(page: Page): Promise<boolean> {
  const codes = await Promise.all(PARTS.map((name) => page.readAsset(name)));
  const missing = codes.lastIndexOf(null);
  if (missing >= 0) {
    page.say({ type: "missing", name: PARTS[missing]?.split("/")[0] ?? "" });
    return false;
  }
  for (const code of codes) {
    const script = document.createElement("script");
    script.textContent = code;
    document.head.append(script);
  }
  return true;
}

const STYLES =
  /\{"type":"object","name":"ImportedStyleSheet","id":("[\w-]+"),"attributes":\{"url":"https?:\/\/[^"]*?\/panel\/[^"]*?dist\/([\w./-]+\.css)[^"]*"\}\}/g;

/** Panel's style sheets, which the plot would fetch from afar, as the kernel's environment has them. */
async function withStyles(html: string, page: Page): Promise<string> {
  const names = new Set([...html.matchAll(STYLES)].map(([, , name = ""]) => name));
  const read = async (name: string) => [name, (await page.readAsset(`panel/${name}`)) ?? ""] as const;
  const sheets = new Map(await Promise.all([...names].map(read)));
  return html.replace(STYLES, (_, id: string, name: string) => {
    // Within a script: nothing of it may end that.
    const css = JSON.stringify(sheets.get(name) ?? "").replaceAll("<", "\\u003c");
    return `{"type":"object","name":"InlineStyleSheet","id":${id},"attributes":{"css":${css}}}`;
  });
}
