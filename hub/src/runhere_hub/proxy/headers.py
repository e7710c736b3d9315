"""Which headers pass between a page and a hosted runtime. Pure: allow-lists, so that what nobody thought of is dropped.

Never to the runtime: the hub's cookie, the page's pass, who forwards, the host that was asked.
Never to the page: cookies, redirects, permissions for other origins or workers, anything about frames or storage.
"""

from collections.abc import Iterable

_TO_RUNTIME = frozenset({"accept", "content-type", "if-none-match", "if-modified-since", "if-range", "range"})
_TO_PAGE = frozenset(
    {"content-type", "content-length", "content-range", "accept-ranges", "etag", "last-modified"}
    | {"x-runhere-first-seq", "x-runhere-last-seq", "x-runhere-gap"}
)
_ACTIVE = ("html", "xml", "svg", "javascript", "ecmascript")
"""In a media type: what a browser might run. It arrives as plain text."""

FORCED = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


def to_runtime(given: Iterable[tuple[str, str]], *, token: str) -> list[tuple[str, str]]:
    """Headers of the request to the runtime. A doubled one is dropped: two readers could believe different ones."""
    lowered = [(name.lower(), value) for name, value in given]
    names = [name for name, _ in lowered]
    kept = [(n, v) for n, v in lowered if n in _TO_RUNTIME and names.count(n) == 1 and _is_plain(v)]
    # No compression: what the hub passes on is what was counted.
    return [*kept, ("accept-encoding", "identity"), ("authorization", f"token {token}")]


def to_page(given: Iterable[tuple[str, str]], *, is_file: bool) -> dict[str, str]:
    """Headers of the answer to the page; those that are forced win."""
    kept = {name.lower(): value for name, value in given if name.lower() in _TO_PAGE and _is_plain(value)}
    media_type = kept.get("content-type", "").lower()
    if any(word in media_type for word in _ACTIVE):
        kept["content-type"] = "text/plain; charset=utf-8"
    return {**kept, **FORCED, **({"Content-Disposition": "attachment"} if is_file else {})}


def subprotocols(offered: Iterable[str], *, pass_prefix: str) -> list[str]:
    """What is offered to the runtime: everything but the pass, and what is the hub's own."""
    return [name for name in offered if not name.startswith(pass_prefix) and name != HUB_SUBPROTOCOL]


HUB_SUBPROTOCOL = "runhere.hosted.v1"
"""Offered by pages for sockets that have no protocol of their own: a browser wants one of its offers taken."""


def _is_plain(value: str) -> bool:
    return all(character == "\t" or 0x20 <= ord(character) != 0x7F for character in value)
