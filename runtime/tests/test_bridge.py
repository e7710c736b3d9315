"""HTTP over a WebSocket against what the original answered (protocol/examples/bridge), and against tricks."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from kernel_client import StockSocket, open_socket
from live_runtime import EVIL, HUB, Running
from websockets.exceptions import ConnectionClosed, InvalidStatus

from runhere_runtime.bridge import CHUNK_BYTES, BridgeRequest, is_outdated, read_request
from runhere_runtime.gate.rules import split_target

RECORDED = json.loads((Path(__file__).parents[2] / "protocol/examples/bridge/recorded.json").read_text())
GET = {"path": "/api/kernels", "method": "GET", "message_id": "m"}


def address(runtime: Running, path: str = "/http_over_websocket", **query: str) -> str:
    """As Colab's older page writes it: the printed link is a parameter."""
    printed = f"http://localhost:{runtime.port}/?token={runtime.token}"
    given = {"min_version": "0.0.1a3", "jupyter_http_over_ws_auth_url": printed, **query}
    return f"ws://127.0.0.1:{runtime.port}{path}?" + "&".join(f"{k}={quote(v, safe='')}" for k, v in given.items())


async def ask(runtime: Running, *messages: Any) -> list[list[dict[str, Any]]]:
    """The answers to each message, in pieces."""
    socket = await open_socket(address(runtime), {"Origin": HUB}, [])
    try:
        return [await one(socket, message) for message in messages]
    finally:
        await socket.close()


async def one(socket: Any, message: Any) -> list[dict[str, Any]]:
    await socket.send(message if isinstance(message, str) else json.dumps(message))
    pieces = []
    async with asyncio.timeout(30):
        while not pieces or not pieces[-1].get("done"):
            pieces.append(json.loads(await socket.recv()))
    return pieces


def shape(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the recording keeps of an answer."""
    kept = ("status", "done", "message_id")
    return [{"keys": sorted(one), **{name: one[name] for name in kept if name in one}} for one in pieces]


@pytest.mark.parametrize("case", RECORDED["requests"], ids=lambda case: str(case["name"]))
async def test_it_answers_as_the_original_did(runtime: Running, case: dict[str, Any]) -> None:
    if case["name"] == "delete":
        await ask(runtime, next(c["sent"] for c in RECORDED["requests"] if c["name"] == "put_base64"))
    (pieces,) = await ask(runtime, case["sent"])
    if case["name"] == "not_json":
        assert pieces == [{"done": True, "status": 400, "statusText": case["answers"][0]["statusText"]}]
        return
    found = shape(pieces)
    if "data" in found[0]["keys"] and "data" not in case["answers"][0]["keys"]:
        pytest.fail(f"a body where the original had none: {pieces}")
    assert found == case["answers"]


async def test_long_answers_come_in_pieces_of_64_kib(runtime: Running) -> None:
    text = "x" * RECORDED["long_answer"]["written_characters"]
    made = {"type": "file", "format": "text", "content": text}
    put = {"path": "/api/contents/big.txt", "method": "PUT", "message_id": "p", "body": json.dumps(made)}
    _, pieces = await ask(runtime, put, {"path": "/api/contents/big.txt", "method": "GET", "message_id": "g"})
    assert [sorted(piece) for piece in pieces] == RECORDED["long_answer"]["keys"]
    assert [piece["done"] for piece in pieces] == RECORDED["long_answer"]["done"]
    data = [base64.b64decode(piece["data"]) for piece in pieces]
    assert max(map(len, data)) == RECORDED["long_answer"]["longest_piece_bytes"] == CHUNK_BYTES
    assert json.loads(b"".join(data))["content"] == text


async def test_a_reader_that_comes_late_gets_every_byte_of_every_answer(runtime: Running) -> None:
    """More than the system holds for a socket: pieces leave in parts, and wait in the stream's own queue."""
    files = {f"late-{n}": os.urandom(12 * 2**20) for n in range(3)}
    for name, content in files.items():
        (runtime.root / name).write_bytes(content)
    socket = await open_socket(address(runtime), {"Origin": HUB}, [])
    try:
        for name in files:
            await socket.send(json.dumps({"path": f"/files/{name}", "method": "GET", "message_id": name}))
        before = await asyncio.to_thread(runtime.ask, "GET", "/api/status", headers=runtime.auth)
        assert before.status == 200, "nobody else waits for the reader"
        got: dict[str, bytes] = dict.fromkeys(files, b"")
        left = set(files)
        async with asyncio.timeout(60):
            while left:
                piece = json.loads(await socket.recv())
                got[piece["message_id"]] += base64.b64decode(piece.get("data", ""))
                left -= {piece["message_id"]} if piece["done"] else set()
        assert got == files
    finally:
        await socket.close()


@pytest.mark.parametrize("case", RECORDED["diagnose"], ids=lambda case: str(case["min_version"]))
async def test_diagnose_says_what_the_original_said(runtime: Running, case: dict[str, Any]) -> None:
    url = address(runtime, "/http_over_websocket/diagnose", min_version=case["min_version"])
    socket = await open_socket(url, {"Origin": HUB}, [])
    await socket.send(case["sent"])
    assert json.loads(await socket.recv()) == case["answer"]
    await socket.close()


@pytest.mark.parametrize("version", ["9.9", "abc"])
async def test_a_page_that_wants_a_newer_bridge_is_told_by_a_close_code(runtime: Running, version: str) -> None:
    socket = await open_socket(address(runtime, min_version=version), {"Origin": HUB}, [])
    with pytest.raises(ConnectionClosed):
        await socket.recv()
    assert socket.close_code == 4400


async def test_answers_may_overtake_each_other_and_keep_their_ids(runtime: Running) -> None:
    socket = await open_socket(address(runtime), {"Origin": HUB}, [])
    for number in range(20):
        await socket.send(json.dumps({**GET, "message_id": number}))
    answers = [json.loads(await socket.recv()) for _ in range(20)]
    assert {answer["message_id"] for answer in answers} == set(range(20))
    assert {answer["status"] for answer in answers} == {200}
    await socket.close()


async def test_a_kernel_is_reached_through_the_bridge(runtime: Running) -> None:
    kernel = runtime.start_kernel()
    url = address(runtime, f"/http_over_websocket/proxied_ws/api/kernels/{kernel}/channels", session_id="s")
    client = StockSocket(url, {"Origin": HUB}, v1=False)
    await client.open()
    msg_id = await client.execute("print(6 * 7)")
    while not any(m.type == "execute_reply" and m.parent.get("msg_id") == msg_id for m in client.heard):
        await client.step()
    said = [m.content["text"] for m in client.heard if m.type == "stream" and m.content["name"] == "stdout"]
    assert said == ["42\n"]
    await client.close()


@pytest.mark.parametrize("origin", [EVIL, "null", "https://hub.test.evil.test"])
@pytest.mark.parametrize("path", ["/http_over_websocket", "/http_over_websocket/diagnose"])
async def test_other_sites_are_refused_even_with_the_token(runtime: Running, origin: str, path: str) -> None:
    before = runtime.kernel_ids()
    with pytest.raises(InvalidStatus) as refused:
        await open_socket(address(runtime, path), {"Origin": origin}, [])
    assert refused.value.response.status_code == 403
    assert runtime.kernel_ids() == before


async def test_without_the_token_nobody_gets_in(runtime: Running) -> None:
    for url in (
        f"ws://127.0.0.1:{runtime.port}/http_over_websocket?min_version=0.0.1",
        address(runtime, jupyter_http_over_ws_auth_url=f"http://localhost:{runtime.port}/?token=wrong"),
        # the parameter counts for the bridge only
        address(runtime, "/api/kernels/x/channels"),
    ):
        with pytest.raises(InvalidStatus) as refused:
            await open_socket(url, {"Origin": HUB}, [])
        assert refused.value.response.status_code == 401


@pytest.mark.parametrize(
    "path",
    ["//evil.test/x", "http://evil.test/", "/../etc", "/a/%2e%2e/b", "/a/..%2fb", "/a\\b", "/a%5cb", "/a%00", "/a b",
     "/a\r\nX: y", "/%0d%0aX:%20y", "/http_over_websocket", "/%68ttp_over_websocket", "/a#b", "/a%2f%2fb", "/é", 7,
     None],
)  # fmt: skip
async def test_tricks_with_paths_ask_nothing(runtime: Running, path: object) -> None:
    (pieces,) = await ask(runtime, {**GET, "path": path})
    assert (pieces[0]["status"], pieces[0]["done"]) == (400, True)
    assert "headers" not in pieces[0]


@pytest.mark.parametrize(
    "method", ["FOO", "TRACE", "CONNECT", "get", "GET /x HTTP/1.1\r\n", 1, None, ["GET"], {"GET": 1}]
)
async def test_tricks_with_methods_ask_nothing(runtime: Running, method: object) -> None:
    (pieces,) = await ask(runtime, {**GET, "method": method})
    assert (pieces[0]["status"], pieces[0]["done"]) == (405, True)
    assert "headers" not in pieces[0]


@pytest.mark.parametrize(
    "message",
    ["[" * 100_000, '{"a":' * 50_000, "[]", "{}", "7", '"\\ud800"'],
)
async def test_what_is_no_message_leaves_the_socket_as_it_was(runtime: Running, message: str) -> None:
    refused, answered = await ask(runtime, message, GET)
    assert (refused[0]["status"], refused[0]["done"]) == (400, True)
    assert answered[0]["status"] == 200


async def test_a_body_of_half_a_character_is_refused(runtime: Running) -> None:
    half = {**GET, "method": "PUT", "path": "/api/contents/half.txt", "body": "\ud800"}
    refused, looked = await ask(runtime, half, {**GET, "path": "/api/contents/half.txt?content=0"})
    assert (refused[0]["status"], refused[0]["statusText"]) == (400, "The body cannot be understood.")
    assert looked[0]["status"] == 404


async def test_headers_of_a_message_are_not_heard(runtime: Running) -> None:
    forged = {**GET, "headers": {"Host": "evil.test", "Authorization": "Bearer x", "X-Runhere-Session": "master"}}
    (pieces,) = await ask(runtime, forged)
    assert pieces[0]["status"] == 200
    assert "Set-Cookie" not in pieces[0]["headers"]


async def test_an_ended_session_ends_its_bridge(runtime: Running) -> None:
    code = runtime.ask("POST", "/api/runhere/pairings", headers=runtime.auth, body=json.dumps({"origin": HUB}).encode())
    paired = runtime.ask(
        "POST",
        "/api/runhere/pair",
        headers={"Origin": HUB, "Content-Type": "application/json"},
        body=json.dumps({"code": code.json()["code"], "client_name": "x"}).encode(),
    ).json()
    url = f"ws://127.0.0.1:{runtime.port}/http_over_websocket?token={paired['token']}"
    socket = await open_socket(url, {"Origin": HUB}, [])
    assert (await one(socket, GET))[0]["status"] == 200
    runtime.ask("DELETE", f"/api/runhere/sessions/{paired['session_id']}", headers=runtime.auth)
    await socket.send(json.dumps(GET))
    with pytest.raises(ConnectionClosed):
        await socket.recv()
    assert socket.close_code == 4401


async def test_no_token_of_the_bridge_is_logged(runtime: Running) -> None:
    await ask(runtime, GET, {**GET, "path": f"/api/nothing?token={runtime.token}"})
    assert runtime.token not in runtime.log.read_text()


@pytest.mark.fast
def test_a_token_in_a_path_is_taken_out() -> None:
    found = read_request(
        json.dumps({**GET, "path": "/api/contents?content=0&token=abc&%74oken=def&t%6Fken=ghi&TOKEN=jkl"})
    )
    assert isinstance(found, BridgeRequest)
    assert found.target == "/api/contents?content=0"


@pytest.mark.fast
def test_the_gate_reads_the_link_of_the_old_page_for_the_bridge_only() -> None:
    link = quote("http://localhost:8888/?token=abc", safe="")
    query = f"min_version=1&jupyter_http_over_ws_auth_url={link}"
    cleaned = ("/http_over_websocket", "abc", "/http_over_websocket?min_version=1")
    assert split_target(f"/http_over_websocket?{query}") == cleaned
    socket = ("/api/kernels/1/channels", "abc", "/api/kernels/1/channels?min_version=1")
    assert split_target(f"/http_over_websocket/proxied_ws/api/kernels/1/channels?{query}") == socket
    assert split_target(f"/api/kernels?{query}")[1] is None
    assert split_target("/http_over_websocket?jupyter_http_over_ws_auth_url=http%3A%2F%2F%5B%3A%3A1")[1] is None


@pytest.mark.fast
@pytest.mark.parametrize(
    ("version", "outdated"),
    [("0.0.7", False), ("0.0.8", True), ("0.0.1a3", False), ("0.1", True), ("1", True), ("0", False), ("x", None),
     ("1.2.3.4", None)],
)  # fmt: skip
def test_versions_are_compared_as_numbers(version: str, outdated: bool | None) -> None:
    assert is_outdated(version) is outdated
