"""`GET /api/kernels/ID/channels`: the kernel's WebSocket, in Jupyter's two subprotocols and ours."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado.iostream import IOStream
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler, WebSocketProtocol

from runhere_runtime.channels.clients import JournalChannel, StockChannel
from runhere_runtime.channels.frames import JOURNAL, V1
from runhere_runtime.channels.large_frames import in_one_buffer
from runhere_runtime.errors import JournalFrameInvalid

PING_EVERY_S = 25.0
SILENT_PINGS = 3


class ChannelsHandler(WebSocketHandler, JupyterHandler):
    """One WebSocket of one kernel."""

    _channel: StockChannel | JournalChannel | None = None
    _ping_timer: asyncio.TimerHandle | None = None
    _heard = True

    def set_default_headers(self) -> None:
        """A handshake needs none of Jupyter's."""

    @property
    def ping_interval(self) -> float:
        """None of Tornado's: a pong waits behind whatever a slow reader has not taken yet, and that is no silence."""
        return 0

    def _ping(self, silent: int, taken: int) -> None:
        """Ping; close after three without any sign of life."""
        now_taken = self._channel.outlet.taken if self._channel is not None else 0
        silent = 0 if self._heard or now_taken != taken else silent + 1
        self._heard = False
        if silent > SILENT_PINGS:
            self.close(1001, "no sign of life")
            if self.ws_connection is not None:
                self.ws_connection._abort()
            return
        with contextlib.suppress(WebSocketClosedError):
            self.ping(b"")
        self._ping_timer = asyncio.get_running_loop().call_later(PING_EVERY_S, self._ping, silent, now_taken)

    def on_pong(self, data: bytes) -> None:
        self._heard = True

    def check_origin(self, origin: str = "") -> bool:
        """The gate has."""
        return True

    async def prepare(self) -> None:  # type: ignore[override]  # Jupyter's takes a keyword more
        await super().prepare(_redirect_to_login=False)

    @ws_authenticated
    async def get(self, kernel_id: str) -> None:
        if kernel_id not in self.kernel_manager:
            raise HTTPError(404, f"There is no kernel {kernel_id}.")
        await super().get(kernel_id)

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return next((name for name in (JOURNAL, V1) if name in subprotocols), None)

    def get_websocket_protocol(self) -> WebSocketProtocol | None:
        return in_one_buffer(super().get_websocket_protocol())

    async def open(self, kernel_id: str) -> None:
        self.set_nodelay(True)  # else Nagle waits 40 ms for the browser's delayed ACK after each small frame
        self._kernel_id = kernel_id
        self.kernel_manager.notify_connect(kernel_id)
        feed = await self.kernel_manager.feed(kernel_id)  # type: ignore[attr-defined]  # ours: channels.kernels.Kernels
        stream = getattr(self.ws_connection, "stream", None)  # frames are written there directly
        if not isinstance(stream, IOStream) or feed is None:
            self.close(1011, "the kernel did not start")
            return
        self._ping_timer = asyncio.get_running_loop().call_later(PING_EVERY_S, self._ping, 0, 0)
        if self.selected_subprotocol == JOURNAL:
            self._channel = JournalChannel(feed, stream=stream, close=self.close)
        else:
            session_id = self.get_query_argument("session_id", "") or uuid.uuid4().hex
            self._channel = StockChannel(
                feed,
                session_id=session_id[:200],
                default_protocol=self.selected_subprotocol is None,
                stream=stream,
                close=self.close,
            )

    def on_message(self, message: str | bytes | memoryview) -> None:
        self._heard = True
        if self._channel is None:
            return
        try:
            self._channel.receive(message)
        except JournalFrameInvalid as invalid:
            self.log.warning("Kernel socket: %s", invalid.message)
            if isinstance(self._channel, JournalChannel):
                self.close(4400, invalid.message)

    def on_close(self) -> None:
        if self._ping_timer is not None:
            self._ping_timer.cancel()
        if self._channel is not None:
            self._channel.detach()
            self._channel = None
        if hasattr(self, "_kernel_id"):
            self.kernel_manager.notify_disconnect(self._kernel_id)


HANDLERS: list[tuple[Any, ...]] = [
    (r"/api/kernels/(\w+-\w+-\w+-\w+-\w+)/channels", ChannelsHandler),
]
