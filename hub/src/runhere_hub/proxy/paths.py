"""What of a runtime may be reached through the hub: Jupyter's API and the companion's, nothing that is a page. Pure.

The path is taken as it came on the wire, decoded once, judged, and written anew: what the runtime sees is what was
judged. A path that could mean two things (encoded slashes, dots, backslashes) means nothing.
"""

import re
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

_NAME = r"[A-Za-z0-9._ -]+"
_HTTP = re.compile(
    r"api|api/status|api/me|api/kernelspecs(/[^/]+)?|kernelspecs/[^/]+/[^/]+"
    r"|api/kernels(/[0-9a-f-]+(/(interrupt|restart))?)?"
    r"|api/sessions(/[0-9a-f-]+)?"
    rf"|api/terminals(/{_NAME})?"
    r"|api/contents(/.*)?|files/.+"
    r"|api/runhere/info|api/runhere/journal(/[0-9a-f-]+)?|api/runhere/resources"
)
_SOCKETS = re.compile(rf"api/kernels/[0-9a-f-]+/channels|terminals/websocket/{_NAME}")
_KEPT = "/-._~!$'()*+,;=:@"
_LONGEST = 4096


def http_path(raw: bytes) -> str | None:
    """The path below the runtime to ask for, or None: there is nothing there. `raw` has no first slash."""
    return _judged(raw, _HTTP)


def socket_path(raw: bytes) -> str | None:
    """The same for WebSockets."""
    return _judged(raw, _SOCKETS)


def _judged(raw: bytes, allowed: re.Pattern[str]) -> str | None:
    if len(raw) > _LONGEST or re.search(rb"%(2[fF]|5[cC]|00)", raw):
        return None
    try:
        path = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return None
    if any(ord(character) < 0x20 or character in "\\\x7f" for character in path):
        return None
    if any(part in ("", ".", "..") for part in path.removesuffix("/").split("/")):
        return None
    return quote(path, safe=_KEPT) if allowed.fullmatch(path.removesuffix("/")) else None


def query(raw: bytes) -> str | None:
    """The query to ask with, or None: a secret stands in it, and is refused before anybody can have logged it."""
    pairs = parse_qsl(raw.decode("ascii", errors="replace"), keep_blank_values=True)
    return None if any(name.lower() == "token" for name, _ in pairs) else urlencode(pairs)


def is_file(path: str) -> bool:
    """True for what a browser would show as a document of the runtime's choosing."""
    return path.startswith(("files/", "kernelspecs/"))
