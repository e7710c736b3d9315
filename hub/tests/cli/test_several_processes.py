"""Two whole hubs, real processes, on one PostgreSQL and one data folder: people at both, and one of them is killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from runhere_hub.cli import running
from runhere_hub.core import ipynb
from runhere_hub.testing import postgres
from runhere_hub.testing.pages import Page
from runhere_hub.testing.processes import ask, environment
from runhere_hub.testing.room_clients import Line
from runhere_hub.testing.serving import notebook_json

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(170)]


@dataclass
class HubProcess:
    """One hub. `running` is what its command line knows of it."""

    process: subprocess.Popen[str]
    origin: str
    running: running.Running

    @property
    def port(self) -> str:
        return self.origin.rpartition(":")[2]

    def cookie(self, session: str) -> str:
        """The session under this hub's name for it: behind one address both would have the same."""
        return f"runhere_session_{self.port}={session}"

    def ask(self, session: str, method: str, path: str, body: object = None) -> Any:
        headers = {"Cookie": self.cookie(session), "X-Requested-By": "runhere"}
        status, answer, _ = ask(self.origin, method, path, body, **headers)
        assert status < 300, answer
        return answer

    async def line(self, page: Page, notebook_id: str, session: str) -> Line:
        headers = {"Cookie": self.cookie(session), "Origin": self.origin}
        url = f"ws{self.origin.removeprefix('http')}/api/v1/notebooks/{notebook_id}/room"
        return await Line.open(page, url, headers)


class Hubs:
    """Starts hubs on one data folder and database."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.data = home / "data"
        self.environment = environment(home) | {"RUNHERE_DATABASE_URL": database_url}
        self.started: list[HubProcess] = []

    def start(self) -> HubProcess:
        words = [sys.executable, "-m", "runhere_hub.cli.hub_process", "--port", "0", "--data", str(self.data)]
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment
        )
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        known = running.read(self.data)
        assert known is not None
        assert known.origin == said["origin"]
        made = HubProcess(process, said["origin"], known)
        self.started.append(made)
        return made

    def stop(self) -> None:
        for one in self.started:
            if one.process.poll() is None:
                one.process.send_signal(signal.SIGTERM)
            one.process.wait(30)
            for pipe in (one.process.stdin, one.process.stdout):
                if pipe is not None:
                    pipe.close()


@pytest.fixture
def hubs(tmp_path: Path, empty_postgres: str) -> Iterator[Hubs]:
    made = Hubs(tmp_path, empty_postgres)
    yield made
    made.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path.resolve() / "work"
    made.mkdir()
    (made / "a.ipynb").write_text(notebook_json("start = 1"), encoding="utf-8")
    return made


def begin(hub: HubProcess, folder: Path) -> tuple[str, str]:
    """Bind the folder and open its notebook: its id, and a session."""
    code = running.bind(hub.running, folder).partition("#code=")[2]
    status, answer, cookie = ask(hub.origin, "POST", "/api/v1/session", {"code": code})
    assert status == 200, answer
    session = cookie.partition("=")[2]
    [bound] = hub.ask(session, "GET", "/api/v1/home")["folders"]
    body = {"folder_id": bound["id"], "path": "a.ipynb", "accept": "as_is"}
    return hub.ask(session, "POST", "/api/v1/notebooks/open", body)["id"], session


def source_on_disk(folder: Path) -> str:
    return ipynb.parse((folder / "a.ipynb").read_text(encoding="utf-8")).notebook.cells[0].source


async def until_file_has(folder: Path, text: str) -> None:
    async with asyncio.timeout(30):
        while text not in source_on_disk(folder):  # noqa: ASYNC110  # a file gives no event
            await asyncio.sleep(0.05)


async def test_two_people_at_two_processes_and_one_process_is_killed(hubs: Hubs, folder: Path) -> None:
    first = hubs.start()
    notebook_id, session = begin(first, folder)
    second = hubs.start()
    ada, bob = Page(browser_id="a", tab_id="a"), Page(browser_id="b", tab_id="b")
    lines = [await first.line(ada, notebook_id, session), await second.line(bob, notebook_id, session)]
    for page, line in zip((ada, bob), lines, strict=True):
        await line.until(lambda page=page: "cell-0" in page.cells)  # type: ignore[misc]

    ada.type("cell-0", 0, "ada ")  # live, both ways
    await lines[1].until(lambda: "ada" in bob.text("cell-0"))
    bob.type("cell-0", 0, "bob ")
    await lines[0].until(lambda: "bob" in ada.text("cell-0"))
    await lines[1].until(lambda: bob.all_saved)
    await until_file_has(folder, "bob ")  # the first process writes what was typed at the second

    for number in range(40):
        ada.type("cell-0", 0, f"{number},")
    first.process.send_signal(signal.SIGKILL)  # in the middle of it
    first.process.wait(10)
    await lines[0].close()
    ada.type("cell-0", 0, "offline ")

    again = await second.line(ada, notebook_id, session)  # Ada's page comes to the other process
    await again.until(lambda: ada.all_saved)
    await lines[1].until(lambda: "offline" in bob.text("cell-0"))
    assert ada.text("cell-0") == bob.text("cell-0")
    assert all(f"{number}," in bob.text("cell-0") for number in range(40))
    await until_file_has(folder, "offline ")  # the second process keeps the folder now
    await asyncio.gather(again.close(), lines[1].close())


async def test_a_killed_database_is_told_and_everything_is_saved_once_it_is_back(tmp_path: Path, folder: Path) -> None:
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed here (initdb and postgres)")
    with postgres.cluster(binaries) as database:
        url = make_url(database.url).render_as_string(hide_password=False)
        hubs = Hubs(tmp_path, url)
        try:
            hub = hubs.start()
            notebook_id, session = begin(hub, folder)
            page = Page()
            line = await hub.line(page, notebook_id, session)
            await line.until(lambda: "cell-0" in page.cells)
            page.type("cell-0", 0, "before ")
            await line.until(lambda: page.all_saved)

            database.kill()
            page.type("cell-0", 0, "while it is down ")
            await line.until(lambda: bool(page.take("not_saved")))
            assert not page.all_saved
            assert os.path.exists(f"/proc/{hub.process.pid}")

            database.start()
            await line.until(lambda: page.all_saved, timeout_s=40)
            page.type("cell-0", 0, "after ")
            await line.until(lambda: page.all_saved)
            witness = Page(browser_id="w", tab_id="w")
            other = await hub.line(witness, notebook_id, session)
            await other.until(lambda: "cell-0" in witness.cells)
            assert witness.text("cell-0") == "after while it is down before start = 1"
            await until_file_has(folder, "after while it is down before start = 1")
            await asyncio.gather(line.close(), other.close())
        finally:
            hubs.stop()
