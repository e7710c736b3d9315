/** A widget in its frame. */
import "./widgets.css";
import type { Page } from "../page.ts";
import { FrameManager, ModelGone, ModuleMissing } from "./manager.ts";

let manager: FrameManager | null = null;

/** Shows the model of this id; it and what it needs come from the page. */
export async function showWidget(modelId: string, host: HTMLElement, page: Page): Promise<void> {
  manager ??= new FrameManager(page);
  try {
    await manager.display(modelId, host);
  } catch (error) {
    if (error instanceof ModelGone) page.say({ type: "gone" });
    else if (error instanceof ModuleMissing) page.say({ type: "missing", name: error.message });
    else page.say({ type: "cannot_show", message: error instanceof Error ? error.message : String(error) });
  }
}
