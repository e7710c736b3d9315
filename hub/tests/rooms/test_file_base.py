"""The base of a bound file: its text is here only while it is worked with."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from runhere_hub.core.errors import Unavailable
from runhere_hub.rooms.file_base import KeptBase
from runhere_hub.store import file_bases
from runhere_hub.store.file_bases import FileBase
from runhere_hub.store.session import Connection, Database
from runhere_hub.testing.bound_hub import BoundHub, prepare, sources, text_of, until
from runhere_hub.testing.small_hub import NOTEBOOK, add_notebook

ONE = FileBase(text_of("one = 1"), "1" * 64, 1)
TWO = FileBase(text_of("two = 2"), "2" * 64, 2)


@pytest.fixture
async def base(db: Database) -> KeptBase:
    """The base of a notebook whose file was read once."""

    def begin(conn: Connection) -> None:
        add_notebook(conn, NOTEBOOK)
        file_bases.save(conn, NOTEBOOK, ONE)

    await db.write(begin)
    kept = KeptBase(db, NOTEBOOK)
    await kept.load()
    return kept


async def text_now(base: KeptBase) -> str:
    opened = await base.open()
    assert opened is not None
    assert opened.notebook(opened.parsed.notebook) == opened.parsed.notebook
    return opened.text


async def test_at_rest_the_text_is_nowhere_but_in_the_database(db: Database, base: KeptBase) -> None:
    async def put(other: FileBase) -> None:
        await db.write(lambda conn: file_bases.save(conn, NOTEBOOK, other))

    await put(TWO)
    assert await text_now(base) == TWO.text, "nothing was kept when it was loaded"
    await put(ONE)
    assert await text_now(base) == TWO.text, "it is worked with"
    base.rest()
    assert await text_now(base) == ONE.text
    await base.keep(TWO)
    await put(ONE)
    assert await text_now(base) == ONE.text, "nothing is kept that nobody read"


async def test_a_text_that_could_not_be_stored_stays(base: KeptBase, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable("The database is gone.")

    monkeypatch.setattr(file_bases, "save", refuse)
    await base.keep(TWO)
    base.rest()
    assert await text_now(base) == TWO.text
    monkeypatch.undo()
    await base.keep(ONE)
    base.rest()
    assert await text_now(base) == ONE.text


async def test_without_what_stays_at_home_it_is_bare_and_has_the_files_hash(base: KeptBase) -> None:
    base.begin(FileBase(ONE.text, hashlib.sha256(ONE.text.encode()).hexdigest(), 1))
    assert base.mark is not None
    assert not base.mark.is_bare
    before = base.mark
    await base.make_bare(TWO.text)
    assert base.mark == replace(before, size_bytes=len(TWO.text), is_bare=True)
    assert await text_now(base) == TWO.text


async def test_a_file_that_was_never_read_has_none(db: Database) -> None:
    await db.write(lambda conn: add_notebook(conn, NOTEBOOK))
    base = KeptBase(db, NOTEBOOK)
    await base.load()
    assert (base.mark, await base.open()) == (None, None)
    await base.make_bare("nothing to strip")
    assert base.mark is None


async def test_a_file_waits_for_the_database_and_is_no_read_only_one(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    await db.write(lambda conn: prepare(conn, folder))
    hub = BoundHub(db, folder)
    hub.file.write_text(text_of("one = 1", "two = 2"), encoding="utf-8")
    await hub.start()
    try:
        seat = await hub.page()
        asked: list[str] = []
        load = file_bases.load

        def refuse(_conn: object, notebook_id: str) -> None:
            asked.append(notebook_id)
            raise Unavailable("The database is gone.")

        monkeypatch.setattr(file_bases, "load", refuse)
        seat.page.type(min(seat.page.cells.keys(), key=lambda key: seat.page.cells[key]["position"]), 0, "typed ")
        await until(lambda: len(asked) > 1)
        assert seat.room.room.file is not None
        assert (seat.room.room.file.state, sources(hub.file)) == ("pending", ["one = 1", "two = 2"])
        monkeypatch.setattr(file_bases, "load", load)
        await until(lambda: sources(hub.file) == ["typed one = 1", "two = 2"])
        assert hub.file.read_text(encoding="utf-8") == text_of("typed one = 1", "two = 2")
    finally:
        await hub.stop()
