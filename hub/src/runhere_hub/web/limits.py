"""Bounds on request bodies, counted as they arrive (Content-Length is only a promise), and on how slowly they may."""

from starlette.types import Message, Receive

from runhere_hub.core.errors import TooLarge, UploadTrickles
from runhere_hub.proxy.pace import Pace, PaceRule

SLOWEST = PaceRule(within_s=60.0, least_bytes=2**18)
"""Of a body: 35 kbit/s, so that a bad line is borne, and nobody holds a place with a byte a minute."""


def too_large(limit_bytes: int) -> TooLarge:
    """The refusal of a body over the limit."""
    return TooLarge(f"This is more than the {limit_bytes // 1024} KiB that are taken here.", limit_bytes=limit_bytes)


def announced_bytes(content_length: str | None) -> int | None:
    """Length that a request announces; None when it announces none; -1 when it is no number."""
    if content_length is None:
        return None
    return int(content_length) if content_length.isascii() and content_length.isdigit() else -1


def bounded(receive: Receive, limit_bytes: int) -> Receive:
    """A `receive` that raises TooLarge once the body is longer than the limit."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit_bytes:
            raise too_large(limit_bytes)
        return message

    return counted


def paced(receive: Receive, slowest: PaceRule) -> Receive:
    """A `receive` that raises UploadTrickles when too little of the body comes while it is waited for."""
    pace, is_whole = Pace(slowest, UploadTrickles), False

    async def timed() -> Message:
        nonlocal is_whole
        if is_whole:
            return await receive()  # that the page goes away, which takes as long as it likes
        async with pace.waiting():
            message = await receive()
        pace.moved(len(message.get("body", b"")))
        is_whole = not message.get("more_body", False)
        return message

    return timed
