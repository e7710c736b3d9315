"""Which kernels there are: those that were registered with Jupyter, and those of the environments found."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpec, KernelSpecManager

from runhere_runtime.environments import KERNEL_PREFIX, Environment, find_environments
from runhere_runtime.state import Runtime


def unregistered(environments: Iterable[Environment], commands: Iterable[Sequence[str]]) -> tuple[Environment, ...]:
    """Those of which nobody registered a kernel with Jupyter. `commands`: what registered kernels are started by."""
    pythons = {command[0] for command in commands if command}
    return tuple(one for one in environments if not pythons & {str(one.python), f"{one.python}3"})


class KernelSpecs(KernelSpecManager):
    """Jupyter's own, and one for each environment that has ipykernel and no kernel registered."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._jupyters = KernelSpecManager(parent=self.parent)

    @property
    def runtime(self) -> Runtime:
        runtime = getattr(self.parent, "tornado_settings", {})["runhere"]
        assert isinstance(runtime, Runtime)
        return runtime

    def environments(self) -> tuple[Environment, ...]:
        """Those without a registered kernel, as they are on the disk now."""
        return self._beside(self._jupyters.get_all_specs())

    def find_kernel_specs(self) -> dict[str, str]:
        ours = self._ours(self._jupyters.get_all_specs())
        return {**{name: spec.resource_dir for name, spec in ours.items()}, **self._jupyters.find_kernel_specs()}

    def get_all_specs(self) -> dict[str, Any]:
        registered = self._jupyters.get_all_specs()
        ours = self._ours(registered)
        told = {name: {"resource_dir": spec.resource_dir, "spec": spec.to_dict()} for name, spec in ours.items()}
        return {**told, **registered}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        ours = self._ours(self._jupyters.get_all_specs()) if kernel_name.startswith(KERNEL_PREFIX) else {}
        return ours.get(kernel_name) or self._jupyters.get_kernel_spec(kernel_name)

    def _beside(self, registered: dict[str, Any]) -> tuple[Environment, ...]:
        found = find_environments(root=self.runtime.root, home=Path.home(), variables=os.environ)
        commands = [one["spec"]["argv"] for one in registered.values()]
        return unregistered(found, [*commands, [str(self.runtime.kernel_python)]])

    def _ours(self, registered: dict[str, Any]) -> dict[str, KernelSpec]:
        picture = registered.get(NATIVE_KERNEL_NAME, {}).get("resource_dir", "")
        return {one.kernel_name: _spec_of(one, picture) for one in self._beside(registered) if one.has_kernel}


def _spec_of(environment: Environment, picture: str) -> KernelSpec:
    return KernelSpec(
        argv=[str(environment.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        env=environment.variables,
        display_name=environment.display_name,
        language="python",
        interrupt_mode="signal",
        metadata={"debugger": True},
        resource_dir=picture,
    )
