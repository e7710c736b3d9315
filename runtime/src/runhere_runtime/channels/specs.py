"""Which kernels there are: those that were registered with Jupyter, and those of the environments found."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpec, KernelSpecManager

from runhere_runtime.environments import Environment, find_environments
from runhere_runtime.state import Runtime


def unregistered(environments: Iterable[Environment], registered: Iterable[KernelSpec]) -> tuple[Environment, ...]:
    """Those of which nobody registered a kernel with Jupyter."""
    pythons = {spec.argv[0] for spec in registered if spec.argv}
    return tuple(one for one in environments if not pythons & {str(one.python), f"{one.python}3"})


class KernelSpecs(KernelSpecManager):
    """Jupyter's own, and one for each environment that has ipykernel and no kernel registered."""

    @property
    def runtime(self) -> Runtime:
        runtime = getattr(self.parent, "tornado_settings", {})["runhere"]
        assert isinstance(runtime, Runtime)
        return runtime

    def environments(self) -> tuple[Environment, ...]:
        """Those without a registered kernel, as they are on the disk now."""
        found = find_environments(root=self.runtime.root, home=Path.home(), variables=os.environ)
        kernel_python = self.runtime.kernel_python
        others = (one for one in found if str(one.python) != kernel_python)
        return unregistered(others, map(self._registered, super().find_kernel_specs()))

    def find_kernel_specs(self) -> dict[str, str]:
        found = super().find_kernel_specs()
        picture = found.get(NATIVE_KERNEL_NAME, "")
        ours = {one.kernel_name: picture for one in self.environments() if one.has_kernel}
        return {**ours, **found}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        for one in self.environments() if kernel_name.startswith("environment-") else ():
            if one.kernel_name == kernel_name and one.has_kernel:
                return self._spec_of(one)
        return super().get_kernel_spec(kernel_name)

    def _registered(self, kernel_name: str) -> KernelSpec:
        return super().get_kernel_spec(kernel_name)

    def _spec_of(self, environment: Environment) -> KernelSpec:
        native = super().find_kernel_specs().get(NATIVE_KERNEL_NAME, "")
        return KernelSpec(
            argv=[str(environment.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            env=environment.variables,
            display_name=environment.display_name,
            language="python",
            interrupt_mode="signal",
            metadata={"debugger": True},
            resource_dir=native,
        )
