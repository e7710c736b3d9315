"""Sharing never shares a runtime (issue 7): what leads to somebody's machine is nowhere that anybody else can look.

Canaries are in the address, token, folder, user and host name of a real runtime and in the ids that it gives. Its owner
connects, runs and shares. Then everything is searched that the hub was told, keeps, logs, exports and backs up, and all
that somebody else's page and program are answered. What *is* shared is found by the same search.
"""

import base64
import gzip
import json
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from browser_storage import PLACES, kept_by, plant
from people import Team, invitation, join, team_hub
from playwright.sync_api import BrowserContext, Page, expect
from searching import finds, forms, holds, in_files
from servers import jupyter, server_flags
from steps import connect, ran, run_cell, saved, source, type_source

from runhere_hub.testing import postgres
from runhere_hub.testing.team import everything_stored

SHARED = f"shared{secrets.token_hex(6)}"  # typed into a cell: everybody who may read it has it


def canary(what: str) -> str:
    return f"{what}{secrets.token_hex(6)}"


@dataclass
class Heard:
    """What one browser told a hub, and was told by it."""

    origin: str
    told: list[tuple[str, bytes]] = field(default_factory=list)
    answered: list[tuple[str, bytes]] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        host = urlsplit(self.origin).netloc

        def on_socket(opened: Any) -> None:
            if urlsplit(opened.url).netloc == host:
                opened.on("framesent", lambda frame: self.told.append(("frame", as_bytes(frame))))
                opened.on("framereceived", lambda frame: self.answered.append(("frame", as_bytes(frame))))

        def on_request(request: Any) -> None:
            if urlsplit(request.url).netloc == host:
                head = json.dumps([request.method, request.url, request.headers]).encode()
                self.told.append((request.url, head + (request.post_data_buffer or b"")))

        page.on("websocket", on_socket)
        page.on("request", on_request)


def as_bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else bytes(frame)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """A hub that logs all it can."""
    with team_hub(tmp_path, log_level="debug") as hub:
        yield hub


def every_answer(page: Page, origin: str, ids: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """The answer to every GET of the hub's OpenAPI, as the person of this page is given it."""
    paths = page.request.get(f"{origin}/api/v1/openapi.json").json()["paths"]
    for path in sorted(name for name, item in paths.items() if "get" in item):
        filled = re.sub(r"\{(\w+)\}", lambda found: ids.get(found.group(1), "0" * 32), path)
        answer = page.request.get(origin + filled, params={"q": SHARED} if path.endswith(("search", "people")) else {})
        yield path, json.dumps(answer.headers).encode() + answer.body()


def outside(secrets_: dict[str, str], found: list[tuple[str, str]], *places: str) -> None:
    """Demand that each of these was found in each of these kinds of places."""
    for what in secrets_:
        missing = [place for place in places if not any(place in where and of == what for of, where in found)]
        assert missing == [], (what, found)


def search_everywhere(
    team: Team,
    new_context: Callable[..., BrowserContext],
    tmp_path: Path,
    *,
    postgres_url: str | None = None,
    hears_frames: bool = True,
) -> None:
    """Connect, run, share; then search. On PostgreSQL all its rows are searched, and backups are its own tools'."""
    origin = team.origin
    ada, bob = new_context().new_page(), new_context().new_page()
    of_ada, of_bob = Heard(origin), Heard(origin)
    join(ada, team.first_link, "Ada")
    join(bob, invitation(ada, origin), "Bob")
    of_ada.listen(ada)
    of_bob.listen(bob)

    hidden = {"token": canary("token"), "base path": canary("base"), "folder": canary("folder"), "user": canary("user")}
    home = tmp_path / "elsewhere" / hidden["folder"]
    home.mkdir(parents=True)
    flags = [*server_flags(origin), f"--ServerApp.base_url=/{hidden['base path']}/"]
    who = {name: hidden["user"] for name in ("USER", "LOGNAME", "LNAME", "USERNAME")}
    with jupyter("server", home, *flags, token=hidden["token"], env=who) as runtime:
        url = f"{runtime.url}/{hidden['base path']}"
        port = urlsplit(url).port
        ada.goto(origin)
        ada.get_by_role("button", name="New notebook").click()
        type_source(ada, 1, f"print('{SHARED}')")
        connect(ada, f"{url}/?token={runtime.token}")
        run_cell(ada, 1)
        ran(ada, 1)
        saved(ada)
        kernels = ada.request.get(f"{url}/api/kernels", headers={"Authorization": f"token {runtime.token}"}).json()
        sessions = ada.request.get(f"{url}/api/sessions", headers={"Authorization": f"token {runtime.token}"}).json()
        hidden |= {"kernel id": kernels[0]["id"], "session id": sessions[0]["id"], "address": f"127.0.0.1:{port}"}
        hidden |= {"folder of the runtime": str(home), "port": f":{port}/"}
        if not socket.gethostname().startswith("localhost") and len(socket.gethostname()) > 4:
            hidden["host name"] = socket.gethostname()

        notebook = ada.url.rpartition("/")[2]
        ada.get_by_role("button", name="Share").click()
        sharing = ada.get_by_role("dialog", name="Share notebook")
        sharing.get_by_label("Add a person").fill("bob")
        sharing.get_by_role("button", name=re.compile("Role$")).first.click()
        ada.get_by_role("option", name=re.compile("^Editor")).click()
        sharing.get_by_role("button", name="Share", exact=True).click()
        expect(sharing.get_by_role("button", name="Remove Bob")).to_be_visible()
        bob.goto(f"{origin}/n/{notebook}")
        expect(source(bob, 1)).to_contain_text(SHARED)
        # Who ran it, where and when is told in words, and that the text is another one by now.
        expect(bob.get_by_text(re.compile("^Run by Ada, on their own machine, .*[0-9]"))).to_be_visible()
        expect(bob.get_by_text("Edited since this ran")).to_have_count(0)
        source(bob, 1).press("Control+End")
        bob.keyboard.insert_text("  # changed")
        for page in (ada, bob):
            expect(page.get_by_text("Edited since this ran")).to_be_visible()
        # They are there together: presence says on whose machine it runs, and no more.
        ada.keyboard.press("Escape")
        source(ada, 1).click()
        expect(bob.get_by_label("Also here:").first).to_be_visible()
        of_bob.answered += [("page", bob.content().encode())]
        plant(bob, SHARED)
        of_bob.answered += [(f"kept: {where}", data) for where, data in kept_by(bob)]
        home_of_bob = bob.request.get(f"{origin}/api/v1/home").json()
        me = bob.request.get(f"{origin}/api/v1/session").json()["person"]["id"]
        ids = {
            "notebook_id": notebook,
            "folder_id": home_of_bob["folders"][0]["id"],
            "person_id": me,
            "sha256": "0" * 64,
        }
        of_bob.answered += every_answer(bob, origin, ids)

    runhere = [sys.executable, "-m", "runhere_hub.cli.main"]
    backup = [] if postgres_url is not None else [["backup", str(tmp_path / "backup.tar.gz")]]
    for words in (["export", "--out", str(tmp_path / "export")], *backup):
        subprocess.run([*runhere, *words, "--config", str(team.config)], check=True, capture_output=True, timeout=60)
    ada.context.close()
    bob.context.close()
    team.program.stop()

    kept = [*in_files(tmp_path / "data", tmp_path / "export", *([tmp_path / "backup.tar.gz"] if backup else []))]
    kept += [] if postgres_url is None else [("hub.db: every row", everything_stored(postgres_url).encode())]
    logs = [("log", line.encode()) for line in team.program.lines]
    told = [(f"told: {where}", data) for where, data in of_ada.told]
    answered = [(f"answered: {where}", data) for where, data in of_bob.answered]
    assert finds(hidden, [*kept, *logs, *told, *answered]) == []
    # The same search finds what is shared in each of these places, so it would have found what is not.
    shared = {"source": SHARED}
    found = finds(shared, [*kept, *told, *answered])
    outside(shared, found, "hub.db:", "export/", "answered: page", *["backup.tar.gz:" for _ in backup])
    outside(shared, found, *(["told: frame", "answered: frame"] if hears_frames else []))
    outside(shared, found, *[f"answered: kept: {place}" for place in PLACES])
    outside(shared, found, "answered: /api/v1/notebooks/{notebook_id}/download", "answered: /api/v1/search")
    assert finds({"notebook": notebook}, logs) != []


# What a page tells the hub is the same code in every browser; the search is long.
@pytest.mark.parametrize("browser_name", ["chromium"], indirect=True)
def test_a_connected_run_and_shared_notebook_leads_nobody_to_its_runtime(
    team: Team, new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    search_everywhere(team, new_context, tmp_path)


# The same once more where everything else is other.
@pytest.mark.parametrize("browser_name", ["firefox"], indirect=True)
def test_a_shared_notebook_leads_nobody_to_its_runtime_in_firefox_on_postgresql(
    new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed here (initdb and postgres)")
    with (
        postgres.throw_away_cluster(binaries) as url,
        team_hub(tmp_path, f'database_url = "{url}"', log_level="debug") as team,
    ):
        # What passes through sockets is not told by Firefox; what the hub made of it is in the rows and the log.
        search_everywhere(team, new_context, tmp_path, postgres_url=url, hears_frames=False)


@pytest.mark.parametrize("form", range(len(forms("canary"))))
def test_the_search_finds_a_planted_secret_in_every_form(form: int) -> None:
    secret = canary("planted")
    hay = bytes(range(256)) * 4
    assert not holds(hay, secret)
    assert holds(hay + forms(secret)[form] + hay, secret)
    assert holds(hay + forms(secret)[form].upper() + hay, secret)
    assert holds(hay + gzip.compress(hay + forms(secret)[form]), secret)


def test_no_form_of_a_port_is_so_short_that_it_is_found_by_chance() -> None:
    assert min(len(form) for form in forms(":20649/")) >= len(":20649/")


@pytest.mark.parametrize("offset", range(6))
def test_the_search_finds_a_planted_secret_in_base64_wherever_it_stands(offset: int) -> None:
    secret = canary("planted")
    assert holds(base64.b64encode(b"?" * offset + secret.encode() + b"behind it"), secret)
