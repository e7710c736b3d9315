"""What turns a stock Jupyter server into ours: handlers, identity, kernels. Registers; holds no logic.

Runtime         everything one running runtime shares between its parts
GateIdentity    believes the gate and nobody else
install         puts both into a server's configuration
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server_terminals.app import TerminalsExtensionApp
from tornado.web import RequestHandler
from traitlets.config import Config

from runhere_runtime.handlers import bridge, channels, environments, info, journal, landing, pairing, resources
from runhere_runtime.state import Runtime

__all__ = ["GateIdentity", "Runtime", "default_handlers", "install", "settings"]


@dataclass(frozen=True)
class _Person:
    """The one who started the runtime: there is nobody else."""

    name: str = "runtime"


class GateIdentity(IdentityProvider):
    """Accepts exactly the requests that the gate authenticated. Issues no cookie and knows no login page."""

    token = ""

    async def _get_user(self, handler: RequestHandler) -> User | None:
        if handler.request.headers.get("Authorization") != f"Bearer {handler.settings['runhere'].inner_secret}":
            return None
        handler._token_authenticated = True  # type: ignore[attr-defined]  # how jupyter_server asks
        return User(_Person.name)

    def should_check_origin(self, handler: RequestHandler) -> bool:
        """The gate has: a page that is not listed comes no further. Jupyter's own list is empty, and would refuse
        listed pages on the public routes.
        """
        return False

    @property
    def auth_enabled(self) -> bool:
        return True

    @property
    def login_available(self) -> bool:
        return False

    @property
    def logout_available(self) -> bool:
        return False


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": __name__, "app": TerminalsExtensionApp}]


default_handlers: list[tuple[Any, ...]] = [
    *info.HANDLERS,
    *environments.HANDLERS,
    *landing.HANDLERS,
    *pairing.HANDLERS,
    *journal.HANDLERS,
    *channels.HANDLERS,
    *bridge.HANDLERS,
    *resources.HANDLERS,
]


def install(config: Config) -> None:
    """Put our handlers, before Jupyter's own, and our kernels into the configuration of a server."""
    app = config.ServerApp
    app.extra_services = ["runhere_runtime.server_extension"]
    app.kernel_manager_class = "runhere_runtime.channels.kernels.Kernels"
    app.kernel_spec_manager_class = "runhere_runtime.channels.specs.KernelSpecs"


def settings(runtime: Runtime, *, max_message_bytes: int) -> dict[str, Any]:
    """Tornado settings of the server. Not part of its configuration, which would copy them."""
    return {"runhere": runtime, "websocket_max_message_size": max_message_bytes, "headers": {}}
