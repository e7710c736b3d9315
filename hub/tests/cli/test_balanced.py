"""Two hub processes for one team on PostgreSQL, behind nginx and Caddy with the files of `deploy/`: one is killed."""

import asyncio
import re
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from runhere_hub.testing.front import (
    NAME,
    SNI,
    Place,
    browser,
    caddy,
    is_installed,
    join,
    make_place,
    nginx,
    running,
    socket_options,
    write_settings,
)
from runhere_hub.testing.pages import Page
from runhere_hub.testing.processes import Started, starting
from runhere_hub.testing.room_clients import Line

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(170)]

PASSWORD = "a long enough password"
ADDRESSES = [f"127.0.0.{number}" for number in range(11, 27)]
"""Of one network of 256, as those of an office are."""


@dataclass
class Team:
    """The proxy, and its two hub processes."""

    place: Place
    hubs: list[Started]
    code: str
    database: str

    def served_by(self, client: httpx.Client) -> Started:
        """The process that a browser is sent to: it has a question in its log that nobody else asks."""
        path = f"/api/v1/notebooks/{secrets.token_hex(8)}"
        client.get(path, extensions=SNI)
        deadline = time.monotonic() + 20
        while True:
            for hub in self.hubs:
                if any(path in line for line in hub.err):
                    return hub
            assert time.monotonic() < deadline, "no process was asked"
            time.sleep(0.02)

    def two_addresses(self, stack: ExitStack) -> tuple[str, str]:
        """Of the first and of the second process, as the proxy shares addresses out."""
        of: dict[int, str] = {}
        for at in ADDRESSES:
            by = self.served_by(stack.enter_context(browser(self.place, at=at)))
            of.setdefault(self.hubs.index(by), at)
            if len(of) == 2:
                break
        return of[0], of[1]

    def line_to(self, page: Page, notebook_id: str, client: httpx.Client, at: str) -> "asyncio.Future[Line]":
        """Connect a page to its room, from this address."""
        url = f"wss://{NAME}:{self.place.https}/api/v1/notebooks/{notebook_id}/room"
        options = socket_options(self.place, client.headers["Cookie"], at=at)
        return asyncio.ensure_future(Line.open(page, url, **options))


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def team(request: pytest.FixtureRequest, tmp_path: Path, empty_postgres: str) -> Iterator[Team]:
    make: Callable[[Place], list[str]] = request.param
    if not is_installed(make):
        pytest.skip(f"{make.__name__} or openssl is not installed here")
    place = make_place(tmp_path, hubs=2)
    config = write_settings(place, 'log_level = "info"', 'hosted_provider = "local"')
    with starting(tmp_path / "home") as start, running(make(place), place):

        def hub(port: int) -> Started:
            variables = {"RUNHERE_DATABASE_URL": empty_postgres, "RUNHERE_PORT": str(port)}
            return start("serve", "--config", config, **variables)

        first = hub(place.hubs[0])
        found = re.fullmatch(rf"{place.origin}/join#code=(\S+)\n", first.out.get(timeout=60))
        assert found is not None, "".join(first.err)
        second = hub(place.hubs[1])
        while not any("serves at" in line for line in second.err):
            assert second.process.poll() is None, "".join(second.err)
            time.sleep(0.05)
        yield Team(place, [first, second], found.group(1), empty_postgres)


async def test_people_at_two_processes_edit_together_and_go_on_at_one(team: Team) -> None:
    with ExitStack() as stack:
        ada_at, *others = ADDRESSES
        ada = stack.enter_context(browser(team.place, at=ada_at))
        join(ada, team.code, "ada", PASSWORD)
        adas = team.served_by(ada)
        # Somebody of the same network whose process is the other one.
        places = ((at, stack.enter_context(browser(team.place, at=at))) for at in others)
        ben_at, ben = next((at, client) for at, client in places if team.served_by(client) is not adas)
        invited = ada.post("/api/v1/admin/invitations", json={}, extensions=SNI).json()
        join(ben, invited["url"].partition("#code=")[2], "ben", PASSWORD)
        bens = team.served_by(ben)
        assert bens is not adas
        said = ada.get("/api/v1/admin/log", extensions=SNI).text
        assert ada_at in said  # each process was told where its people are
        assert ben_at in said

        folder = ada.get("/api/v1/home", extensions=SNI).json()["folders"][0]["id"]
        made = ada.post("/api/v1/notebooks", json={"folder_id": folder, "path": ""}, extensions=SNI)
        notebook = made.json()["id"]
        grant = {"user_name": "ben", "role": "editor"}
        shared = ada.put(f"/api/v1/notebooks/{notebook}/shares", json=grant, extensions=SNI)
        assert shared.status_code < 300, shared.text

        pages = [Page(browser_id="a", tab_id="a"), Page(browser_id="b", tab_id="b")]
        lines = [
            await team.line_to(pages[0], notebook, ada, ada_at),
            await team.line_to(pages[1], notebook, ben, ben_at),
        ]
        for page, line in zip(pages, lines, strict=True):
            await line.until(lambda page=page: page.synced)  # type: ignore[misc]
        pages[0].insert("shared", "start")
        await lines[1].until(lambda: "shared" in pages[1].cells)
        pages[1].type("shared", 0, "ben ")
        await lines[0].until(lambda: "ben" in pages[0].text("shared"))

        for number in range(40):
            pages[0].type("shared", 0, f"{number},")
        adas.process.send_signal(signal.SIGKILL)  # in the middle of it
        adas.process.wait(10)
        await lines[0].close()
        pages[0].type("shared", 0, "offline ")

        # At once, from the same address and with the same session: the proxy asks the process that is left.
        assert ada.get("/api/v1/session", extensions=SNI).status_code == 200
        again = await team.line_to(pages[0], notebook, ada, ada_at)
        await again.until(lambda: pages[0].all_saved)
        await lines[1].until(lambda: "offline" in pages[1].text("shared"))
        assert pages[0].text("shared") == pages[1].text("shared")
        assert all(f"{number}," in pages[1].text("shared") for number in range(40))
        assert pages[0].text("shared").endswith("ben start")
        pages[1].type("shared", 0, "after ")
        await again.until(lambda: "after" in pages[0].text("shared"))

        big = b'{"cells":[],"metadata":{"pad":"' + b"x" * 30_000_000 + b'"},"nbformat":4,"nbformat_minor":5}'
        upload = f"/api/v1/folders/{folder}/upload?name=big.ipynb&path="
        assert ada.post(upload, content=big, extensions=SNI).status_code == 201  # a write, while one is down
        assert team.served_by(ada) is bens
        await asyncio.gather(again.close(), lines[1].close())


async def test_a_ticket_of_one_process_lets_in_once_at_any(team: Team) -> None:
    with ExitStack() as stack:
        first_at, second_at = team.two_addresses(stack)
        first, second = (stack.enter_context(browser(team.place, at=at)) for at in (first_at, second_at))
        # One person, on the way from one network to another.
        second.headers["Cookie"] = join(first, team.code, "ada", PASSWORD)
        doors = {at: stack.enter_context(browser(team.place, at=at)) for at in (first_at, second_at)}
        here = "/api/v1/runtimes/hosted"
        runtime_id = second.post(f"{here}/start", json={}, extensions=SNI).json()["id"]

        def ready(client: httpx.Client) -> None:
            while (state := client.get(here, extensions=SNI).json()["state"]) == "starting":
                time.sleep(0.1)
            assert state == "ready"

        def ticket(client: httpx.Client) -> str:
            made = client.post(f"/api/v1/runtimes/{runtime_id}/tickets", json={}, extensions=SNI)
            assert made.status_code == 201, made.text
            return str(made.json()["ticket"])

        def trade(at: str, shown: str) -> httpx.Response:
            return doors[at].post(f"/rt/{runtime_id}/pass", json={"ticket": shown}, extensions=SNI)

        def ask(at: str, token: str, method: str = "GET", **options: Any) -> httpx.Response:
            shown = {"Authorization": f"token {token}"}
            return doors[at].request(method, f"/rt/{runtime_id}/api/kernels", headers=shown, extensions=SNI, **options)

        ready(first)
        made = ticket(first)
        let_in = trade(second_at, made)
        assert let_in.status_code == 201, let_in.text
        assert [trade(at, made).status_code for at in (first_at, second_at)] == [401, 401]
        token = let_in.json()["token"]
        kernel = ask(second_at, token, "POST", json={"name": "python3"}).json()["id"]
        assert [one["id"] for one in ask(first_at, token).json()] == [kernel]

        late = ticket(second)
        with psycopg.connect(team.database) as database:
            database.execute("UPDATE runtime_passes SET expires_at = expires_at - 61000 WHERE is_ticket")
        assert trade(first_at, late).status_code == 401
        kept = ticket(first)
        assert second.delete("/api/v1/session", extensions=SNI).status_code == 204
        assert trade(first_at, kept).status_code == 401
        assert [ask(at, token).status_code for at in (first_at, second_at)] == [401, 401]

        # The first process, which had the runtime, is killed: the person signs in again and begins anew at the other.
        team.hubs[0].process.send_signal(signal.SIGKILL)
        team.hubs[0].process.wait(10)
        del second.headers["Cookie"]
        again = {"user_name": "ada", "password": PASSWORD}
        signed_in = second.post("/api/v1/session/password", json=again, extensions=SNI)
        assert signed_in.status_code == 200, signed_in.text
        second.headers["Cookie"] = signed_in.headers["set-cookie"].partition(";")[0]
        assert second.post(f"{here}/start", json={}, extensions=SNI).status_code == 200
        ready(second)
        assert ask(second_at, trade(second_at, ticket(second)).json()["token"]).json() == []
