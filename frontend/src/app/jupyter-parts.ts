/** All that talks to a Jupyter server, in one place that is fetched when a runtime is bound: a notebook can be read and edited before. */
export { complete, inspect } from "../kernel/complete.ts";
export { JupyterServer } from "../kernel/server.ts";
export { directTransport } from "../kernel/transport.ts";
export { folderOnDisk } from "./disk-links.ts";
export { HeldKernel } from "./held-kernel.ts";
export { chooseKernelspec, rememberedKernel, runningKernels, startKernel } from "./kernel-start.ts";
// Here so that widgets' code is there before a kernel's first message.
export { WidgetStore } from "./widget-parts.ts";
