"""Rights that end while a page is open, and what each role may send in a room. Real server, real WebSockets."""

import asyncio
import json
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from pycrdt import Doc, Text
from sqlalchemy import select, update
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from runhere_hub.app import create_app, team_accounts
from runhere_hub.core.access import FRAMES, ROLES, TOLD, Role, may_send
from runhere_hub.core.yjs_bytes import awareness, sync_step1, sync_update
from runhere_hub.services import accounts
from runhere_hub.settings import Settings
from runhere_hub.store import tables
from runhere_hub.store.session import Database
from runhere_hub.testing.serving import CONTROL
from runhere_hub.testing.team import PASSWORD, everything_stored, team_settings
from runhere_hub.web import rights
from runhere_hub.web.sockets import rooms
from runhere_protocol import ROOM_SUBPROTOCOL

pytestmark = pytest.mark.asyncio(loop_scope="module")
CUT_WITHIN_S = 5.0  # architecture 4


@dataclass
class Served:
    """A hub for several people on a free port; everybody has the role of their name on one notebook of Olga's."""

    origin: str
    settings: Settings
    people: dict[str, httpx.AsyncClient]
    ids: dict[str, str]
    notebook_id: str

    async def share(self, name: str, role: Role) -> None:
        body = {"user_name": name, "role": role}
        given = await self.people["olga"].put(f"/api/v1/notebooks/{self.notebook_id}/shares", json=body)
        assert given.status_code == 200, given.text

    async def joined(
        self,
        name: str,
        *,
        client_id: int = 7,
        origin: str | None = None,
        notebook: str = "",
        cookies: httpx.Cookies | None = None,
    ) -> ClientConnection:
        """A page of this person's in the room (of Olga's one notebook), greeted."""
        cookie = "; ".join(f"{key}={value}" for key, value in (cookies or self.people[name].cookies).items())
        headers = {"Origin": origin or self.origin, "Cookie": cookie}
        url = f"{self.origin.replace('http', 'ws', 1)}/api/v1/notebooks/{notebook or self.notebook_id}/room"
        ws = await connect(url, additional_headers=headers, subprotocols=[ROOM_SUBPROTOCOL], compression=None)  # type: ignore[list-item]
        join = {"type": "join", "protocol": 1, "client_id": client_id, "browser_id": "b", "tab_id": "t"}
        with suppress(ConnectionClosed):  # who has no role here is sent away at once
            await ws.send(json.dumps(join))
        return ws


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory, module_team_database: str | None) -> AsyncIterator[Served]:
    data = tmp_path_factory.mktemp("data")
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    settings = team_settings(
        data, data / "no page", database=module_team_database, public_origin=origin, trusted_proxies=()
    )
    app = create_app(settings, port=port, control_token=CONTROL)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on", **rooms.UVICORN_OPTIONS))  # type: ignore[arg-type]
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    hub = Served(origin, settings, {}, {}, "")
    headers = {"Origin": origin, "X-Requested-By": "runhere"}
    try:
        code = await app.first_code()
        for name in (
            "olga",
            *ROLES,
            "leaver",
            "demoted",
            "out",
            "disabled",
            "linked",
            "inside",
            "leaves",
            "idle",
            "writes",
            "looks",
        ):
            client = httpx.AsyncClient(base_url=origin, headers=headers, timeout=30)
            wish = {"code": code, "user_name": name, "name": name, "password": PASSWORD}
            answer = await client.post("/api/v1/invitations/accept", json=wish)
            assert answer.status_code == 200, answer.text
            hub.people[name], hub.ids[name] = client, answer.json()["person"]["id"]
            invited = await hub.people["olga"].post("/api/v1/admin/invitations", json={})
            code = invited.json()["url"].partition("#code=")[2]
        folder = (await hub.people["olga"].get("/api/v1/home")).json()["folders"][0]["id"]
        made = await hub.people["olga"].post("/api/v1/notebooks", json={"folder_id": folder, "path": ""})
        hub.notebook_id = made.json()["id"]
        for role in ROLES:
            await hub.share(role, role)
        yield hub
    finally:
        for client in hub.people.values():
            await client.aclose()
        server.should_exit = True
        await serving
        listening.close()


async def hear(ws: ClientConnection, kind: str) -> dict[str, Any]:
    """The next JSON frame of a kind."""
    async with asyncio.timeout(20):
        while True:
            message = await ws.recv()
            if isinstance(message, str) and json.loads(message)["type"] == kind:
                found: dict[str, Any] = json.loads(message)
                return found


async def close_code(ws: ClientConnection) -> int | None:
    async with asyncio.timeout(20):
        with suppress(ConnectionClosed):
            while True:
                await ws.recv()
    return ws.close_code


def an_update() -> bytes:
    """A Yjs update that inserts something."""
    doc: Doc[Any] = Doc()
    doc["stray"] = Text("x")
    return sync_update(doc.get_update())


async def test_a_demoted_editor_is_cut_within_five_seconds(served: Served) -> None:
    await served.share("demoted", "editor")
    ws = await served.joined("demoted", client_id=11)
    assert (await hear(ws, "hello"))["role"] == "editor"
    before = time.monotonic()
    await served.share("demoted", "viewer")
    assert (await hear(ws, "role"))["role"] == "viewer"
    assert time.monotonic() - before < CUT_WITHIN_S
    await ws.send(an_update())
    assert await close_code(ws) == 4403


async def test_who_loses_every_role_is_sent_out(served: Served) -> None:
    await served.share("leaver", "editor")
    ws = await served.joined("leaver", client_id=12)
    await hear(ws, "hello")
    before = time.monotonic()
    olga = served.people["olga"]
    gone = await olga.delete(f"/api/v1/notebooks/{served.notebook_id}/shares/{served.ids['leaver']}")
    assert gone.status_code == 204
    assert await close_code(ws) == 4404
    assert time.monotonic() - before < CUT_WITHIN_S
    again = await served.joined("leaver", client_id=12)
    assert await close_code(again) == 4404


async def test_h07_a_withdrawn_link_takes_back_the_role_that_came_by_it(served: Served) -> None:
    olga, linked = served.people["olga"], served.people["linked"]
    made = (await olga.post(f"/api/v1/notebooks/{served.notebook_id}/links", json={"role": "editor"})).json()
    link, secret = made["link"]["id"], made["url"].partition("#")[2]
    for wrong in ("guess", secret[:-1], secret + "x"):
        refused = await linked.post(f"/api/v1/links/{link}/accept", json={"secret": wrong})
        assert refused.status_code == 404
    assert (await linked.get(f"/api/v1/notebooks/{served.notebook_id}")).status_code == 404
    accepted = await linked.post(f"/api/v1/links/{link}/accept", json={"secret": secret})
    assert accepted.json()["notebook_id"] == served.notebook_id
    ws = await served.joined("linked", client_id=13)
    assert (await hear(ws, "hello"))["role"] == "editor"
    # Less, given by name, bites, also for whoever opens the link once more; taken away, both are.
    await served.share("linked", "viewer")
    assert (await hear(ws, "role"))["role"] == "viewer"
    assert (await linked.post(f"/api/v1/links/{link}/accept", json={"secret": secret})).status_code == 200
    assert (await linked.get(f"/api/v1/notebooks/{served.notebook_id}")).json()["role"] == "viewer"
    listed = (await olga.get(f"/api/v1/notebooks/{served.notebook_id}/shares")).json()["people"]
    assert [(one["role"], one["by_link"]) for one in listed if one["user_name"] == "linked"] == [("viewer", False)]
    gone = await olga.delete(f"/api/v1/notebooks/{served.notebook_id}/shares/{served.ids['linked']}")
    assert (gone.status_code, await close_code(ws)) == (204, 4404)
    assert (await linked.post(f"/api/v1/links/{link}/accept", json={"secret": secret})).status_code == 200
    ws = await served.joined("linked", client_id=13)
    assert (await hear(ws, "hello"))["role"] == "editor"
    assert (await olga.delete(f"/api/v1/links/{link}")).status_code == 204
    assert await close_code(ws) == 4404
    used_up = await linked.post(f"/api/v1/links/{link}/accept", json={"secret": secret})
    assert used_up.status_code == 404
    assert (await linked.get(f"/api/v1/notebooks/{served.notebook_id}")).status_code == 404


async def test_a_link_for_one_person_lets_one_in_and_that_one_again(served: Served) -> None:
    olga = served.people["olga"]
    path = f"/api/v1/notebooks/{served.notebook_id}"
    made = (await olga.post(f"{path}/links", json={"role": "viewer", "max_uses": 1})).json()
    accept, secret = f"/api/v1/links/{made['link']['id']}/accept", {"secret": made["url"].partition("#")[2]}
    for _ in range(2):
        assert (await served.people["linked"].post(accept, json=secret)).status_code == 200
    assert (await served.people["leaver"].post(accept, json=secret)).status_code == 404
    assert (await served.people["leaver"].get(path)).status_code == 404
    [link] = [one for one in (await olga.get(f"{path}/shares")).json()["links"] if one["id"] == made["link"]["id"]]
    assert (link["uses"], link["max_uses"]) == (1, 1)
    for nonsense in (0, -1, "many"):
        refused = await olga.post(f"{path}/links", json={"role": "viewer", "max_uses": nonsense})
        assert refused.status_code == 422
    assert (await olga.delete(f"/api/v1/links/{made['link']['id']}")).status_code == 204


async def test_moving_one_notebook_out_of_a_shared_folder_cuts_its_pages(served: Served) -> None:
    olga = served.people["olga"]
    folder = (await olga.get("/api/v1/home")).json()["folders"][0]["id"]
    await olga.post(f"/api/v1/folders/{folder}/folders", json={"path": "shared"})
    share = {"user_name": "inside", "role": "editor"}
    assert (await olga.put(f"/api/v1/folders/{folder}/shares?path=shared", json=share)).status_code == 200
    made = [
        (await olga.post("/api/v1/notebooks", json={"folder_id": folder, "path": "shared"})).json()["id"]
        for _ in range(2)
    ]
    stays, goes = [
        await served.joined("inside", client_id=31 + number, notebook=one) for number, one in enumerate(made)
    ]
    for ws in (stays, goes):
        assert (await hear(ws, "hello"))["role"] == "editor"
    before = time.monotonic()
    moved = await olga.patch(f"/api/v1/notebooks/{made[1]}", json={"path": ""})
    assert moved.status_code == 200, moved.text
    assert await close_code(goes) == 4404
    assert time.monotonic() - before < CUT_WITHIN_S
    await stays.send('{"type":"nobody knows this"}')
    assert (await hear(stays, "refused"))["of"] == "nobody knows this"
    await stays.close()


async def test_signing_out_cuts_the_pages_of_that_session_only(served: Served) -> None:
    await served.share("leaves", "editor")
    elsewhere = httpx.AsyncClient(base_url=served.origin, headers=dict(served.people["leaves"].headers), timeout=30)
    async with elsewhere:
        wish = {"user_name": "leaves", "password": PASSWORD}
        assert (await elsewhere.post("/api/v1/session/password", json=wish)).status_code == 200
        other = await served.joined("leaves", client_id=41, cookies=elsewhere.cookies)
        ws = await served.joined("leaves", client_id=42)
        for page in (other, ws):
            await hear(page, "hello")
        before = time.monotonic()
        assert (await served.people["leaves"].delete("/api/v1/session")).status_code == 204
        assert await close_code(ws) == 4401
        assert time.monotonic() - before < CUT_WITHIN_S
        await other.send('{"type":"nobody knows this"}')
        assert (await hear(other, "refused"))["of"] == "nobody knows this"
        log = (await elsewhere.get("/api/v1/account/log")).json()["entries"]
        assert log[0]["action"] == "sign_out"
        await other.close()


async def test_a_session_that_ends_by_itself_cuts_its_pages(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights, "LOOK_AT_ALL_EVERY", 1)
    await served.share("idle", "editor")
    ws, stays = await served.joined("idle", client_id=51), await served.joined("editor", client_id=52)
    for page in (ws, stays):
        await hear(page, "hello")
    db = Database.open(served.settings.database_url)
    theirs = tables.sessions.c.person_id == served.ids["idle"]
    await db.write(lambda conn: conn.execute(update(tables.sessions).where(theirs).values(seen_at=0)))
    db.close()
    assert await close_code(ws) == 4401
    await stays.send('{"type":"nobody knows this"}')
    assert (await hear(stays, "refused"))["of"] == "nobody knows this"
    await stays.close()


async def test_writing_is_use_of_a_session_and_an_open_page_is_not(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "LOOK_AT_ALL_EVERY", 1)
    db = Database.open(served.settings.database_url)
    an_hour_ago = int(time.time() * 1000) - 3600_000
    pages = {}
    for name, client_id in (("looks", 61), ("writes", 62)):
        await served.share(name, "editor")
        pages[name] = await served.joined(name, client_id=client_id)
        await hear(pages[name], "hello")
    theirs = tables.sessions.c.person_id.in_([served.ids[name] for name in pages])
    await db.write(lambda conn: conn.execute(update(tables.sessions).where(theirs).values(seen_at=an_hour_ago)))

    async def seen_at(name: str) -> int:
        person = tables.sessions.c.person_id == served.ids[name]
        return int(
            await db.read(lambda conn: conn.execute(select(tables.sessions.c.seen_at).where(person)).scalar_one())
        )

    await pages["writes"].send(an_update())
    async with asyncio.timeout(30):
        while await seen_at("writes") == an_hour_ago:  # noqa: ASYNC110 -- the hub's database tells nobody
            await asyncio.sleep(0.1)
    assert await seen_at("looks") == an_hour_ago
    for ws in pages.values():
        await ws.close()
    db.close()


async def test_signing_out_everywhere_cuts_live_pages(served: Served) -> None:
    await served.share("out", "editor")
    ws = await served.joined("out", client_id=14)
    await hear(ws, "hello")
    assert (await served.people["out"].post("/api/v1/account/sign-out-everywhere", json={})).status_code == 204
    assert await close_code(ws) == 4401


async def test_an_account_that_another_process_disables_is_cut(served: Served) -> None:
    await served.share("disabled", "editor")
    ws = await served.joined("disabled", client_id=15)
    await hear(ws, "hello")
    db = Database.open(served.settings.database_url)  # as `runhere user disable` does
    assert served.settings.team is not None
    await accounts.set_disabled(team_accounts(served.settings.team, db), by=None, user_name="disabled", disabled=True)
    db.close()
    assert await close_code(ws) == 4401


async def test_comments_are_told_to_everybody_in_the_room_and_to_nobody_who_was_sent_out(served: Served) -> None:
    await served.share("leaver", "viewer")
    viewer, leaver = await served.joined("viewer", client_id=21), await served.joined("leaver", client_id=22)
    for ws in (viewer, leaver):
        await hear(ws, "hello")
    path = f"/api/v1/notebooks/{served.notebook_id}"
    wish = {"cell_id": "c", "body": "SECRET"}
    assert (await served.people["commenter"].post(f"{path}/comments", json=wish)).status_code == 201
    for ws in (viewer, leaver):
        assert await hear(ws, "comments") == {"type": "comments"}  # what was said is asked for, with the rights of then
    gone = await served.people["olga"].delete(f"{path}/shares/{served.ids['leaver']}")
    assert gone.status_code == 204
    assert await close_code(leaver) == 4404
    assert (await served.people["leaver"].get(f"{path}/comments")).status_code == 404
    await viewer.close()


async def test_h03_no_other_site_opens_a_room(served: Served) -> None:
    for origin in ("https://evil.test", "null", served.origin.replace("127.0.0.1", "localhost")):
        with pytest.raises(InvalidStatus) as refused:
            await served.joined("editor", origin=origin)
        assert refused.value.response.status_code == 403


RUN = {"run_id": "r", "epoch": 1, "n": 0, "event": {"type": "started", "cell_id": "c", "source_digest": "0" * 64}}
SENT: dict[str, bytes | dict[str, Any]] = {
    "sync": sync_step1(b"\x00"),
    "awareness": awareness(b"\x00"),
    "update": an_update(),
    "run": {"type": "run", **RUN},
    "take_over": {"type": "take_over", "run_id": "r", "force": False},
    "release": {"type": "release", "run_id": "r"},
    "head": {"type": "head", "cell_id": "c", "run_id": None},
}


async def test_h01_every_kind_of_message_stands_in_the_matrix() -> None:
    assert SENT.keys() == FRAMES.keys()


async def test_h01_every_kind_that_a_page_is_told_stands_in_the_table() -> None:
    root = Path(__file__).parents[3]
    page = (root / "frontend/src/sync/messages.ts").read_text(encoding="utf-8")
    table = page.partition("const REQUIRED")[2].partition("= {")[2].partition("\n};")[0]
    assert set(re.findall(r"^  (\w+):", table, re.M)) == TOLD.keys()
    sources = [*(root / "hub/src/runhere_hub/rooms").glob("*.py"), *(root / "hub/src/runhere_hub/core").glob("run*.py")]
    said = {kind for file in sources for kind in re.findall(r'"type": ?"(\w+)"', file.read_text(encoding="utf-8"))}
    events = {"started", "status", "outputs"}  # inside of `run`
    assert said - events - {"take_over", "release"} == TOLD.keys()


@pytest.mark.parametrize("kind", sorted(FRAMES))
async def test_h01_each_role_may_send_what_the_table_says_and_no_more(served: Served, kind: str) -> None:
    for number, role in enumerate(ROLES):
        ws = await served.joined(role, client_id=100 + number)
        await hear(ws, "hello")
        message = SENT[kind]
        await ws.send(message if isinstance(message, bytes) else json.dumps(message))
        await ws.send('{"type":"nobody knows this"}')  # answered, so that what came before was taken
        if may_send(role, kind):
            refused = await hear(ws, "refused")
            while refused["of"] != "nobody knows this":
                assert refused["code"] != "forbidden", (role, refused)
                refused = await hear(ws, "refused")
        elif kind == "update":
            assert await close_code(ws) == 4403, role
        else:
            assert (await hear(ws, "refused"))["code"] == "forbidden", role
        await ws.close()


@pytest.mark.parametrize(
    "label", ["http://127.0.0.1:8888", "/home/ada/env/bin", "C:\\Users\\ada", "gpu-box:8888", "ada@gpu"]
)
async def test_a_run_that_would_tell_where_it_ran_is_refused(served: Served, label: str) -> None:
    ws = await served.joined("editor", client_id=200)
    await hear(ws, "hello")
    runtime = {"kind": "local", "label": label}
    told = {"type": "run", **RUN, "run_id": f"x{abs(hash(label))}", "event": {**RUN["event"], "runtime": runtime}}  # type: ignore[dict-item]
    await ws.send(json.dumps(told))
    assert (await hear(ws, "run_refused"))["code"] == "bad_event"
    named = {"kind": "local", "label": "Python 3 (ipykernel)"}
    fine = {"type": "run", **RUN, "run_id": f"y{abs(hash(label))}", "event": {**RUN["event"], "runtime": named}}  # type: ignore[dict-item]
    await ws.send(json.dumps(fine))
    assert (await hear(ws, "run_ack"))["run_id"] == fine["run_id"]
    await ws.close()
    stored = everything_stored(served.settings.database_url)
    assert label not in stored
    assert named["label"] in stored
