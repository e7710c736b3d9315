"""Signing in by link (SPEC 6)."""

import sqlite3
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from runhere_hub.core.errors import CodeExpired, CodeUsed
from runhere_hub.core.identity import Person
from runhere_hub.services import session
from runhere_hub.store.session import Database
from runhere_hub.testing.serving import COOKIE, ORIGIN, Hub


async def test_6_1_a_link_signs_in_once(hub: Hub) -> None:
    code = await hub.new_code()
    first = await hub.stranger.post("/api/v1/session", json={"code": code})
    assert first.status_code == 200
    assert first.json()["person"]["name"] == "ada"
    assert (await hub.stranger.get("/api/v1/session")).json() == first.json()
    hub.stranger.cookies.clear()
    second = await hub.stranger.post("/api/v1/session", json={"code": code})
    assert (second.status_code, second.json()["code"]) == (401, "code_used")
    assert COOKIE not in hub.stranger.cookies


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(hub: Hub) -> None:
    answer = await hub.stranger.post("/api/v1/session", json={"code": await hub.new_code()})
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert morsel.key == "runhere_session_8800"
    assert (morsel["httponly"], morsel["samesite"], morsel["path"], morsel["domain"]) == (True, "strict", "/", "")
    assert len(morsel.value) >= 43


async def test_signing_out_ends_the_session_for_every_copy_of_its_cookie(hub: Hub) -> None:
    copy = dict(hub.client.cookies)
    assert (await hub.client.get("/api/v1/home")).status_code == 200
    assert (await hub.client.delete("/api/v1/session")).status_code == 204
    for name, value in copy.items():
        hub.stranger.cookies.set(name, value)
    answer = await hub.stranger.get("/api/v1/home")
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:8801", "http://localhost:8800", "null", None]
)
async def test_a_link_from_a_wrong_origin_signs_nobody_in_and_stays_unused(hub: Hub, origin: str | None) -> None:
    code = await hub.new_code()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(hub.app), base_url=ORIGIN) as client:
        headers = {} if origin is None else {"Origin": origin}
        answer = await client.post("/api/v1/session", json={"code": code}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert "set-cookie" not in answer.headers
    assert (await hub.stranger.post("/api/v1/session", json={"code": code})).status_code == 200


async def test_guessing_codes_is_slowed_down_and_says_for_how_long(hub: Hub) -> None:
    code = await hub.new_code()
    for _ in range(10):
        assert (await hub.stranger.post("/api/v1/session", json={"code": "guess"})).status_code == 401
    answer = await hub.stranger.post("/api/v1/session", json={"code": code})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many")
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert (await hub.client.get("/api/v1/home")).status_code == 200


async def test_neither_codes_nor_tokens_are_in_the_database(hub: Hub) -> None:
    code = await hub.new_code()
    token = hub.client.cookies[COOKIE]
    with sqlite3.connect(hub.data / "hub.db") as database:
        everything = "\n".join(database.iterdump())
    assert "login_codes" in everything
    assert code not in everything
    assert token not in everything


@pytest.mark.parametrize(
    "cookie", ["", "x", f"{COOKIE}=", f"{COOKIE}=wrong", f"{COOKIE}={'x' * 5000}", f"{COOKIE}=a; {COOKIE}=b", "=;=;"]
)
async def test_a_wrong_cookie_is_nobody(hub: Hub, cookie: str) -> None:
    answer = await hub.stranger.get("/api/v1/home", headers={"Cookie": cookie})
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


class Clock:
    """A clock that is set by hand, milliseconds."""

    now = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
async def signing(tmp_path: Path):
    db = Database.open(f"sqlite:///{tmp_path / 'hub.db'}")
    clock = Clock()
    numbers = iter(range(10**6))
    made = session.SignIn(
        db, now_ms=clock, new_id=lambda: f"{next(numbers):032x}", new_token=lambda: f"token-{next(numbers)}"
    )
    await session.ensure_owner(made, name="ada", color="#112233")
    yield made, clock
    db.close()


async def test_a_code_lives_ten_minutes(signing: tuple[session.SignIn, Clock]) -> None:
    sign_in, clock = signing
    code, late = await session.new_code(sign_in), await session.new_code(sign_in)
    clock.now += session.CODE_LIFE_MS - 1
    assert (await session.sign_in(sign_in, code)).person == await session.owner(sign_in)
    clock.now += 1
    with pytest.raises(CodeExpired):
        await session.sign_in(sign_in, late)
    with pytest.raises(CodeUsed):
        await session.sign_in(sign_in, "never given out")


async def test_a_session_ends_after_a_week_without_use_and_after_two_with(
    signing: tuple[session.SignIn, Clock],
) -> None:
    sign_in, clock = signing
    start = clock.now
    idle = (await session.sign_in(sign_in, await session.new_code(sign_in))).token
    used = (await session.sign_in(sign_in, await session.new_code(sign_in))).token
    for day in range(1, 14):
        clock.now = start + day * 24 * 3600 * 1000
        assert isinstance(await session.person_of(sign_in, used), Person)
    assert await session.person_of(sign_in, idle) is None
    clock.now = start + session.SESSION_LIFE_MS
    assert await session.person_of(sign_in, used) is None


async def test_the_owner_stays_the_same_person(signing: tuple[session.SignIn, Clock]) -> None:
    sign_in, _ = signing
    first = await session.owner(sign_in)
    assert await session.ensure_owner(sign_in, name="somebody else", color="#000000") == first
