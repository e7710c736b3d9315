"""One HTTP request to a hosted runtime: built anew, answered once, no redirect followed, no cookie kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from weakref import WeakValueDictionary

import httpx

from runhere_hub.core.runtimes import RuntimeSilent, Upstream
from runhere_hub.proxy import headers
from runhere_hub.proxy.pace import Pace, PaceRule

_TIMEOUT = httpx.Timeout(connect=5.0, read=120.0, write=30.0, pool=10.0)
"""Starting a kernel of a heavy environment takes its time."""
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100)
"""Nothing is shared of which one runtime could take all; each has its own bound instead."""
MOST_AT_ONCE = 16
"""Requests to one runtime. A browser sends six to an origin."""
ROOM_WITHIN_S = 10.0
_PIECE_BYTES = 2**16
_BUSY = (
    "Your hosted runtime is busy with other requests, or does not answer any. Try again, or look at Manage sessions."
)
_SILENT = "Your hosted runtime does not answer. It may be stopping; look at Manage sessions."


class RedirectRefused(RuntimeSilent):
    """The runtime sends elsewhere. Nobody goes there."""

    code = "runtime_redirects"


@dataclass(frozen=True)
class Asked:
    """What a page asks of a runtime.

    Attributes:
        path: As `paths.http_path` has written it.
        query: As `paths.query` has.
        headers: As they came.
    """

    method: str
    path: str
    query: str
    headers: Iterable[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class Answered:
    """The runtime's answer; `body` is to be read to its end, or closed."""

    status: int
    headers: Iterable[tuple[str, str]]
    body: AsyncIterator[bytes]


class HttpProxy:
    """Connections to runtimes. One for the whole app.

    Args:
        transport: For tests; None: the network.
        slowest: How slow a runtime may be.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None, *, slowest: PaceRule | None = None) -> None:
        self._slowest = slowest or PaceRule()
        # The transport, not httpx's client: that one keeps cookies, for one runtime to set and another to get.
        self._transport = transport or httpx.AsyncHTTPTransport(trust_env=False, retries=0, limits=_LIMITS)
        self._rooms: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def ask(self, upstream: Upstream, asked: Asked) -> AsyncIterator[Answered]:
        """Ask the runtime.

        Raises:
            RuntimeSilent: It does not answer, or has not answered too many others.
            RuntimeTrickles: It takes or gives next to nothing; also raised by `Answered.body`.
            RedirectRefused: It answers with another address.
        """
        async with self._room(upstream.base_url), self._answer(upstream, asked) as answered:
            yield answered

    @contextlib.asynccontextmanager
    async def _room(self, base_url: str) -> AsyncIterator[None]:
        """One of the few places for requests to this runtime."""
        places = self._rooms.setdefault(base_url, asyncio.Semaphore(MOST_AT_ONCE))
        try:
            await asyncio.wait_for(places.acquire(), ROOM_WITHIN_S)
        except TimeoutError as error:
            raise RuntimeSilent(_BUSY) from error
        try:
            yield
        finally:
            places.release()

    @contextlib.asynccontextmanager
    async def _answer(self, upstream: Upstream, asked: Asked) -> AsyncIterator[Answered]:
        pace = Pace(self._slowest)
        try:
            async with pace.waiting():
                answer = await self._transport.handle_async_request(_request(upstream, asked, pace))
        except (httpx.HTTPError, OSError) as error:
            raise RuntimeSilent(_SILENT) from error
        try:
            if 300 <= answer.status_code < 400 and answer.status_code != 304:
                raise RedirectRefused("Your hosted runtime answered with another address. The hub does not go there.")
            yield Answered(answer.status_code, answer.headers.multi_items(), _read(answer, Pace(self._slowest)))
        finally:
            await answer.aclose()

    async def close(self) -> None:
        """The hub stops."""
        await self._transport.aclose()


def _request(upstream: Upstream, asked: Asked, pace: Pace) -> httpx.Request:
    has_body = bool(asked.body) or asked.method not in ("GET", "HEAD")
    length = [("content-length", str(len(asked.body)))] if has_body else []
    suffix = f"?{asked.query}" if asked.query else ""
    return httpx.Request(
        asked.method,
        f"{upstream.base_url}{asked.path}{suffix}",
        headers=[*headers.to_runtime(asked.headers, token=upstream.token), *length],
        content=_pieces(asked.body, pace) if has_body else None,
        extensions={"timeout": _TIMEOUT.as_dict()},
    )


async def _pieces(body: bytes, pace: Pace) -> AsyncIterator[bytes]:
    """The body as the runtime takes it."""
    for start in range(0, len(body), _PIECE_BYTES):
        piece = body[start : start + _PIECE_BYTES]
        yield piece
        pace.moved(len(piece))


async def _read(answer: httpx.Response, pace: Pace) -> AsyncIterator[bytes]:
    """The body as it comes. A line that breaks ends it: the page sees that its length is wrong."""
    pieces = answer.aiter_raw()
    while True:
        async with pace.waiting():
            piece = await anext(pieces, None)
        if piece is None:
            return
        pace.moved(len(piece))
        yield piece
