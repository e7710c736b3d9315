"""The whole way of one edit: a page's socket, the room, the file, `git diff`. Nothing in between is pretended."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pycrdt import Doc, Map, Text, create_sync_message, create_update_message, handle_sync_message
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from runhere_hub.testing.processes import SignedIn, sign_in, starting
from runhere_hub.testing.serving import notebook_json

CORPUS = Path(os.environ.get("RUNHERE_CORPUS", Path(__file__).parents[4] / "shared" / "notebooks"))
NOT_WRITTEN_S = 20
"""When a test gives up. That it is due within two seconds is a rule, see core/bound_file.py and its tests."""


class Page:
    """One browser tab in a room."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.doc: Doc = Doc()
        self.cells = self.doc.get("cells", type=Map)
        self.frames: list[dict[str, object]] = []

    async def pump_until(self, done: Callable[[], bool], *, within_s: float = 30) -> None:
        """Take messages until something is so."""
        async with asyncio.timeout(within_s):
            while not done():
                message = await self.socket.recv()
                if isinstance(message, str):
                    self.frames.append(json.loads(message))
                elif message[0] == 0:
                    answer = handle_sync_message(message[1:], self.doc)
                    if answer is not None:
                        await self.socket.send(answer)

    def source(self, cell_id: str) -> Text:
        cell = self.cells[cell_id]
        return cell["source"]

    def last(self, kind: str) -> dict[str, object] | None:
        return next((f for f in reversed(self.frames) if f["type"] == kind), None)

    async def edit(self, work: Callable[[], None]) -> None:
        """Change the document as a page does, and wait until the hub says that it is durable."""
        updates: list[bytes] = []
        watching = self.doc.observe(lambda event: updates.append(event.update))
        work()
        self.doc.unobserve(watching)
        received = int((self.last("saved") or {"received": 0})["received"])
        for update in updates:
            await self.socket.send(create_update_message(update))
        await self.pump_until(
            lambda: int((self.last("saved") or {"received": 0})["received"]) >= received + len(updates)
        )


@asynccontextmanager
async def page(hub: SignedIn, notebook_id: str) -> AsyncIterator[Page]:
    """Open a notebook's room as the page does, and wait until its document is here."""
    url = hub.origin.replace("http", "ws", 1) + f"/api/v1/notebooks/{notebook_id}/room"
    headers = {"Cookie": hub.cookie}
    protocols = [Subprotocol("runhere.room.v1")]
    async with connect(url, origin=Origin(hub.origin), additional_headers=headers, subprotocols=protocols) as socket:
        tab = Page(socket)
        join = {"type": "join", "protocol": 1, "client_id": tab.doc.client_id, "browser_id": "b" * 8, "tab_id": "t" * 8}
        await socket.send(json.dumps(join))
        await socket.send(create_sync_message(tab.doc))
        await tab.pump_until(lambda: len(list(tab.cells.keys())) > 0)
        yield tab


Serve = Callable[[Path], SignedIn]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a real hub on a folder and signs in."""
    with starting(tmp_path / "home") as start:
        yield lambda folder: sign_in(
            start(folder, "--port", "0", "--no-browser", "--no-runtime", "--data", tmp_path / "data")
        )


def opened(hub: SignedIn, path: str) -> dict[str, str]:
    """Open a file of the first folder."""
    folder_id = hub.ask("GET", "/api/v1/home")[1]["folders"][0]["id"]
    status, notebook = hub.ask("POST", "/api/v1/notebooks/open", {"folder_id": folder_id, "path": path})
    assert status == 200, notebook
    return dict(notebook)


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True)
    return done.stdout


def repository(folder: Path) -> None:
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=t", "-c", "user.email=t@example", "commit", "-qm", "as it was")


async def changed(file: Path, before: bytes) -> None:
    """Until the file is another."""
    async with asyncio.timeout(NOT_WRITTEN_S):
        while file.read_bytes() == before:  # noqa: ASYNC110 - a file cannot be awaited
            await asyncio.sleep(0.02)


def corpus() -> list[Path]:
    return sorted(CORPUS.glob("colab/*.ipynb"))[:3] if CORPUS.is_dir() else []


@pytest.fixture(params=[*corpus(), None], ids=lambda f: f.name if f else "own")
def notebook_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A notebook in a git repository: real ones where the corpus is there, and one of our own, oddly written."""
    folder = tmp_path / "work"
    folder.mkdir()
    file = folder / "notebook.ipynb"
    if request.param is not None:
        shutil.copyfile(request.param, file)
    else:
        cells = [
            {
                "cell_type": "code",
                "source": f"x = {n}\nprint(x)",
                "metadata": {"odd": 1.0, "z": 0, "a": 0},
                "execution_count": None,
                "outputs": [],
            }
            for n in range(5)
        ]
        file.write_text(json.dumps({"nbformat_minor": 2, "nbformat": 4, "metadata": {}, "cells": cells}, indent=3))
    repository(folder)
    return file


async def test_an_edit_in_the_page_is_on_disk_within_two_seconds_as_a_one_cell_diff(
    notebook_file: Path, serve: Serve
) -> None:
    folder, before = notebook_file.parent, notebook_file.read_bytes()
    hub = serve(folder)
    notebook = opened(hub, "notebook.ipynb")
    async with page(hub, notebook["id"]) as tab:
        await tab.pump_until(lambda: tab.last("hello") is not None)
        assert notebook_file.read_bytes() == before, "opening must not write"
        code = next(cell_id for cell_id in tab.cells if tab.cells[cell_id]["type"] == "code")
        old = str(tab.source(code))
        await tab.edit(lambda: tab.source(code).insert(0, "# CANARY\n"))
        await changed(notebook_file, before)
    diff = git(folder, "diff", "-U0").splitlines()
    assert sum(line.startswith("@@") for line in diff) == 1, diff
    assert any(line.startswith("+") and "# CANARY" in line for line in diff)
    was, now = json.loads(before), json.loads(notebook_file.read_text())
    different = [n for n, (a, b) in enumerate(zip(was["cells"], now["cells"], strict=True)) if a != b]
    assert len(different) == 1
    changed_cell, old_cell = now["cells"][different[0]], was["cells"][different[0]]
    assert "".join(changed_cell["source"]) == "# CANARY\n" + old
    assert {**changed_cell, "source": None} == {**old_cell, "source": None}
    assert {k: v for k, v in now.items() if k != "cells"} == {k: v for k, v in was.items() if k != "cells"}


async def test_renaming_file_or_directory_in_the_page_keeps_an_open_room_writing_into_it(
    tmp_path: Path, serve: Serve
) -> None:
    work = tmp_path / "work"
    folder = work / "in"
    folder.mkdir(parents=True)
    cells = [
        {"cell_type": "code", "id": "one", "source": ["x"], "metadata": {}, "execution_count": None, "outputs": []}
    ]
    (folder / "a.ipynb").write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    )
    hub = serve(work)
    notebook = opened(hub, "in/a.ipynb")
    async with page(hub, notebook["id"]) as tab:
        await tab.edit(lambda: tab.source("one").insert(0, "before "))
        url = f"/api/v1/notebooks/{notebook['id']}"
        status, moved = hub.ask("PATCH", url, {"name": "b"})
        assert (status, moved["path"]) == (200, "in/b.ipynb")
        renamed = folder / "b.ipynb"
        assert "before x" in renamed.read_text(), "the edit before the rename went with the file"
        was = renamed.read_bytes()
        await tab.edit(lambda: tab.source("one").insert(0, "after "))
        await changed(renamed, was)
        assert "after before x" in renamed.read_text()
        # And its directory, while there is something that the file lacks.
        await tab.edit(lambda: tab.source("one").insert(0, "still "))
        directory = {"path": "in", "to": "out"}
        assert hub.ask("PATCH", f"/api/v1/folders/{notebook['folder_id']}/folders", directory)[0] == 200
        moved_along = work / "out" / "b.ipynb"
        assert "still after before x" in moved_along.read_text(), "the edit before the move went with the directory"
        was = moved_along.read_bytes()
        await tab.edit(lambda: tab.source("one").insert(0, "here "))
        await changed(moved_along, was)
    assert "here still after before x" in moved_along.read_text()
    assert [str(f.relative_to(work)) for f in work.rglob("*.ipynb")] == ["out/b.ipynb"]


async def test_trashing_an_open_notebook_sends_its_pages_away_with_everything_in_the_trashed_file(
    tmp_path: Path, serve: Serve
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    cells = [
        {"cell_type": "code", "id": "one", "source": ["x"], "metadata": {}, "execution_count": None, "outputs": []}
    ]
    (folder / "a.ipynb").write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    )
    hub = serve(folder)
    notebook = opened(hub, "a.ipynb")
    url = f"/api/v1/notebooks/{notebook['id']}"
    async with page(hub, notebook["id"]) as tab:
        await tab.edit(lambda: tab.source("one").insert(0, "last words "))
        assert hub.ask("DELETE", url)[0] == 204
        with pytest.raises(ConnectionClosed) as closed:
            await tab.pump_until(lambda: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4404
    assert not (folder / "a.ipynb").exists()
    assert hub.ask("POST", f"/api/v1/trash/{notebook['id']}/restore", {})[0] == 200
    assert "last words x" in (folder / "a.ipynb").read_text()


async def test_stopping_the_hub_tells_open_pages_and_writes_what_they_typed(tmp_path: Path, serve: Serve) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "a.ipynb").write_text(notebook_json("x"))
    hub = serve(folder)
    notebook = opened(hub, "a.ipynb")
    async with page(hub, notebook["id"]) as tab:
        await tab.edit(lambda: tab.source("cell-0").insert(0, "last words "))
        hub.started.process.send_signal(signal.SIGINT)
        with pytest.raises(ConnectionClosed) as closed:
            await tab.pump_until(lambda: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
    assert await asyncio.to_thread(hub.started.process.wait, 20) == 0
    assert "last words x" in (folder / "a.ipynb").read_text()


async def test_a_change_outside_comes_into_the_open_page(tmp_path: Path, serve: Serve) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    file = folder / "a.ipynb"
    file.write_text(notebook_json("one", "two"))
    hub = serve(folder)
    notebook = opened(hub, "a.ipynb")
    async with page(hub, notebook["id"]) as tab:
        file.write_text(notebook_json("one", "two, changed by git"))
        await tab.pump_until(lambda: str(tab.source("cell-1")) == "two, changed by git")
        assert str(tab.source("cell-0")) == "one"
    assert file.read_text() == notebook_json("one", "two, changed by git")


async def test_versions_are_named_read_and_restored_into_the_file(tmp_path: Path, serve: Serve) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    file = folder / "a.ipynb"
    file.write_text(notebook_json("first"))
    (folder / "b.ipynb").write_text(notebook_json("other"))
    hub = serve(folder)
    notebook, other = opened(hub, "a.ipynb"), opened(hub, "b.ipynb")
    versions = f"/api/v1/notebooks/{notebook['id']}/revisions"
    async with page(hub, notebook["id"]) as tab:
        status, revision = hub.ask("POST", versions, {"name": "good"})
        assert (status, revision["name"], revision["kind"]) == (201, "good", "named")
        await tab.edit(lambda: tab.source("cell-0").insert(0, "worse than "))
        assert hub.ask("GET", f"{versions}/{revision['id']}")[1] == {
            "cells": [{"cell_id": "cell-0", "type": "code", "source": "first"}]
        }
        elsewhere = f"/api/v1/notebooks/{other['id']}/revisions/{revision['id']}"
        assert hub.ask("GET", elsewhere)[0] == 404
        assert hub.ask("POST", f"{elsewhere}/restore", {})[0] == 404
        assert hub.ask("PATCH", elsewhere, {"name": "mine"})[0] == 404
        assert hub.ask("PATCH", f"{versions}/{revision['id']}", {"name": "better"})[1]["name"] == "better"
        status, done = hub.ask("POST", f"{versions}/{revision['id']}/restore", {})
        assert (status, done["after"]["restored_from"], done["before"]["editors"]) == (
            200,
            revision["id"],
            [revision["person"]],
        )
        await tab.pump_until(lambda: str(tab.source("cell-0")) == "first")
    assert [r["id"] for r in hub.ask("GET", versions)[1]["revisions"]].count(revision["id"]) == 1
    assert hub.ask("GET", versions)[1]["revisions"][-1]["person"]["id"]
