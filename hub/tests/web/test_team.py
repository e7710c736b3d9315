"""Several people: coming in, signing in, sessions, tokens, administrators, and where requests come from."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, insert, select, update
from sqlalchemy import text as sql

from runhere_hub import app
from runhere_hub.core.errors import LastAdministrator
from runhere_hub.core.ids import PersonId
from runhere_hub.services import accounts as accounts_service
from runhere_hub.services.passwords import Passwords
from runhere_hub.store import accounts as accounts_store
from runhere_hub.store import audit, tables
from runhere_hub.store.session import Database
from runhere_hub.store.tables import audit as table
from runhere_hub.testing.serving import CONTROL
from runhere_hub.testing.team import PASSWORD, PUBLIC, TeamHub, client_of, everything_stored, team_hub, team_settings

COOKIE = "__Host-runhere_session"


@pytest.fixture
async def hub(tmp_path: Path, static: Path, team_database: str | None) -> AsyncIterator[TeamHub]:
    data = tmp_path / "data"
    data.mkdir()
    async with team_hub(team_settings(data, static, database=team_database)) as running:
        await running.join("ada")
        yield running


def credentials(user_name: str, password: str = PASSWORD) -> dict[str, str]:
    return {"user_name": user_name, "password": password}


async def test_the_first_administrator_comes_in_by_a_link_that_works_once(tmp_path: Path, static: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    async with team_hub(team_settings(data, static)) as hub:
        code = await hub.app.first_code()
        stranger = await hub.stranger()
        looked = await stranger.post("/api/v1/invitations/look", json={"code": code})
        assert looked.json() == {"kind": "new", "user_name": None, "is_admin": True}
        wish = {"code": code, "user_name": "Ada", "name": "Ada L.", "password": PASSWORD}
        joined = await stranger.post("/api/v1/invitations/accept", json=wish)
        assert (joined.status_code, joined.json()["mode"], joined.json()["is_admin"]) == (200, "team", True)
        assert joined.json()["user_name"] == "ada"
        again = await (await hub.stranger()).post("/api/v1/invitations/accept", json={**wish, "user_name": "eve"})
        assert (again.status_code, again.json()["code"]) == (401, "code_used")
        assert await hub.app.first_code() is None
        assert [a["user_name"] for a in (await stranger.get("/api/v1/admin/accounts")).json()["accounts"]] == ["ada"]


async def test_h06_the_cookie_is_the_hosts_own_and_a_sign_in_ends_the_session_before(hub: TeamHub) -> None:
    stranger = await hub.stranger()
    first = await stranger.post("/api/v1/session/password", json=credentials("ada"))
    (morsel,) = SimpleCookie(first.headers["set-cookie"]).values()
    assert morsel.key == COOKIE
    assert (morsel["secure"], morsel["httponly"], morsel["path"], morsel["domain"]) == (True, True, "/", "")
    old = stranger.cookies[COOKIE]
    await stranger.post("/api/v1/session/password", json=credentials("ADA"))
    assert stranger.cookies[COOKIE] != old
    replayed = await (await hub.stranger()).get("/api/v1/home", headers={"Cookie": f"{COOKIE}={old}"})
    assert replayed.status_code == 401
    assert (await stranger.get("/api/v1/home")).status_code == 200


async def test_h06_changing_the_password_and_signing_out_everywhere_end_every_other_session(hub: TeamHub) -> None:
    other = await hub.stranger()
    await other.post("/api/v1/session/password", json=credentials("ada"))
    wrong = await other.post("/api/v1/account/password", json={"old": "not it at all", "new": "another long password"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "password_wrong")
    ada = hub.people["ada"]
    changed = await ada.post("/api/v1/account/password", json={"old": PASSWORD, "new": "another long password"})
    assert changed.status_code == 200
    assert (await other.get("/api/v1/home")).status_code == 401
    assert (await ada.get("/api/v1/home")).status_code == 200
    assert (await other.post("/api/v1/session/password", json=credentials("ada"))).status_code == 401
    assert (
        await other.post("/api/v1/session/password", json=credentials("ada", "another long password"))
    ).status_code == 200
    assert (await ada.post("/api/v1/account/sign-out-everywhere", json={})).status_code == 204
    assert [(await c.get("/api/v1/home")).status_code for c in (ada, other)] == [401, 401]


async def test_h12_guessing_passwords_is_slowed_for_the_account_and_for_nobody_else(hub: TeamHub) -> None:
    await hub.join("bob")
    stranger = await hub.stranger(came_from="192.0.2.66")
    refused = [await stranger.post("/api/v1/session/password", json=credentials("bob", "x" * 12)) for _ in range(5)]
    assert {(r.status_code, r.json()["code"]) for r in refused} == {(401, "password_wrong")}
    nobody = await stranger.post("/api/v1/session/password", json=credentials("nobody", "x" * 12))
    assert nobody.json() == refused[0].json()  # whether there is such an account, nobody learns
    slowed = await stranger.post("/api/v1/session/password", json=credentials("bob"))
    assert (slowed.status_code, slowed.json()["code"]) == (429, "too_many")
    assert 0 < int(slowed.headers["retry-after"]) <= 60
    assert (await stranger.post("/api/v1/session/password", json=credentials("ada"))).status_code == 200


async def test_h12_of_many_guesses_at_once_five_are_looked_at(hub: TeamHub, monkeypatch: pytest.MonkeyPatch) -> None:
    await hub.join("bob")
    looked_at = 0
    is_right = Passwords.is_right

    async def counted(self: Passwords, kept: str | None, password: str) -> bool:
        nonlocal looked_at
        looked_at += 1
        return await is_right(self, kept, password)

    monkeypatch.setattr(Passwords, "is_right", counted)
    stranger = await hub.stranger(came_from="192.0.2.69")
    guesses = [
        stranger.post("/api/v1/session/password", json=credentials("bob", f"another guess {n}")) for n in range(50)
    ]
    answers = [answer.status_code for answer in await asyncio.gather(*guesses)]
    assert (looked_at, sorted(set(answers)), answers.count(401)) == (5, [401, 429], 5)
    # Bob himself, elsewhere, is not locked out by it; nor do right ones count, however many.
    at_home = await hub.stranger(came_from="192.0.2.70")
    for _ in range(7):
        assert (await at_home.post("/api/v1/session/password", json=credentials("bob"))).status_code == 200
    wrong = {"old": "not this one at all", "new": "a new long password"}
    changes = await asyncio.gather(*(hub.people["bob"].post("/api/v1/account/password", json=wrong) for _ in range(50)))
    assert Counter(answer.status_code for answer in changes) == {401: 5, 429: 45}
    assert looked_at == 5 + 7 + 5


async def test_h12_guesses_from_everywhere_are_slowed_too(hub: TeamHub) -> None:
    await hub.join("bob")
    for n in range(30):
        stranger = await hub.stranger(came_from=f"192.0.2.{100 + n}")
        tried = await stranger.post("/api/v1/session/password", json=credentials("bob", "x" * 12))
        assert tried.status_code == 401
    elsewhere = await hub.stranger(came_from="192.0.2.200")
    assert (await elsewhere.post("/api/v1/session/password", json=credentials("bob"))).status_code == 429
    assert (await elsewhere.post("/api/v1/session/password", json=credentials("ada"))).status_code == 200


async def test_h12_an_address_is_slowed_whatever_names_it_tries(hub: TeamHub) -> None:
    stranger = await hub.stranger(came_from="192.0.2.67")
    for n in range(20):
        tried = await stranger.post("/api/v1/session/password", json=credentials(f"nobody{n}", "x" * 12))
        assert tried.status_code == 401
    assert (await stranger.post("/api/v1/session/password", json=credentials("ada"))).status_code == 429
    elsewhere = await hub.stranger(came_from="192.0.2.68")
    assert (await elsewhere.post("/api/v1/session/password", json=credentials("ada"))).status_code == 200


async def test_a_disabled_account_is_out_at_once_and_the_last_administrator_cannot_be_disabled(hub: TeamHub) -> None:
    bob, ada = await hub.join("bob"), hub.people["ada"]
    token = (await bob.post("/api/v1/account/tokens", json={"name": "script"})).json()["text"]
    assert (await ada.post("/api/v1/admin/accounts/ada/disable", json={})).status_code == 409
    assert (await ada.post("/api/v1/admin/accounts/bob/disable", json={})).status_code == 204
    assert (await bob.get("/api/v1/home")).status_code == 401
    async with client_of(hub.app, {"Authorization": f"Bearer {token}"}) as program:
        assert (await program.get("/api/v1/home")).status_code == 401
    said = await (await hub.stranger()).post("/api/v1/session/password", json=credentials("bob"))
    assert (said.status_code, said.json()["code"]) == (401, "account_disabled")
    assert (await ada.post("/api/v1/admin/accounts/bob/enable", json={})).status_code == 204
    assert (await (await hub.stranger()).post("/api/v1/session/password", json=credentials("bob"))).status_code == 200


def administer(who: httpx.AsyncClient, user_name: str, verb: str) -> Awaitable[httpx.Response]:
    """An administrator does something about somebody's account."""
    return who.post(f"/api/v1/admin/accounts/{user_name}/{verb}", json={})


async def test_an_administrator_makes_another_one_and_takes_it_back_and_the_log_says_so(hub: TeamHub) -> None:
    bob, ada = await hub.join("bob"), hub.people["ada"]
    token = (await bob.post("/api/v1/account/tokens", json={"name": "script"})).json()["text"]
    assert (await administer(bob, "bob", "promote")).status_code == 403
    assert [(await administer(ada, "bob", "promote")).status_code for _ in range(2)] == [204, 204]
    assert (await bob.get("/api/v1/session")).json()["is_admin"] is True
    listed = (await bob.get("/api/v1/admin/accounts")).json()["accounts"]
    assert {one["user_name"]: one["is_admin"] for one in listed} == {"ada": True, "bob": True}
    assert [(await administer(ada, "bob", "demote")).status_code for _ in range(2)] == [204, 204]
    async with client_of(hub.app, {"Authorization": f"Bearer {token}"}) as program:
        for caller in (bob, program):  # still signed in, but no administrator from the next request on
            assert (await caller.get("/api/v1/session")).json()["is_admin"] is False
            assert (await caller.get("/api/v1/admin/accounts")).status_code == 403
            assert (await administer(caller, "bob", "promote")).status_code == 403
            assert (await administer(caller, "ada", "demote")).status_code == 403
    entries = (await ada.get("/api/v1/admin/log")).json()["entries"]
    told = [(e["action"], e["person_id"], e["object_id"]) for e in entries if e["action"] in ("promote", "demote")]
    assert told == [("demote", hub.ids["ada"], hub.ids["bob"]), ("promote", hub.ids["ada"], hub.ids["bob"])]


async def test_a_refusal_says_which_of_the_things_that_stand_in_the_way_it_is(hub: TeamHub) -> None:
    ada = hub.people["ada"]
    code = (await ada.post("/api/v1/admin/invitations", json={})).json()["url"].partition("#code=")[2]
    wish = {"code": code, "name": "Bob", "user_name": "ada", "password": PASSWORD}
    stranger = await hub.stranger()
    notebook = (await hub.notebook("ada"))["id"]
    refused = [
        await stranger.post("/api/v1/invitations/accept", json=wish),
        await administer(ada, "ada", "demote"),
        await ada.put(f"/api/v1/notebooks/{notebook}/shares", json={"user_name": "ada", "role": "viewer"}),
    ]
    assert [(one.status_code, one.json()["code"]) for one in refused] == [
        (409, "user_name_taken"),
        (409, "last_administrator"),
        (409, "owner_already"),
    ]
    joined = await stranger.post("/api/v1/invitations/accept", json={**wish, "user_name": "bob"})
    assert joined.json()["user_name"] == "bob"


async def test_the_last_administrator_stays_one_and_a_disabled_one_does_not_count(hub: TeamHub) -> None:
    bob, ada = await hub.join("bob"), hub.people["ada"]
    for verb in ("promote", "demote"):
        assert (await administer(ada, "nobody", verb)).status_code == 404
    last = await administer(ada, "ada", "demote")
    assert (last.status_code, last.json()["code"]) == (409, "last_administrator")
    assert (await administer(ada, "bob", "promote")).status_code == 204
    assert (await administer(ada, "bob", "disable")).status_code == 204
    assert (await administer(ada, "ada", "demote")).status_code == 409
    assert (await administer(ada, "bob", "enable")).status_code == 204
    assert (await administer(ada, "ada", "demote")).status_code == 204
    assert (await ada.get("/api/v1/admin/accounts")).status_code == 403
    await bob.post("/api/v1/session/password", json=credentials("bob"))
    assert (await administer(bob, "bob", "demote")).status_code == 409


async def until_somebody_waits(db: Database) -> None:
    """A transaction has read what it reads before it waits for another one."""
    waiting = sql("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while not await db.read(lambda conn: conn.execute(waiting).scalar_one()):
        pass


async def test_two_who_take_it_from_each_other_at_once_do_not_both_lose_it(
    hub: TeamHub, tmp_path: Path, static: Path
) -> None:
    await hub.join("bob")
    first, second = Database.open(hub.database_url), Database.open(hub.database_url)
    around = app.team_accounts(team_settings(tmp_path / "data", static).team, second)
    await accounts_service.set_admin(around, by=None, user_name="bob", is_admin=True)
    begun, go_on = threading.Event(), threading.Event()

    def take_from_bob(conn: Connection) -> None:
        accounts_store.every(conn, held=True)
        accounts_store.set_admin(conn, PersonId(hub.ids["bob"]), False)
        begun.set()
        go_on.wait(30)

    taking = asyncio.create_task(first.write(take_from_bob))
    await asyncio.to_thread(begun.wait, 30)
    other = asyncio.create_task(accounts_service.set_admin(around, by=None, user_name="ada", is_admin=False))
    if first.is_postgres:  # SQLite lets nobody begin meanwhile
        await until_somebody_waits(first)
    go_on.set()
    await taking
    with pytest.raises(LastAdministrator):
        await other
    for db in (first, second):
        db.close()


async def test_a_reset_takes_the_password_and_gives_one_new(hub: TeamHub) -> None:
    bob, ada = await hub.join("bob"), hub.people["ada"]
    link = (await ada.post("/api/v1/admin/accounts/bob/reset", json={})).json()["url"]
    assert (await bob.get("/api/v1/home")).status_code == 401
    assert (await bob.post("/api/v1/session/password", json=credentials("bob"))).status_code == 401
    wish = {"code": link.partition("#code=")[2], "user_name": "ada", "name": "", "password": "a new long password"}
    assert (await bob.post("/api/v1/invitations/accept", json=wish)).json()["user_name"] == "bob"
    assert (await bob.get("/api/v1/home")).status_code == 200


async def test_a_programs_token_acts_for_its_person_and_for_no_browser(hub: TeamHub) -> None:
    ada = hub.people["ada"]
    made = (await ada.post("/api/v1/account/tokens", json={"name": "backup"})).json()
    bearer = {"Authorization": f"Bearer {made['text']}"}
    assert made["text"].startswith("rh_")
    async with client_of(hub.app, bearer) as program:
        assert (await program.get("/api/v1/session")).json()["user_name"] == "ada"
        assert (await program.post("/api/v1/account/tokens", json={"name": "second"})).status_code == 201
    async with client_of(hub.app, {**bearer, "Origin": "https://evil.test"}) as page:
        assert (await page.get("/api/v1/session")).status_code == 403
    async with client_of(hub.app, {**bearer, "Origin": PUBLIC}) as page:
        assert (await page.get("/api/v1/session")).status_code == 401
    tokens = (await ada.get("/api/v1/account/tokens")).json()["tokens"]
    assert tokens[0]["last_used_at"] is not None
    assert (await ada.delete(f"/api/v1/account/tokens/{made['token']['id']}")).status_code == 204
    async with client_of(hub.app, bearer) as program:
        assert (await program.get("/api/v1/session")).status_code == 401


async def test_secrets_of_people_are_in_no_table_and_no_answer(hub: TeamHub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    ada = hub.people["ada"]
    token = (await ada.post("/api/v1/account/tokens", json={"name": "backup"})).json()["text"]
    invitation = (await ada.post("/api/v1/admin/invitations", json={})).json()["url"].partition("#code=")[2]
    notebook = await hub.notebook("ada")
    made = await ada.post(f"/api/v1/notebooks/{notebook['id']}/links", json={"role": "viewer"})
    secret = made.json()["url"].partition("#")[2]
    everything = everything_stored(hub.database_url)
    assert notebook["path"] in everything
    secrets = (PASSWORD, ada.cookies[COOKIE], token, invitation, secret)
    pages = [(await ada.get(path)).text for path in ("/api/v1/account/tokens", "/api/v1/admin/accounts",
             "/api/v1/admin/log", "/api/v1/account/log", f"/api/v1/notebooks/{notebook['id']}/shares")]  # fmt: skip
    for text in (everything, *pages, caplog.text):
        assert not [value for value in secrets if value in text]
    assert "$argon2id$" in everything


async def test_what_ended_is_forgotten_while_the_hub_runs(
    tmp_path: Path, static: Path, team_database: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "FORGET_EVERY_S", 0.05)
    (tmp_path / "data").mkdir()
    async with team_hub(team_settings(tmp_path / "data", static, database=team_database)) as hub:
        ada = await hub.join("ada")
        now = time.time_ns() // 1_000_000
        day, theirs = 24 * 3600 * 1000, hub.ids["ada"]
        session = {"person_id": theirs, "created_at": 0, "seen_at": now, "expires_at": now + day}
        invitation = {"is_admin": False, "created_at": 0, "used_at": None, "expires_at": now - day}

        def old(conn: Connection) -> None:
            for name, more in (("ended", {"expires_at": now - 1}), ("idle", {"seen_at": now - day}), ("good", {})):
                conn.execute(insert(tables.sessions).values(session | more | {"token_sha256": name}))
            for name, more in (("used", {"expires_at": now - 31 * day, "used_at": 1}), ("late", {})):
                conn.execute(insert(tables.invitations).values(invitation | more | {"code_sha256": name}))

        def left(conn: Connection) -> set[str]:
            return {*conn.scalars(select(tables.sessions.c.token_sha256))} | {
                *conn.scalars(select(tables.invitations.c.code_sha256))
            }

        db = Database.open(hub.database_url)
        before = await db.read(left)
        await db.write(old)
        async with asyncio.timeout(20):
            while await db.read(left) != before | {"good", "late"}:  # noqa: ASYNC110  # another process' work
                await asyncio.sleep(0.05)
        db.close()
        assert (await ada.get("/api/v1/home")).status_code == 200


@pytest.mark.parametrize("host", ["evil.test", "hub.test:444", "127.0.0.1:8800", "hub.test.evil.test"])
async def test_another_host_is_refused_but_for_probes_of_this_machine(hub: TeamHub, host: str) -> None:
    ada = hub.people["ada"]
    assert (await ada.get("/api/v1/home", headers={"Host": host})).status_code == 421
    probe = await ada.get("/healthz", headers={"Host": host})
    assert probe.status_code == (200 if host.startswith("127.") else 421)
    assert (await ada.get("/api/v1/home")).status_code == 200


async def test_past_the_proxy_nothing_is_answered_and_its_word_counts_from_there_only(hub: TeamHub) -> None:
    headers = {"Origin": PUBLIC, "X-Requested-By": "runhere", "X-Forwarded-For": "192.0.2.9"}
    transport = httpx.ASGITransport(hub.app, client=("192.0.2.200", 40000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers=headers) as direct:
        assert (await direct.post("/api/v1/session/password", json=credentials("ada"))).status_code == 421
    through = await hub.stranger(came_from="203.0.113.7, 10.0.0.1")
    await through.post("/api/v1/session/password", json=credentials("ada"))
    entry = (await hub.people["ada"].get("/api/v1/account/log")).json()["entries"][0]
    assert (entry["action"], entry["ip"]) == ("sign_in", "203.0.113.7")
    # A proxy that adds a header of its own, instead of a word to the one that came, is heard all the same.
    forged = [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "203.0.113.8")]
    async with client_of(hub.app, {}) as two:
        sent = [("Origin", PUBLIC), ("X-Requested-By", "runhere"), *forged]
        await two.post("/api/v1/session/password", json=credentials("ada"), headers=sent)
    entry = (await hub.people["ada"].get("/api/v1/account/log")).json()["entries"][0]
    assert (entry["action"], entry["ip"]) == ("sign_in", "203.0.113.8")


async def test_h02_no_other_site_changes_anything_and_no_form_either(hub: TeamHub) -> None:
    ada = hub.people["ada"]
    for headers in (
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "https://sub.hub.test"},
        {"Origin": PUBLIC, "Sec-Fetch-Site": "same-site"},
        {"Origin": PUBLIC, "X-Requested-By": "", "Content-Type": "text/plain"},
    ):
        answer = await ada.post("/api/v1/account/sign-out-everywhere", content="{}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert (await ada.get("/api/v1/home")).status_code == 200


async def test_h14_sensitive_actions_are_logged_in_a_chain_that_shows_tampering(hub: TeamHub) -> None:
    ada = hub.people["ada"]
    await hub.join("bob")
    notebook = await hub.notebook("ada")
    await hub.share("ada", notebook["id"], "bob", "editor")
    made = (await ada.post(f"/api/v1/notebooks/{notebook['id']}/links", json={"role": "viewer"})).json()
    await hub.people["bob"].post(
        f"/api/v1/links/{made['link']['id']}/accept", json={"secret": made["url"].partition("#")[2]}
    )
    await ada.delete(f"/api/v1/links/{made['link']['id']}")
    await ada.delete(f"/api/v1/notebooks/{notebook['id']}/shares/{hub.ids['bob']}")
    actions = [e["action"] for e in (await ada.get("/api/v1/admin/log")).json()["entries"]]
    assert actions[:5] == ["unshare", "link_withdrawn", "link_accepted", "link_made", "share"]
    assert {"invite", "join"} <= set(actions)
    assert (await hub.people["bob"].get("/api/v1/admin/log")).status_code == 403
    db = Database.open(hub.database_url)
    assert db.write_now(audit.first_broken) is None

    def tamper(conn: Connection) -> int:
        shared = table.c.action == "share"
        conn.execute(update(table).where(shared).values(person_id=hub.ids["bob"]))
        return int(conn.execute(select(table.c.id).where(shared)).scalar_one())

    number = db.write_now(tamper)
    assert db.write_now(audit.first_broken) == number
    db.close()


async def test_one_person_mode_knows_nothing_of_accounts(tmp_path: Path, static: Path) -> None:
    from runhere_hub.app import create_app
    from runhere_hub.testing.serving import PORT, serving, settings_for

    data, folder = tmp_path / "data", tmp_path / "work"
    data.mkdir()
    folder.mkdir()
    app = create_app(settings_for(data, static), port=PORT, control_token=CONTROL)
    async with serving(app, folder=folder, data=data) as hub:
        assert (await hub.stranger.get("/api/v1/session/ways")).json()["mode"] == "one_person"
        assert (await hub.client.post("/api/v1/session/password", json=credentials("ada"))).status_code == 404
        assert (await hub.client.get("/api/v1/admin/accounts")).status_code == 404
        assert (await hub.client.get("/join")).status_code == 404
