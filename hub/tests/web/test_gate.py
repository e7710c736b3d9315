"""Who may call what: every route, every verb, every way in."""

import json
import sqlite3
from collections.abc import Callable

import httpx
import pytest
from starlette.types import Message

from runhere_hub.app import create_app
from runhere_hub.testing.serving import CONTROL, COOKIE, ORIGIN, PORT, Hub, settings_for
from runhere_hub.web import openapi
from runhere_hub.web.csrf import host_of
from runhere_hub.web.gate import Gate
from runhere_hub.web.labels import Routes, Table, Who

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
HEX = "0" * 32
ROUTES = openapi.api_routes(is_for_team=False)
ANYONE = {
    ("GET", "/healthz"),
    ("POST", "/api/v1/session"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/session/ways"),
}


def address(path: str) -> str:
    """A path with something for each of its parameters."""
    ids = ("notebook_id", "folder_id", "revision_id", "comment_id", "person_id")
    known = {name: HEX for name in ids} | {"sha256": HEX * 2}
    for name, value in known.items():
        path = path.replace("{" + name + "}", value)
    assert "{" not in path, path
    return path


@pytest.mark.parametrize("verb", VERBS)
async def test_without_credentials_nothing_answers_but_what_is_for_everybody(hub: Hub, verb: str) -> None:
    table = Table(ROUTES)
    tables = dump(hub)
    for path in sorted({route.path for route in ROUTES}):
        answer = await hub.stranger.request(verb, address(path), json={})
        method = "GET" if verb == "HEAD" else verb
        if (method, path) in ANYONE:
            assert answer.status_code in (200, 422), (verb, path)
            continue
        route = table.find(method, address(path))
        wanted = 404 if route is None else {Who.PERSON: 401, Who.COMMAND_LINE: 403}[route.who]
        assert answer.status_code == wanted, (verb, path)
        if verb != "HEAD":
            assert set(answer.json()) == {"code", "message", "details"}
    assert dump(hub) == tables
    assert sorted(hub.folder.rglob("*")) == []


def dump(hub: Hub) -> list[str]:
    """Everything in the database."""
    with sqlite3.connect(hub.data / "hub.db") as database:
        return list(database.iterdump())


async def test_with_credentials_every_route_is_there(hub: Hub) -> None:
    for route in ROUTES:
        if route.who is Who.PERSON and route.path != "/api/v1/session":
            answer = await hub.client.request(route.method, address(route.path), json={})
            assert answer.status_code in (200, 201, 404, 422), (route, answer.text)
            assert answer.json().get("code") != "signed_out"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8801"},
        {"Origin": "http://localhost:8800"},
        {"Origin": "https://127.0.0.1:8800"},
        {"Origin": "http://127.0.0.1:8800.evil.example"},
        {"Origin": ""},
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
        {"Origin": ORIGIN, "Content-Type": "text/plain"},
        {"Origin": ORIGIN, "Content-Type": "application/x-www-form-urlencoded"},
        {"Origin": ORIGIN, "Content-Type": "multipart/form-data; boundary=x"},
        {"Origin": ORIGIN, "Content-Type": "text/plain; charset=application/json"},
    ],
    ids=json.dumps,
)
async def test_a_change_that_another_page_could_cause_is_refused(hub: Hub, headers: dict[str, str]) -> None:
    if "Content-Type" not in headers:
        headers = {"Content-Type": "application/json", "X-Requested-By": "runhere", **headers}
    tables = dump(hub)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(hub.app), base_url=ORIGIN) as client:
        client.cookies = hub.client.cookies
        for route in (r for r in ROUTES if r.method != "GET"):
            answer = await client.request(route.method, address(route.path), content=b"{}", headers=headers)
            refusals = ("cross_site", "signed_out") if route.who is Who.COMMAND_LINE else ("cross_site",)
            assert answer.json()["code"] in refusals, route
            assert not any(name.startswith("access-control") for name in answer.headers)
    assert dump(hub) == tables
    assert sorted(hub.folder.rglob("*")) == []


@pytest.mark.parametrize("extra", [{}, {"X-Requested-By": "runhere"}, {"Sec-Fetch-Site": "same-origin"}])
async def test_the_same_change_from_our_page_is_made(hub: Hub, extra: dict[str, str]) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(hub.app), base_url=ORIGIN) as client:
        client.cookies = hub.client.cookies
        body = {"folder_id": hub.folder_id, "path": ""}
        answer = await client.post("/api/v1/notebooks", json=body, headers={"Origin": ORIGIN, **extra})
    assert answer.status_code == 201
    assert (hub.folder / "Untitled.ipynb").is_file()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_reading_from_another_page_is_refused(hub: Hub, headers: dict[str, str]) -> None:
    answer = await hub.client.get("/api/v1/home", headers={"Origin": ORIGIN, **headers})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert (await hub.client.get("/api/v1/home", headers={"Sec-Fetch-Site": "same-origin"})).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/home", "/healthz", "/", "/assets/main-abc.js", "/api/v1/session"])
async def test_no_answer_of_page_or_api_shares_with_other_origins(hub: Hub, path: str) -> None:
    for method in ("GET", "OPTIONS"):
        headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        answer = await hub.client.request(method, path, headers=headers)
        assert not any(name.startswith("access-control") for name in answer.headers)


HOSTS = [
    "evil.example",
    "evil.example:8800",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "localhost.",
    "0.0.0.0:8800",
    "[::2]:8800",
    "127.0.0.2",
    "",
    "localhost:",
    "localhost:8800x",
    "user@localhost",
    "localhost:999999",
    "127.1",
]


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/home", "/assets/main-abc.js", "/nowhere"])
async def test_a_foreign_host_name_gets_nothing_from_any_path(hub: Hub, path: str) -> None:
    for host in HOSTS:
        answer = await hub.client.get(path, headers={"Host": host})
        assert (answer.status_code, answer.content) == (421, b""), host


@pytest.mark.parametrize("host", ["localhost", "localhost:9000", "LOCALHOST:1", "127.0.0.1:65535", "[::1]:8800"])
async def test_loopback_names_with_any_port_reach_the_hub(hub: Hub, host: str) -> None:
    assert (await hub.client.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.fast
def test_two_host_headers_are_none() -> None:
    assert host_of(["localhost", "localhost"]) is None
    assert host_of([]) is None
    assert host_of(["localhost:8800"]) == "localhost:8800"


async def socket(hub: Hub, headers: dict[str, str], path: str) -> list[Message]:
    """What a server would be told when such a WebSocket is asked for."""
    sent: list[Message] = []
    received = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1005}])

    async def receive() -> Message:
        return next(received)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": ["runhere.room.v1"],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", PORT),
        "extensions": {"websocket.http.response": {}},
    }
    await hub.app(scope, receive, send)
    return sent


def page_headers(hub: Hub) -> dict[str, str]:
    return {"Host": "127.0.0.1:8800", "Origin": ORIGIN, "Cookie": f"{COOKIE}={hub.client.cookies[COOKIE]}"}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda h: h | {"Origin": "http://evil.example"}, 403),
        (lambda h: h | {"Origin": "null"}, 403),
        (lambda h: h | {"Origin": "http://127.0.0.1:8801"}, 403),
        (lambda h: {k: v for k, v in h.items() if k != "Origin"}, 403),
        (lambda h: {k: v for k, v in h.items() if k != "Cookie"}, 401),
        (lambda h: h | {"Cookie": f"{COOKIE}=wrong"}, 401),
        (lambda h: h | {"Host": "evil.example"}, 421),
    ],
)
async def test_2_1_a_socket_of_another_page_or_of_nobody_is_refused_before_the_upgrade(
    hub: Hub, change: Callable[[dict[str, str]], dict[str, str]], status: int
) -> None:
    path = f"/api/v1/notebooks/{HEX}/room"
    sent = await socket(hub, change(page_headers(hub)), path)
    assert [m["type"] for m in sent][:1] == ["websocket.http.response.start"]
    assert sent[0]["status"] == status


async def test_2_1_our_page_gets_its_socket_and_a_close_code_for_no_such_notebook(hub: Hub) -> None:
    sent = await socket(hub, page_headers(hub), f"/api/v1/notebooks/{HEX}/room")
    assert [(m["type"], m.get("code")) for m in sent] == [("websocket.accept", None), ("websocket.close", 4404)]


async def test_no_socket_but_the_rooms(hub: Hub) -> None:
    sent = await socket(hub, page_headers(hub), "/api/v1/home")
    assert sent[0]["status"] == 404


@pytest.mark.parametrize("token", ["", "wrong", CONTROL + "x", CONTROL[:-1]])
async def test_only_the_command_lines_token_opens_the_control_routes(hub: Hub, token: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(hub.app), base_url=ORIGIN) as client:
        for verb in ("login-link", "bind"):
            headers = {"Authorization": f"Bearer {token}"}
            answer = await client.post(f"/api/v1/control/{verb}", json={"path": "/"}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")
    assert (await hub.control("login-link")).status_code == 200


@pytest.mark.parametrize("header", [{"Origin": ORIGIN}, {"Origin": "null"}, {"Sec-Fetch-Mode": "cors"}])
async def test_no_browser_may_call_the_control_routes_even_with_the_token(hub: Hub, header: dict[str, str]) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(hub.app), base_url=ORIGIN) as client:
        headers = {"Authorization": f"Bearer {CONTROL}", **header}
        answer = await client.post("/api/v1/control/login-link", json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_refused_whatever_it_announces(hub: Hub, announced: bool) -> None:
    async def chunks():
        for _ in range(6):
            yield b"x" * 65536

    body = b"x" * (6 * 65536) if announced else chunks()
    headers = {"Content-Type": "application/json"}
    answer = await hub.client.post("/api/v1/notebooks", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert sorted(hub.folder.rglob("*")) == []


async def test_an_announced_length_that_is_no_number_is_refused(hub: Hub) -> None:
    answer = await hub.client.post("/api/v1/notebooks", content=b"{}", headers={"Content-Length": "-5"})
    assert answer.status_code == 413


CANARY = "canary<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/api/v1/{CANARY}", None),
        ("GET", f"/api/v1/search?limit={CANARY}&q=x", None),
        ("POST", "/api/v1/notebooks", {"folder_id": CANARY, "path": CANARY}),
        ("POST", "/api/v1/notebooks", {CANARY: CANARY}),
        ("PATCH", f"/api/v1/notebooks/{HEX}", {"name": [CANARY]}),
        ("GET", f"/n/{HEX}/{CANARY}", None),
    ],
)
async def test_errors_are_json_and_repeat_nothing_that_was_sent_as_a_page(
    hub: Hub, method: str, path: str, body: object
) -> None:
    answer = await hub.client.request(method, path, json=body)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/json"
    assert "alert(1)" not in answer.json()["message"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/.env",
        "/metrics",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/assets/main-abc.js.map",
        "/api/v1/openapi.json/",
        "/../hub.db",
        "/hub.json",
    ],
)
async def test_nothing_is_left_lying_about(hub: Hub, path: str) -> None:
    assert (await hub.client.get(path)).status_code in (404, 421)


def test_the_app_refuses_to_start_with_a_route_that_has_no_label() -> None:
    app = openapi.bare_app()
    app.add_api_route("/secret", lambda: {}, methods=["GET"])
    with pytest.raises(RuntimeError, match="/secret"):
        openapi.add_routes(app, Table(ROUTES))
    openapi.add_routes(openapi.bare_app(), Table(ROUTES))


def test_a_label_is_asked_for_when_a_route_is_written() -> None:
    with pytest.raises(TypeError):
        Routes(tag="x").add("GET", "/x")  # type: ignore[call-arg]  # that is the point


def test_the_real_app_is_behind_the_gate(tmp_path, static) -> None:
    app = create_app(settings_for(tmp_path, static), port=PORT, control_token=CONTROL)
    assert isinstance(app.gate, Gate)
