/** ipywidgets' own manager, fed by the page: models come when they are asked for, modules from the hub or the kernel. */
import * as base from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";
import type { FrameModel, PageMessage } from "../../../src/core/frame-messages.ts";
import { evaluateModule, serveModule } from "../amd.ts";
import type { Page } from "../page.ts";
import { FrameComm, Outbox } from "./comm.ts";
import { outputWidgets } from "./output.ts";

type ModelPromise = Promise<base.WidgetModel>;

interface Wanted {
  readonly asked: ModelPromise;
  give(model: ModelPromise): void;
  refuse(error: Error): void;
}

/** Nothing here knows the module. `message`: its name. */
export class ModuleMissing extends Error {}
/** Nobody has the model. */
export class ModelGone extends Error {}

export class FrameManager extends ManagerBase {
  readonly page: Page;
  readonly #outbox: Outbox;
  readonly #comms = new Map<string, FrameComm>();
  readonly #wanted = new Map<string, Wanted>();
  readonly #modules = new Map<string, Promise<Record<string, unknown>>>();
  #isLive = false;

  constructor(page: Page) {
    super();
    this.page = page;
    this.#outbox = new Outbox(page);
    page.hear((message) => this.#heard(message));
    serveModule("@jupyter-widgets/base", async () => base);
    serveModule("@jupyter-widgets/controls", async () => controls);
    this.#modules.set("@jupyter-widgets/base", Promise.resolve({ ...base }));
    this.#modules.set("@jupyter-widgets/controls", Promise.resolve({ ...controls }));
    this.#modules.set("@jupyter-widgets/output", Promise.resolve(outputWidgets(this)));
  }

  /**
   * Puts a view of the model into `host`.
   *
   * @throws when nobody has the model, or nobody the module that shows it.
   */
  async display(modelId: string, host: HTMLElement): Promise<void> {
    const model = await this.get_model(modelId);
    // Only a module that is missing has something better than the widget's own complaint.
    await this.#module(String(model.get("_view_module")));
    const view = await this.create_view(model);
    view.trigger("displayed");
    base.JupyterLuminoWidget.attach(view.luminoWidget, host);
    view.luminoWidget.processMessage({ type: "after-show", isConflatable: false, conflate: () => false });
    new ResizeObserver(() => window.dispatchEvent(new Event("resize"))).observe(host);
  }

  override get_model(modelId: string): ModelPromise {
    if (this.has_model(modelId)) return super.get_model(modelId);
    const known = this.#wanted.get(modelId);
    if (known) return known.asked;
    let wish: Pick<Wanted, "give" | "refuse"> = { give: () => {}, refuse: () => {} };
    const asked: ModelPromise = new Promise((give, refuse) => {
      wish = { give, refuse };
    });
    this.#wanted.set(modelId, { ...wish, asked });
    this.page.say({ type: "want_model", model_id: modelId });
    return asked;
  }

  /** Whether a kernel listens. */
  get isLive(): boolean {
    return this.#isLive;
  }

  protected async loadClass(className: string, moduleName: string): Promise<never> {
    const module = await this.#module(moduleName);
    const found = module[className];
    if (typeof found !== "function") throw new Error(`The widget module "${moduleName}" has no "${className}".`);
    return found as never;
  }

  protected async _create_comm(
    target: string,
    modelId: string = base.uuid(),
    data?: unknown,
    metadata?: unknown,
    buffers?: ArrayBuffer[] | ArrayBufferView[],
  ): Promise<FrameComm> {
    const comm = this.#comm(modelId, target);
    if (data !== undefined) comm.open(data, undefined, metadata, buffers);
    return comm;
  }

  protected async _get_comm_info(): Promise<Record<string, never>> {
    return {};
  }

  #comm(modelId: string, target = "jupyter.widget"): FrameComm {
    const comm = this.#comms.get(modelId) ?? new FrameComm(modelId, target, this.#outbox);
    this.#comms.set(modelId, comm);
    return comm;
  }

  #heard(message: PageMessage): void {
    switch (message.type) {
      case "models":
        for (const model of message.models) this.#take(model);
        return;
      case "no_model":
        this.#wanted.get(message.model_id)?.refuse(new ModelGone());
        this.#wanted.delete(message.model_id);
        return;
      case "comm":
        this.#comms.get(message.comm_id)?.receive(message.data, message.buffers, message.answers);
        return;
      case "comm_close":
        this.#comms.get(message.comm_id)?.ended();
        this.#comms.delete(message.comm_id);
        return;
      case "sent":
        this.#outbox.done(message.id);
    }
  }

  #take({ model_id: modelId, is_live: isLive, state, buffer_paths, buffers }: FrameModel): void {
    this.#isLive ||= isLive;
    if (this.has_model(modelId)) return;
    const views = buffers.map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    const whole = structuredClone(state) as Record<string, never>;
    base.put_buffers(
      whole,
      buffer_paths.map((path) => [...path]),
      views,
    );
    const made = this.new_model(
      {
        model_name: String(state["_model_name"]),
        model_module: String(state["_model_module"]),
        model_module_version: String(state["_model_module_version"]),
        model_id: modelId,
        comm: this.#comm(modelId),
      },
      whole,
    );
    made.catch(() => undefined);
    this.#wanted.get(modelId)?.give(made);
    this.#wanted.delete(modelId);
  }

  #module(name: string): Promise<Record<string, unknown>> {
    const known = this.#modules.get(name);
    if (known) return known;
    const loaded = name === "anywidget" ? anywidget() : this.#readModule(name);
    this.#modules.set(name, loaded);
    return loaded;
  }

  /** As the kernel's environment ships it for notebooks. */
  async #readModule(name: string): Promise<Record<string, unknown>> {
    const code = await this.page.readAsset(`${name}/index`);
    if (code === null) throw new ModuleMissing(name);
    return (await evaluateModule(code, name, (other) => this.#near(name, other))) as Record<string, unknown>;
  }

  /** A file that lies beside a package's module (pythreejs' `three`), else another package. */
  async #near(name: string, other: string): Promise<unknown> {
    const code = await this.page.readAsset(`${name}/${other}`);
    return code === null ? await this.#module(other) : await evaluateModule(code, other);
  }
}

/** From the hub, so that a saved widget whose own code is in its state shows without its kernel. */
async function anywidget(): Promise<Record<string, unknown>> {
  const { default: code } = await import("anywidget?raw");
  return (await evaluateModule(code, "anywidget")) as Record<string, unknown>;
}
