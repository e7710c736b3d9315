"""The gate's rules, as a table. The same refusals are tried over real sockets in test_gate.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runhere_runtime.gate.rules import (
    Facts,
    Pass,
    Policy,
    Preflight,
    Refuse,
    decide,
    normalise_origin,
    parse_host,
    split_target,
)
from runhere_runtime.tokens import Grant

pytestmark = pytest.mark.fast

HUB = "https://hub.test"
POLICY = Policy(
    hosts=frozenset({"localhost", "127.0.0.1", "[::1]"}),
    origins=frozenset({HUB}),
    own_origins=frozenset({"http://public.test:9000"}),
    max_body_bytes=1000,
)
GOOD = Facts("GET", "/api/kernels", hosts=("127.0.0.1:8888",), origins=(HUB,), authorization="Bearer good")
BARE = replace(GOOD, origins=(), authorization=None)
MASTER = Grant(None)


def authenticate(token: str, origin: str | None) -> Grant | None:
    if token == "good":
        return MASTER
    if token == "bound" and origin == HUB:
        return Grant("s1")
    if token == "cookie" and origin == "http://127.0.0.1:8888":
        return Grant("c1")
    return None


def verdict(facts: Facts) -> Pass | Preflight | Refuse:
    return decide(facts, POLICY, authenticate)


OK = Pass("/api/kernels", MASTER, HUB, "http://127.0.0.1:8888")


@pytest.mark.parametrize(
    "facts",
    [
        GOOD,
        replace(GOOD, hosts=("LOCALHOST:9000",)),
        replace(GOOD, hosts=("[::1]:1",)),
        replace(GOOD, hosts=("localhost",)),
        replace(GOOD, authorization="token good"),
        replace(GOOD, authorization=None, target="/api/kernels?token=good"),
        replace(GOOD, authorization=None, target="/api/kernels?%74oken=good"),
        replace(GOOD, authorization=None, subprotocols=("runhere.token.good", "x")),
        replace(GOOD, authorization="Bearer bound"),
        replace(GOOD, websocket=True),
        replace(BARE, authorization="Bearer good"),
        replace(BARE, target="/api/kernels?token=good"),
        replace(BARE, target="/api/kernels?token=good", fetch_site="same-origin"),
        replace(BARE, target="/api/kernels?token=good", fetch_site="none"),
        replace(BARE, cookie_token="cookie"),
        replace(BARE, cookie_token="cookie", fetch_site="same-origin", method="POST"),
        replace(BARE, origins=("http://127.0.0.1:8888",), cookie_token="cookie", method="DELETE"),
        replace(GOOD, origins=("http://public.test:9000",)),
    ],
)
def test_who_may_pass(facts: Facts) -> None:
    found = verdict(facts)
    assert isinstance(found, Pass)
    assert found.target == "/api/kernels"
    assert found.grant is not None


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (replace(GOOD, hosts=()), 400),
        (replace(GOOD, hosts=("localhost", "localhost")), 400),
        (replace(GOOD, hosts=("user@localhost",)), 400),
        (replace(GOOD, hosts=("localhost:99999",)), 400),
        (replace(GOOD, hosts=("localhost:8888:1",)), 400),
        (replace(GOOD, hosts=("evil.test",)), 421),
        (replace(GOOD, hosts=("localhost.evil.test",)), 421),
        (replace(GOOD, hosts=("localhost.",)), 421),
        (replace(GOOD, hosts=("0.0.0.0:8888",)), 421),
        (replace(GOOD, hosts=("127.0.0.2",)), 421),
        (replace(GOOD, hosts=("169.254.169.254",)), 421),
        (replace(GOOD, origins=("https://evil.test",)), 403),
        (replace(GOOD, origins=("null",)), 403),
        (replace(GOOD, origins=("",)), 403),
        (replace(GOOD, origins=("https://hub.test.evil.test",)), 403),
        (replace(GOOD, origins=("https://hub.test:444",)), 403),
        (replace(GOOD, origins=("http://hub.test",)), 403),
        (replace(GOOD, origins=("HTTPS://HUB.TEST ",)), 403),
        (replace(GOOD, origins=("https://hub.test/",)), 403),
        (replace(GOOD, origins=("http://127.0.0.1:9999",)), 403),
        (replace(GOOD, origins=(HUB, HUB)), 400),
        (replace(GOOD, origins=("https://" + "a" * 600,)), 400),
        (replace(GOOD, origins=("https://hüb.test",)), 400),
        (replace(GOOD, method="TRACE"), 405),
        (replace(GOOD, method="CONNECT"), 405),
        (replace(GOOD, method="FOO"), 405),
        (replace(GOOD, target="http://127.0.0.1:8888/api"), 400),
        (replace(GOOD, target="/api\\kernels"), 400),
        (replace(GOOD, target="/api#x"), 400),
        (replace(GOOD, target="*"), 400),
        (replace(GOOD, target="/" + "a" * 20_000), 400),
        (replace(GOOD, content_length=1001), 413),
        (replace(GOOD, authorization="Bearer bad"), 401),
        (replace(GOOD, authorization="Basic good"), 401),
        (replace(GOOD, authorization=None), 401),
        (replace(GOOD, authorization="Bearer bad", target="/api/kernels?token=good"), 401),
        (replace(BARE, authorization="Bearer bound"), 401),
        (replace(BARE, origins=("http://127.0.0.1:8888",), authorization="Bearer bound"), 401),
        (replace(GOOD, authorization=None, cookie_token="cookie"), 401),
        (replace(GOOD, authorization=None, cookie_token="good"), 401),
        (replace(BARE, cookie_token="cookie", method="POST"), 401),
        (replace(BARE, cookie_token="cookie", websocket=True), 401),
        (replace(BARE, cookie_token="cookie", fetch_site="cross-site"), 403),
        (replace(BARE, target="/api/kernels?token=good", fetch_site="cross-site"), 403),
        (replace(BARE, target="/api/kernels?token=good", fetch_site="same-site"), 403),
        (replace(BARE, target="/?token=good", fetch_site="cross-site", fetch_mode="navigate"), 401),
        (replace(BARE, authorization="Bearer good", fetch_site="cross-site"), 403),
        (replace(BARE, method="OPTIONS"), 401),
        (replace(GOOD, authorization=None, target="/api/"), 401),
        (replace(GOOD, authorization=None, target="/api", websocket=True), 401),
        (replace(GOOD, authorization=None, target="/api", method="POST"), 401),
    ],
)
def test_who_is_refused(facts: Facts, status: int) -> None:
    found = verdict(facts)
    assert isinstance(found, Refuse)
    assert found.status == status


def test_whole_verdict_of_a_good_request() -> None:
    assert verdict(GOOD) == OK
    assert verdict(replace(GOOD, target="/api/kernels?token=good", authorization=None)) == OK


def test_refusals_name_the_page_only_when_it_is_listed() -> None:
    assert verdict(replace(GOOD, authorization=None)).cors_origin == HUB
    assert verdict(replace(GOOD, method="TRACE")).cors_origin == HUB
    assert verdict(replace(GOOD, origins=("https://evil.test",))) == Refuse(403)
    assert verdict(replace(GOOD, hosts=("evil.test",))) == Refuse(421)


def test_preflight_of_any_path_passes_for_listed_pages_only() -> None:
    asked = replace(GOOD, method="OPTIONS", target="/no/such", authorization=None, private_network=True)
    assert verdict(asked) == Preflight(HUB, private_network=True)
    assert verdict(replace(asked, origins=("https://evil.test",))) == Refuse(403)


@pytest.mark.parametrize("target", ["/api", "/.well-known/runhere", "/api/runhere/challenge?nonce=1"])
def test_public_routes_need_no_token_but_a_listed_page(target: str) -> None:
    asked = replace(GOOD, target=target, authorization=None)
    assert verdict(asked) == Pass(target, None, HUB, "http://127.0.0.1:8888")
    assert verdict(replace(asked, origins=("null",))) == Refuse(403)


def test_a_page_opened_with_the_token_is_sent_on_without_it() -> None:
    asked = replace(BARE, target="/lab?a=1&token=good&b=2", fetch_mode="navigate", fetch_site="none")
    assert verdict(asked) == Pass("/lab?a=1&b=2", MASTER, None, "http://127.0.0.1:8888", clean_url=True)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/a", ("/a", None, "/a")),
        ("/a?", ("/a", None, "/a")),
        ("/a?token=x", ("/a", "x", "/a")),
        ("/a?token=x&token=y", ("/a", "x", "/a")),
        ("/a?b=%20&tok%65n=x%3D&c", ("/a", "x=", "/a?b=%20&c")),
    ],
)
def test_token_leaves_the_query(target: str, expected: tuple[str, str | None, str]) -> None:
    assert split_target(target) == expected


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Hub.Example/", "https://hub.example"),
        ("https://hub.example:443", "https://hub.example"),
        ("http://127.0.0.1:8800", "http://127.0.0.1:8800"),
        ("http://[::1]:8800", "http://[::1]:8800"),
        ("hub.example", None),
        ("https://hub.example/path", None),
        ("https://u@hub.example", None),
        ("file:///x", None),
        ("*", None),
        ("null", None),
        ("https://a b", None),
    ],
)
def test_origins_as_people_write_them(text: str, origin: str | None) -> None:
    assert normalise_origin(text) == origin


def test_host_of_port_80_is_an_origin_without_port() -> None:
    assert parse_host(("localhost:80",)) == ("localhost", "")
