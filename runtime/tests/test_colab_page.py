"""Colab's own page against our runtime: every call that it makes, in its order, as a browser would let it.

What it does is in the public reports of its users and in its public clients: credentials are included, the token stands
in the query, kernels are spoken to in Jupyter's default subprotocol; before that, a preflight for each request.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from kernel_client import StockSocket, make_request, open_socket
from live_runtime import EVIL, Answer, Running, start_runtime
from websockets.exceptions import InvalidStatus

from runhere_runtime.cli.main import announce
from runhere_runtime.launcher import Announcement

COLAB = "https://colab.research.google.com"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
READABLE = {"access-control-allow-origin": COLAB, "access-control-allow-credentials": "true"}
GUARD = b")]}'\n"
PRINTS = "print('value', 6 * 7)\nprint(input('who? '))"


@pytest.fixture(scope="module")
def for_colab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = start_runtime(tmp_path_factory.mktemp("colab"), "--hub", COLAB)
    yield running
    running.stop()


def fetch(runtime: Running, method: str, path: str, body: Any = None, *, origin: str = COLAB) -> Answer:
    """As `fetch(…, {credentials: "include"})` of that page: a preflight, then the request if it allows it."""
    sent = None if body is None else json.dumps(body).encode()
    target = f"{path}{'&' if '?' in path else '?'}token={runtime.token}"
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type",
             "Access-Control-Request-Private-Network": "true"}  # fmt: skip
    allowed = runtime.ask("OPTIONS", target, headers={"Origin": origin, **asked})
    if allowed.status != 204:
        return allowed
    assert allowed.headers.items() >= {**READABLE, "access-control-allow-private-network": "true"}.items()
    assert method in allowed.headers["access-control-allow-methods"]
    assert "content-type" in allowed.headers["access-control-allow-headers"]
    headers = {"Origin": origin, "Cookie": "_xsrf=of-another-server", "Content-Type": "application/json"}
    answer = runtime.ask(method, target, headers=headers, body=sent)
    assert answer.headers.items() >= READABLE.items()
    assert "set-cookie" not in answer.headers
    return answer


async def work_with(client: StockSocket) -> str:
    """What a cell prints that asks for a name, with the headers that Colab's clients send."""
    await client.open()
    about = {"username": "username", "version": "5.0"}
    asked = {"code": PRINTS, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": True}
    run, parts = make_request("execute_request", asked, **about)
    await client.send("shell", parts)
    await client.until(lambda: client.of(run, "input_request"))
    await client.send("stdin", make_request("input_reply", {"value": "Ada"}, **about)[1])
    await client.until(lambda: client.is_done(run))
    await client.close()
    return "".join(m.content["text"] for m in client.of(run, "stream") if m.content["name"] == "stdout")


async def test_todays_page_connects_runs_and_leaves(for_colab: Running) -> None:
    built = fetch(for_colab, "GET", "/api/colab/build-info")
    assert (built.status, built.body.startswith(GUARD)) == (200, True)
    assert json.loads(built.body[len(GUARD) :]) == {"release_tag": ""}
    assert "python3" in fetch(for_colab, "GET", "/api/kernelspecs").json()["kernelspecs"]
    assert fetch(for_colab, "GET", "/api/sessions").json() == []
    wanted = {"path": "fileId=1", "name": "a.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
    made = fetch(for_colab, "POST", "/api/sessions", wanted)
    assert made.status == 201
    session, kernel = made.json()["id"], made.json()["kernel"]["id"]
    channels = f"ws://127.0.0.1:{for_colab.port}/api/kernels/{kernel}/channels?session_id=c&token={for_colab.token}"
    assert await work_with(StockSocket(channels, {"Origin": COLAB}, v1=False)) == "value 42\nAda\n"
    told = json.loads(fetch(for_colab, "GET", "/api/colab/resources").body[len(GUARD) :])
    assert [one["uuid"] for one in told["memory"]["kernels"]] == [kernel]
    assert fetch(for_colab, "GET", "/api/contents/var/colab/app.log").status == 404  # asked for, and readable as absent
    assert fetch(for_colab, "POST", f"/api/kernels/{kernel}/interrupt", {}).status == 204
    assert fetch(for_colab, "DELETE", f"/api/sessions/{session}").status == 204
    assert fetch(for_colab, "GET", "/api/sessions").json() == []
    assert for_colab.token not in for_colab.log.read_text()


async def test_the_older_page_does_the_same_through_the_bridge(for_colab: Running) -> None:
    printed = quote(f"http://localhost:{for_colab.port}/?token={for_colab.token}", safe="")
    query = f"min_version=0.0.1a3&jupyter_http_over_ws_auth_url={printed}"
    bridge = f"ws://127.0.0.1:{for_colab.port}/http_over_websocket"
    origin = {"Origin": COLAB}
    diagnose = await open_socket(f"{bridge}/diagnose?{query}", origin, [])
    await diagnose.send("d1")
    assert json.loads(await diagnose.recv())["is_outdated_extension"] is False
    await diagnose.close()
    socket = await open_socket(f"{bridge}?{query}", origin, [])
    wanted = {"path": "fileId=2", "name": "b.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
    posted = {"path": "/api/sessions", "method": "POST", "message_id": "m1", "body": json.dumps(wanted)}
    await socket.send(json.dumps(posted))
    assert json.loads(await socket.recv())["status"] == 201
    (made,) = fetch(for_colab, "GET", "/api/sessions").json()
    channels = f"{bridge}/proxied_ws/api/kernels/{made['kernel']['id']}/channels?session_id=o&{query}"
    assert await work_with(StockSocket(channels, origin, v1=False)) == "value 42\nAda\n"
    left = {"path": f"/api/sessions/{made['id']}", "method": "DELETE", "message_id": "m2"}
    await socket.send(json.dumps(left))
    assert json.loads(await socket.recv())["status"] == 204
    await socket.close()
    assert for_colab.kernel_ids() == set()
    assert for_colab.token not in for_colab.log.read_text()


def in_a_browser(runtime: Running, origin: str) -> dict[str, Any]:
    """What a page of that origin gets: its own findings, and the browser's trace."""
    here = Path(__file__).parent
    program = (here / "colab_page.js").read_text().partition("\n")[2]
    words = [sys.executable, str(here / "drive_origin.py"), origin, f"http://127.0.0.1:{runtime.port}", str(CHROMIUM)]
    ended = subprocess.run([*words, program], input=runtime.token, capture_output=True, text=True, timeout=140)
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_lets_colabs_page_do_all_of_it_and_another_nothing(for_colab: Running) -> None:
    """A real Chromium judges every header; only the page itself is a stand-in, under Colab's origin."""
    told = in_a_browser(for_colab, COLAB)
    found = told["found"]
    for name in ("build-info", "resources", "drive"):
        assert (found[name]["status"], found[name]["text"].startswith(GUARD.decode())) == (200, True), (name, found)
    assert {found[path]["status"] for path in found if path.startswith("/api")} == {200}
    did = {name: found[name] for name in ("made", "renamed", "interrupted", "put", "deleted", "left")}
    assert did == {"made": 201, "renamed": 200, "interrupted": 204, "put": 201, "deleted": 204, "left": 204}
    assert (found["ran"], found["ranThroughBridge"]) == ("42\n", "older\n")
    assert found["file"] == {"status": 200, "text": "new"}
    assert (found["bridged"][0]["status"], found["bridged"][-1]["done"]) == (200, True)
    assert found["diagnosed"][0]["is_outdated_extension"] is False
    preflights = [one["sent"] for one in told["trace"] if "Access-Control-Request-Method" in one.get("sent", {})]
    methods = {sent["Access-Control-Request-Method"] for sent in preflights}
    assert methods >= {"POST", "PUT", "PATCH"}, (
        "the browser asked first; its answers hold for DELETE of the same address"
    )
    assert {sent["Origin"] for sent in preflights} == {COLAB}
    other = in_a_browser(for_colab, "https://evil.test")["found"]
    assert {one["status"] for one in other.values() if isinstance(one, dict)} == {0}
    assert (other["made"], other["bridge"], other["heard"]) == (0, 1006, [])
    assert for_colab.kernel_ids() == set()


async def test_another_page_gets_nowhere_with_the_same_calls(for_colab: Running) -> None:
    wanted = {"path": "x", "name": "x", "type": "notebook", "kernel": {"name": "python3"}}
    for method, path, body in (("GET", "/api/colab/build-info", None), ("POST", "/api/sessions", wanted)):
        preflight = fetch(for_colab, method, path, body, origin=EVIL)
        target = f"{path}?token={for_colab.token}"
        sent = None if body is None else json.dumps(body).encode()
        simple = for_colab.ask(method, target, headers={"Origin": EVIL, "Content-Type": "text/plain"}, body=sent)
        for answer in (preflight, simple):
            assert (answer.status, answer.body) == (403, b"")
            assert not [name for name in answer.headers if name.startswith("access-control-")]
    with pytest.raises(InvalidStatus):
        await open_socket(f"ws://127.0.0.1:{for_colab.port}/http_over_websocket?token={for_colab.token}",
                          {"Origin": EVIL}, [])  # fmt: skip
    assert for_colab.kernel_ids() == set()


def test_without_its_token_the_page_can_read_why(for_colab: Running) -> None:
    answer = for_colab.ask("GET", "/api/colab/build-info?token=wrong", headers={"Origin": COLAB})
    assert answer.status == 401
    assert answer.headers.items() >= READABLE.items()
    assert answer.json()["hint"]


def test_colab_is_told_in_words_and_gets_no_link_that_its_page_does_not_know(
    for_colab: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (for_colab.facts["pair"], for_colab.facts["pairs"]) == (None, [])
    announce(Announcement("http://127.0.0.1:1", "t", "/", (("https://hub.test", "C"),), is_for_colab=True), "link")
    told = capsys.readouterr()
    assert told.out == "http://127.0.0.1:1/?token=t\n"
    first, second = told.err.splitlines()
    assert first.endswith("https://hub.test/connect#rt=http://127.0.0.1:1&pair=C")
    assert second.startswith("In Colab choose Connect ▸ Connect to a local runtime…")
