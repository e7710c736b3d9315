"""One WebSocket to a hosted runtime, and what carries messages between it and a page's."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from runhere_hub.core.runtimes import RuntimeSilent, Upstream

LONGEST_MESSAGE_BYTES = 192 * 2**20
_OPENS_WITHIN_S = 30.0
LOOK_EVERY_S = 2.0
"""How often it is asked whether the page may still be connected."""

Message = str | bytes


class SocketRefused(RuntimeSilent):
    """The runtime did not take the socket."""

    code = "runtime_refused"

    def __init__(self, status: int) -> None:
        super().__init__(f"Your hosted runtime refused the connection ({status}).", status=status)


class PageSocket(Protocol):
    """The page's end."""

    async def receive(self) -> Message | None:
        """The next message; None: the page has gone."""
        ...

    async def send(self, message: Message) -> None:
        """Write one message, as fast as the page reads."""
        ...


@dataclass(frozen=True)
class End:
    """How the connection ended: a close code for the page, or None when the page went first."""

    code: int | None
    reason: str = ""


class _NowhereElse(connect):
    """A connection that follows no redirect."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@contextlib.asynccontextmanager
async def opened(upstream: Upstream, path: str, query: str, offered: Sequence[str]) -> AsyncIterator[ClientConnection]:
    """A socket of the runtime.

    Raises:
        SocketRefused, RuntimeSilent: There is none.
    """
    suffix = f"?{query}" if query else ""
    url = f"{upstream.base_url.replace('http', 'ws', 1)}{path}{suffix}"
    try:
        connection = await _NowhereElse(
            url,
            additional_headers={"Authorization": f"token {upstream.token}"},
            subprotocols=[Subprotocol(name) for name in offered] or None,
            compression=None,
            user_agent_header=None,
            open_timeout=_OPENS_WITHIN_S,
            max_size=LONGEST_MESSAGE_BYTES,
            proxy=None,
        )
    except InvalidStatus as error:
        raise SocketRefused(error.response.status_code) from error
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise RuntimeSilent("Your hosted runtime does not answer. Look at Manage sessions.") from error
    try:
        yield connection
    finally:
        await connection.close()


async def carry(
    page: PageSocket,
    runtime: ClientConnection,
    *,
    may_stay: Callable[[], Awaitable[End | None]],
    look_every_s: float = LOOK_EVERY_S,
) -> End:
    """Carry messages both ways until one end goes, or `may_stay` says how it ends."""
    tasks = [
        asyncio.create_task(_to_runtime(page, runtime), name="hosted-from-page"),
        asyncio.create_task(_to_page(page, runtime), name="hosted-to-page"),
        asyncio.create_task(_watch(may_stay, look_every_s), name="hosted-rights"),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _to_runtime(page: PageSocket, runtime: ClientConnection) -> End:
    while (message := await page.receive()) is not None:
        try:
            await runtime.send(message)
        except ConnectionClosed:
            return _end_of(runtime)
    return End(None)


async def _to_page(page: PageSocket, runtime: ClientConnection) -> End:
    while True:
        try:
            message = await runtime.recv()
        except ConnectionClosed:
            return _end_of(runtime)
        await page.send(message)


async def _watch(may_stay: Callable[[], Awaitable[End | None]], every_s: float) -> End:
    while True:
        await asyncio.sleep(every_s)
        end = await may_stay()
        if end is not None:
            return end


def _end_of(runtime: ClientConnection) -> End:
    code = runtime.close_code
    # 1005, 1006 and 1015 are never sent; 1012: it went without a word, come again.
    return End(code if code is not None and code not in (1005, 1006, 1015) else 1012, runtime.close_reason or "")
