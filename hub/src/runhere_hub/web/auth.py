"""Who is calling, from the cookie of a session or the command line's token."""

import hmac
from collections.abc import Awaitable, Callable, Mapping

from runhere_hub.core.identity import Person

PersonOf = Callable[[str], Awaitable[Person | None]]
_LONGEST_TOKEN = 128


def cookie_name(port: int) -> str:
    """Name of the session cookie: cookies of one host are shared by all its ports, so each hub needs its own."""
    return f"runhere_session_{port}"


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
