"""Signing out at the identity provider ends what was begun there: by a real one, and by no word that does not hold.

OpenID Connect Back-Channel Logout 1.0; the checks are those of its section 2.6.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt

from runhere_hub.settings import Oidc
from runhere_hub.testing.elsewhere import (
    CLIENT_SECRET,
    Liar,
    back,
    begin,
    identity_provider,
    lying,
    sign_in_over_there,
    sign_out_over_there,
)
from runhere_hub.testing.pages import Page
from runhere_hub.testing.ports import free_ports
from runhere_hub.testing.processes import Started, starting
from runhere_hub.testing.room_clients import Line
from runhere_hub.testing.team import PUBLIC, TeamHub, client_of, team_hub, team_settings

HERE = "/api/v1/session/elsewhere/signed-out"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


# --- a real provider -------------------------------------------------------------------------------------------------


def serves(hub: Started) -> None:
    while not any("serves at" in line for line in hub.err):
        assert hub.process.poll() is None, "".join(hub.err)
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(170)
async def test_a_real_providers_word_ends_that_session_at_every_process_and_no_other(
    tmp_path: Path, empty_postgres: str
) -> None:
    ports = free_ports(2)
    public = f"http://127.0.0.1:{ports[0]}"
    config = tmp_path / "runhere.toml"
    with identity_provider(f"{public}/signed-in", f"{public}{HERE}") as issuer, starting(tmp_path / "home") as start:
        config.write_text(
            f'public_url = "{public}"\ndata = "data"\nlog_level = "info"\n[oidc]\nissuer = "{issuer}"\n'
            f'client_id = "runhere"\nclient_secret = "{CLIENT_SECRET}"\nname = "the lab"\nsign_up = true\n',
            encoding="utf-8",
        )
        database = {"RUNHERE_DATABASE_URL": empty_postgres}
        hubs = []
        for port in ports:
            hubs.append(start("serve", "--config", config, RUNHERE_PORT=str(port), **database))
            serves(hubs[-1])

        async with AsyncExitStack() as stack:

            async def browser(port: int = 0) -> httpx.AsyncClient:
                headers = {"Host": public[7:], "Origin": public, "X-Requested-By": "runhere"} if port else {}
                client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30)
                return await stack.enter_async_context(client)

            async def arrive(port: int, there: httpx.AsyncClient, name: str) -> httpx.AsyncClient:
                client = await browser(port)
                arrived = await back(client, await sign_in_over_there(await begin(client), name, there))
                assert arrived.status_code == 200, arrived.text
                return client

            at_home, at_work, bens = await browser(), await browser(), await browser()
            leaving = await arrive(ports[1], at_home, "grace")  # and it is the other process that is told
            staying = await arrive(ports[0], at_work, "grace")
            ben = await arrive(ports[1], bens, "ben")

            folder = (await leaving.get("/api/v1/home")).json()["folders"][0]["id"]
            made = await leaving.post("/api/v1/notebooks", json={"folder_id": folder, "path": ""})
            page = Page(browser_id="a", tab_id="a")
            url = f"ws{public[4:]}/api/v1/notebooks/{made.json()['id']}/room"
            at: dict[str, Any] = {"host": "127.0.0.1", "port": ports[1]}
            cookie = "; ".join(f"{name}={value}" for name, value in leaving.cookies.items())
            line = await Line.open(page, url, {"Origin": public, "Cookie": cookie}, **at)
            await line.until(lambda: page.synced)

            await sign_out_over_there(issuer, at_home)
            async with asyncio.timeout(20):
                while (await leaving.get("/api/v1/session")).status_code != 401:  # noqa: ASYNC110  # told by the other
                    await asyncio.sleep(0.05)
            await asyncio.wait_for(line.socket.wait_closed(), 20)
            assert line.socket.close_code == 4401
            for client in (staying, ben):
                assert (await client.get("/api/v1/session")).status_code == 200
            await line.close()
            log = (await staying.get("/api/v1/account/log")).json()["entries"]
            assert [one["action"] for one in log if one["action"].startswith("sign_out")] == ["sign_out_there"]
            assert not re.search("Traceback", "".join(line for hub in hubs for line in hub.err))


# --- words that do not hold ------------------------------------------------------------------------------------------


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[tuple[TeamHub, Liar]]:
    data = tmp_path / "data"
    data.mkdir()
    with lying() as liar:
        oidc = Oidc(
            issuer=liar.issuer, client_id="runhere", client_secret=CLIENT_SECRET,
            name="the lab", sign_up=True, mail_domains=frozenset(),
        )  # fmt: skip
        async with team_hub(team_settings(data, data / "no page", oidc=oidc)) as running:
            yield running, liar


async def arrive(hub: TeamHub, liar: Liar, subject: str, session: str | None) -> httpx.AsyncClient:
    """Somebody who signed in there, in this session of theirs."""
    client = await hub.stranger()
    url = httpx.URL(await begin(client))
    liar.nonce, liar.claims = url.params["nonce"], {"sub": subject, "sid": session}
    arrived = await back(client, {"state": url.params["state"], "code": "code"})
    assert arrived.status_code == 200, arrived.text
    return client


async def is_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/api/v1/session")).status_code == 200


def word(liar: Liar, **changes: Any) -> dict[str, Any]:
    """What a logout token says; None leaves a member out."""
    now = int(time.time())
    right = {"iss": liar.issuer, "aud": "runhere", "iat": now, "exp": now + 120, "jti": f"j{time.monotonic_ns()}"}
    said = {**right, "sub": "s", "sid": "one", "events": {EVENT: {}}, **changes}
    return {name: value for name, value in said.items() if value is not None}


async def tell(hub: TeamHub, token: str, **more: Any) -> httpx.Response:
    """As the provider tells: no browser, no cookie, a form."""
    headers = {"X-Forwarded-For": "198.51.100.1", "Sec-Fetch-Mode": "cors"}  # as Node's fetch does
    async with client_of(hub.app, headers) as provider:
        return await provider.post(HERE, **{"data": {"logout_token": token}, **more})


WRONG: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.test"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "somebody else"},
    "no audience": {"aud": None},
    "a nonce": {"nonce": "n"},
    "an empty nonce": {"nonce": ""},
    "no event": {"events": None},
    "another event": {"events": {"http://schemas.openid.net/event/other": {}}},
    "an event that is no object": {"events": {EVENT: True}},
    "events that are none": {"events": [EVENT]},
    "expired": {"exp": 1_000_000_000},
    "no end": {"exp": None},
    "of the future": {"iat": 4_000_000_000},
    "no time": {"iat": None},
    "no name": {"jti": None},
    "a name that is no text": {"jti": 7},
    "nobody": {"sub": None, "sid": None},
    "a subject that is no text": {"sub": ["s"]},
    "an empty session": {"sid": ""},
}


@pytest.mark.parametrize("what", WRONG)
async def test_a_word_that_does_not_hold_ends_nothing(hub: tuple[TeamHub, Liar], what: str) -> None:
    team, liar = hub
    client = await arrive(team, liar, "s", "one")
    refused = await tell(team, liar.signed(word(liar, **WRONG[what])))
    assert (refused.status_code, refused.json()["code"]) == (400, "logout_refused"), what
    assert refused.headers["cache-control"] == "no-store"
    assert await is_in(client)
    assert (await tell(team, liar.signed(word(liar)))).status_code == 200
    assert not await is_in(client)


@pytest.mark.parametrize("forgery", ["by_another_key", "with_the_shared_secret", "unsigned", "altered"])
async def test_a_word_that_somebody_else_signed_ends_nothing(hub: tuple[TeamHub, Liar], forgery: str) -> None:
    team, liar = hub
    client = await arrive(team, liar, "s", "one")
    other = await arrive(team, liar, "other", "two")
    refused = await tell(team, getattr(liar, forgery)(word(liar, sid=None)))
    assert (refused.status_code, refused.json()["code"]) == (400, "logout_refused")
    assert await is_in(client)
    assert await is_in(other)


async def test_a_token_of_another_kind_ends_nothing(hub: tuple[TeamHub, Liar]) -> None:
    team, liar = hub
    client = await arrive(team, liar, "s", "one")
    for kind, status in (("at+jwt", 400), ("logout+jwt", 200)):
        token = jwt.encode({"alg": "RS256", "kid": "k", "typ": kind}, word(liar), liar.key)
        assert (await tell(team, token)).status_code == status
    assert not await is_in(client)


async def test_a_word_counts_once(hub: tuple[TeamHub, Liar]) -> None:
    team, liar = hub
    first = await arrive(team, liar, "s", "one")
    token = liar.signed(word(liar))
    assert (await tell(team, token)).status_code == 200
    assert not await is_in(first)
    again = await arrive(team, liar, "s", "one")
    replayed = await tell(team, token)
    assert (replayed.status_code, replayed.json()["code"]) == (400, "logout_refused")
    assert await is_in(again)


async def test_it_ends_what_it_names_and_nothing_else(hub: tuple[TeamHub, Liar]) -> None:
    team, liar = hub
    ada = await team.join("ada")  # with a password
    one, two = await arrive(team, liar, "s", "one"), await arrive(team, liar, "s", "two")
    other, bare = await arrive(team, liar, "other", "three"), await arrive(team, liar, "s", None)
    nothing = await tell(team, liar.signed(word(liar, sub="other", sid="one")))  # no such session of theirs
    assert nothing.status_code == 200
    assert [await is_in(each) for each in (ada, one, two, other, bare)] == [True] * 5
    assert (await tell(team, liar.signed(word(liar, sub=None, sid="one")))).status_code == 200
    assert [await is_in(each) for each in (ada, one, two, other, bare)] == [True, False, True, True, True]
    assert (await tell(team, liar.signed(word(liar, sid=None)))).status_code == 200
    assert [await is_in(each) for each in (ada, one, two, other, bare)] == [True, False, False, True, False]


async def test_only_a_server_with_a_form_is_heard(hub: tuple[TeamHub, Liar]) -> None:
    team, liar = hub
    client = await arrive(team, liar, "s", "one")
    token = liar.signed(word(liar))
    for foreign in ({"Origin": "https://evil.test"}, {"Origin": PUBLIC}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await tell(team, token, headers=foreign)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    bodies: list[dict[str, Any]] = [{"data": {}}, {"data": None, "json": {"logout_token": token}}]
    for body in (*bodies, {"data": {"logout_token": [token] * 2}}):
        assert (await tell(team, token, **body)).status_code == 400
    assert (await tell(team, "x" * 70_000)).status_code == 413
    assert await is_in(client)
    assert (await tell(team, token)).status_code == 200
    assert not await is_in(client)


async def test_whoever_says_too_much_that_does_not_hold_waits_and_the_provider_does_not(
    hub: tuple[TeamHub, Liar],
) -> None:
    team, liar = hub
    client = await arrive(team, liar, "s", "one")
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    for _ in range(20):
        assert (await tell(team, "no token", headers=elsewhere)).status_code == 400
    refused = await tell(team, liar.signed(word(liar)), headers=elsewhere)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert await is_in(client)
    assert (await tell(team, liar.signed(word(liar)))).status_code == 200
    assert not await is_in(client)


async def test_without_a_provider_there_is_nobody_to_hear(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    async with team_hub(team_settings(data, data / "no page")) as team:
        assert (await tell(team, "x")).status_code == 404
