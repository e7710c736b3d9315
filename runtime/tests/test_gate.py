"""The gate over real sockets: each refusal has a positive twin, and a look at what must not have happened.

The number in a test's name is that of the attack list (R01 …).
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from live_runtime import EVIL, HUB, Running, start_runtime
from raw_http import handshake, send_raw

from runhere_runtime.errors import RoutesUnlabelled
from runhere_runtime.gate.routes import NEWEST_KNOWN, check_labels

BAD_ORIGINS = [
    EVIL,
    "null",
    "https://hub.test.evil.test",
    "https://hub.test:444",
    "http://hub.test",
    "HTTPS://HUB.TEST ",
]
LINUX = sys.platform.startswith("linux")


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
    with pytest.raises(RoutesUnlabelled, match=r"(?s)new_module\.NewHandler.*pip install jupyter_server=="):
        check_labels([*labelled, ("/new", "jupyter_server.new_module.NewHandler")], [], named=False)
    with pytest.raises(RoutesUnlabelled):
        check_labels(labelled, [("/lab", "jupyterlab.LabHandler")], named=False)
    check_labels(labelled, [("/lab", "jupyterlab.LabHandler")], named=True)


def test_the_newest_server_that_is_named_as_known_is_the_one_that_these_tests_run_with() -> None:
    assert version("jupyter_server") == NEWEST_KNOWN


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


def test_a_listed_page_reads_the_public_routes_without_a_token(runtime: Running) -> None:
    for path in ("/api", "/.well-known/runhere"):
        answer = runtime.ask("GET", path, headers={"Origin": HUB})
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, HUB)
        assert "version" in answer.json()
        assert runtime.ask("GET", path, headers={"Origin": EVIL}).status == 403
    assert runtime.ask("GET", "/api/status", headers={"Origin": HUB}).status == 401


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


def test_info_tells_its_person_which_pages_may_connect_and_no_page(fresh: Running) -> None:
    assert fresh.ask("GET", "/api/runhere/info", headers=fresh.auth).json()["origins"] == [HUB]
    code = json.dumps({"code": fresh.code}).encode()
    paired = fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=code).json()["token"]
    told = fresh.ask("GET", "/api/runhere/info", headers={"Authorization": f"Bearer {paired}", "Origin": HUB}).json()
    assert told["name"] == "runhere-runtime"
    assert "origins" not in told


def test_info_tells_root_and_kernels(runtime: Running) -> None:
    info = runtime.ask("GET", "/api/runhere/info", headers={**runtime.auth, "Origin": HUB}).json()
    assert info["root_dir"] == str(runtime.root)
    assert "python3" in info["kernelspecs"]
    assert "runhere.journal.v1" in info["subprotocols"]
