"""`/http_over_websocket` and `/http_over_websocket/diagnose`. (`…/proxied_ws/PATH` is PATH to the gate already.)"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado.httputil import HTTPHeaders
from tornado.iostream import IOStream
from tornado.websocket import WebSocketHandler

from runhere_runtime.bridge import (
    MAX_IN_FLIGHT,
    VERSION,
    Answering,
    BridgeRequest,
    as_text,
    ask,
    is_outdated,
    message_parts,
    no_wait,
    read_request,
    refusal,
)
from runhere_runtime.channels.frames import TEXT, frame_head
from runhere_runtime.state import Runtime

_HANDED_ON = ("Host", "Origin", "Authorization", "X-Runhere-Session")
SESSION_ENDED = 4401
TOO_OLD = 4400
_CAN_GATHER = hasattr(socket.socket, "sendmsg")  # not on Windows


class _BridgeSocket(WebSocketHandler, JupyterHandler):
    """What both sockets share: the gate has judged who is there."""

    def set_default_headers(self) -> None:
        """A handshake needs none of Jupyter's."""

    def check_origin(self, origin: str = "") -> bool:
        """The gate has."""
        return True

    async def prepare(self) -> None:  # type: ignore[override]  # Jupyter's takes a keyword more
        await super().prepare(_redirect_to_login=False)

    @ws_authenticated
    async def get(self) -> None:
        await super().get()

    @property
    def runtime(self) -> Runtime:
        runtime = self.settings["runhere"]
        assert isinstance(runtime, Runtime)
        return runtime

    @property
    def min_version(self) -> str:
        return self.get_query_argument("min_version", "") or "0"


class HttpOverWebSocketHandler(_BridgeSocket):
    """Requests of Colab's older page, several at once on one socket."""

    def open(self) -> None:
        self._in_flight = 0
        self.set_nodelay(True)
        outdated = is_outdated(self.min_version)
        if outdated is None:
            self.close(TOO_OLD, "min_version cannot be read")
        elif outdated:
            self.close(TOO_OLD, f"this bridge is {VERSION}")

    async def on_message(self, message: str | bytes) -> None:
        request = read_request(message)
        if not isinstance(request, BridgeRequest):
            await self._send(as_text(request))
            return
        if not self._is_still_let_in():
            self.close(SESSION_ENDED, "this session was ended")
            return
        if self._in_flight >= MAX_IN_FLIGHT:
            said = f"{MAX_IN_FLIGHT} requests are on their way already."
            await self._send(as_text(refusal(request.message_id, 429, said)))
            return
        self._in_flight += 1
        headers = HTTPHeaders({name: self.request.headers[name] for name in _HANDED_ON if name in self.request.headers})
        await ask(self.application, request, headers, Answering(request.message_id, self._send, self._answered))

    def _answered(self) -> None:
        self._in_flight -= 1

    def _send(self, text: bytes, data: bytes = b"") -> Awaitable[None]:
        """Written to the stream itself: Tornado's way would copy each message twice more, and make a task for it."""
        stream = self._stream()
        if stream is None:
            return no_wait()  # who asked is gone; the application ends by itself
        parts = message_parts(text, data, partial(frame_head, TEXT))
        sent = _sent_at_once(stream, parts)
        return stream.write(memoryview(b"".join(parts))[sent:]) if sent < sum(map(len, parts)) else no_wait()

    def _stream(self) -> IOStream | None:
        connection = self.ws_connection
        stream = getattr(connection, "stream", None)
        return None if connection is None or connection.is_closing() or not isinstance(stream, IOStream) else stream

    def _is_still_let_in(self) -> bool:
        session = self.request.headers.get("X-Runhere-Session")
        alive = self.runtime.credentials.sessions(time.time())
        return session == "master" or any(one.id == session for one in alive)


class DiagnoseHandler(_BridgeSocket):
    """What version answers; the page asks when its requests fail."""

    async def on_message(self, message: str | bytes) -> None:
        shown = message if isinstance(message, str) else message.decode("utf-8", "replace")
        facts = {
            "message_id": shown[:200],
            "extension_version": VERSION,
            "has_authentication_cookie": "Cookie" in self.request.headers,
            "is_outdated_extension": is_outdated(self.min_version) is True,
        }
        await self.write_message(json.dumps(facts))


def _sent_at_once(stream: IOStream, parts: Sequence[bytes]) -> int:
    """How many bytes the system took: most pieces of a large answer leave whole, put together by nobody but it.

    What stands in the stream's own queue goes first, and what TLS has to encrypt goes through it. Trouble with the
    socket is left for the stream to find.
    """
    if not _CAN_GATHER or type(stream) is not IOStream or stream.writing():
        return 0
    try:
        return stream.socket.sendmsg(parts)
    except OSError:  # the socket is full, or gone
        return 0


HANDLERS: list[tuple[Any, ...]] = [
    (r"/http_over_websocket", HttpOverWebSocketHandler),
    (r"/http_over_websocket/diagnose", DiagnoseHandler),
]
