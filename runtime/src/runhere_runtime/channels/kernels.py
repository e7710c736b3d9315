"""Kernels of this runtime: private sockets, an environment without secrets, every queue without a limit."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from traitlets import Unicode, default

from runhere_runtime.state import Runtime

SECRET_VARIABLES = ("JUPYTER_TOKEN", "JUPYTER_TOKEN_FILE", "JPY_API_TOKEN", "JUPYTERHUB_API_TOKEN")
# ipykernel keeps at most 1,000 messages for a slow reader and then drops them, silently. Its context makes every
# socket unlimited when told before the first one exists; the rest is what `python -m ipykernel_launcher` does.
_UNLIMITED_LAUNCHER = (
    "import sys;sys.path[:1]=[];import zmq;"
    "zmq.Context._runhere_init=zmq.Context.__init__;"
    "zmq.Context.__init__=lambda self,*a,**k:(self._runhere_init(*a,**k),setattr(self,'sndhwm',0))[0];"
    "from ipykernel import kernelapp;kernelapp.launch_new_instance()"
)


def kernel_environment(environment: dict[str, str]) -> dict[str, str]:
    """What a kernel may inherit: everything but tokens of servers."""
    return {
        name: value
        for name, value in environment.items()
        if name not in SECRET_VARIABLES and not (name.startswith("RUNHERE_") and "TOKEN" in name)
    }


def unlimited_command(command: list[str]) -> list[str]:
    """The kernel's command line with ipykernel's send limit lifted; others are returned as they are."""
    for i in range(len(command) - 1):
        if command[i] == "-m" and command[i + 1] in ("ipykernel_launcher", "ipykernel"):
            return [*command[:i], "-c", _UNLIMITED_LAUNCHER, *command[i + 2 :]]
    return command


def speaks_ipc(argv: list[str]) -> bool:
    """Whether the kernel is known to understand the ipc transport: ipykernel does."""
    return os.name == "posix" and ("ipykernel_launcher" in argv or "ipykernel" in argv)


class Kernel(ServerKernelManager):
    """One kernel."""

    kernel_python = Unicode("")

    @default("transport")
    def _default_transport(self) -> str:
        spec = self.kernel_spec
        return "ipc" if spec is not None and speaks_ipc(spec.argv) else "tcp"

    def _ip_default(self) -> str:
        if self.transport == "ipc":
            return str(Path(self.connection_file).parent / Path(self.connection_file).stem[-12:])
        return str(super()._ip_default())

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        command = super().format_kernel_cmd(extra_arguments)
        if self.kernel_python and self.kernel_name == "python3" and command and command[0] == sys.executable:
            command = [self.kernel_python, *command[1:]]
        return unlimited_command(command)

    async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:  # what jupyter_client returns
        kwargs["env"] = kernel_environment(kwargs.get("env") or dict(os.environ))
        return await super()._async_pre_start_kernel(**kwargs)

    pre_start_kernel = _async_pre_start_kernel  # type: ignore[assignment]  # as jupyter_client does for its async managers


class Kernels(AsyncMappingKernelManager):
    """All kernels."""

    transport_encryption = "auto"

    @default("kernel_manager_class")
    def _default_kernel_manager_class(self) -> str:
        return "runhere_runtime.channels.kernels.Kernel"

    @default("connection_dir")
    def _default_connection_dir(self) -> str:
        return str(self.runtime.socket_folder)

    @property
    def runtime(self) -> Runtime:
        runtime = getattr(self.parent, "tornado_settings", {})["runhere"]
        assert isinstance(runtime, Runtime)
        return runtime
