"""Hosted runtimes with origins of their own, attacked: what a Host header can reach, who may read, what is not there.

What holds in either place (tickets, paths, headers, rights that end) is in test_hosted.py, which runs in both.
"""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from runhere_hub.testing.hosted import DOMAIN, HERE, MINE, HostedHub, hosted_hub
from runhere_hub.testing.team import PUBLIC, client_of
from runhere_hub.web.openapi import document

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one hub for all: people join slowly on purpose

EVIL = (
    "https://evil.test",
    "null",
    "http://hub.test",
    "https://hub.test:444",
    "https://sub.hub.test",
    "HTTPS://HUB.TEST",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HostedHub]:
    static = tmp_path_factory.mktemp("static")
    (static / "page").mkdir()
    (static / "page" / "index.html").write_text("<!doctype html>")
    async with hosted_hub(tmp_path_factory.mktemp("data"), static, domain=DOMAIN) as hub:
        yield hub


@pytest.fixture
def hub(running: HostedHub) -> HostedHub:
    running.runtime.seen.clear()
    running.runtime.answers.clear()
    return running


async def entry(hub: HostedHub, user_name: str = "ada") -> tuple[str, str]:
    """(id, pass) of a person's runtime, started anew."""
    await hub.team.people[user_name].post(f"{HERE}/stop", json={})
    return await hub.let_in(user_name)


async def test_the_page_is_told_where_runtimes_are_and_may_connect_there(hub: HostedHub) -> None:
    session = (await hub.team.people["ada"].get("/api/v1/session")).json()
    assert session["hosted_url"] == f"https://*.{DOMAIN}/"
    ada, token = await entry(hub)
    assert hub.at(ada, "") == session["hosted_url"].replace("*", ada)
    page = await (await hub.page(token)).get("/")
    (connects,) = [part for part in page.headers["content-security-policy"].split("; ") if "connect-src" in part]
    assert connects.endswith(f" https://*.{DOMAIN} wss://*.{DOMAIN}")


async def test_the_hubs_page_may_read_every_answer_and_no_other_page_any(hub: HostedHub) -> None:
    ada, token = await entry(hub)
    page = await hub.page(token)
    hub.runtime.answers["/api/status"] = (302, [(b"location", b"http://169.254.169.254/")], b"")
    hub.runtime.answers["/api/terminals"] = (500, [(b"access-control-allow-origin", b"*")], b"")
    answers = [
        (200, await page.get(hub.at(ada, "api/kernels"))),
        (401, await page.get(hub.at(ada, "api/kernels"), headers={"Authorization": "token wrong"})),
        (404, await page.get(hub.at(ada, "lab"))),
        (404, await page.request("TRACE", hub.at(ada, "api/kernels"))),
        (413, await page.post(hub.at(ada, "api/kernels"), headers={"Content-Length": str(2**40)})),
        (500, await page.get(hub.at(ada, "api/terminals"))),
        (503, await page.get(hub.at(ada, "api/status"))),
    ]
    await hub.team.people["ada"].post(f"{HERE}/stop", json={})
    answers.append((409, await page.get(hub.at(ada, "api/kernels"))))
    for status, answer in answers:
        assert (answer.status_code, answer.headers.get_list("access-control-allow-origin")) == (status, [PUBLIC])
        assert answer.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in answer.headers
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
    await hub.ready("ada")
    hub.runtime.seen.clear()
    for origin in (*EVIL, hub.at(ada, "")[:-1], None):
        headers = {**MINE, "Authorization": f"token {token}"} | ({"Origin": origin} if origin else {})
        if origin is None:
            del headers["Origin"]
        async with client_of(hub.team.app, headers) as stranger:
            for method in ("GET", "POST", "DELETE"):
                answer = await stranger.request(method, hub.at(ada, "api/kernels"))
                assert (answer.status_code, answer.json()["code"]) == (403, "cross_site"), origin
                assert "access-control-allow-origin" not in answer.headers
    assert hub.runtime.seen == []


async def test_a_preflight_of_the_page_is_answered_for_any_path_and_of_no_other(hub: HostedHub) -> None:
    ada, _ = await entry(hub)
    page = await hub.page(None, {"Access-Control-Request-Method": "PUT"})
    for path in ("api/contents/a.txt", "pass", "not/there"):
        may = await page.options(hub.at(ada, path))
        assert (may.status_code, may.headers["access-control-allow-origin"]) == (204, PUBLIC)
        assert may.headers["access-control-allow-headers"] == "authorization, content-type, range"
        for origin in EVIL:
            no = await page.options(hub.at(ada, path), headers={"Origin": origin})
            assert (no.status_code, no.headers.get("access-control-allow-origin")) == (403, None)
    assert (await page.options("/api/v1/session")).status_code in (404, 405)
    assert hub.runtime.seen == []


async def test_nothing_of_the_hub_is_at_a_runtimes_host_whoever_asks(hub: HostedHub) -> None:
    ada, token = await entry(hub)
    cookie = hub.team.people["ada"].cookies["__Host-runhere_session"]
    paths = [path for path in document()["paths"]]  # type: ignore[attr-defined]  # a plain dict
    paths += ["/", "/healthz", "/login", "/n/x", "/assets/x.js", "/frame/v1/frame.html", "/api/v1/openapi.json"]
    signed_in = {"Cookie": f"__Host-runhere_session={cookie}", "X-Requested-By": "runhere"}
    for shown, status in (
        (signed_in, 401),
        ({**signed_in, "Authorization": f"token {token}"}, 404),
    ):
        client = await hub.page(None, shown)
        for path in paths:
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                answer = await client.request(method, hub.at(ada, path.lstrip("/")), json={})
                assert answer.status_code == status, (method, path)
                assert "set-cookie" not in answer.headers
    with pytest.raises(InvalidStatus) as no:
        async with hub.socket(hub.at(ada, f"api/v1/notebooks/{'0' * 32}/room"), token):
            pass
    assert no.value.response.status_code == 404
    assert hub.runtime.seen == []
    assert (await hub.team.people["ada"].get("/api/v1/session")).status_code == 200


async def test_below_the_hubs_own_origin_there_are_no_runtimes_then(hub: HostedHub) -> None:
    ada, token = await entry(hub)
    page = await hub.page(token)
    for path in (f"/rt/{ada}/api", f"/rt/{ada}/api/kernels", f"/%72t/{ada}/api", f"//rt/{ada}/api"):
        assert (await page.get(httpx.URL(PUBLIC, raw_path=path.encode()))).status_code == 404
    traded = await page.post(f"/rt/{ada}/pass", json={"ticket": await hub.ticket("ada", ada)})
    assert traded.status_code == 404
    with pytest.raises(InvalidStatus) as no:
        async with hub.socket(f"{PUBLIC}/rt/{ada}/api/kernels/0a/channels", token):
            pass
    assert no.value.response.status_code == 404
    assert hub.runtime.seen == []
    assert (await page.get(hub.at(ada, "api/kernels"))).status_code == 200


async def test_a_host_that_is_no_runtimes_reaches_nothing(hub: HostedHub) -> None:
    ada, token = await entry(hub)
    ben, _ = await entry(hub, "ben")
    page = await hub.page(token)
    own = f"{ada}.{DOMAIN}"
    for host in (
        f"{own}.evil.test", f"x.{own}", f"{own}:444", f"{own}.", f"{own}:", f"user@{own}", f"{ada[:-1]}.{DOMAIN}",
        f"{ada}0.{DOMAIN}", f"{ada}.x.{DOMAIN}", DOMAIN, f".{DOMAIN}", f"{ada}.{DOMAIN}x", f"{own}, hub.test", "",
        f"{'g' * 32}.{DOMAIN}", f"{ada}.{DOMAIN.replace('.', '-')}", f"{ada}", f"[::1].{DOMAIN}", f"{ada}_.{DOMAIN}",
    ):  # fmt: skip
        for path in ("api/kernels", "api/v1/session"):
            answer = await page.get(f"{PUBLIC}/{path}", headers={"Host": host})
            assert (answer.status_code, answer.content) == (421, b""), host
    assert (await page.get(f"{PUBLIC}/api/kernels", headers={"Host": f"{ben}.{DOMAIN}"})).status_code == 401
    said = {"X-Forwarded-Host": own, "Forwarded": f"host={own}", "X-Original-URL": f"/rt/{ada}/api/kernels"}
    assert (await page.get(f"{PUBLIC}/api/kernels", headers=said)).status_code == 404
    assert hub.runtime.seen == []
    assert (await page.get(f"{PUBLIC}/api/kernels", headers={"Host": own.upper()})).status_code == 200


async def test_two_hosts_in_one_request_are_none(hub: HostedHub) -> None:
    ada, token = await entry(hub)
    own = f"Host: {ada}.{DOMAIN}\r\n"
    rest = f"Origin: {PUBLIC}\r\nAuthorization: token {token}\r\nConnection: close\r\n\r\n"
    for hosts, status in (
        (own, 200),
        (own + "Host: hub.test\r\n", 421),
        (own + own, 421),
        ("Host: hub.test\r\n" + own, 421),
    ):
        answer = await raw(hub.port, f"GET /api/kernels HTTP/1.1\r\n{hosts}{rest}")
        assert int(answer.split()[1]) in (status, 400 if status == 421 else status), (hosts, answer)
    absolute = await raw(hub.port, f"GET https://hub.test/api/v1/session HTTP/1.1\r\n{own}{rest}")
    assert int(absolute.split()[1]) in (400, 404)
    assert [seen.path for seen in hub.runtime.seen] == ["/api/kernels"]


async def raw(port: int, request: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.encode())
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return answer


async def test_past_the_proxy_a_runtimes_host_is_answered_no_more_than_the_hubs(hub: HostedHub) -> None:
    ada, token = await entry(hub)
    transport = httpx.ASGITransport(hub.team.app, client=("203.0.113.9", 40000))
    async with httpx.AsyncClient(transport=transport, headers={**MINE, "Authorization": f"token {token}"}) as past:
        assert (await past.get(hub.at(ada, "api/kernels"))).status_code == 421
    assert hub.runtime.seen == []
