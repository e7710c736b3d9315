/** Kernels for tests that say nothing of what they can, as ipykernel 6 does: one of them has a debugger, as most have. */
import type { TestKernel } from "./jupyter.ts";

const PROGRAM = `
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp


class Silent(IPythonKernel):
    @property
    def kernel_info(self):
        told = dict(super().kernel_info)
        told.pop("supported_features", None)
        return told
`;

export const silentKernel: TestKernel = {
  name: "silent",
  displayName: "Says nothing of its debugger",
  language: "python",
  source: `${PROGRAM}

IPKernelApp.launch_instance(kernel_class=Silent)
`,
};

export const barrenKernel: TestKernel = {
  name: "barren",
  displayName: "Has no debugger",
  language: "python",
  source: `${PROGRAM}
    async def do_debug_request(self, msg):
        return None


IPKernelApp.launch_instance(kernel_class=Silent)
`,
};
