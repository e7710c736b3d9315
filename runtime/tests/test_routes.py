"""Every route that there is, taken from the server itself: none answers without a token, or to an unlisted page.

Numbers are those of the attack list. What a route does once it is allowed is tested beside what it does.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from live_runtime import EVIL, HUB, Running
from test_gate import BAD_ORIGINS, METHODS, handshake

from runhere_runtime.gate.routes import LABELS
from runhere_runtime.gate.rules import PUBLIC_ROUTES


@dataclass(frozen=True)
class Route:
    path: str
    handler: str
    websocket: bool
    methods: tuple[str, ...]


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[Route]:
    """With a path that each pattern matches."""
    program = Path(__file__).with_name("routes_in.py")
    told = subprocess.run(
        [sys.executable, str(program), str(tmp_path_factory.mktemp("routes"))],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    table = [Route(sample(pattern), *rest) for pattern, *rest in json.loads(told.stdout)]
    assert len(table) > 50, "the table is not the server's"
    return table


SAMPLES = (  # of what stands in patterns, longest first
    ("(?:(?:/[^/]+)+|/?)", "/x"), (r"\w+-\w+-\w+-\w+-\w+", "0-0-0-0-0"), ("[A-Za-z0-9-]+", "x"), (r"[\w\.\-%]+", "x"),
    ("[0-9a-f]+", "0"), (r"[\w-]+", "x"), (r"\w+", "x"), ("/?", "/"), (".*", "x"),
)  # fmt: skip


def sample(pattern: str) -> str:
    """A path that the pattern matches."""
    path = re.sub(r"\(\?P<\w+>", "(", pattern)
    for piece, example in SAMPLES:
        path = path.replace(piece, example)
    path = re.sub(r"\(([^()|]*)[^()]*\)", r"\1", path).replace("\\", "").rstrip("$")
    path = path if path.startswith("/") else f"/{path}"
    assert re.fullmatch(pattern, path), (pattern, path)
    return path


def test_r03_no_route_and_no_verb_answers_without_a_token(runtime: Running, routes: list[Route]) -> None:
    before = (runtime.kernel_ids(), files(runtime))
    answered = set()
    for route in routes:
        for method in METHODS:
            body = b"" if method in ("POST", "PUT", "PATCH") else None
            status = runtime.ask(method, route.path, body=body).status
            if (method, route.path) in PUBLIC_ROUTES:
                answered.add((method, route.path))
            else:
                assert status in (400, 401, 403, 404, 405), (method, route, status)
        assert handshake(runtime, route.path) in (400, 401, 403, 404, 405), route
    assert answered == PUBLIC_ROUTES
    assert (runtime.kernel_ids(), files(runtime)) == before
    assert runtime.process.poll() is None
    for route in routes:
        if "GET" in route.methods and not route.websocket:
            assert runtime.ask("GET", route.path, headers=runtime.auth).status != 401, route


def files(runtime: Running) -> list[Path]:
    return sorted(runtime.root.rglob("*"))


def test_r01_no_websocket_opens_for_an_unlisted_page_that_has_the_token(runtime: Running, routes: list[Route]) -> None:
    sockets = [route for route in routes if route.websocket]
    assert {route.handler for route in sockets} >= {"ChannelsHandler", "SubscribeWebsocket", "TermSocket"}
    for route in sockets:
        for origin in BAD_ORIGINS:
            assert handshake(runtime, f"{route.path}?token={runtime.token}", Origin=origin) in (400, 403), route
            given = {"Origin": origin, "Authorization": f"Bearer {runtime.token}"}
            assert handshake(runtime, route.path, **given) in (400, 403), route
    path = "/api/events/subscribe"
    assert handshake(runtime, path, Origin=HUB, Authorization=f"Bearer {runtime.token}") == 101


def test_r09_no_changing_route_obeys_a_form_of_another_site(runtime: Running, routes: list[Route]) -> None:
    before = (runtime.kernel_ids(), files(runtime))
    tried = 0
    for route in routes:
        for method in set(route.methods) & {"POST", "PUT", "PATCH", "DELETE"}:
            for origin in ("null", EVIL):
                given = {"Origin": origin, "Content-Type": "text/plain", "Sec-Fetch-Mode": "navigate"}
                answer = runtime.ask(method, f"{route.path}?token={runtime.token}", headers=given, body=b"{}")
                assert (answer.status, answer.body) == (403, b""), (method, route)
                tried += 1
    assert tried > 40
    assert (runtime.kernel_ids(), files(runtime)) == before
    assert runtime.process.poll() is None, "POST /api/shutdown of another site was obeyed"
    assert runtime.ask("POST", "/api/kernels", headers={**runtime.auth, "Origin": HUB}, body=b"{}").status == 201


def test_r03_every_route_has_a_label(routes: list[Route]) -> None:
    labelled = {name.rpartition(".")[2] for name in LABELS}
    assert {route.handler for route in routes} <= labelled
