"""Hosted runtimes through the hub, attacked: whose they are, tickets, what passes either way, and rights that end.

The runtime notes what it was asked, so that "nothing happened" is looked up, not assumed.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import Owner, RuntimeSilent, Status
from runhere_hub.services.runtime_ends import RuntimeEnds
from runhere_hub.services.runtimes import Runtimes, write_down_end
from runhere_hub.testing.hosted import DOMAIN, HERE, SECRET, HostedHub, hosted_hub
from runhere_hub.testing.team import PUBLIC, team_hub, team_settings

PLACES = [
    pytest.param(("sqlite", None), id="below"),
    pytest.param(("sqlite", DOMAIN), id="own-origin"),
    pytest.param(("postgres", None), id="below-postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(params=PLACES)
async def hub(tmp_path: Path, static: Path, request: pytest.FixtureRequest) -> AsyncIterator[HostedHub]:
    kind, domain = request.param
    database = str(request.getfixturevalue("migrated_postgres")) if kind == "postgres" else None
    data = tmp_path / "data"
    data.mkdir()
    async with hosted_hub(data, static, database=database, domain=domain) as running:
        yield running


async def test_a_persons_page_reaches_their_runtime_and_the_runtime_sees_nothing_of_the_hub(hub: HostedHub) -> None:
    runtime_id, token = await hub.let_in("ada")
    page = await hub.page(token, {"Cookie": "__Host-runhere_session=canary", "X-Forwarded-Host": "evil"})
    answer = await page.post(hub.at(runtime_id, "api/sessions?a=1"), json={"path": "x.ipynb"})
    assert (answer.status_code, answer.json()) == (200, {})
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    (seen,) = hub.runtime.seen
    assert (seen.method, seen.path, seen.query, seen.body) == ("POST", "/api/sessions", "a=1", b'{"path":"x.ipynb"}')
    names = {name for name, _ in seen.headers}
    assert names <= {"host", "accept", "accept-encoding", "authorization", "content-length", "content-type"}
    told = repr(seen)
    for secret in ("canary", token, "hub.test", "evil", "192.0.2.1"):
        assert secret not in told
    assert SECRET not in repr(answer.headers) + answer.text


async def test_p09_a_ticket_is_good_once_within_a_minute_at_its_own_runtime(hub: HostedHub) -> None:
    ada, ben = await hub.ready("ada"), await hub.ready("ben")
    ticket = await hub.ticket("ada", ada)
    assert (await hub.trade(ada, ticket)).status_code == 201
    assert (await hub.trade(ada, ticket)).status_code == 401
    elsewhere = await hub.ticket("ada", ada)
    assert (await hub.trade(ben, elsewhere)).status_code == 401
    assert (await hub.trade(ada, elsewhere)).status_code == 401  # and it is spent
    late = await hub.ticket("ada", ada)
    hub.clock.advance(s=61)
    assert (await hub.trade(ada, late)).status_code == 401
    just = await hub.ticket("ada", ada)
    hub.clock.advance(s=59)
    assert (await hub.trade(ada, just)).status_code == 201
    foreign = await hub.trade(ada, await hub.ticket("ada", ada), {"Origin": "https://evil.test"})
    assert foreign.status_code == 403
    assert hub.runtime.seen == []


async def test_p09_a_stranger_who_knows_the_id_gets_nothing(hub: HostedHub) -> None:
    ada, token = await hub.let_in("ada")
    ben, bens = await hub.let_in("ben")
    refused = await hub.team.people["ben"].post(f"/api/v1/runtimes/{ada}/tickets", json={})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    url = hub.at(ada, "api/kernels")
    ticket = await hub.ticket("ada", ada)
    cookie = hub.team.people["ada"].cookies["__Host-runhere_session"]
    for shown in (
        {},
        {"Authorization": f"token {bens}"},
        {"Authorization": f"token {ticket}"},
        {"Authorization": f"token {SECRET}"},
        {"Authorization": f"Bearer {token}"},
        {"Cookie": f"__Host-runhere_session={cookie}"},
    ):
        answer = await (await hub.page(None, shown)).get(url)
        assert answer.status_code == 401, shown
    in_address = await (await hub.page(token)).get(url, params={"token": token})
    assert in_address.status_code == 401
    for path in (hub.at(ada, "api/kernels/0a/channels"), hub.at(ada, "terminals/websocket/1")):
        with pytest.raises(InvalidStatus) as no:
            async with hub.socket(path, bens):
                pass
        assert no.value.response.status_code == 401
    assert hub.runtime.seen == []
    assert (await (await hub.page(token)).get(url)).status_code == 200
    assert (await (await hub.page(bens)).get(hub.at(ben, "api/kernels"))).status_code == 200


async def test_a_pass_is_worth_nothing_at_the_hubs_own_api(hub: HostedHub) -> None:
    _, token = await hub.let_in("ada")
    for scheme in ("token", "Bearer"):
        answer = await (await hub.page(None, {"Authorization": f"{scheme} {token}"})).get("/api/v1/home")
        assert answer.status_code == 401
    assert (await hub.team.people["ada"].get("/api/v1/home")).status_code == 200


async def test_p11_foreign_pages_are_refused_with_a_good_pass(hub: HostedHub) -> None:
    ada, token = await hub.let_in("ada")
    page = await hub.page(token)
    for origin in ("https://evil.test", "null", "http://hub.test", "https://sub.hub.test"):
        for method in ("GET", "POST", "DELETE"):
            answer = await page.request(method, hub.at(ada, "api/kernels"), headers={"Origin": origin})
            assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
        with pytest.raises(InvalidStatus) as no:
            async with hub.socket(hub.at(ada, "api/kernels/0a/channels"), token, origin=origin):
                pass
        assert no.value.response.status_code == 403
    is_foreign = {"Sec-Fetch-Site": "cross-site"} if hub.domain is None else {"Origin": hub.at(ada, "")[:-1]}
    assert (await page.get(hub.at(ada, "api"), headers=is_foreign)).status_code == 403
    assert hub.runtime.seen == []
    async with hub.socket(hub.at(ada, "api/kernels/0a/channels"), token) as open_:
        await open_.send("hello")
        assert await open_.recv() == "hello"


async def test_p01_what_is_not_jupyters_api_is_not_there(hub: HostedHub) -> None:
    ada, token = await hub.let_in("ada")
    page = await hub.page(token)
    for path in (
        "lab", "", "api/shutdown", "api/runhere/pairings", "api/contents/%2e%2e/%2e%2e/x", "api/contents/a%2fb",
        "api/kernels/%2e%2e/shutdown", "//169.254.169.254/api", "@169.254.169.254/api", "api/contents/a%5c..%5cb",
    ):  # fmt: skip
        below = httpx.URL(hub.at(ada, ""))
        raw = below.copy_with(raw_path=below.raw_path + path.encode())  # as it stands: the client would tidy it up
        for method in ("GET", "POST"):
            assert (await page.request(method, raw)).status_code in (404, 405), path
    assert hub.runtime.seen == []
    assert (await page.get(hub.at(ada, "api/contents/a%20b"))).status_code == 200
    assert hub.runtime.seen[0].path == "/api/contents/a%20b"


async def test_a_refusal_lets_the_provider_look_again_and_nothing_else_does(hub: HostedHub) -> None:
    runtime_id, token = await hub.let_in("ada")
    page = await hub.page(token)
    assert (await page.get(hub.at(runtime_id, "api/kernels"))).status_code == 200
    assert hub.provider.doubted == []
    hub.runtime.answers["/api/kernels"] = (403, [], b"{}")
    assert (await page.get(hub.at(runtime_id, "api/kernels"))).status_code == 403
    assert hub.provider.doubted == [hub.team.ids["ada"]]


async def test_no_redirect_is_followed_and_no_header_of_the_runtimes_choosing_arrives(hub: HostedHub) -> None:
    ada, token = await hub.let_in("ada")
    page = await hub.page(token)
    hub.runtime.answers["/api/status"] = (302, [(b"location", b"http://169.254.169.254/")], b"")
    moved = await page.get(hub.at(ada, "api/status"))
    assert (moved.status_code, moved.json()["code"]) == (503, "runtime_redirects")
    assert "location" not in moved.headers
    assert len(hub.runtime.seen) == 1
    hostile = [
        (b"content-type", b"text/html"), (b"set-cookie", b"__Host-runhere_session=x; Path=/"), (b"refresh", b"0;url=/"),
        (b"service-worker-allowed", b"/"), (b"clear-site-data", b'"*"'), (b"link", b"</x>; rel=preload"),
        (b"access-control-allow-origin", b"*"), (b"content-security-policy", b"default-src *"),
    ]  # fmt: skip
    hub.runtime.answers["/files/a.html"] = (200, hostile, b"<script>alert(1)</script>")
    file = await page.get(hub.at(ada, "files/a.html"))
    assert file.status_code == 200
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    assert file.headers["content-disposition"] == "attachment"
    assert file.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    for name in ("set-cookie", "service-worker-allowed", "clear-site-data", "link", "refresh"):
        assert name not in file.headers
    assert file.headers.get("access-control-allow-origin") == (None if hub.domain is None else PUBLIC)
    await page.get(hub.at(ada, "api/status"))
    assert not any(name == "cookie" for seen in hub.runtime.seen for name, _ in seen.headers)


async def test_messages_and_the_end_pass_both_ways(hub: HostedHub) -> None:
    ada, token = await hub.let_in("ada")
    async with hub.socket(hub.at(ada, "api/kernels/0a/channels?session_id=s"), token) as open_:
        assert open_.subprotocol == "runhere.journal.v1"
        for message in ("text", b"\x00\xffbytes", b"x" * 3_000_000):
            await open_.send(message)
            assert await open_.recv() == message
        await open_.send("bye")
        with pytest.raises(ConnectionClosed):
            await open_.recv()
        assert (open_.close_code, open_.close_reason) == (4999, "as asked")
    (seen,) = hub.runtime.seen
    assert seen.subprotocols == ("runhere.journal.v1",)
    assert (seen.path, seen.query) == ("/api/kernels/0a/channels", "session_id=s")
    assert token not in repr(seen)
    assert not {"cookie", "origin"} & {name for name, _ in seen.headers}
    async with hub.socket(hub.at(ada, "terminals/websocket/1"), token, offered=("runhere.hosted.v1",)) as open_:
        assert open_.subprotocol == "runhere.hosted.v1"
    assert hub.runtime.seen[-1].subprotocols == ()


async def test_p10_the_socket_of_whose_rights_end_is_closed_and_the_pass_is_dead(hub: HostedHub) -> None:
    ada, adas = await hub.let_in("ada")
    admin = hub.team.people["ada"]

    async def sign_out(client: httpx.AsyncClient) -> httpx.Response:
        return await client.delete("/api/v1/session")

    async def disable(_client: httpx.AsyncClient) -> httpx.Response:
        return await admin.post("/api/v1/admin/accounts/cleo/disable", json={})

    await hub.team.join("cleo")
    for who, end in (("ben", sign_out), ("cleo", disable)):
        theirs, token = await hub.let_in(who)
        async with (
            hub.socket(hub.at(ada, "api/kernels/0a/channels"), adas) as other,
            hub.socket(hub.at(theirs, "api/kernels/0a/channels"), token) as open_,
        ):
            await open_.send("before")
            assert await open_.recv() == "before"
            assert (await end(hub.team.people[who])).status_code in (200, 204)
            async with asyncio.timeout(30):
                with pytest.raises(ConnectionClosed):
                    await open_.recv()
            assert open_.close_code == 4401
            await other.send("still here")
            assert await other.recv() == "still here"
        answer = await (await hub.page(token)).get(hub.at(theirs, "api/kernels"))
        assert answer.status_code == 401
    assert (await (await hub.page(adas)).get(hub.at(ada, "api/kernels"))).status_code == 200


async def test_a_runtime_that_is_gone_is_told_as_such(hub: HostedHub) -> None:
    ada, token = await hub.let_in("ada")
    stopped = await hub.team.people["ada"].post(f"{HERE}/stop", json={})
    assert stopped.json()["state"] == "absent"
    answer = await (await hub.page(token)).get(hub.at(ada, "api/kernels"))
    assert (answer.status_code, answer.json()["code"]) == (409, "runtime_not_ready")
    assert hub.runtime.seen == []
    await hub.ready("ada")
    assert (await (await hub.page(token)).get(hub.at(ada, "api/kernels"))).status_code == 200


async def test_starting_and_stopping_are_in_the_audit_log_once(hub: HostedHub) -> None:
    ada, ben = hub.team.people["ada"], hub.team.people["ben"]
    for verb in ("start", "start", "stop", "stop"):
        assert (await ben.post(f"{HERE}/{verb}", json={})).status_code == 200
    await write_down_end(hub.sign_in, "local", PersonId(hub.team.ids["ben"]), "idle")
    log = (await ada.get("/api/v1/admin/log")).json()
    about = [one for one in log["entries"] if one["action"].startswith("runtime_")]
    assert [(one["action"], one["person_id"]) for one in about] == [
        ("runtime_stop", hub.team.ids["ben"]),
        ("runtime_stop", hub.team.ids["ben"]),
        ("runtime_start", hub.team.ids["ben"]),
    ]
    by_itself, by_hand = about[0], about[1]
    assert "idle" in str(by_itself["detail"])
    assert (by_itself["ip"], by_hand["ip"]) == (None, "192.0.2.1")
    assert "idle" not in str(by_hand["detail"])
    assert (await ben.get("/api/v1/account/log")).json()["entries"][0] == by_itself
    assert SECRET not in str(log)


def the_end_of(hub: HostedHub) -> RuntimeEnds:
    """What a hub process that just started knows."""
    return RuntimeEnds(Runtimes(hub.provider, hub.sign_in, new_token=lambda: ""))


async def about_runtimes(hub: HostedHub) -> list[tuple[str, str | None]]:
    entries = (await hub.team.people["ada"].get("/api/v1/admin/log")).json()["entries"]
    return [(one["action"], one["person_id"]) for one in entries if one["action"].startswith("runtime_")]


async def test_an_end_that_nobody_told_of_is_written_down_once_by_whoever_sees_it_twice(hub: HostedHub) -> None:
    ada, ben = PersonId(hub.team.ids["ada"]), PersonId(hub.team.ids["ben"])
    await hub.ready("ada")
    await hub.ready("ben")
    one, two = the_end_of(hub), the_end_of(hub)
    for _ in range(3):
        await one.look()
    began = [("runtime_start", ben), ("runtime_start", ada)]
    assert await about_runtimes(hub) == began  # what runs is left alone

    await hub.provider.stop(Owner(ben, ""))  # as a JupyterHub does, or a hub that is killed
    await one.look()
    await two.look()
    assert await about_runtimes(hub) == began  # once is no proof
    await asyncio.gather(one.look(), two.look(), the_end_of(hub).look())
    for _ in range(3):
        await asyncio.gather(one.look(), two.look())
    assert await about_runtimes(hub) == [("runtime_stop", ben), *began]

    stopped = await hub.team.people["ada"].post(f"{HERE}/stop", json={})  # asked for: nothing is added
    assert stopped.json()["state"] == "absent"
    await hub.ready("ben")
    for _ in range(3):
        await asyncio.gather(one.look(), two.look())
    assert await about_runtimes(hub) == [("runtime_start", ben), ("runtime_stop", ada), ("runtime_stop", ben), *began]


async def test_a_provider_that_does_not_answer_ends_nothing(hub: HostedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    await hub.ready("ada")
    looking = the_end_of(hub)

    async def silent(_owner: Owner) -> Status:
        raise RuntimeSilent("JupyterHub does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(hub.provider, "status", silent)
        for _ in range(3):
            with pytest.raises(RuntimeSilent):
                await looking.look()
    await looking.look()
    assert len(await about_runtimes(hub)) == 1


async def test_without_a_provider_there_is_nothing(tmp_path: Path, static: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    async with team_hub(team_settings(data, static)) as team:
        ada = await team.join("ada")
        assert (await ada.get("/api/v1/session")).json()["hosted_provider"] is None
        answer = await ada.post(f"{HERE}/start", json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
