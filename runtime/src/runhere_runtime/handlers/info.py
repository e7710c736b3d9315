"""What this runtime is: the discovery route and the capability document."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import authenticated

from runhere_runtime.handlers.base import RuntimeHandler

PROTOCOL = 1
FEATURES = ("journal", "pairing", "challenge", "terminals", "resources", "bridge", "environments")


class WellKnownHandler(RuntimeHandler):
    """The one thing that a listed page may read without a token."""

    @allow_unauthenticated
    def get(self) -> None:
        self.answer(
            {"name": "runhere-runtime", "protocol": PROTOCOL, "version": self.runtime.version, "needs": "pairing"}
        )


class InfoHandler(RuntimeHandler):
    """Versions, features, root folder and kernels, for a page that is connected.

    Which pages may connect is told to the master token only: no page learns where else its person works.
    """

    @authenticated
    async def get(self) -> None:
        specs = await ensure_async(self.kernel_spec_manager.get_all_specs())
        listed = {"origins": sorted(self.runtime.origins.now())} if self.by_master else {}
        self.answer(
            {
                **listed,
                "name": "runhere-runtime",
                "protocol": PROTOCOL,
                "version": self.runtime.version,
                "features": list(FEATURES),
                "subprotocols": ["runhere.journal.v1", "v1.kernel.websocket.jupyter.org"],
                "root_dir": str(self.runtime.root),
                "origin": self.runtime.origin,
                "journal_bytes": self.runtime.journals.limit_bytes,
                "platform": {"system": platform.system(), "machine": platform.machine(), "host": platform.node()},
                "python": sys.version.split()[0],
                "pid": os.getpid(),
                "default_kernel": self.kernel_manager.default_kernel_name,
                "kernelspecs": {name: _spec(spec) for name, spec in specs.items()},
            }
        )


def _spec(found: dict[str, Any]) -> dict[str, Any]:
    spec = found["spec"]
    return {
        "display_name": spec.get("display_name", ""),
        "language": spec.get("language", ""),
        "interrupt_mode": spec.get("interrupt_mode", "signal"),
        "metadata": spec.get("metadata", {}),
    }


HANDLERS = [
    (r"/\.well-known/runhere", WellKnownHandler),
    (r"/api/runhere/info", InfoHandler),
]
