/** What is known of one notebook's runtime. `RuntimeDriver` writes it; everybody else reads it through `NotebookRuntime`. */
import { type BindingState, UNBOUND } from "../core/binding.ts";
import { Value } from "../core/observable.ts";
import type { Advice } from "../core/probe.ts";
import type { KernelPort } from "../kernel/kernel-port.ts";
import type { JupyterServer } from "../kernel/server.ts";
import type { KernelState, KernelspecChoice, RuntimeNotice } from "./runtime-types.ts";

export const NO_KERNEL: KernelState = { status: "none", name: null, displayName: null, language: null };

export class RuntimeState {
  readonly binding = new Value<BindingState>(UNBOUND);
  /** An attempt to reach another runtime beside the bound one, which stays until that one has answered. */
  readonly trial = new Value<BindingState>(UNBOUND);
  readonly kernel = new Value<KernelState>(NO_KERNEL);
  readonly kernelspecs = new Value<readonly KernelspecChoice[]>([]);
  readonly advice = new Value<readonly Advice[]>([]);
  readonly notice = new Value<RuntimeNotice | null>(null);
  readonly port = new Value<KernelPort | null>(null);
  readonly server = new Value<JupyterServer | null>(null);
}
