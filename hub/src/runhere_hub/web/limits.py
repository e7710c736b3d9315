"""A bound on request bodies, counted as they arrive: Content-Length is only a promise."""

from starlette.types import Message, Receive

from runhere_hub.core.errors import TooLarge


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
