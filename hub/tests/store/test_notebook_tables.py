"""Updates, runs, heads, revisions, bases, blobs and authorship, as stored."""

from functools import partial

import pytest

from runhere_hub.core.errors import NotFound
from runhere_hub.core.outputs import Folded
from runhere_hub.core.run_records import Asker, Run, RunsState
from runhere_hub.store import authorship, blobs, file_bases, revisions, runs, tables, updates
from runhere_hub.store.authorship import Authored
from runhere_hub.store.file_bases import FileBase
from runhere_hub.store.revisions import Revision, RevisionInfo
from runhere_hub.store.session import Connection, Database
from runhere_hub.store.updates import Snapshot, StoredUpdate

OWNER, NOTEBOOK, OTHER = "0" * 32, "1" * 32, "2" * 32


@pytest.fixture
def notebooks(db: Database) -> Database:
    """Two notebooks."""

    def add(conn: Connection) -> None:
        for notebook_id in (NOTEBOOK, OTHER):
            conn.execute(tables.notebooks.insert().values(id=notebook_id, owner_id=OWNER, seq=0, created_at=0))

    db.write_now(add)
    return db


async def test_sequence_numbers_grow_and_belong_to_one_notebook(notebooks: Database) -> None:
    assert await notebooks.write(lambda conn: updates.take_seq(conn, NOTEBOOK, 3)) == 3
    assert await notebooks.write(lambda conn: updates.take_seq(conn, OTHER, 1)) == 1
    assert await notebooks.write(lambda conn: updates.take_seq(conn, NOTEBOOK, 1)) == 4
    with pytest.raises(NotFound):
        await notebooks.write(lambda conn: updates.take_seq(conn, "3" * 32, 1))


async def test_the_log_gives_back_what_came_behind_a_number_in_order(notebooks: Database) -> None:
    stored = [StoredUpdate(n, OWNER if n % 2 else None, "p", bytes([n])) for n in (1, 2, 3)]
    await notebooks.write(lambda conn: updates.append(conn, NOTEBOOK, stored))
    await notebooks.write(lambda conn: updates.append(conn, NOTEBOOK, []))
    assert await notebooks.read(lambda conn: updates.after(conn, NOTEBOOK, 1)) == stored[1:]
    assert await notebooks.read(lambda conn: updates.after(conn, OTHER, 0)) == []


async def test_a_snapshot_replaces_the_updates_that_it_holds(notebooks: Database) -> None:
    stored = [StoredUpdate(n, None, "p", bytes([n])) for n in (1, 2, 3)]
    await notebooks.write(lambda conn: updates.append(conn, NOTEBOOK, stored))
    await notebooks.write(lambda conn: updates.append(conn, OTHER, stored))
    assert await notebooks.read(lambda conn: updates.snapshot(conn, NOTEBOOK)) is None
    assert await notebooks.write(lambda conn: updates.put_snapshot(conn, NOTEBOOK, Snapshot(2, b"12")))
    assert await notebooks.read(lambda conn: updates.snapshot(conn, NOTEBOOK)) == Snapshot(2, b"12")
    assert await notebooks.read(lambda conn: updates.after(conn, NOTEBOOK, 0)) == stored[2:]
    assert await notebooks.read(lambda conn: updates.after(conn, OTHER, 0)) == stored


async def test_an_older_snapshot_loses(notebooks: Database) -> None:
    stored = [StoredUpdate(9, None, "p", b"9")]
    await notebooks.write(lambda conn: updates.put_snapshot(conn, NOTEBOOK, Snapshot(5, b"5")))
    await notebooks.write(lambda conn: updates.append(conn, NOTEBOOK, stored))
    assert not await notebooks.write(lambda conn: updates.put_snapshot(conn, NOTEBOOK, Snapshot(5, b"again")))
    assert await notebooks.read(lambda conn: updates.snapshot(conn, NOTEBOOK)) == Snapshot(5, b"5")
    assert await notebooks.write(lambda conn: updates.put_snapshot(conn, NOTEBOOK, Snapshot(9, b"9")))
    assert await notebooks.read(lambda conn: updates.after(conn, NOTEBOOK, 0)) == []


async def test_client_ids_of_53_bits_are_kept(notebooks: Database) -> None:
    known = [(2**53 - 1, OWNER), (7, "a" * 32)]
    await notebooks.write(lambda conn: updates.register_clients(conn, NOTEBOOK, known))
    await notebooks.write(lambda conn: updates.register_clients(conn, NOTEBOOK, []))
    assert await notebooks.read(lambda conn: updates.load_clients(conn, NOTEBOOK)) == dict(known)
    assert await notebooks.read(lambda conn: updates.load_clients(conn, OTHER)) == {}


async def test_runs_come_back_as_they_were(notebooks: Database) -> None:
    asker = Asker("s", OWNER, "Ada", "browser", "tab")
    first = Run(
        run_id="r1",
        cell_id="c1",
        kind="executed",
        status="running",
        source_digest="0" * 64,
        person={"id": OWNER, "name": "Ada"},
        runtime={"kind": "local", "label": "laptop"},
        epoch=2,
        n=3,
        writer=asker,
        last_writer=asker,
        replaced="r0",
        folded=Folded(({"output_type": "stream", "name": "stdout", "text": "é\ud800"},), clear_pending=True),
    )
    second = Run(run_id="r2", cell_id="c2", kind="imported", status="ok", execution_count=4)

    def save(conn: Connection) -> None:
        runs.save(conn, NOTEBOOK, 7, [first, second])
        runs.save_heads(conn, NOTEBOOK, 7, {"c1": "r1", "c2": None})

    await notebooks.write(save)
    loaded = await notebooks.read(lambda conn: runs.load(conn, NOTEBOOK))
    assert loaded == RunsState({"r1": first, "r2": second}, {"c1": "r1", "c2": None})
    assert await notebooks.read(lambda conn: runs.load(conn, OTHER)) == RunsState()


async def test_only_what_changed_later_is_loaded(notebooks: Database) -> None:
    def save(conn: Connection) -> None:
        runs.save(conn, NOTEBOOK, 1, [Run("r1", "c1", "executed", "ok"), Run("r2", "c2", "executed", "ok")])
        runs.save_heads(conn, NOTEBOOK, 1, {"c1": "r1", "c2": "r2"})
        runs.save(conn, NOTEBOOK, 2, [Run("r2", "c2", "executed", "error")])
        runs.save_heads(conn, NOTEBOOK, 2, {"c1": None})

    await notebooks.write(save)
    later = await notebooks.read(lambda conn: runs.load(conn, NOTEBOOK, after=1))
    assert later == RunsState({"r2": Run("r2", "c2", "executed", "error")}, {"c1": None})


async def test_the_stored_epochs_are_told(notebooks: Database) -> None:
    made = [Run("r1", "c", "executed", "ok", epoch=3), Run("r2", "c", "imported", "ok")]
    await notebooks.write(lambda conn: runs.save(conn, NOTEBOOK, 1, made))
    found = await notebooks.read(lambda conn: runs.epochs(conn, NOTEBOOK, ["r1", "r2", "r3"]))
    assert found == {"r1": 3, "r2": 0}


async def test_removed_runs_are_gone(notebooks: Database) -> None:
    made = [Run(name, "c", "executed", "ok") for name in ("r1", "r2", "r3")]
    await notebooks.write(lambda conn: runs.save(conn, NOTEBOOK, 1, made))
    await notebooks.write(lambda conn: runs.remove(conn, NOTEBOOK, {"r1", "r3"}))
    await notebooks.write(lambda conn: runs.remove(conn, NOTEBOOK, set()))
    assert await notebooks.read(lambda conn: set(runs.load(conn, NOTEBOOK).runs)) == {"r2"}


def _revision(number: int, *, heads: dict[str, str | None]) -> Revision:
    info = RevisionInfo(f"{number:032}", NOTEBOOK, number, "named", f"v{number}", OWNER, number * 10)
    return Revision(info, bytes([number]), heads)


async def test_revisions_are_listed_newest_first_and_read_whole(notebooks: Database) -> None:
    made = [_revision(1, heads={"c": "r1", "d": None}), _revision(2, heads={"c": "r2"})]
    for one in made:
        await notebooks.write(partial(revisions.add, revision=one))
    assert await notebooks.read(lambda conn: revisions.all_of(conn, NOTEBOOK)) == [made[1].info, made[0].info]
    assert await notebooks.read(lambda conn: revisions.get(conn, made[0].info.id)) == made[0]
    assert await notebooks.read(lambda conn: revisions.runs_kept(conn, NOTEBOOK)) == {"r1", "r2"}
    assert await notebooks.read(lambda conn: revisions.runs_kept(conn, OTHER)) == set()
    with pytest.raises(NotFound):
        await notebooks.read(lambda conn: revisions.get(conn, "f" * 32))


async def test_a_file_base_is_replaced(notebooks: Database) -> None:
    assert await notebooks.read(lambda conn: file_bases.load(conn, NOTEBOOK)) is None
    for text in ("one", "two"):
        base = FileBase(text, "0" * 64, 2**60)
        await notebooks.write(partial(file_bases.save, notebook_id=NOTEBOOK, base=base))
    assert await notebooks.read(lambda conn: file_bases.load(conn, NOTEBOOK)) == FileBase("two", "0" * 64, 2**60)


async def test_a_blob_belongs_to_the_notebook_that_recorded_it(notebooks: Database) -> None:
    for _ in range(2):
        await notebooks.write(lambda conn: blobs.record(conn, NOTEBOOK, "a" * 64, size_bytes=5, now_ms=1))
    assert await notebooks.read(lambda conn: blobs.is_recorded(conn, NOTEBOOK, "a" * 64))
    assert not await notebooks.read(lambda conn: blobs.is_recorded(conn, OTHER, "a" * 64))
    assert not await notebooks.read(lambda conn: blobs.is_recorded(conn, NOTEBOOK, "b" * 64))


async def test_authorship_is_only_ever_added_to(notebooks: Database) -> None:
    rows = [Authored("c", "1" * 64, OWNER), Authored("c", "2" * 64, None), Authored("d", "3" * 64, OWNER)]
    await notebooks.write(lambda conn: authorship.append(conn, NOTEBOOK, 1, rows[:1]))
    await notebooks.write(lambda conn: authorship.append(conn, NOTEBOOK, 2, rows[1:]))
    await notebooks.write(lambda conn: authorship.append(conn, NOTEBOOK, 3, []))
    assert await notebooks.read(lambda conn: authorship.of_cell(conn, NOTEBOOK, "c")) == rows[:2]
