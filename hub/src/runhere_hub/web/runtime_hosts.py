"""Origins of hosted runtimes, where the settings have a wildcard domain: `<id>.DOMAIN` is one runtime, and no hub.

    https://0123….rt.example.org/api/kernels  ──▶  /rt/0123…/api/kernels, for the page of the hub's own origin

Everything of such a request lies below that runtime, whatever its path says: what is the hub's cannot be named there.
Where there is such a domain, runtimes are not below the hub's origin as well: of two ways in, one would be forgotten.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import Scope

from runhere_hub.core.runtimes import RuntimeId

RUNTIME_KEY = "runhere.runtime_host"
"""In a scope: the request named a runtime's own host."""

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class RuntimeHosts:
    """How runtimes are named.

    Attributes:
        scheme: `https`, or `http` where the hub is so.
        suffix: What follows the id: the domain with its dot, and the port where it is not the scheme's own.
    """

    scheme: str
    suffix: str

    @property
    def any_origin(self) -> str:
        """All of their origins, as a Content-Security-Policy has it; `*` stands for the id."""
        return f"{self.scheme}://*{self.suffix}"

    def runtime_of(self, hosts: Sequence[str]) -> RuntimeId | None:
        """The runtime that a request's Host headers name; None: none, or more than one could be meant."""
        if len(hosts) != 1:
            return None
        host = hosts[0].lower()
        name = host.removesuffix(self.suffix)
        return RuntimeId(name) if host != name and _ID.fullmatch(name) else None


def of(domain: str | None, public_origin: str) -> RuntimeHosts | None:
    """Hosts below this domain, by the scheme and port of the hub's own origin; None: there is no domain."""
    if domain is None:
        return None
    parts = urlsplit(public_origin)
    return RuntimeHosts(parts.scheme, f".{domain}" + (f":{parts.port}" if parts.port is not None else ""))


def below(scope: Scope, runtime: RuntimeId) -> Scope:
    """The request as it stands below the hub's own origin where runtimes have none of theirs."""
    raw: bytes = scope["raw_path"]
    before = f"/rt/{runtime}"
    return {**scope, "path": before + scope["path"], "raw_path": before.encode() + raw, RUNTIME_KEY: runtime}
