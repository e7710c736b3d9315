"""HTTP over a WebSocket, as `jupyter_http_over_ws` 0.0.8 speaks it: what Colab's older page says to a local runtime.

    {path, method, message_id, body | body_base64}
        -> {message_id, data, status, statusText, headers, done}, then {message_id, data, done} …; the last one is done

A message is a request, answered in pieces of base64. Requests are handed to the application in this process: no
connection is opened, so there is no address that a message could name. The gate judged who opened the socket; the
session is looked at again for each message.

Source: the original's behaviour on notebook 6.5.7 and tornado 6.4.2, recorded in protocol/examples/bridge/.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus, unquote_to_bytes

import pybase64  # Python's own takes twice the processor time of all the rest of a large answer
from tornado.concurrent import Future
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)

VERSION = "0.0.7"  # what the original calls itself, one behind its package
CHUNK_BYTES = 64 * 1024
MAX_IN_FLIGHT = 32
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PATH = re.compile(r"/?[A-Za-z0-9._~!$&'()*+,;=:@%/\-]*")
_QUERY = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/?\-\[\]]*")
_BEFORE_DATA, _AFTER_DATA = b'{"data": "', b'", '
_KEYS = ("method", "path", "message_id")

Json = dict[str, Any]


@dataclass(frozen=True)
class BridgeRequest:
    """One request in a message. `target` begins with one slash and carries no token."""

    message_id: str | int
    method: str
    target: str
    body: bytes


def read_request(text: str | bytes) -> BridgeRequest | Json:
    """The request of a message, or the answer that refuses it: then nothing was asked of the application."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return {"done": True, "status": 400, "statusText": "JSON input is required."}
    if not isinstance(given, dict) or any(key not in given for key in _KEYS):
        got = ", ".join(given) if isinstance(given, dict) else type(given).__name__
        wrong = f"Invalid request. The body must contain the following keys: {', '.join(_KEYS)}. Got: {got}"
        return refusal(given.get("message_id") if isinstance(given, dict) else None, 400, wrong)
    message_id = given["message_id"]
    if not isinstance(message_id, str | int) or len(str(message_id)) > 200:
        return refusal(None, 400, "A message_id is a text or a number.")
    target = _safe_target(given["path"])
    if target is None:
        return refusal(message_id, 400, "This path cannot be understood.")
    if not isinstance(given["method"], str) or given["method"] not in _METHODS:
        return refusal(message_id, 405, "Method Not Allowed")
    body = _body(given)
    if body is None:
        return refusal(message_id, 400, "The body cannot be understood.")
    return BridgeRequest(message_id, given["method"], target, body)


def refusal(message_id: str | int | None, status: int, text: str) -> Json:
    """The answer to what is not asked at all."""
    answer: Json = {"done": True, "status": status, "statusText": text}
    return answer if message_id is None else {**answer, "message_id": message_id}


def _safe_target(path: object) -> str | None:
    """The path with its query, without a token; None when it is more than that: a host, dots, control characters,
    ourselves.
    """
    if not isinstance(path, str) or len(path) > 8192:
        return None
    place, mark, query = path.partition("?")
    if not _PATH.fullmatch(place) or not _QUERY.fullmatch(query) or place.startswith("//"):
        return None
    place = "/" + place.removeprefix("/")
    decoded = unquote_to_bytes(place)
    if any(byte < 0x20 or byte in b"\\" or byte == 0x7F for byte in decoded) or b"//" in decoded:
        return None
    if any(part in (b".", b"..") for part in decoded.split(b"/")) or decoded.startswith(b"/http_over_websocket"):
        return None
    kept = [part for part in query.split("&") if part and unquote_plus(part.partition("=")[0]).lower() != "token"]
    return place + ("?" + "&".join(kept) if mark and kept else "")


def _body(given: Json) -> bytes | None:
    plain, encoded = given.get("body"), given.get("body_base64")
    if isinstance(encoded, str):
        try:
            return base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            return None
    if plain is None and encoded is None:
        return b""
    try:
        return plain.encode() if isinstance(plain, str) else None
    except UnicodeEncodeError:  # half a pair of surrogates, which JSON can hold
        return None


def is_outdated(min_version: str) -> bool | None:
    """Whether a page wants a newer bridge than the original's last; None when the version cannot be read."""
    wanted = re.fullmatch(r"(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?(?:(?:a|b|rc)\d{1,4})?", min_version)
    if wanted is None:
        return None
    return tuple(int(part or 0) for part in wanted.groups()) > tuple(int(part) for part in VERSION.split("."))


def as_text(answer: Json) -> bytes:
    """An answer as it goes into `message_parts`."""
    return json.dumps(answer).encode()


Send = Callable[[bytes, bytes], Awaitable[None]]
"""Takes the facts of a message as JSON, and its data."""


class Answering(HTTPConnection):
    """The connection that the application answers on: turns what it writes into messages of at most 64 KiB each.

    One piece is held back, since only the last one says `done`. `send` queues a message at once, in order, and gives
    back what to wait for before the next is written: so a slow reader holds the application up, and memory stays small.
    """

    def __init__(self, message_id: str | int, send: Send, ended: Callable[[], None]) -> None:
        self._message_id = message_id
        # What most pieces of a large answer say, word for word.
        self._more = as_text({"message_id": message_id, "done": False})
        self._send = send
        self._ended = ended
        self._head: Json | None = {}
        self._held = b""

    def set_close_callback(self, callback: Callable[[], None] | None) -> None:
        """The socket's end is the handler's business."""

    def write_headers(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders, chunk: bytes | None = None
    ) -> Future[None]:
        assert isinstance(start_line, ResponseStartLine)
        self._head = {
            "status": start_line.code,
            "statusText": start_line.reason,
            "headers": {name: value for name, value in headers.get_all() if name.lower() != "set-cookie"},
        }
        return self.write(chunk or b"")

    def write(self, chunk: bytes) -> Future[None]:
        room, start = no_wait(), 0
        while len(self._held) + len(chunk) - start > CHUNK_BYTES:
            end = start + CHUNK_BYTES - len(self._held)
            room = asyncio.ensure_future(self._say(self._held + chunk[start:end], done=False))
            self._held, start = b"", end
        self._held += chunk[start:]
        return room

    def finish(self) -> None:
        self._last = asyncio.ensure_future(self._say(self._held, done=True))
        self._ended()

    def _say(self, data: bytes, *, done: bool) -> Awaitable[None]:
        head, self._head = self._head, None
        if head is None and not done:
            return self._send(self._more, data)
        return self._send(as_text({"message_id": self._message_id, **(head or {}), "done": done}), data)


def message_parts(text: bytes, data: bytes, frame_head: Callable[[int], bytes]) -> tuple[bytes, ...]:
    """A message as the parts of one frame: `text`, a JSON object, with `data` in it in base64, which needs no escaping.

    They are not put together: the system takes them as they are. `frame_head` gives what goes before a payload of so
    many bytes.
    """
    if not data:
        return (frame_head(len(text)), text)
    encoded, after = pybase64.b64encode(data), _AFTER_DATA + text[1:]
    head = frame_head(len(_BEFORE_DATA) + len(encoded) + len(after))
    return (head + _BEFORE_DATA, encoded, after)


def no_wait() -> Future[None]:
    """Nothing is to be waited for."""
    done: Future[None] = Future()
    done.set_result(None)
    return done


async def ask(
    application: HTTPServerConnectionDelegate, request: BridgeRequest, headers: HTTPHeaders, answering: Answering
) -> None:
    """Hand the request to the application, which answers on `answering` when it likes."""
    given = headers.copy()
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        given["Content-Length"] = str(len(request.body))
        given["Content-Type"] = "application/json"
    delegate = application.start_request(answering, answering)
    started = delegate.headers_received(RequestStartLine(request.method, request.target, "HTTP/1.1"), given)
    if started is not None:
        await started
    if request.body:
        taken = delegate.data_received(request.body)
        if taken is not None:
            await taken
    delegate.finish()
