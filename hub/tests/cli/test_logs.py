"""What the hub logs, at its most talkative: no code, no token, no query."""

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from runhere_hub.cli import logs
from runhere_hub.proxy.http import Asked, HttpProxy
from runhere_hub.proxy.websocket import opened
from runhere_hub.testing.fake_runtime import FakeRuntime, served
from runhere_hub.testing.processes import Started, ask, sign_in
from runhere_protocol import ROOM_SUBPROTOCOL


def test_the_log_holds_requests_but_no_secret_and_no_query(
    start: Callable[..., Started], work: Path, tmp_path: Path
) -> None:
    words = [work, "--port", "0", "--no-browser", "--no-runtime", "--data", tmp_path / "data"]
    started = start(*words, RUNHERE_LOG_LEVEL="debug")
    hub = sign_in(started)
    token = hub.cookie.partition("=")[2]
    hub.ask("GET", "/api/v1/search?q=QUERY-CANARY")
    hub.ask("GET", "/login?code=CODE-CANARY&token=TOKEN-CANARY")
    hub.ask("GET", "/api/v1/nothing?QUERY-CANARY")
    ask(hub.origin, "POST", "/api/v1/session", {"code": "CODE-CANARY"})
    ask(hub.origin, "POST", "/api/v1/session", {"CODE-CANARY": 1})
    ask(hub.origin, "GET", "/api/v1/home", Cookie=f"{hub.cookie.partition('=')[0]}=TOKEN-CANARY")
    ask(hub.origin, "POST", "/api/v1/control/bind", {"path": "/"}, Authorization="Bearer TOKEN-CANARY")
    room = "/api/v1/notebooks/0/room?token=QUERY-CANARY"
    offered = [Subprotocol(name) for name in (ROOM_SUBPROTOCOL, "runhere.token.PASS-CANARY")]
    for path, cookie in ((room, hub.cookie), ("/rt/0/api/kernels/0/channels?token=TOKEN-CANARY", "x=COOKIE-CANARY")):
        headers = {"Origin": hub.origin, "Cookie": cookie, "Authorization": "token TOKEN-CANARY"}
        url = hub.origin.replace("http", "ws", 1) + path
        with (
            suppress(InvalidStatus, ConnectionClosed),
            connect(url, additional_headers=headers, subprotocols=offered) as ws,
        ):
            ws.recv(timeout=20)
    assert started.stop() == 0
    log = "".join(started.err)
    assert "GET /api/v1/search 200" in log
    for secret in (token, "CANARY", "login#code"):
        assert secret not in log


async def test_what_the_hub_says_to_runtimes_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    proxy = HttpProxy()
    asked = Asked("GET", "api/kernels", "q=QUERY-CANARY", [], b"")

    async def talk() -> str:
        caplog.clear()
        async with served(FakeRuntime("TOKEN-CANARY")) as upstream:
            async with proxy.ask(upstream, asked) as answer:
                assert answer.status == 200
            async with opened(upstream, "api/kernels/0/channels", "", []) as ws:
                await ws.send("hello")
                assert await ws.recv() == "hello"
        return caplog.text

    for name in ("", "httpcore", "httpx", "uvicorn.error", "websockets"):
        caplog.set_level(logging.DEBUG, logger=name)
    try:
        assert "TOKEN-CANARY" in await talk(), "they tell it where nobody stops them"
        logs.begin("debug")
        assert "CANARY" not in await talk()
    finally:
        await proxy.close()
