"""Who is calling, from the cookie of a session or the command line's token."""

import hmac
from collections.abc import Awaitable, Callable, Mapping

from runhere_hub.core.errors import SignedOut
from runhere_hub.core.identity import Person

PersonOf = Callable[[str], Awaitable[Person | None]]
_LONGEST_TOKEN = 128


def cookie_name(port: int, *, is_https: bool = False) -> str:
    """Name of the session cookie: cookies of one host are shared by all its ports, so each hub needs its own.

    Over https the browser itself sees to it (`__Host-`) that no other host and no plain page can have set it.
    """
    return "__Host-runhere_session" if is_https else f"runhere_session_{port}"


def api_token(headers: Mapping[str, str]) -> str | None:
    """The bearer token of a program; None when there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and 0 < len(token) <= _LONGEST_TOKEN else None


def session_token(headers: Mapping[str, str], name: str) -> str | None:
    """The session token in the Cookie header; None when there is none, or more than one could be meant."""
    found = [pair.partition("=") for pair in headers.get("cookie", "").split(";")]
    values = {value.strip() for key, _, value in found if key.strip() == name}
    if len(values) != 1:
        return None
    token = values.pop()
    return token if 0 < len(token) <= _LONGEST_TOKEN else None


def is_command_line(headers: Mapping[str, str], control_token: str) -> bool:
    """True when the request bears the token from the data folder; compared in constant time."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), control_token.encode())


PASS_SUBPROTOCOL = "runhere.token."
"""A page's WebSocket can carry no header: it names its pass as a subprotocol, as it does to a companion."""


def runtime_pass(headers: Mapping[str, str]) -> str | None:
    """The pass to a hosted runtime; never from a cookie or an address."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "token":
        offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
        token = next((n.removeprefix(PASS_SUBPROTOCOL) for n in offered if n.startswith(PASS_SUBPROTOCOL)), "")
    return token if 0 < len(token) <= _LONGEST_TOKEN else None


async def nobody(_token: str) -> Person | None:
    """Where programs have no tokens."""
    return None


async def not_at_all(_person: Person) -> bool:
    """Where nobody administers."""
    return False


async def never_entered(_runtime_id: str, _token: str) -> object:
    """Where there are no hosted runtimes."""
    raise SignedOut("There are no hosted runtimes on this hub.")
