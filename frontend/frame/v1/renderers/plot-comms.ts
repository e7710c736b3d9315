/**
 * What Panel's code expects of a notebook's page: a manager of comms. It opens one channel to the kernel, by a name that the
 * output carries, and hears what the kernel says on the one that this opens in return.
 */
import type { PlotNews } from "../../../src/core/frame-messages.ts";
import type { JsonRecord } from "../../../src/core/widget-state.ts";
import type { Page } from "../page.ts";

interface Heard {
  readonly content: { readonly data: unknown };
  readonly metadata: unknown;
  readonly buffers: readonly DataView[];
}
type Listener = (message: Heard) => void;
type Buffers = readonly (ArrayBuffer | ArrayBufferView<ArrayBuffer>)[];

export function offerPlotComms(page: Page): void {
  const targets = new Map<string, Listener>();
  const channels: Listener[] = [];
  const comms: Record<string, object> = {};
  page.hear((message) => {
    if (message.type !== "plot") return;
    const listener = message.channel === null ? targets.get(message.target ?? "") : channels[message.channel];
    listener?.(asHeard(message));
  });
  const open = (target: string, listener: Listener): object => {
    const channel = channels.push(listener) - 1;
    page.say({ type: "plot_open", channel, target });
    return {
      // What it sends holds more than JSON can carry; the kernel reads JSON.
      send: (data: unknown, _metadata?: unknown, buffers: Buffers = []) =>
        page.say({
          type: "plot_say",
          channel,
          data: JSON.parse(JSON.stringify(data)) as JsonRecord,
          buffers: buffers.map(bytesOf),
        }),
    };
  };
  const comm_manager = {
    register_target: (_plotId: string, target: string, listener: Listener) => void targets.set(target, listener),
    get_client_comm: (_plotId: string, target: string, listener: Listener = () => undefined) => {
      comms[target] ??= open(target, listener);
      return comms[target];
    },
  };
  // Panel asks whether the plot is drawn here; the frame holds no other.
  const plot_index = new Proxy({}, { has: () => true, get: () => true });
  const PyViz = {
    comms,
    comm_status: {},
    kernels: {},
    receivers: {},
    shared_views: new Map(),
    plot_index,
    comm_manager,
  };
  Object.assign(globalThis, { PyViz });
}

function asHeard({ data, metadata, buffers }: PlotNews): Heard {
  return {
    content: { data },
    metadata,
    buffers: buffers.map((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  };
}

function bytesOf(view: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Uint8Array {
  return view instanceof ArrayBuffer
    ? new Uint8Array(view)
    : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
