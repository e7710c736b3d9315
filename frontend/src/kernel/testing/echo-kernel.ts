/** A kernel of another language for tests: it gives back what it is sent, and knows neither `usage_request` nor `debug_request`. */
export const echoKernel = {
  name: "echo",
  displayName: "Echo",
  language: "echo",
  source: `
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel


class Echo(Kernel):
    implementation = "echo"
    implementation_version = "1"
    banner = "Echo"
    language_info = {"name": "echo", "mimetype": "text/plain", "file_extension": ".txt"}
    control_msg_types = [one for one in Kernel.control_msg_types if one not in ("usage_request", "debug_request")]

    async def do_execute(self, code, silent, *_, **__):
        if not silent:
            self.send_response(self.iopub_socket, "stream", {"name": "stdout", "text": code})
        return {"status": "ok", "execution_count": self.execution_count, "payload": [], "user_expressions": {}}


IPKernelApp.launch_instance(kernel_class=Echo)
`,
} as const;
