"""Under which origin a request reached the hub, and from which address: pure rules over the connection and its headers.

one person   the origin is whatever loopback host the request names: a tunnel changes the port
a team       the origin is the one of the settings; every other Host is refused. X-Forwarded-For counts only when the
             connection comes from a listed proxy
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from runhere_hub.web import csrf

_LONGEST_FORWARDED = 20


@dataclass(frozen=True)
class Address:
    """How the hub is reached.

    Attributes:
        public_origin: None: one-person mode.
        trusted_proxies: Networks, as text.
        speaks_tls: The hub itself does; else a listed proxy has to, where the public origin is https.
    """

    public_origin: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    speaks_tls: bool = False

    def origin_of(self, scope: Scope, given: Headers, *, is_own_machine: bool, is_runtime: bool = False) -> str | None:
        """The hub's own origin, if the request may have come by it; None: refuse it.

        Args:
            is_own_machine: A route for probes and the command line, which come to the loopback address.
            is_runtime: The request names the host of a hosted runtime (`runtime_hosts`), which is not the hub's.
        """
        hosts = given.getlist("host")
        if self.public_origin is None or (is_own_machine and csrf.host_of(hosts) is not None):
            host = csrf.host_of(hosts)
            return None if host is None else f"http://{host}"
        if not is_runtime and (len(hosts) != 1 or hosts[0].lower() != urlsplit(self.public_origin).netloc):
            return None
        if self.public_origin.startswith("https:") and not self.speaks_tls and not self._is_trusted(peer_of(scope)):
            return None
        return self.public_origin

    def came_from(self, scope: Scope, given: Headers) -> str | None:
        """Address of whoever sent the request: of the last one that no listed proxy vouches for."""
        peer = peer_of(scope)
        if self.public_origin is None or peer is None or not self._is_trusted(peer):
            return peer
        said = [part.strip() for part in ",".join(given.getlist("x-forwarded-for")).split(",")][-_LONGEST_FORWARDED:]
        return last_untrusted(said, self.trusted_proxies) or peer

    def _is_trusted(self, peer: str | None) -> bool:
        return peer is not None and is_in(peer, self.trusted_proxies)


def peer_of(scope: Scope) -> str | None:
    """Address at the other end of the connection."""
    client = scope.get("client")
    return str(client[0]) if client else None


def is_in(address: str, networks: Sequence[str]) -> bool:
    """True for an address in one of these networks."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in ipaddress.ip_network(network) for network in networks)


def last_untrusted(forwarded: Sequence[str], trusted: Sequence[str]) -> str | None:
    """The rightmost address that is not a listed proxy; None when there is none, or something else stands there."""
    for address in reversed(forwarded):
        try:
            ipaddress.ip_address(address)
        except ValueError:
            return None
        if not is_in(address, trusted):
            return address
    return None
