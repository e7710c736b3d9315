"""Signing in elsewhere: with a real provider (oidc-provider on Node), and with one that lies (H05)."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from runhere_hub.settings import Oidc
from runhere_hub.testing.elsewhere import (
    CLIENT_SECRET,
    Liar,
    back,
    begin,
    identity_provider,
    lying,
    sign_in_over_there,
)
from runhere_hub.testing.team import PASSWORD, PUBLIC, TeamHub, team_hub, team_settings

RETURN = f"{PUBLIC}/signed-in"


def oidc(issuer: str, **changes: Any) -> Oidc:
    values = {"name": "the lab", "sign_up": True, "mail_domains": frozenset(), **changes}
    return Oidc(issuer=issuer, client_id="runhere", client_secret=CLIENT_SECRET, **values)


@contextmanager
def hub_of(tmp_path: Path, provider: Oidc) -> Iterator[Callable[[], Any]]:
    data = tmp_path / "data"
    data.mkdir()
    yield lambda: team_hub(team_settings(data, data / "no page", oidc=provider))


# --- a real provider -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The provider as a process of its own."""
    with identity_provider(RETURN) as address:
        yield address


async def test_somebody_of_a_real_provider_gets_an_account_and_the_same_one_again(tmp_path: Path, issuer: str) -> None:
    with hub_of(tmp_path, oidc(issuer)) as start:
        async with start() as hub:
            client = await hub.stranger()
            ways = (await client.get("/api/v1/session/ways")).json()
            assert ways == {"mode": "team", "password": True, "sign_up": False, "provider": "the lab"}
            url = await begin(client, "/n/" + "1" * 32)
            asked = parse_qs(urlsplit(url).query)
            assert asked["code_challenge_method"] == ["S256"]
            assert {"state", "nonce", "code_challenge"} <= asked.keys()
            brought = await sign_in_over_there(url, "grace")
            arrived = await back(client, brought)
            assert arrived.status_code == 200, arrived.text
            assert arrived.json()["next_path"] == "/n/" + "1" * 32
            me = arrived.json()["session"]
            assert (me["user_name"], me["person"]["name"], me["is_admin"]) == ("grace", "grace of elsewhere", False)
            again = await hub.stranger()
            second = await back(again, await sign_in_over_there(await begin(again), "grace"))
            assert second.json()["session"]["person"]["id"] == me["person"]["id"]


async def test_h05_state_and_code_work_once_and_in_the_browser_that_began(tmp_path: Path, issuer: str) -> None:
    with hub_of(tmp_path, oidc(issuer)) as start:
        async with start() as hub:
            victim, attacker = await hub.stranger(), await hub.stranger()
            await begin(victim)
            brought = await sign_in_over_there(await begin(attacker), "mallory")
            forced = await back(victim, brought)  # login CSRF: the attacker's code in the victim's browser
            assert (forced.status_code, forced.json()["code"]) == (401, "sign_in_refused")
            assert "set-cookie" not in forced.headers
            replayed = await back(attacker, brought)  # and the state is spent
            assert replayed.status_code == 401
            for state in ("", "guess", brought["state"]):
                missing = await attacker.post("/api/v1/session/elsewhere/back", json={"state": state, "code": "x"})
                assert missing.status_code in (401, 422)
            good = await sign_in_over_there(await begin(attacker), "mallory")
            assert (await back(attacker, good)).status_code == 200
            fresh = await begin(attacker)
            old_code = {"state": parse_qs(urlsplit(fresh).query)["state"][0], "code": good["code"]}
            assert (await back(attacker, old_code)).status_code == 401  # a code of before, under a new state


@pytest.mark.parametrize(
    "path", ["//evil.test", "https://evil.test", "/\\evil.test", "/a//b", "javascript:alert(1)", "/%2f"]
)
async def test_where_to_go_afterwards_is_never_another_site(tmp_path: Path, issuer: str, path: str) -> None:
    with hub_of(tmp_path, oidc(issuer)) as start:
        async with start() as hub:
            client = await hub.stranger()
            arrived = await back(client, await sign_in_over_there(await begin(client, path), "heidi"))
            assert arrived.json()["next_path"] == "/"


async def test_without_sign_up_only_who_joined_the_two_comes_in(tmp_path: Path, issuer: str) -> None:
    with hub_of(tmp_path, oidc(issuer, sign_up=False)) as start:
        async with start() as hub:
            stranger = await hub.stranger()
            refused = await back(stranger, await sign_in_over_there(await begin(stranger), "ivan"))
            assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused")
            ada = await hub.join("ada")
            joined = await back(ada, await sign_in_over_there(await begin(ada), "ivan"))
            assert joined.json()["session"]["user_name"] == "ada"
            arrived = await back(stranger, await sign_in_over_there(await begin(stranger), "ivan"))
            assert arrived.json()["session"]["user_name"] == "ada"


async def test_an_identity_of_another_account_is_joined_to_no_second_one(tmp_path: Path, issuer: str) -> None:
    with hub_of(tmp_path, oidc(issuer)) as start:
        async with start() as hub:
            stranger, ada = await hub.stranger(), await hub.join("ada")
            first = await back(stranger, await sign_in_over_there(await begin(stranger), "judy"))
            refused = await back(ada, await sign_in_over_there(await begin(ada), "judy"))
            assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused")
            assert "somebody else" in refused.json()["message"]
            assert (await ada.get("/api/v1/session")).json()["user_name"] == "ada"
            assert (await ada.delete("/api/v1/session")).status_code == 204
            arrived = await back(ada, await sign_in_over_there(await begin(ada), "judy"))
            assert arrived.json()["session"]["person"] == first.json()["session"]["person"]


async def test_a_name_in_use_is_never_taken_over(tmp_path: Path, issuer: str) -> None:
    with hub_of(tmp_path, oidc(issuer)) as start:
        async with start() as hub:
            await hub.join("ada")
            client = await hub.stranger()
            arrived = await back(client, await sign_in_over_there(await begin(client), "ada"))
            assert arrived.json()["session"]["user_name"] == "ada2"
            assert arrived.json()["session"]["person"]["id"] != hub.ids["ada"]
            assert arrived.json()["session"]["is_admin"] is False


# --- a provider that lies --------------------------------------------------------------------------------------------


@pytest.fixture
def liar() -> Iterator[Liar]:
    with lying() as made:
        yield made


@pytest.fixture
async def hub(tmp_path: Path, liar: Liar) -> AsyncIterator[TeamHub]:
    with hub_of(tmp_path, oidc(liar.issuer)) as start:
        async with start() as running:
            yield running


async def come_back_from(hub: TeamHub, liar: Liar) -> httpx.Response:
    client = await hub.stranger()
    asked = parse_qs(urlsplit(await begin(client)).query)
    liar.nonce = asked["nonce"][0]
    answer = await back(client, {"state": asked["state"][0], "code": "code"})
    if answer.status_code != 200:
        assert "set-cookie" not in answer.headers
        assert (await client.get("/api/v1/home")).status_code == 401
    return answer


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.test"},
    "another audience": {"aud": "somebody else"},
    "another party": {"aud": ["runhere", "other"], "azp": "other"},
    "no nonce": {"nonce": None},
    "a nonce of before": {"nonce": "old"},
    "expired": {"exp": 1_000_000_000},
    "no end": {"exp": None},
    "no subject": {"sub": None},
    "of the future": {"iat": 4_000_000_000},
}


@pytest.mark.parametrize("lie", LIES)
async def test_h05_claims_that_do_not_hold_sign_nobody_in(hub: TeamHub, liar: Liar, lie: str) -> None:
    liar.claims = LIES[lie]
    refused = await come_back_from(hub, liar)
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused"), lie
    liar.claims = {}
    assert (await come_back_from(hub, liar)).status_code == 200


@pytest.mark.parametrize("forgery", ["by_another_key", "with_the_shared_secret", "unsigned", "altered"])
async def test_h05_signatures_that_do_not_hold_sign_nobody_in(hub: TeamHub, liar: Liar, forgery: str) -> None:
    liar.token = getattr(liar, forgery)
    refused = await come_back_from(hub, liar)
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused")
    liar.token = liar.signed
    assert (await come_back_from(hub, liar)).status_code == 200


async def test_h05_an_address_that_is_not_verified_is_no_address(tmp_path: Path, liar: Liar) -> None:
    with hub_of(tmp_path, oidc(liar.issuer, mail_domains=frozenset({"example.org"}))) as start:
        async with start() as hub:
            for claims, status in (
                ({"email": "a@example.org"}, 401),
                ({"email": "a@example.org", "email_verified": "true"}, 401),
                ({"email": "a@evil.test", "email_verified": True}, 401),
                ({"email": "a@example.org", "email_verified": True}, 200),
            ):
                liar.claims = claims
                assert (await come_back_from(hub, liar)).status_code == status, claims


async def test_a_provider_that_is_gone_leaves_passwords(tmp_path: Path) -> None:
    with hub_of(tmp_path, oidc("http://127.0.0.1:9")) as start:
        async with start() as hub:
            await hub.join("ada")
            client = await hub.stranger()
            answer = await client.post("/api/v1/session/elsewhere", json={})
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            signed_in = await client.post("/api/v1/session/password", json={"user_name": "ada", "password": PASSWORD})
            assert signed_in.status_code == 200
