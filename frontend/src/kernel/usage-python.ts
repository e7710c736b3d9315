/**
 * What the page puts into a Python kernel to be told its use while a cell runs: one hidden name, `__runhere_usage__`, which displays what
 * ipykernel's `usage_reply` says. A kernel without psutil refuses it.
 */
export const USAGE_HELPER = "__runhere_usage__";
export const USAGE_MIME = "application/vnd.runhere.usage+json";

export const INSTALL_USAGE = `
def __runhere_usage__():
    import psutil

    def part(process, question):
        try:
            return question(process)
        except psutil.Error:
            return 0

    def memory(process):
        used = process.memory_full_info()
        return getattr(used, "pss", used.rss)

    class Usage:
        # The same objects each time: each knows its processor time of the time before.
        known = {}

        def __repr__(self):
            return ""

        def processes(self):
            kernel = psutil.Process()
            self.known = {one: self.known.get(one, one) for one in [kernel, *kernel.children(recursive=True)]}
            return list(self.known.values())

        def _repr_mimebundle_(self, include=None, exclude=None):
            processes = self.processes()
            machine = psutil.virtual_memory()
            return {
                "${USAGE_MIME}": {
                    "kernel_cpu": sum(part(one, lambda process: process.cpu_percent()) for one in processes),
                    "kernel_memory": sum(part(one, memory) for one in processes),
                    "host_cpu_percent": psutil.cpu_percent(),
                    "cpu_count": psutil.cpu_count(),
                    "host_virtual_memory": {"total": machine.total, "available": machine.available},
                }
            }

    return Usage()


__runhere_usage__ = __runhere_usage__()
`;
