"""Which requests another web page could have caused: pure rules over headers.

The hub answers on loopback names with any port, because a tunnel (`ssh -L 9000:localhost:8800`) changes the port. So
its own origin is the one that the checked Host header names, and every other is foreign, other ports of this machine
included.
"""

import re
from collections.abc import Mapping, Sequence

_HOST = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?")
SAFE = frozenset({"GET", "HEAD"})
_OWN_SITES = frozenset({"same-origin", "none"})


def host_of(hosts: Sequence[str]) -> str | None:
    """The host that a request names, when it is exactly one and one of ours; None: refuse."""
    if len(hosts) != 1:
        return None
    host = hosts[0].lower()
    return host if _HOST.fullmatch(host) else None


def is_own_read(headers: Mapping[str, str], *, own_origin: str) -> bool:
    """True for a GET of the API that our page, or no page at all, has made."""
    if headers.get("origin", own_origin) != own_origin:
        return False
    return headers.get("sec-fetch-site", "none") in _OWN_SITES


def is_own_write(headers: Mapping[str, str], *, own_origin: str) -> bool:
    """True for a changing request that only our page can have made.

    The origin must be there and be ours; and the request must be one that no HTML form can make, so that no browser is
    trusted to send Origin with forms.
    """
    if headers.get("origin") != own_origin or headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or headers.get("x-requested-by") == "runhere"


def is_own_proxied(headers: Mapping[str, str], *, own_origin: str, method: str) -> bool:
    """True for a request to a hosted runtime that our page makes; its pass is in a header, which no form can set."""
    if method not in SAFE and "origin" not in headers:
        return False
    return is_own_read(headers, own_origin=own_origin)


def is_own_page(headers: Mapping[str, str], *, own_origin: str) -> bool:
    """True for whatever our page asks of another origin: browsers always send Origin there, reading included."""
    return headers.get("origin") == own_origin


def is_own_socket(headers: Mapping[str, str], *, own_origin: str) -> bool:
    """True for a WebSocket that our page opens. Browsers always send Origin here, and no preflight protects sockets."""
    return headers.get("origin") == own_origin


def is_from_a_page(headers: Mapping[str, str]) -> bool:
    """True when a header is there that browsers add to every POST. Sec-Fetch-Mode is none: Node sends it too."""
    return "origin" in headers or "sec-fetch-site" in headers


def is_from_a_browser(headers: Mapping[str, str]) -> bool:
    """True when a header is there that browsers add by themselves."""
    return "origin" in headers or any(name.startswith("sec-fetch-") for name in headers)
