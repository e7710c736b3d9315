"""A room and its file: real files, a real database, a real watcher; pages made of pycrdt."""

import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Map

from runhere_hub.core import ipynb
from runhere_hub.core.errors import DiskFull, NotebookInvalid, NotebookNeedsUpgrade, Unavailable
from runhere_hub.rooms import bound_file as bound_file_module
from runhere_hub.rooms.open_room import OpenRoom
from runhere_hub.services import rooms as room_service
from runhere_hub.store import audit, file_bases, notebooks, tables
from runhere_hub.store.session import Connection, Database
from runhere_hub.testing.bound_hub import FOLDER, BoundHub, bound_file, prepare, sources, text_of, until
from runhere_hub.testing.corpus import corpus
from runhere_hub.testing.small_hub import ADA, NOTEBOOK, Seat, add_notebook, pump


@pytest.fixture
async def hub(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[BoundHub]:
    shutil.copy(sqlite_template, tmp_path / "hub.sqlite3")
    db = Database.open(f"sqlite:///{tmp_path / 'hub.sqlite3'}")
    folder = tmp_path.resolve() / "notebooks"
    folder.mkdir()

    def begin(conn: Connection) -> None:
        person = {"id": ADA.id, "name": ADA.name, "color": ADA.color, "created_at": 0}
        conn.execute(tables.people.insert().values(**person))
        prepare(conn, folder)

    db.write_now(begin)
    running = BoundHub(db, folder)
    running.file.write_text(text_of("one = 1", "two = 2", "three = 3"), encoding="utf-8")
    await running.start()
    yield running
    await running.stop()
    db.close()


def state(room: OpenRoom) -> str | None:
    return room.room.file.state if room.room.file is not None else None


def first_ids(seat: Seat) -> list[str]:
    cells = {key: seat.page.cells[key] for key in seat.page.cells.keys()}  # noqa: SIM118 - a pycrdt map
    return sorted(
        (key for key in cells if not cells[key].get("deleted")), key=lambda key: (cells[key]["position"], key)
    )


def openable() -> list[Path]:
    found = []
    for path in corpus():
        try:
            ipynb.parse(path.read_text(encoding="utf-8"))
        except (NotebookInvalid, NotebookNeedsUpgrade):
            continue
        found.append(path)
    return found


@pytest.mark.skipif(not corpus(), reason="there is no folder of real notebooks; RUNHERE_CORPUS names one")
@pytest.mark.parametrize("path", openable(), ids=lambda path: path.name)
async def test_opening_and_closing_writes_nothing(hub: BoundHub, path: Path) -> None:
    shutil.copy(path, hub.file)
    before = hub.file.stat()
    for _ in range(2):  # the second time the document comes from the database
        room = await hub.room()
        await hub.bound.flush(NOTEBOOK)
        assert state(room) == "written"
        await hub.registry.close_room(NOTEBOOK)
    assert hub.file.read_bytes() == path.read_bytes()
    assert hub.file.stat() == before or hub.file.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("minor", [4, 5])
async def test_an_edit_is_written_and_nothing_else_changes(hub: BoundHub, minor: int) -> None:
    hub.file.write_text(text_of("one = 1", "two = 2", minor=minor), encoding="utf-8")
    seat = await hub.page()
    seat.page.type(first_ids(seat)[1], 0, "# é\n")
    assert state(seat.room) == "pending"
    await until(lambda: sources(hub.file)[1] != "two = 2")
    assert hub.file.read_text(encoding="utf-8") == text_of("one = 1", "# é\ntwo = 2", minor=minor).replace(
        "\\u00e9", "é"
    )
    await until(lambda: state(seat.room) == "written")


async def test_a_change_outside_comes_into_the_open_page_and_keeps_what_is_typed(hub: BoundHub) -> None:
    seat = await hub.page()
    ids = first_ids(seat)
    seat.page.type(ids[0], 0, "typed = 0\n")
    hub.file.write_text(text_of("one = 1", "two = 22", "three = 3", "four = 4"), encoding="utf-8")
    await until(lambda: pump(seat) or seat.page.text(ids[1]) == "two = 22")
    wanted = ["typed = 0\none = 1", "two = 22", "three = 3", "four = 4"]
    await until(lambda: pump(seat) or [seat.page.text(name) for name in first_ids(seat)] == wanted)
    await until(lambda: sources(hub.file) == wanted)
    await until(lambda: state(seat.room) == "written")


async def test_outside_changes_of_a_file_without_ids_go_to_the_right_cells(hub: BoundHub) -> None:
    hub.file.write_text(text_of("one = 1", "", "two = 2", "", minor=4), encoding="utf-8")
    seat = await hub.page()
    ids = first_ids(seat)
    seat.page.type(ids[2], 0, "typed = 0\n")
    await until(lambda: "typed" in hub.file.read_text(encoding="utf-8"))
    hub.file.write_text(text_of("zero = 0", "one = 1", "", "typed = 0\ntwo = 22", "", minor=4), encoding="utf-8")
    await until(lambda: pump(seat) or seat.page.text(ids[2]) == "typed = 0\ntwo = 22")
    assert first_ids(seat)[1:] == ids
    assert '"id"' not in hub.file.read_text(encoding="utf-8")


async def test_clashing_changes_are_both_kept_marked_and_told_until_one_is_deleted(hub: BoundHub) -> None:
    seat = await hub.page()
    ids = first_ids(seat)
    async with bound_file(hub).held():
        seat.page.type(ids[0], 0, "ours ")
        hub.file.write_text(text_of("theirs one = 1", "two = 2", "three = 3"), encoding="utf-8")
    await until(lambda: state(seat.room) == "conflict")
    await until(lambda: sources(hub.file) == ["ours one = 1", "theirs one = 1", "two = 2", "three = 3"])
    await until(lambda: pump(seat) or len(first_ids(seat)) == 4)
    assert seat.room.room.file is not None
    assert "delete the one" in str(seat.room.room.file.message)
    twin = first_ids(seat)[1]
    assert json.loads(hub.file.read_text(encoding="utf-8"))["cells"][1]["metadata"] == {
        "runhere": {"conflict": {"of": ids[0], "side": "file"}}
    }
    seat.page.edit(lambda: seat.page.cells[twin].update({"deleted": 1.0}))
    await until(lambda: state(seat.room) == "written")
    assert sources(hub.file) == ["ours one = 1", "two = 2", "three = 3"]


CONFLICTED = text_of("one = 1", "two = 2", "three = 3").replace(
    '    "two = 2"', '<<<<<<< HEAD\n    "two = 2"\n=======\n    "two = 22"\n>>>>>>> branch'
)


@pytest.mark.parametrize(
    ("damaged", "expected", "code", "facts"),
    [
        (CONFLICTED.encode(), "conflict", "conflict_markers", {"line"}),
        (b"{", "invalid", "invalid_at", {"line", "column"}),
        (b"", "invalid", "invalid_at", {"line", "column"}),
        (b'{"nbformat": 4, "cells": 1}', "invalid", "invalid_at", {"line", "column"}),
        (b'{"nbformat": 3, "worksheets": []}', "invalid", "old_format", {"format"}),
        (b"caf\xe9", "unreadable", "no_text", {"byte"}),
    ],
    ids=["conflict markers", "no JSON", "empty", "no notebook", "old format", "no UTF-8"],
)
async def test_writing_stops_until_a_damaged_file_is_mended(
    hub: BoundHub, damaged: bytes, expected: str, code: str, facts: set[str]
) -> None:
    seat = await hub.page()
    hub.file.write_bytes(damaged)
    await until(lambda: state(seat.room) == expected)
    told = seat.room.room.file
    assert told is not None
    assert [(reason.code, set(reason.facts)) for reason in told.reasons] == [(code, facts)]
    seat.page.type(first_ids(seat)[0], 0, "typed ")
    await hub.bound.flush(NOTEBOOK)
    assert state(seat.room) == expected
    assert hub.file.read_bytes() == damaged
    hub.file.write_text(text_of("one = 1", "two = 2", "three = 33"), encoding="utf-8")
    await until(lambda: state(seat.room) == "written")
    assert sources(hub.file) == ["typed one = 1", "two = 2", "three = 33"]


async def test_conflict_markers_are_called_what_they_are_with_their_line(hub: BoundHub) -> None:
    seat = await hub.page()
    hub.file.write_text(CONFLICTED, encoding="utf-8")
    await until(lambda: state(seat.room) == "conflict")
    line = CONFLICTED[: CONFLICTED.index("<<<<<<<")].count("\n") + 1
    assert seat.room.room.file is not None
    assert f"git's conflict markers (<<<<<<<, =======, >>>>>>>), from line {line} on" in str(
        seat.room.room.file.message
    )


async def test_metadata_that_clashed_is_told_and_ours_is_kept(hub: BoundHub) -> None:
    seat = await hub.page()
    ids = first_ids(seat)
    whole = json.loads(hub.file.read_text(encoding="utf-8"))
    whole["cells"][0]["metadata"] = {"tags": ["theirs"]}
    whole["metadata"] = {"title": "theirs"}
    async with bound_file(hub).held():
        seat.page.edit(lambda: seat.page.cells[ids[0]]["metadata"].update({"tags": '["ours"]'}))
        seat.page.edit(lambda: seat.page.doc.get("metadata", type=Map).update({"title": '"ours"'}))
        hub.file.write_text(json.dumps(whole, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    await until(lambda: json.loads(hub.file.read_text(encoding="utf-8"))["metadata"] == {"title": "ours"})
    await until(lambda: state(seat.room) == "written")
    assert seat.room.room.file is not None
    assert seat.room.room.file.message == (
        "Metadata of the notebook and of one cell was changed here and in the file in different ways; "
        "what was set here is kept."
    )
    assert json.loads(hub.file.read_text(encoding="utf-8"))["cells"][0]["metadata"] == {"tags": ["ours"]}
    hub.file.write_text(text_of("one = 1", "two = 22", "three = 3"), encoding="utf-8")
    await until(lambda: pump(seat) or seat.page.text(ids[1]) == "two = 22")
    await until(lambda: seat.room.room.file is not None and seat.room.room.file.message is None)


LONG = "0123456789" * 10_000 + "\n"  # goes into the blob store


async def test_an_output_whose_blob_is_lost_stays_in_the_file_and_is_told(hub: BoundHub) -> None:
    hub.file.write_text(text_of("one = 1", "two = 2", o0=LONG, o1="short\n"), encoding="utf-8")
    seat = await hub.page()
    assert len(hub.blobs._blobs) == 1
    assert seat.room.room.file is not None
    assert seat.room.room.file.message is None
    hub.blobs._blobs.clear()
    seat.page.type(first_ids(seat)[0], 0, "typed ")
    run_frames(seat, first_ids(seat)[1], "two = 2", "hello\n")
    await until(lambda: "hello" in hub.file.read_text(encoding="utf-8"))
    cells = ipynb.parse(hub.file.read_text(encoding="utf-8")).notebook.cells
    assert [cell.source for cell in cells] == ["typed one = 1", "two = 2"]
    assert cells[0].outputs == ({"output_type": "stream", "name": "stdout", "text": LONG},)
    await until(lambda: state(seat.room) == "written")
    assert "missing from the hub's store; the file keeps what it had" in str(seat.room.room.file.message)


async def test_a_deleted_file_is_told_and_not_made_again_until_it_is_put_back(hub: BoundHub) -> None:
    seat = await hub.page()
    text = hub.file.read_text(encoding="utf-8")
    hub.file.unlink()
    seat.page.type(first_ids(seat)[0], 0, "typed ")
    await until(lambda: state(seat.room) == "missing")
    await hub.bound.flush(NOTEBOOK)
    assert not hub.file.exists()
    hub.file.write_text(text, encoding="utf-8")
    await until(lambda: state(seat.room) == "written")
    assert sources(hub.file)[0] == "typed one = 1"


async def test_a_rename_is_followed(hub: BoundHub) -> None:
    seat = await hub.page()
    (hub.folder / "sub").mkdir()
    new = hub.folder / "sub" / "renamed.ipynb"
    hub.file.rename(new)
    await until(lambda: bound_file(hub).path == new)
    row = await hub.db.read(lambda conn: notebooks.get(conn, NOTEBOOK))
    assert row is not None
    assert row.path == "sub/renamed.ipynb"
    log = await hub.db.read(lambda conn: audit.entries(conn, person_id=None, limit=1))
    assert [one.action for one in log] == ["notebook_moved"], "open pages are looked at again"
    seat.page.type(first_ids(seat)[0], 0, "typed ")
    await until(lambda: sources(new)[0] == "typed one = 1")
    await until(lambda: state(seat.room) == "written")
    assert not hub.file.exists()


async def test_a_copy_is_not_taken_for_the_deleted_file(hub: BoundHub) -> None:
    """Nor is another notebook's file, even if it appears in the same moment."""
    copy = hub.folder / "copy.ipynb"
    shutil.copy(hub.file, copy)
    await hub.db.write(lambda conn: add_notebook(conn, "2" * 32, folder_id=FOLDER, path="copy.ipynb"))
    seat = await hub.page()
    os.utime(copy)
    hub.file.unlink()
    await until(lambda: state(seat.room) == "missing")
    seat.page.type(first_ids(seat)[0], 0, "typed ")
    await hub.bound.flush(NOTEBOOK)
    assert sources(copy)[0] == "one = 1"
    assert not hub.file.exists()


async def test_a_full_disk_is_told_and_the_file_written_when_there_is_room(
    hub: BoundHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Injected: filling the disk would stop the database as well."""
    seat = await hub.page()
    text = hub.file.read_text(encoding="utf-8")
    really = bound_file_module.write_atomically

    def refuse(*_: object, **__: object) -> None:
        raise DiskFull("There is no space.")

    monkeypatch.setattr(bound_file_module, "write_atomically", refuse)
    seat.page.type(first_ids(seat)[0], 0, "typed ")
    await until(lambda: state(seat.room) == "disk_full")
    assert hub.file.read_text(encoding="utf-8") == text
    monkeypatch.setattr(bound_file_module, "write_atomically", really)
    await hub.bound.flush(NOTEBOOK)
    assert sources(hub.file)[0] == "typed one = 1"
    assert state(seat.room) == "written"


async def test_a_file_changed_at_the_moment_of_writing_is_merged_first(
    hub: BoundHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    seat = await hub.page()
    really = bound_file_module.write_atomically
    turns = []

    def overtaken(path: Path, text: str, *, expected_sha256: str | None) -> object:
        if not turns:
            path.write_text(text_of("one = 1", "two = 2", "three = 33"), encoding="utf-8")
        turns.append(text)
        return really(path, text, expected_sha256=expected_sha256)

    monkeypatch.setattr(bound_file_module, "write_atomically", overtaken)
    seat.page.type(first_ids(seat)[0], 0, "typed ")
    await hub.bound.flush(NOTEBOOK)
    assert sources(hub.file) == ["typed one = 1", "two = 2", "three = 33"]
    assert len(turns) == 2


def run_frame(seat: Seat, n: int, event: dict[str, Any]) -> None:
    seat.page.send_frame({"type": "run", "run_id": "run-1", "epoch": 1, "n": n, "event": event})


def run_frames(seat: Seat, name: str, source: str, printed: str) -> None:
    """One run of a cell, from its beginning to its end."""
    digest = hashlib.sha256(source.encode()).hexdigest()
    runtime = {"kind": "local", "label": "here"}
    run_frame(
        seat, 0, {"type": "started", "cell_id": name, "source_digest": digest, "runtime": runtime, "started_at": 1}
    )
    output = {"output_type": "stream", "name": "stdout", "text": printed}
    run_frame(seat, 1, {"type": "outputs", "ops": [{"op": "output", "output": output}]})
    run_frame(seat, 2, {"type": "status", "status": "ok", "execution_count": 7, "finished_at": 2})


async def test_outputs_are_written_at_the_end_of_the_run(hub: BoundHub) -> None:
    seat = await hub.page()
    run_frames(seat, first_ids(seat)[0], "one = 1", "hello\n")
    await until(lambda: "hello" in hub.file.read_text(encoding="utf-8"))
    cell = json.loads(hub.file.read_text(encoding="utf-8"))["cells"][0]
    assert cell["outputs"] == [{"name": "stdout", "output_type": "stream", "text": ["hello\n"]}]
    assert cell["execution_count"] == 7
    await until(lambda: state(seat.room) == "written")


async def test_outputs_changed_outside_are_shown(hub: BoundHub) -> None:
    seat = await hub.page()
    changed = text_of("one = 1", "two = 2", "three = 3", o1="from papermill\n")
    hub.file.write_text(changed, encoding="utf-8")

    async def shown() -> tuple[Any, ...]:
        return (await seat.room.notebook()).cells[1].outputs

    await until_async(shown, ({"output_type": "stream", "name": "stdout", "text": "from papermill\n"},))
    await hub.bound.flush(NOTEBOOK)
    assert hub.file.read_text(encoding="utf-8") == changed


async def until_async(found: Callable[[], Awaitable[object]], wanted: object, limit_s: float = 30) -> None:
    async with asyncio.timeout(limit_s):
        while await found() != wanted:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)


async def test_acknowledged_edits_reach_the_file_after_the_hub_was_killed(hub: BoundHub) -> None:
    seat = await hub.page()
    async with bound_file(hub).held():
        seat.page.type(first_ids(seat)[0], 0, "typed ")
        await seat.room.flushed()
        await hub.kill()
    assert sources(hub.file)[0] == "one = 1"
    await hub.start()
    room = await hub.room()
    await until(lambda: sources(hub.file)[0] == "typed one = 1")
    await until(lambda: state(room) == "written")


@pytest.mark.parametrize("where", ["updates.append", "runs.save", "runs.save_heads", "file_bases.save"])
async def test_a_first_opening_that_is_cut_short_anywhere_clears_no_outputs(
    hub: BoundHub, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Document, runs and base are stored together, or nothing is."""
    text = text_of("one = 1", "two = 2", o0="kept\n")
    hub.file.write_text(text, encoding="utf-8")
    module, name = where.split(".")
    really = getattr(getattr(room_service, module), name)

    def cut_short(*arguments: Any) -> None:
        really(*arguments)
        raise Unavailable("The hub dies here.")

    with monkeypatch.context() as patched:
        patched.setattr(getattr(room_service, module), name, cut_short)
        with pytest.raises(Unavailable, match="dies here"):
            await hub.room()
    await hub.kill()

    def stored(conn: Connection) -> list[object]:
        kept = [tables.updates, tables.runs, tables.heads, tables.file_bases]
        return [row for table in kept for row in conn.execute(table.select())]

    assert await hub.db.read(stored) == []
    await hub.start()
    seat = await hub.page()
    assert (await seat.room.notebook()).cells[0].outputs
    seat.page.type(first_ids(seat)[1], 0, "typed ")
    await hub.bound.flush(NOTEBOOK)
    assert hub.file.read_text(encoding="utf-8") == text.replace("two = 2", "typed two = 2")


@pytest.mark.parametrize("minor", [4, 5])
async def test_a_base_that_was_not_kept_doubles_nothing(
    hub: BoundHub, monkeypatch: pytest.MonkeyPatch, minor: int
) -> None:
    """The hub dies between writing the file and keeping its base."""
    hub.file.write_text(text_of("one = 1", "two = 2", minor=minor), encoding="utf-8")
    seat = await hub.page()

    def refuse(*_: object) -> None:
        raise Unavailable("The database is gone.")

    monkeypatch.setattr(file_bases, "save", refuse)
    seat.page.type(first_ids(seat)[0], 0, "typed ")
    seat.page.insert("new-cell", "new = 0", position="zz")
    await hub.bound.flush(NOTEBOOK)
    wanted = ["typed one = 1", "two = 2", "new = 0"]
    assert sources(hub.file) == wanted
    text = hub.file.read_text(encoding="utf-8")
    monkeypatch.undo()
    await seat.room.flushed()
    await hub.kill()
    await hub.start()
    room = await hub.room()
    await hub.bound.flush(NOTEBOOK)
    assert [cell.source for cell in (await room.notebook()).cells] == wanted
    assert hub.file.read_text(encoding="utf-8") == text


async def test_a_change_behind_a_symbolic_link_is_seen(hub: BoundHub, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.ipynb"
    shutil.move(hub.file, elsewhere)
    os.symlink(elsewhere, hub.file)
    seat = await hub.page()
    elsewhere.write_text(text_of("one = 1", "two = 22", "three = 3"), encoding="utf-8")
    name = first_ids(seat)[1]
    await until(lambda: pump(seat) or seat.page.text(name) == "two = 22")
    seat.page.type(name, 0, "typed ")
    await hub.bound.flush(NOTEBOOK)
    assert hub.file.is_symlink()
    assert sources(elsewhere)[1] == "typed two = 22"


async def test_nothing_is_written_while_the_file_is_held(hub: BoundHub) -> None:
    seat = await hub.page()
    bound = bound_file(hub)
    new = hub.folder / "moved.ipynb"
    async with bound.held():
        seat.page.type(first_ids(seat)[0], 0, "typed ")
        flushing = asyncio.ensure_future(bound.flush())
        await asyncio.wait({flushing}, timeout=0.1)
        assert not flushing.done()
        hub.file.rename(new)
        bound.moved(new)
    await flushing
    assert sources(new)[0] == "typed one = 1"
    assert not hub.file.exists()
