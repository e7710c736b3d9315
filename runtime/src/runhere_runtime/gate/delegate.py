"""The gate as Tornado's connection delegate: every request of every kind passes here before any routing.

    HTTPServer -> Gate.start_request -> _Message.headers_received -> decide()
                                           ├── Refuse / Preflight: answered here, the application never hears of it
                                           └── Pass: token moved, headers cleaned, application behind _Outgoing

What the application sees: `Authorization: Bearer <inner secret>` when the gate authenticated the request, and
nothing of the caller's own credential. The inner secret lives in this process only and is dropped from every
request that comes in, so nobody outside can present it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from html import escape
from http.client import responses
from http.cookies import CookieError, SimpleCookie
from typing import Any

from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream

from runhere_runtime.gate.headers import let_knock, set_cors, set_preflight, set_security
from runhere_runtime.gate.refused import RefusedPages
from runhere_runtime.gate.rules import (
    SUBPROTOCOL_TOKEN,
    Authenticate,
    Facts,
    Pass,
    Policy,
    Preflight,
    Refuse,
    Verdict,
    decide,
)

BODY_GRACE_S = 30.0
SLOWEST_BODY_BYTES_PER_S = 16 * 1024
# What a page fetches to find out whether anything answers (headers.let_knock).
KNOCK_TARGET = "/api"
_ANSWER_AT_ONCE_BYTES = 64 * 1024
_DROPPED = ("Authorization", "Referer", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
            "X-Real-Ip", "X-Scheme", "X-Original-Url", "X-Rewrite-Url", "X-Http-Method-Override")  # fmt: skip

PolicyNow = Callable[[], Policy]
OpenCookie = Callable[[str], str]


class Gate(HTTPServerConnectionDelegate):
    """Wraps `application`; give it to HTTPServer in the application's place."""

    def __init__(
        self,
        application: HTTPServerConnectionDelegate,
        *,
        policy: PolicyNow,
        authenticate: Authenticate,
        open_cookie: OpenCookie,
        cookie_name: str,
        inner_secret: str,
        refused: RefusedPages,
    ) -> None:
        """Wrap.

        Args:
            application: Sees only what passed.
            policy: The lists as they are now.
            authenticate: As in `decide`.
            open_cookie: Makes a token for our own pages, bound to the origin it is given.
            cookie_name: Of that token.
            inner_secret: How the application recognises what the gate authenticated.
            refused: Hears of every verdict.
        """
        self.application = application
        self.policy = policy
        self.authenticate = authenticate
        self.open_cookie = open_cookie
        self.cookie_name = cookie_name
        self.inner_secret = inner_secret
        self.refused = refused

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        return _Message(self, server_conn, request_conn)


class GatedServer(HTTPServer):
    """An HTTP server that takes so many connections at once; one more is closed unread. WebSockets do not count."""

    max_connections = 500

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        if len(self._connections) >= self.max_connections:
            stream.close()
            return
        super().handle_stream(stream, address)


class _Message(HTTPMessageDelegate):
    """One request on its way in."""

    def __init__(self, gate: Gate, server_conn: object, connection: HTTPConnection) -> None:
        self._gate = gate
        self._server_conn = server_conn
        self._connection = connection
        self._inner: HTTPMessageDelegate | None = None
        self._answer: Callable[[], None] | None = None
        self._is_head = False
        self._is_knock = False

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        assert isinstance(start_line, RequestStartLine)
        self._is_head = start_line.method == "HEAD"
        facts = read_facts(start_line, headers, self._gate.cookie_name)
        self._is_knock = facts.method == "GET" and facts.target == KNOCK_TARGET
        policy = self._gate.policy()
        if isinstance(self._connection, HTTP1Connection):  # of whoever it is: a body that never comes is let go
            self._connection.set_body_timeout(BODY_GRACE_S + max(facts.content_length, 0) / SLOWEST_BODY_BYTES_PER_S)
        verdict = decide(facts, policy, self._gate.authenticate)
        self._gate.refused.note(facts, policy, verdict)
        if isinstance(verdict, Pass) and not verdict.clean_url:
            return self._let_in(facts, verdict, start_line, headers)
        self._answer = lambda: self._answer_here(verdict)
        if facts.content_length > _ANSWER_AT_ONCE_BYTES or facts.content_length < 0 or facts.websocket:
            self._answer_now()
        return None

    def _let_in(
        self, facts: Facts, verdict: Pass, start_line: RequestStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        clean_headers(headers, cookie_name=self._gate.cookie_name)
        if verdict.grant is not None:
            headers["Authorization"] = f"Bearer {self._gate.inner_secret}"
            headers["X-Runhere-Session"] = verdict.grant.session_id or "master"
        outgoing = _Outgoing(self._connection, verdict, is_knock=self._is_knock)
        self._inner = self._gate.application.start_request(self._server_conn, outgoing)  # type: ignore[arg-type]  # a proxy of the whole connection, see _Outgoing
        return self._inner.headers_received(start_line._replace(path=verdict.target), headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self._inner.data_received(chunk) if self._inner else None

    def finish(self) -> None:
        if self._inner:
            self._inner.finish()
        else:
            self._answer_now()

    def on_connection_close(self) -> None:
        if self._inner:
            self._inner.on_connection_close()

    def _answer_now(self) -> None:
        answer, self._answer = self._answer, None
        if answer:
            answer()

    def _answer_here(self, verdict: Verdict) -> None:
        headers = HTTPHeaders()
        if isinstance(verdict, Pass):
            self._set_cookie(headers, verdict.own_origin)
            headers["Location"] = verdict.target
            set_cors(headers, None)
            self._write(303, headers, b"")
        elif isinstance(verdict, Preflight):
            set_cors(headers, verdict.cors_origin)
            set_preflight(headers, private_network=verdict.private_network)
            self._write(204, headers, b"")
        else:
            set_cors(headers, verdict.cors_origin)
            if self._is_knock:
                let_knock(headers)
            self._write(verdict.status, headers, _refusal_body(verdict, headers))

    def _set_cookie(self, headers: HTTPHeaders, own_origin: str) -> None:
        token = self._gate.open_cookie(own_origin)
        headers.add("Set-Cookie", f"{self._gate.cookie_name}={token}; HttpOnly; SameSite=Strict; Path=/")

    def _write(self, status: int, headers: HTTPHeaders, body: bytes) -> None:
        set_security(headers)
        headers["Cache-Control"] = "no-store"
        if status != 204:
            headers["Content-Length"] = str(len(body))
        line = ResponseStartLine("HTTP/1.1", status, responses.get(status, "Refused"))
        self._connection.write_headers(line, headers, b"" if self._is_head else body)
        self._connection.finish()


class _Outgoing:
    """The connection as the application sees it: the same, with the gate's headers on what it answers.

    A proxy and not a subclass: Tornado builds the connection itself, and WebSockets detach its stream.
    """

    def __init__(self, connection: HTTPConnection, verdict: Pass, *, is_knock: bool) -> None:
        self._connection = connection
        self._cors_origin = verdict.cors_origin
        self._is_knock = is_knock

    def __getattr__(self, name: str) -> Any:  # whatever Tornado's connection has
        return getattr(self._connection, name)

    def write_headers(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders, chunk: bytes | None = None
    ) -> Any:  # Tornado's future
        set_cors(headers, self._cors_origin)
        if self._is_knock:
            let_knock(headers)
        if not (isinstance(start_line, ResponseStartLine) and start_line.code == 101):
            set_security(headers)
        return self._connection.write_headers(start_line, headers, chunk)


def read_facts(start_line: RequestStartLine, headers: HTTPHeaders, cookie_name: str) -> Facts:
    """What the rules want to know of a request."""
    length = headers.get("Content-Length", "0")
    chunked = "Transfer-Encoding" in headers
    subprotocols = ",".join(headers.get_list("Sec-WebSocket-Protocol"))
    return Facts(
        method=start_line.method,
        target=start_line.path,
        hosts=tuple(headers.get_list("Host")),
        origins=tuple(headers.get_list("Origin") + headers.get_list("Sec-WebSocket-Origin")),
        fetch_site=headers.get("Sec-Fetch-Site"),
        fetch_mode=headers.get("Sec-Fetch-Mode"),
        authorization=headers.get("Authorization"),
        subprotocols=tuple(part.strip() for part in subprotocols.split(",") if part.strip()),
        cookie_token=_read_cookie(headers, cookie_name),
        websocket=headers.get("Upgrade", "").lower() == "websocket",
        content_length=-1 if chunked else (int(length) if length.isdecimal() else 0),
        private_network=headers.get("Access-Control-Request-Private-Network") == "true",
        wants_html="text/html" in headers.get("Accept", ""),
    )


def clean_headers(headers: HTTPHeaders, *, cookie_name: str) -> None:
    """Take the caller's credentials, and what only a proxy may say, out of a request."""
    for name in (*_DROPPED, "X-Runhere-Session"):
        if name in headers:
            del headers[name]
    if "Cookie" in headers:
        others = [c for c in headers["Cookie"].split(";") if c.partition("=")[0].strip() != cookie_name]
        del headers["Cookie"]
        if others:
            headers["Cookie"] = ";".join(others).strip()
    names = [n.strip() for v in headers.get_list("Sec-WebSocket-Protocol") for n in v.split(",")]
    if any(n.startswith(SUBPROTOCOL_TOKEN) for n in names):
        kept = [n for n in names if not n.startswith(SUBPROTOCOL_TOKEN)]
        del headers["Sec-WebSocket-Protocol"]
        if kept:
            headers["Sec-WebSocket-Protocol"] = ", ".join(kept)


def _read_cookie(headers: HTTPHeaders, name: str) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("Cookie", "")).get(name)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _refusal_body(verdict: Refuse, headers: HTTPHeaders) -> bytes:
    if verdict.code is None:
        return b""
    if verdict.html:
        headers["Content-Type"] = "text/html; charset=utf-8"
        return f"<!doctype html><title>Runhere runtime</title><p>{escape(verdict.message)}</p>".encode()
    headers["Content-Type"] = "application/json"
    return json.dumps({"code": verdict.code, "message": verdict.message, "hint": verdict.message}).encode()
