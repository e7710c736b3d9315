/** The `Output` widget: outputs of the kernel inside a widget (`interact`, `Output()`), shown by the frame's own renderers. */
import { DOMWidgetModel, DOMWidgetView, JupyterLuminoPanelWidget } from "@jupyter-widgets/base";
import type { Json } from "../../../src/core/json.ts";
import type { Output } from "../../../src/core/outputs.ts";
import { isRecord, rootOf, VIEW_MIME } from "../../../src/core/widget-state.ts";
import type { Page } from "../page.ts";
import { ansiText } from "./ansi.ts";

/** What the manager does for outputs: other widgets, and everything else that a frame can show. */
export interface Inside {
  readonly page: Page;
  display(modelId: string, host: HTMLElement): Promise<void>;
}

// Best first, as in the page.
const PREFERRED = [
  VIEW_MIME,
  /^application\/vnd\.(?:vega|plotly|bokehjs_exec|holoviews_exec)/,
  "text/html",
  "text/markdown",
  "image/svg+xml",
  "text/latex",
  /^image\//,
  "application/javascript",
  "text/plain",
];

export function outputWidgets(manager: Inside): Record<string, unknown> {
  class OutputModel extends DOMWidgetModel {
    override defaults() {
      return {
        ...super.defaults(),
        _model_name: "OutputModel",
        _view_name: "OutputView",
        _model_module: "@jupyter-widgets/output",
        _view_module: "@jupyter-widgets/output",
        _model_module_version: "1.0.0",
        _view_module_version: "1.0.0",
        msg_id: "",
        outputs: [],
      };
    }
  }

  class OutputView extends DOMWidgetView {
    #shown: Json[] = [];

    override render(): void {
      super.render();
      this.el.classList.add("jupyter-widgets-output-area", "jp-OutputArea");
      this.listenTo(this.model, "change:outputs", () => this.#show());
      this.#show();
    }

    /** What is the same stays: a picture that is drawn again and again must not flicker. */
    #show(): void {
      const outputs = this.model.get("outputs") as readonly Json[];
      outputs.forEach((output, index) => {
        if (JSON.stringify(this.#shown[index]) === JSON.stringify(output)) return;
        const item = document.createElement("div");
        item.className = "jp-OutputArea-child";
        const before = this.el.children[index];
        if (before) before.replaceWith(item);
        else this.el.append(item);
        void fill(item, output, manager);
      });
      while (this.el.children.length > outputs.length) this.el.lastElementChild?.remove();
      this.#shown = [...outputs];
    }
  }

  return { OutputModel, OutputView, JupyterLuminoPanelWidget };
}

async function fill(item: HTMLElement, value: Json, manager: Inside): Promise<void> {
  if (!isRecord(value)) return;
  // As the kernel or the page made it; anything else shows nothing.
  const output = value as unknown as Output;
  if (output.output_type === "stream") {
    item.classList.add(output.name === "stderr" ? "stream-stderr" : "stream");
    item.append(ansiText(typeof output.text === "string" ? output.text : ""));
  } else if (output.output_type === "error") {
    item.classList.add("stream-stderr");
    item.append(ansiText(output.traceback.join("\n") || `${output.ename}: ${output.evalue}`));
  } else await fillBundle(item, output.data, manager);
}

async function fillBundle(
  item: HTMLElement,
  data: { readonly [mime: string]: unknown },
  manager: Inside,
): Promise<void> {
  const mimes = Object.keys(data);
  const mime = PREFERRED.map((wanted) =>
    mimes.find((one) => (typeof wanted === "string" ? one === wanted : wanted.test(one))),
  ).find((found) => found !== undefined);
  if (mime === undefined) return;
  const raw = data[mime];
  const text = typeof raw === "string" ? raw : Array.isArray(raw) ? raw.join("") : JSON.stringify(raw);
  const root = mime === VIEW_MIME ? rootOf(raw) : null;
  if (root !== null)
    await manager.display(root, item).catch(() => item.append(ansiText(String(data["text/plain"] ?? ""))));
  else if (mime === "text/plain" || mime === "text/latex") item.append(ansiText(text));
  else if (mime === "text/markdown") await showMarkdown(text, item);
  else if (mime === "image/svg+xml") item.innerHTML = text;
  else if (mime.startsWith("image/")) item.append(picture(mime, text));
  else if (mime.startsWith("application/vnd.bokehjs_exec"))
    await manager.page.show({ mime, data: String(data["application/javascript"] ?? "") }, item);
  else if (mime.startsWith("application/vnd.holoviews_exec"))
    await manager.page.show({ mime, data: String(data["text/html"] ?? "") }, item);
  else await manager.page.show({ mime, data: text }, item);
}

function picture(mime: string, base64: string): HTMLElement {
  const image = document.createElement("img");
  image.src = `data:${mime};base64,${base64.replace(/\s+/g, "")}`;
  return image;
}

async function showMarkdown(text: string, item: HTMLElement): Promise<void> {
  const { marked } = await import("marked");
  item.innerHTML = await marked.parse(text);
}
