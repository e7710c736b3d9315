"""The gate over real sockets: each refusal has a positive twin, and a look at what must not have happened.

The number in a test's name is that of the attack list (R01 …).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from kernel_client import JournalSocket
from live_runtime import EVIL, HUB, Running, start_runtime

from runhere_runtime.errors import RoutesUnlabelled
from runhere_runtime.gate.routes import check_labels
from runhere_runtime.tokens import challenge_mac, token_key

BAD_ORIGINS = [
    EVIL,
    "null",
    "https://hub.test.evil.test",
    "https://hub.test:444",
    "http://hub.test",
    "HTTPS://HUB.TEST ",
]
WS_KEY = base64.b64encode(b"0123456789abcdef").decode()
LINUX = sys.platform.startswith("linux")


def send_raw(port: int, text: str, *, host: str = "127.0.0.1", timeout_s: float = 10) -> bytes:
    """Bytes in, bytes out, until the server closes or the first whole answer is there."""
    with socket.create_connection((host, port), timeout=timeout_s) as sock:
        sock.sendall(text.encode("latin1"))
        got = b""
        while b"\r\n\r\n" not in got:
            chunk = sock.recv(65536)
            if not chunk:
                break
            got += chunk
        return got


def handshake(runtime: Running, path: str, **headers: str) -> int:
    """Status of a WebSocket handshake."""
    lines = [f"GET {path} HTTP/1.1"]
    given = {"Host": f"127.0.0.1:{runtime.port}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    lines += [f"{k}: {v}" for k, v in given.items()]
    lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {WS_KEY}"]
    answer = send_raw(runtime.port, "\r\n".join(lines) + "\r\n\r\n")
    return int(answer.split(b" ", 2)[1])


def connections(runtime: Running, kernel: str) -> int:
    return int(runtime.ask("GET", f"/api/kernels/{kernel}", headers=runtime.auth).json()["connections"])


def test_r01_websockets_of_unlisted_origins_are_refused_even_with_a_valid_token(runtime: Running) -> None:
    kernel = runtime.start_kernel()
    made = runtime.ask("POST", "/api/terminals", headers=runtime.auth)
    paths = [f"/api/kernels/{kernel}/channels", "/api/events/subscribe"]
    if made.status == 200:
        paths.append(f"/terminals/websocket/{made.json()['name']}")
    for path in paths:
        for origin in BAD_ORIGINS:
            assert handshake(runtime, f"{path}?token={runtime.token}", Origin=origin) in (400, 403), (path, origin)
            assert handshake(runtime, path, Origin=origin, Authorization=f"Bearer {runtime.token}") in (400, 403)
        assert connections(runtime, kernel) == 0
        assert handshake(runtime, f"{path}?token={runtime.token}", Origin=HUB) == 101
        assert handshake(runtime, path, Origin=HUB) == 401
    # Python's websocket-client sends the server's own address as Origin
    own = f"http://127.0.0.1:{runtime.port}"
    assert handshake(runtime, paths[0], Origin=own, Authorization=f"token {runtime.token}") == 101


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FOO"]
PATHS = [
    "/", "/api", "/api/contents", "/api/contents/x.ipynb", "/api/kernels", "/api/kernelspecs", "/api/sessions",
    "/api/status", "/api/me", "/api/terminals", "/api/shutdown", "/api/config/x", "/api/nbconvert", "/api/spec.yaml",
    "/api/events", "/api/runhere/info", "/api/runhere/sessions", "/api/runhere/pairings", "/api/runhere/journal",
    "/api/runhere/environments",
    "/api/runhere/landing.js", "/files/x", "/view/x", "/nbconvert/html/x", "/static/x", "/metrics", "/login", "/logout",
    "/custom/custom.css", "/kernelspecs/python3/logo-64x64.png", "/no/such", "//evil", "/api/contents/..%2f..%2fetc",
    "/.well-known/runhere", "/api/security/csp-report", "/lab", "/tree",
]  # fmt: skip


def test_r03_every_route_and_verb_denies_without_credentials(runtime: Running) -> None:
    before = runtime.kernel_ids()
    public = {("GET", "/api"), ("GET", "/.well-known/runhere")}
    for method in METHODS:
        for path in PATHS:
            status = runtime.ask(method, path, body=b"" if method in ("POST", "PUT", "PATCH") else None).status
            if (method, path) in public:
                assert status == 200
            else:
                assert status in (400, 401, 403, 404, 405), (method, path, status)
    for path in PATHS:
        assert handshake(runtime, path if path != "//evil" else "/evil") in (400, 401, 403, 404, 405)
    assert runtime.kernel_ids() == before
    assert list(runtime.root.iterdir()) == []
    assert runtime.ask("GET", "/api/status", headers=runtime.auth).status == 200
    assert runtime.process.poll() is None, "POST /api/shutdown without a token stopped the runtime"


def test_r03_a_route_without_a_label_stops_the_start() -> None:
    labelled = [("/api$", "jupyter_server.base.handlers.APIVersionHandler")]
    check_labels(labelled, [], named=False)
    with pytest.raises(RoutesUnlabelled, match=r"new_module\.NewHandler"):
        check_labels([*labelled, ("/new", "jupyter_server.new_module.NewHandler")], [], named=False)
    with pytest.raises(RoutesUnlabelled):
        check_labels(labelled, [("/lab", "jupyterlab.LabHandler")], named=False)
    check_labels(labelled, [("/lab", "jupyterlab.LabHandler")], named=True)


@pytest.mark.parametrize("host", ["rebind.test", "rebind.test:8888", "localhost.evil.test", "127.0.0.1.evil.test",
                                  "0.0.0.0", "169.254.169.254", "[::2]", "user@localhost"])  # fmt: skip
def test_r04_a_rebound_name_learns_nothing(runtime: Running, host: str) -> None:
    before = runtime.kernel_ids()
    for origin in (None, f"http://{host}", HUB):
        given = {"Host": host, **runtime.auth, **({"Origin": origin} if origin else {})}
        answer = runtime.ask("POST", f"/api/kernels?token={runtime.token}", headers=given, body=b"{}")
        assert answer.status in (400, 421)
        assert answer.body == b""
        assert "access-control-allow-origin" not in answer.headers
    assert handshake(runtime, f"/api/events/subscribe?token={runtime.token}", Host=host) in (400, 421)
    assert runtime.kernel_ids() == before


def test_r04_missing_and_doubled_host_headers(runtime: Running) -> None:
    auth = f"Authorization: Bearer {runtime.token}\r\n"
    assert b" 400 " in send_raw(runtime.port, f"GET /api/status HTTP/1.1\r\n{auth}\r\n")
    twice = f"GET /api/status HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n{auth}\r\n"
    assert b" 400 " in send_raw(runtime.port, twice)
    absolute = f"GET http://evil.test/api/status HTTP/1.1\r\nHost: localhost\r\n{auth}\r\n"
    assert b" 400 " in send_raw(runtime.port, absolute)
    once = f"GET /api/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{auth}\r\n"
    assert b" 200 " in send_raw(runtime.port, once)


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1:9000", "[::1]:9000", "LOCALHOST:1"])
def test_r06_a_tunnel_may_change_the_port(runtime: Running, host: str) -> None:
    given = {"Host": host, "Origin": HUB, **runtime.auth}
    assert runtime.ask("GET", "/api/status", headers=given).status == 200
    assert handshake(runtime, f"/api/events/subscribe?token={runtime.token}", Host=host, Origin=HUB) == 101


def test_r07_query_tokens(runtime: Running) -> None:
    token = runtime.token
    assert runtime.ask("GET", f"/api/status?token={token}").status == 200
    assert runtime.ask("GET", f"/api/status?a=1&%74oken={token}").status == 200
    assert runtime.ask("GET", "/api/status?token=rhrt_wrong-wrong-wrong-wrong").status == 401
    assert runtime.ask("GET", f"/no/such?token={token}").status == 404
    assert runtime.ask("GET", "/no/such?token=rhrt_wrong-wrong-wrong-wrong").status == 401
    assert runtime.ask("GET", f"/api/status?token={token}", headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert runtime.ask("GET", f"/api/status?token={token}", headers={"Sec-Fetch-Site": "same-origin"}).status == 200


MUTATIONS = [("/api/kernels", b"{}"), ("/api/sessions", b'{"path":"x","type":"notebook","kernel":{"name":"python3"}}'),
             ("/api/contents", b"{}"), ("/api/terminals", b"{}"), ("/api/shutdown", b""),
             ("/api/runhere/pair", b'{"code":"x"}'), ("/api/runhere/pairings", b"{}")]  # fmt: skip


@pytest.mark.parametrize(("path", "body"), MUTATIONS)
def test_r09_forms_of_other_sites_change_nothing(runtime: Running, path: str, body: bytes) -> None:
    before = runtime.kernel_ids()
    given = {"Origin": "null", "Content-Type": "text/plain", "Sec-Fetch-Site": "cross-site",
             "Sec-Fetch-Mode": "navigate"}  # fmt: skip
    assert runtime.ask("POST", f"{path}?token={runtime.token}", headers=given, body=body).status == 403
    assert runtime.kernel_ids() == before
    assert list(runtime.root.iterdir()) == []
    assert runtime.process.poll() is None


def test_r10_cors_on_every_answer_to_a_listed_page_and_on_none_to_others(runtime: Running) -> None:
    auth = runtime.auth
    cases: list[tuple[str, str, dict[str, str], bytes | None, int]] = [
        ("GET", "/api/status", auth, None, 200),
        ("GET", "/\\x", auth, None, 400),
        ("POST", "/api/kernels", auth, b"{", 400),
        ("GET", "/api/status", {}, None, 401),
        ("POST", "/api/runhere/pair", {}, b'{"code":"x"}', 403),
        ("GET", "/no/such", auth, None, 404),
        ("GET", "/api/kernels/00000000-0000-0000-0000-000000000000", auth, None, 404),
        ("TRACE", "/api/status", auth, None, 405),
        ("PATCH", "/api/status", auth, b"{}", 405),
        ("PUT", "/api/contents/x", {**auth, "Content-Length": str(2**40)}, None, 413),
        ("POST", "/api/kernels", auth, b'{"name":5}', 500),
    ]
    for method, path, headers, body, status in cases:
        answer = runtime.ask(method, path, headers={**headers, "Origin": HUB}, body=body)
        assert answer.status == status, (method, path, answer)
        assert answer.headers["access-control-allow-origin"] == HUB, (method, path)
        assert "Origin" in answer.headers["vary"]
        assert "access-control-allow-credentials" not in answer.headers
        for origin in (EVIL, "null"):
            other = runtime.ask(method, path, headers={**headers, "Origin": origin}, body=body)
            assert other.status == 403
            assert not [name for name in other.headers if name.startswith("access-control-")]
            assert other.body == b""


@pytest.mark.parametrize("path", ["/api/kernels", "/no/such/path", "/", "/api/colab/build-info", "/files/x"])
def test_r10_preflights_of_any_path(runtime: Running, path: str) -> None:
    asked = {"Origin": HUB, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization",
             "Access-Control-Request-Private-Network": "true"}  # fmt: skip
    answer = runtime.ask("OPTIONS", path, headers=asked)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == HUB
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-max-age"] == "600"
    assert answer.headers["access-control-allow-private-network"] == "true"
    refused = runtime.ask("OPTIONS", path, headers={**asked, "Origin": EVIL})
    assert refused.status == 403
    assert not [name for name in refused.headers if name.startswith("access-control-")]


def test_r10_only_colab_gets_allow_credentials(tmp_path: Path) -> None:
    colab = "https://colab.research.google.com"
    running = start_runtime(tmp_path, "--hub", colab, "--hub", HUB)
    try:
        for origin, expected in ((colab, "true"), (HUB, None)):
            answer = running.ask("GET", "/api", headers={"Origin": origin})
            assert answer.headers.get("access-control-allow-credentials") == expected
    finally:
        running.stop()


@pytest.mark.parametrize(
    "origin", ["https://hub.test\r\nX-Injected: y", "https://" + "a" * 9000, "https://h\u00fcb.test"]
)
def test_r11_origins_are_not_reflected(runtime: Running, origin: str) -> None:
    request = (
        f"GET /api HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n"
        f"Authorization: Bearer {runtime.token}\r\nConnection: close\r\n\r\n"
    )
    answer = send_raw(runtime.port, request)
    if "\r\n" in origin:  # two headers for any parser: a listed origin and a harmless other header
        assert b"X-Injected" not in answer
        return
    assert answer.split(b" ")[1] in (b"400", b"403")
    assert b"access-control" not in answer.lower()
    assert origin[:30].encode("latin1") not in answer


def test_r13_pairing(fresh: Running) -> None:
    assert fresh.code is not None
    body = json.dumps({"code": fresh.code, "client_name": "Firefox\x1b[2J"}).encode()
    wrong = fresh.ask("POST", "/api/runhere/pair", headers={"Origin": EVIL}, body=body)
    assert wrong.status == 403
    sessions = fresh.ask("GET", "/api/runhere/sessions", headers=fresh.auth).json()["sessions"]
    assert sessions == []
    answer = fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == HUB
    token = answer.json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert fresh.ask("GET", "/api/status", headers={**bearer, "Origin": HUB}).status == 200
    assert fresh.ask("GET", "/api/status", headers={**bearer, "Origin": EVIL}).status == 403
    assert fresh.ask("GET", "/api/status", headers=bearer).status == 401
    assert fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body).status == 410
    assert "Paired https://hub.test as 'Firefox" in fresh.log.read_text()
    assert "\x1b" not in fresh.log.read_text()
    # a paired page may not mint pairings, the owner may
    asked = json.dumps({"origin": HUB}).encode()
    assert fresh.ask("POST", "/api/runhere/pairings", headers={**bearer, "Origin": HUB}, body=asked).status == 403
    again = fresh.ask("POST", "/api/runhere/pairings", headers=fresh.auth, body=asked)
    code = again.json()["code"]
    body = json.dumps({"code": code}).encode()
    assert fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body).status == 200


def test_r13_five_wrong_codes_void_the_open_one(fresh: Running) -> None:
    def redeem(code: str) -> int:
        body = json.dumps({"code": code}).encode()
        return fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body).status

    assert fresh.code is not None
    assert [redeem("0000-0000-0000-0000") for _ in range(5)] == [403] * 5
    assert redeem(fresh.code) == 403


def test_r14_r15_no_token_in_logs_processes_kernels_or_readable_files(tmp_path: Path) -> None:
    fresh = start_runtime(tmp_path, "--hub", HUB, "--debug", env={"JUPYTER_TOKEN": "canary-env-token"})
    try:
        token = fresh.token
        bad = "rhrt_" + "b" * 43
        kernel = fresh.start_kernel()
        paired, browser = open_sessions(fresh)
        for value in (token, bad, paired, browser):
            for path in ("/api/status", "/no/such", "/api/kernels/nope", "/api/contents/none", "/files/none", "/lab"):
                fresh.ask("GET", f"{path}?token={value}")
                fresh.ask("GET", f"{path}?x=1", headers={"Authorization": f"token {value}", "Referer": f"http://x/?token={value}",
                                                       "User-Agent": f"agent {value}"})  # fmt: skip
                fresh.ask("POST", path, headers={"Authorization": f"Bearer {value}"}, body=f'{{"a": "{value}"'.encode())
            fresh.ask(
                "POST",
                "/api/kernels",
                headers={"Authorization": f"Bearer {value}"},
                body=f'{{"name":["{value}"]}}'.encode(),
            )
            handshake(fresh, f"/api/kernels/{kernel}/channels?token={value}&session_id={value}")
            handshake(fresh, f"/api/kernels/{kernel}/channels", Sec_WebSocket_Protocol=f"runhere.token.{value}, x")
            handshake(fresh, f"/api/kernels/nope/channels?token={value}")
        assert fresh.ask("GET", "/api/status", headers=fresh.auth).status == 200
        log = fresh.log.read_text()
        assert len(log) > 2000, "debug logging is off, so this test sees nothing"
        for value in (token, bad, paired, browser):
            assert value not in log
        assert "inner_secret" not in log
        if LINUX:
            kernels = children(fresh.process.pid)
            assert kernels
            assert b"canary-env-token" not in b"".join(map(told_by, kernels))
            told = told_by(fresh.process.pid) + b"".join(map(told_by, kernels))
            assert not [value for value in (token, paired, browser) if value.encode() in told]
        for value in (paired, browser):
            assert holders(fresh.data, value) == []
        assert [f.parent.name for f in holders(fresh.data, token)] == ["servers"]
        open_to_others = [path for path in (fresh.data, *fresh.data.rglob("*")) if path.stat().st_mode & 0o077]
        assert open_to_others == [] or os.name != "posix"
    finally:
        fresh.stop()
    assert holders(fresh.data, fresh.token) == []


def open_sessions(runtime: Running) -> tuple[str, str]:
    """The tokens of a paired page and of a browser on the landing page, both used."""
    redeemed = json.dumps({"code": runtime.code, "client_name": runtime.token}).encode()
    paired = runtime.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=redeemed).json()["token"]
    navigating = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}
    cookie = runtime.ask("GET", f"/?token={runtime.token}", headers=navigating).headers["set-cookie"].partition(";")[0]
    assert runtime.ask("GET", "/no/such", headers={"Cookie": cookie}).status == 404
    return paired, cookie.partition("=")[2]


def told_by(pid: int) -> bytes:
    """What every process of this person may read of another: its command line and its environment."""
    return Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()


def holders(folder: Path, secret: str) -> list[Path]:
    """Files that hold it."""
    return [file for file in folder.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()]


def children(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(folder.name))
    return found


@pytest.mark.skipif(os.name != "posix", reason="ipc sockets and modes are POSIX")
def test_r14_kernel_sockets_lie_in_a_private_folder(fresh: Running) -> None:
    fresh.start_kernel()
    (kernel,) = children(fresh.process.pid)
    command = Path(f"/proc/{kernel}/cmdline").read_bytes().split(b"\0")
    file = Path(command[command.index(b"-f") + 1].decode())
    info = json.loads(file.read_text())
    assert info["transport"] == "ipc"
    assert stat.S_IMODE(file.parent.stat().st_mode) & 0o777 == 0o700
    assert Path(info["ip"]).parent == file.parent
    fresh.stop()
    assert not file.parent.exists()


def test_r17_an_impostor_cannot_answer_the_challenge(fresh: Running) -> None:
    body = json.dumps({"code": fresh.code, "client_name": "t"}).encode()
    nonce, host = "n" * 24, f"127.0.0.1:{fresh.port}"
    first = fresh.ask("GET", f"/api/runhere/challenge?nonce={nonce}", headers={"Origin": HUB})
    assert fresh.code is not None
    assert first.json()["mac"] == challenge_mac(token_key(fresh.code), nonce=nonce, host=host)
    paired = fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body).json()
    path = f"/api/runhere/challenge?nonce={nonce}&session_id={paired['session_id']}"
    proof = fresh.ask("GET", path, headers={"Origin": HUB})
    expected = challenge_mac(token_key(paired["token"]), nonce=nonce, host=host)
    assert proof.json() == {"mac": expected}
    assert fresh.ask("GET", path, headers={"Origin": EVIL}).status == 403
    unknown = fresh.ask("GET", f"/api/runhere/challenge?nonce={nonce}&session_id=abc", headers={"Origin": HUB})
    assert unknown.status == 404
    assert fresh.ask("GET", "/api/runhere/challenge?nonce=short", headers={"Origin": HUB}).status == 400


def test_r17_a_page_stays_paired_over_a_restart_on_the_same_port(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    first = start_runtime(tmp_path, "--hub", HUB, "--port", str(port))
    body = json.dumps({"code": first.code, "client_name": "t"}).encode()
    token = first.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body).json()["token"]
    first.stop()
    second = start_runtime(tmp_path, "--hub", HUB, "--port", str(port))
    try:
        bearer = {"Authorization": f"Bearer {token}", "Origin": HUB}
        assert second.ask("GET", "/api/status", headers=bearer).status == 200
        assert second.ask("GET", "/api/status", headers={"Authorization": f"Bearer {first.token}"}).status == 401
    finally:
        second.stop()


QUICKLY_IDLE = (
    "import sys, runhere_runtime.launcher as l; l.IDLE_S = 3.0\nfrom runhere_runtime.cli import main; sys.exit(main())"
)


def test_r19_slow_and_idle_connections_are_closed_and_harm_nobody(tmp_path: Path) -> None:
    """200 sockets that never finish their headers; a normal client is served meanwhile, the slow ones are cut."""
    runtime = start_runtime(tmp_path, "--hub", HUB, start=("-c", QUICKLY_IDLE))
    slow = [socket.create_connection(("127.0.0.1", runtime.port), timeout=30) for _ in range(200)]
    try:
        for sock in slow:
            sock.sendall(b"GET /api HTTP/1.1\r\nHo")
        assert min(seconds_of_a_request(runtime) for _ in range(5)) < 1
        for sock in slow:
            assert sock.recv(1) == b""
    finally:
        for sock in slow:
            sock.close()
        runtime.stop()


def seconds_of_a_request(runtime: Running) -> float:
    started = time.monotonic()
    assert runtime.ask("GET", "/api/status", headers=runtime.auth).status == 200
    return time.monotonic() - started


def test_r19_one_connection_too_many_is_closed_and_closed_ones_do_not_count(tmp_path: Path) -> None:
    runtime = start_runtime(tmp_path)
    try:
        for _ in range(600):  # one after the other: as many as you like
            assert runtime.ask("GET", "/api").status == 200
        held = [socket.create_connection(("127.0.0.1", runtime.port), timeout=10) for _ in range(500)]
        with socket.create_connection(("127.0.0.1", runtime.port), timeout=10) as extra:
            assert extra.recv(1) == b""
        for sock in held:
            sock.close()
        deadline = time.monotonic() + 10
        while not is_served(runtime):
            assert time.monotonic() < deadline
    finally:
        runtime.stop()


def is_served(runtime: Running) -> bool:
    try:
        return runtime.ask("GET", "/api").status == 200
    except OSError:
        return False


def test_r19_headers_and_bodies_are_bounded(runtime: Running) -> None:
    long = "X: " + "a" * 40_000
    answer = send_raw(runtime.port, f"GET /api HTTP/1.1\r\nHost: localhost\r\n{long}\r\n\r\n")
    assert b" 200 " not in answer
    fine = "X: " + "a" * 8_000
    assert b" 200 " in send_raw(runtime.port, f"GET /api HTTP/1.1\r\nHost: localhost\r\n{fine}\r\n\r\n")


IMPATIENT_WITH_BODIES = (
    "import sys, runhere_runtime.gate.delegate as d; d.BODY_GRACE_S = 1.0; d.SLOWEST_BODY_BYTES_PER_S = 2**20\n"
    "from runhere_runtime.cli import main; sys.exit(main())"
)


@pytest.mark.parametrize("authorised", [True, False])
@pytest.mark.parametrize("length", ["Content-Length: 50", "Transfer-Encoding: chunked"])
def test_r19_a_body_that_comes_too_slowly_is_let_go_and_nothing_happens(
    tmp_path: Path, authorised: bool, length: str
) -> None:
    """Whoever sends it: a byte now and then does not keep a connection. The same request, sent whole, is answered."""
    runtime = start_runtime(tmp_path, "--hub", HUB, start=("-c", IMPATIENT_WITH_BODIES))
    bearer = f"Authorization: Bearer {runtime.token}\r\n" if authorised else ""
    try:
        with socket.create_connection(("127.0.0.1", runtime.port), timeout=20) as slow:
            slow.sendall(f"POST /api/kernels HTTP/1.1\r\nHost: localhost\r\n{bearer}{length}\r\n\r\n".encode())
            answer = b""
            with contextlib.suppress(ConnectionError):
                slow.sendall(b"{")
                while piece := slow.recv(65536):
                    answer += piece
            assert runtime.ask("GET", "/api/status", headers=runtime.auth).status == 200
            assert b" 201 " not in answer
        assert runtime.kernel_ids() == set()
        whole = runtime.ask("POST", "/api/kernels", headers=runtime.auth if authorised else {}, body=b"{}")
        assert whole.status == (201 if authorised else 401)
    finally:
        runtime.stop()


QUICK_PINGS = (
    "import sys, runhere_runtime.handlers.channels as c; c.PING_EVERY_S = 0.2\n"
    "from runhere_runtime.cli import main; sys.exit(main())"
)


async def test_r19_a_websocket_that_never_pongs_is_closed_and_one_that_does_is_not(tmp_path: Path) -> None:
    runtime = start_runtime(tmp_path, "--hub", HUB, start=("-c", QUICK_PINGS))
    try:
        kernel = runtime.start_kernel()
        path = f"/api/kernels/{kernel}/channels"
        alive = JournalSocket(f"ws://127.0.0.1:{runtime.port}{path}", {**runtime.auth, "Origin": HUB})
        await alive.attach()
        reader, writer = await asyncio.open_connection("127.0.0.1", runtime.port)
        writer.write(
            f"GET {path}?session_id=mute HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {runtime.token}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {WS_KEY}\r\n\r\n".encode()
        )
        async with asyncio.timeout(20):
            assert b" 101 " in await reader.readline()
            with contextlib.suppress(ConnectionError):
                while await reader.read(65536):
                    pass
        writer.close()
        run = await alive.run("print('alive')")
        assert alive.text_of(run) == "alive\n"
        await alive.close()
    finally:
        runtime.stop()


def listening(pid: int) -> set[str]:
    """Addresses on which the process listens (Linux)."""
    inodes = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(fd))
        except FileNotFoundError:
            continue  # closed since it was listed, so nobody listens on it
        if found:
            inodes.add(found.group(1))
    hosts = set()
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                hosts.add(fields[1].partition(":")[0])
    return hosts


@pytest.mark.skipif(not LINUX, reason="reads /proc/net")
def test_r22_only_loopback_is_listened_on(runtime: Running) -> None:
    runtime.start_kernel()
    assert listening(runtime.process.pid) <= {"0100007F", "00000000000000000000000001000000"}
    assert "0100007F" in listening(runtime.process.pid)


def run_command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runhere_runtime", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "RUNHERE_RUNTIME_DATA": str(folder)},
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--ip", "0.0.0.0", "--port", "0"], "--certfile"),
        (["--ip", "192.0.2.1", "--port", "0"], "--certfile"),
        (["--root", "/no/such/folder"], "--root"),
        (["--hub", "hub.example"], "is no origin"),
        (["--public-url", "nonsense"], "--public-url"),
        (["--kernel-python", "/no/python"], "--kernel-python"),
    ],
)
def test_r22_what_cannot_be_safe_or_cannot_work_is_refused_in_a_sentence(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    ended = run_command(tmp_path, *arguments)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_r16_a_taken_port_is_said_and_never_replaced_by_another(tmp_path: Path) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        ended = run_command(tmp_path, "--port", str(port))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert f"Port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


AS_NOBODY = """
import encodings.idna, os, socket, sys, urllib.error, urllib.request
os.setgroups([]); os.setgid(65534); os.setuid(65534)
def attempt(act):
    try:
        act()
        print("done")
    except urllib.error.HTTPError as refused:
        print(refused.code)
    except OSError as error:
        print(type(error).__name__)
url, *paths = sys.argv[1:]
for path in paths:
    attempt(lambda: open(path))
attempt(lambda: socket.socket(socket.AF_UNIX).connect(paths[-1]))
attempt(lambda: urllib.request.urlopen(url))
"""


@pytest.mark.skipif(not LINUX or os.getuid() != 0, reason="becomes another user")
def test_r16_another_user_of_the_machine_gets_nowhere() -> None:
    """… though nothing above our own folders keeps them out."""
    with tempfile.TemporaryDirectory() as open_folder:
        Path(open_folder).chmod(0o755)
        runtime = start_runtime(Path(open_folder), "--hub", HUB)
        try:
            runtime.start_kernel()
            (kernel,) = children(runtime.process.pid)
            command = Path(f"/proc/{kernel}/cmdline").read_bytes().split(b"\0")
            connection = command[command.index(b"-f") + 1].decode()
            (server,) = (runtime.data / "servers").glob("*.json")
            deadline = time.monotonic() + 30
            while not (sockets := list(Path(connection).parent.glob("*-1"))):  # until the kernel listens
                assert is_served(runtime)
                assert time.monotonic() < deadline
            url = f"http://127.0.0.1:{runtime.port}/api/status"
            asked = [sys.executable, "-c", AS_NOBODY, url, str(server), connection, str(sockets[0])]
            told = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)
            assert told.stdout.split() == ["PermissionError"] * 4 + ["401"], told.stderr
            assert runtime.ask("GET", "/api/status", headers=runtime.auth).status == 200
        finally:
            runtime.stop()


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
def test_a_page_may_knock_without_origin_and_learns_only_that_something_answers(runtime: Running, site: str) -> None:
    knocking = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    knocked = runtime.ask("GET", "/api", headers=knocking)
    assert knocked.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "access-control-allow-origin" not in knocked.headers
    # Nothing else may be seen from outside, the page's means to tell a runtime from a stock server least of all.
    for path in ("/.well-known/runhere", "/api/status", "/api?token=x", "/"):
        assert runtime.ask("GET", path, headers=knocking).headers["cross-origin-resource-policy"] == "same-origin"
    assert runtime.ask("POST", "/api", headers=knocking).headers["cross-origin-resource-policy"] == "same-origin"


def test_r24_pages_cannot_be_framed_and_carry_their_headers(runtime: Running) -> None:
    for path in ("/", "/no/such", "/api/status", "/login", "/files/x.html"):
        answer = runtime.ask("GET", path, headers={**runtime.auth, "Accept": "text/html"})
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy or "frame-ancestors 'self'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-frame-options"] in ("DENY", "SAMEORIGIN")
    landing = runtime.ask("GET", "/", headers=runtime.auth)
    assert "frame-ancestors 'none'" in landing.headers["content-security-policy"]
    assert "unsafe" not in landing.headers["content-security-policy"]
    assert landing.headers["cache-control"] == "no-store"


def test_the_landing_page_takes_the_token_out_of_the_address_bar(runtime: Running) -> None:
    arriving = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none", "Accept": "text/html"}
    first = runtime.ask("GET", f"/?token={runtime.token}", headers=arriving)
    assert first.status == 303
    assert first.headers["location"] == "/"
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert runtime.token not in cookie
    pair = cookie.partition(";")[0]
    second = runtime.ask("GET", "/", headers={**arriving, "Cookie": pair})
    assert second.status == 200
    assert runtime.token in second.body.decode()
    # the cookie is nothing to other sites, to other ports' pages, or for changes that do not say where they come from
    for given in ({"Origin": HUB}, {"Origin": EVIL}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "localhost:1"}):
        assert runtime.ask("GET", "/api/kernels", headers={"Cookie": pair, **given}).status in (401, 403)
    before = runtime.kernel_ids()
    assert runtime.ask("POST", "/api/kernels", headers={"Cookie": pair}, body=b"{}").status == 401
    assert runtime.kernel_ids() == before
    same = {"Cookie": pair, "Origin": f"http://127.0.0.1:{runtime.port}"}
    assert runtime.ask("GET", "/api/kernels", headers=same).status == 200
    assert runtime.ask("POST", "/api/kernels", headers=same, body=b"{}").status == 201


def test_the_landing_page_speaks_english_and_japanese(runtime: Running) -> None:
    for wished, language, said in (
        ("", "en", "This runtime is ready"),
        ("de, fr;q=0.9", "en", "This runtime is ready"),
        ("ja", "ja", "このランタイムは使用できます"),
        ("de;q=0.9, ja-JP;q=0.8, en;q=0.5", "ja", "このランタイムは使用できます"),
        ("en-GB, ja;q=0.5, ;q=x", "en", "This runtime is ready"),
    ):
        page = runtime.ask("GET", "/", headers={**runtime.auth, "Accept-Language": wished}).body.decode()
        assert f'<html lang="{language}">' in page
        assert said in page
        assert HUB in page


def test_a_refused_page_is_told_in_the_terminal_once_and_only_so_many(fresh: Running) -> None:
    for i in range(12):
        for _ in range(2):
            assert fresh.ask("GET", "/api", headers={"Origin": f"https://page{i}.test"}).status == 403
    fresh.ask("GET", "/api", headers={"Origin": "null"})
    fresh.ask("GET", "/api", headers={"Origin": HUB})
    told = [line for line in fresh.log.read_text().splitlines() if "asked to connect" in line]
    assert len(told) == 8
    assert told[0].endswith("If it is yours: runhere-runtime allow https://page0.test")


def test_discovery_is_for_listed_pages(runtime: Running) -> None:
    answer = runtime.ask("GET", "/.well-known/runhere", headers={"Origin": HUB})
    assert answer.json() == {"name": "runhere-runtime", "protocol": 1, "version": "0.1.0", "needs": "pairing"}
    assert runtime.ask("GET", "/.well-known/runhere", headers={"Origin": EVIL}).body == b""


def test_info_tells_root_and_kernels(runtime: Running) -> None:
    info = runtime.ask("GET", "/api/runhere/info", headers={**runtime.auth, "Origin": HUB}).json()
    assert info["root_dir"] == str(runtime.root)
    assert "python3" in info["kernelspecs"]
    assert "runhere.journal.v1" in info["subprotocols"]


def test_allow_sessions_and_revoke_from_the_command_line(fresh: Running) -> None:
    other = "https://other.test"
    given = {**fresh.auth, "Origin": other}
    assert fresh.ask("GET", "/api/status", headers=given).status == 403
    assert run_command(fresh.data, "allow", other + "/").returncode == 0
    assert fresh.ask("GET", "/api/status", headers=given).status == 200
    body = json.dumps({"code": fresh.code, "client_name": "Firefox"}).encode()
    paired = fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body).json()
    listed = run_command(fresh.data, "sessions")
    assert paired["session_id"] in listed.stdout
    assert "Firefox" in listed.stdout
    bearer = {"Authorization": f"Bearer {paired['token']}", "Origin": HUB}
    assert fresh.ask("GET", "/api/status", headers=bearer).status == 200
    assert run_command(fresh.data, "revoke", paired["session_id"]).returncode == 0
    assert fresh.ask("GET", "/api/status", headers=bearer).status == 401
    unknown = run_command(fresh.data, "revoke", "abcdef")
    assert unknown.returncode == 1
    assert "no session" in unknown.stderr
    fresh.stop()
    assert "No runtime is running" in run_command(fresh.data, "sessions").stderr


def test_the_link_is_the_only_line_on_standard_output(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "runhere_runtime", "--port", "0", "--hub", HUB, "--root", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "RUNHERE_RUNTIME_DATA": str(tmp_path / "d")},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    process.terminate()
    rest, errors = process.communicate(timeout=20)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=rhrt_[A-Za-z0-9_-]{43}\n", line)
    assert rest == ""
    assert re.search(r"https://hub\.test/connect#rt=http://127\.0\.0\.1:\d+&pair=[0-9A-Z-]{19}", errors)
    assert process.returncode == 0
