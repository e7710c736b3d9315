"""The proxy's pure rules: paths, queries, headers. Each refusal beside what is let through."""

import pytest

from runhere_hub.proxy import headers, paths

SERVED = [
    ("api", "api"),
    ("api/kernels", "api/kernels"),
    ("api/kernels/0a-1b", "api/kernels/0a-1b"),
    ("api/kernels/0a-1b/interrupt", "api/kernels/0a-1b/interrupt"),
    ("api/sessions", "api/sessions"),
    ("api/kernelspecs", "api/kernelspecs"),
    ("api/contents/", "api/contents/"),
    ("api/contents/a%20b/100%25.ipynb", "api/contents/a%20b/100%25.ipynb"),
    ("api/contents/%E3%83%87.csv", "api/contents/%E3%83%87.csv"),
    ("api/runhere/info", "api/runhere/info"),
    ("api/runhere/journal/0a-1b", "api/runhere/journal/0a-1b"),
    ("files/data.csv", "files/data.csv"),
]
UNKNOWN = [
    "", "/", "lab", "tree", "login", "logout", "static/x.js", "nbconvert/html/a", "view/a.html", "doc", "metrics",
    "api/shutdown", "api/config/x", "api/nbconvert", "api/security/csp-report", "api/spec.yaml", "API/kernels",
    "api/runhere/pair", "api/runhere/pairings", "api/runhere/sessions", "api/runhere/challenge", ".well-known/runhere",
    "proxy/8080/", "user/bob/api/kernels", "hub/api/users", "http://169.254.169.254/", "//169.254.169.254/api",
    "api/kernels/../shutdown", "api/kernels/..%2fshutdown", "api/kernels/%2e%2e/shutdown", "api/contents/../../hub",
    "api/contents/%2e%2e/%2e%2e/hub", "api/contents/a%2F..%2Fb", "api/contents/a%5cb", "api/contents/a\\b",
    "api//kernels", "api/./kernels", "api/contents/a%00b", "api/contents/a%0d%0aX:%20y", "api/kernels/%ff",
    "api/kernels?x", "api/kernels;x", "api/kernels/" + "a" * 5000,
]  # fmt: skip


@pytest.mark.parametrize(("asked", "written"), SERVED)
def test_jupyters_api_and_the_companions_are_served(asked: str, written: str) -> None:
    assert paths.http_path(asked.encode()) == written


@pytest.mark.parametrize("asked", UNKNOWN)
def test_p01_nothing_else_is(asked: str) -> None:
    assert paths.http_path(asked.encode()) is None
    assert paths.socket_path(asked.encode()) is None


def test_sockets_are_those_of_kernels_and_terminals() -> None:
    assert paths.socket_path(b"api/kernels/0a-1b/channels") == "api/kernels/0a-1b/channels"
    assert paths.socket_path(b"terminals/websocket/1") == "terminals/websocket/1"
    for other in (b"api/kernels/0a-1b", b"api/events/subscribe", b"lsp/ws", b"api/kernels/../x/channels"):
        assert paths.socket_path(other) is None
    assert paths.http_path(b"api/kernels/0a-1b/channels") is None


def test_a_secret_in_an_address_is_refused() -> None:
    assert paths.query(b"content=0&x=%26") == "content=0&x=%26"
    assert paths.query(b"") == ""
    for query in (b"token=x", b"content=0&token=", b"TOKEN=x", b"%74oken=x"):
        assert paths.query(query) is None


def test_p04_only_listed_headers_reach_the_runtime() -> None:
    given = [
        ("Accept", "application/json"), ("Content-Type", "application/json"), ("Range", "bytes=0-1"),
        ("Cookie", "__Host-runhere_session=s"), ("Authorization", "token of-the-page"), ("Host", "evil"),
        ("Connection", "close, authorization"), ("Transfer-Encoding", "chunked"), ("Upgrade", "h2c"), ("TE", "x"),
        ("Content-Length", "3"), ("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Host", "evil"), ("Forwarded", "x"),
        ("X-Original-URL", "/admin"), ("Origin", "https://hub.test"), ("Referer", "x"), ("X-XSRFToken", "x"),
        ("Proxy-Authorization", "x"), ("Sec-Fetch-Site", "cross-site"),
    ]  # fmt: skip
    assert headers.to_runtime(given, token="rt") == [
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("range", "bytes=0-1"),
        ("accept-encoding", "identity"),
        ("authorization", "token rt"),
    ]


def test_p04_doubled_and_broken_values_are_dropped() -> None:
    given = [("Accept", "a"), ("accept", "b"), ("Range", "bytes=0-1\r\nX: y"), ("Content-Type", "text/plain")]
    names = [name for name, _ in headers.to_runtime(given, token="rt")]
    assert names == ["content-type", "accept-encoding", "authorization"]


def test_only_listed_headers_reach_the_page_and_the_forced_ones_win() -> None:
    given = [
        ("Content-Type", "application/json"), ("ETag", "x"), ("X-Runhere-Gap", "1-2"), ("Set-Cookie", "a=b"),
        ("Service-Worker-Allowed", "/"), ("Clear-Site-Data", '"*"'), ("Location", "https://evil"), ("Refresh", "0"),
        ("Link", "<x>; rel=preload"), ("Access-Control-Allow-Origin", "*"), ("Content-Security-Policy", "x"),
        ("Strict-Transport-Security", "max-age=0"), ("Content-Encoding", "gzip"), ("Cache-Control", "public"),
        ("X-Content-Type-Options", "none"), ("Alt-Svc", "x"), ("NEL", "x"), ("Report-To", "x"),
    ]  # fmt: skip
    kept = headers.to_page(given, is_file=False)
    assert {k: v for k, v in kept.items() if k not in headers.FORCED} == {
        "content-type": "application/json",
        "etag": "x",
        "x-runhere-gap": "1-2",
    }
    assert kept["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert (kept["X-Content-Type-Options"], kept["Cache-Control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript"])
def test_what_a_browser_might_run_arrives_as_text_to_be_saved(media_type: str) -> None:
    kept = headers.to_page([("Content-Type", media_type)], is_file=True)
    assert kept["content-type"] == "text/plain; charset=utf-8"
    assert kept["Content-Disposition"] == "attachment"
    assert headers.to_page([("Content-Type", "text/csv")], is_file=True)["content-type"] == "text/csv"


def test_the_pass_is_not_offered_to_the_runtime() -> None:
    offered = ["runhere.journal.v1", "runhere.token.secret", headers.HUB_SUBPROTOCOL]
    assert headers.subprotocols(offered, pass_prefix="runhere.token.") == ["runhere.journal.v1"]
