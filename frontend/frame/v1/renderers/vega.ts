/** Vega and Vega-Lite charts (Altair's, too). Data that lie elsewhere are not fetched: a frame has no network. */
import type { Page } from "../page.ts";
import { vegaEmbed } from "./vega-parts.ts";

export async function showVega(data: string, host: HTMLElement, page: Page): Promise<void> {
  const spec = JSON.parse(data);
  const draw = async (): Promise<void> => {
    await vegaEmbed(host, spec, {
      actions: false,
      renderer: "svg",
      ...(page.theme === "dark" ? { theme: "dark" } : {}),
    });
  };
  await draw();
  page.hear((message) => message.type === "theme" && void draw());
}
