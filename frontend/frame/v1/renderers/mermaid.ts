/** Mermaid diagrams of text cells. */
import mermaid from "mermaid";
import type { Page } from "../page.ts";

export async function showMermaid(source: string, host: HTMLElement, page: Page): Promise<void> {
  let count = 0;
  const draw = async (): Promise<void> => {
    count += 1;
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      theme: page.theme === "dark" ? "dark" : "default",
    });
    const { svg } = await mermaid.render(`diagram-${count}`, source);
    host.innerHTML = svg;
  };
  await draw();
  page.hear((message) => message.type === "theme" && void draw());
}
