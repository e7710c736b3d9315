"""What bound files, exports and revisions ask of a room."""

import hashlib
import json
from typing import Any

import pytest
from pycrdt import Map

from runhere_hub.core.errors import NotFound, Unavailable
from runhere_hub.core.notebook import Cell, CellId, Json, Notebook, Output
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.rooms import open_room
from runhere_hub.rooms.loading import Seeded
from runhere_hub.services import revisions
from runhere_hub.store import blobs, tables, updates
from runhere_hub.testing.pages import Page
from runhere_hub.testing.small_hub import ADA, BOB, NOTEBOOK, Hub, pump, settle

LARGE = "x" * 100_000
STREAM: Output = {"output_type": "stream", "name": "stdout", "text": LARGE}
IMAGE: Output = {"output_type": "display_data", "data": {"image/png": LARGE, "text/plain": "p"}, "metadata": {}}


async def shown(hub: Hub) -> list[tuple[str, int | None, list[Any]]]:
    """(source, count, outputs) of every cell, as an export has them."""
    notebook = await (await hub.open()).notebook()
    return [(cell.source, cell.execution_count, list(cell.outputs)) for cell in notebook.cells]


async def test_an_edit_of_the_hub_is_durable_when_it_returns_and_reaches_pages(hub: Hub) -> None:
    seat = await hub.seat()
    await seat.room.edit(lambda doc: doc.get("metadata", type=Map).__setitem__("title", '"x"'))
    stored = await hub.db.read(lambda conn: updates.after(conn, NOTEBOOK, 0))
    assert stored[-1].person_id is None
    pump(seat)
    assert seat.page.doc.get("metadata", type=Map)["title"] == '"x"'
    await seat.room.edit(lambda _doc: None)  # nothing to wait for


async def test_outputs_of_a_file_become_heads_and_come_back_without_blobs(hub: Hub) -> None:
    seat = await hub.seat()
    seat.page.insert("c1", "a", position="M")
    seat.page.insert("c2", "b", position="V")
    await seat.room.set_outputs({CellId("c1"): (3, (STREAM, IMAGE)), CellId("c2"): (None, ())})
    pump(seat)
    [head] = seat.page.take("head")
    image = head["run"]["outputs"][1]["data"]
    assert (head["run"]["kind"], image["text/plain"], image["image/png"]["size_bytes"]) == ("imported", "p", 100_002)
    name = image["image/png"]["$blob"]
    assert await hub.db.read(lambda conn: blobs.is_recorded(conn, NOTEBOOK, name))
    assert json.loads(await hub.blobs.get(name)) == LARGE
    assert await shown(hub) == [("a", 3, [STREAM, IMAGE]), ("b", None, [])]
    await seat.room.set_outputs({CellId("c1"): (None, ())})
    assert await shown(hub) == [("a", None, []), ("b", None, [])]


async def test_a_missing_blob_leaves_a_text_that_says_so(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    seat = await hub.seat()
    seat.page.insert("c1", "a")
    await seat.room.set_outputs({CellId("c1"): (3, (STREAM,))})
    [run] = seat.room.room.runs.state.runs.values()
    await hub.blobs.delete(run.folded.outputs[0]["text"]["$blob"])  # type: ignore[index,call-overload,arg-type]
    [(_, _, [output])] = await shown(hub)
    assert output["text"] == "[This part of the output is missing from the hub's store.]"
    assert "missing" in caplog.text


async def test_a_blob_that_only_another_notebook_has_is_missing_here(hub: Hub) -> None:
    secret = "secret " * 20_000
    data = json.dumps(secret).encode()
    name = hashlib.sha256(data).hexdigest()
    await hub.blobs.put(name, data)
    seat = await hub.seat()
    seat.page.insert("c1", "a")
    reference: Json = {"$blob": name, "size_bytes": len(data)}
    named: list[Output] = [
        {"output_type": "stream", "name": "stdout", "text": reference},
        {
            "output_type": "display_data",
            "data": {"text/plain": reference, "application/json": reference},
            "metadata": {},
        },
    ]
    await seat.room.set_outputs({CellId("c1"): (3, tuple(named))})
    [(_, _, outputs)] = await shown(hub)
    assert secret not in json.dumps(outputs)
    assert outputs[0]["text"] == "[This part of the output is missing from the hub's store.]"
    await hub.db.write(lambda conn: blobs.record(conn, NOTEBOOK, name, size_bytes=len(data), now_ms=0))
    await seat.room.set_outputs({CellId("c1"): (4, tuple(named))})
    [(_, _, [stream, display])] = await shown(hub)
    assert (stream["text"], display["data"]) == (secret, {"text/plain": secret, "application/json": secret})


async def test_display_ids_stay_out_of_an_export(hub: Hub) -> None:
    seat = await hub.seat()
    seat.page.insert("c1", "a")
    live: Output = {"output_type": "display_data", "data": {}, "metadata": {"runhere": {"display_id": "d"}, "k": 1}}
    await seat.room.set_outputs({CellId("c1"): (3, (live,))})
    assert await shown(hub) == [("a", 3, [{"output_type": "display_data", "data": {}, "metadata": {"k": 1}}])]


async def test_10a_outputs_of_a_file_are_dropped_where_they_are_omitted(hub: Hub) -> None:
    seat = await hub.seat()
    seat.page.insert("c1", "a")
    await seat.room.keep_outputs_home(AtHome(everything=True))
    await seat.room.set_outputs({CellId("c1"): (3, (STREAM,))})
    assert await shown(hub) == [("a", None, [])]
    assert await hub.db.read(lambda conn: conn.execute(tables.runs.select()).all()) == []


async def test_a_file_s_content_is_the_beginning_of_a_notebook(hub: Hub) -> None:
    calls = []

    async def seed(notebook_id: str) -> Seeded:
        calls.append(notebook_id)
        cells = (
            Cell(CellId("a"), "code", "1", outputs=(STREAM,), execution_count=2),
            Cell(CellId("b"), "markdown", "t"),
        )
        return Seeded(Notebook(4, 5, {"k": [1]}, cells))

    await hub.registry.close()
    hub.start(seed=seed)
    assert await shown(hub) == [("1", 2, [STREAM]), ("t", None, [])]
    await hub.registry.close()
    hub.start(seed=seed)
    assert await shown(hub) == [("1", 2, [STREAM]), ("t", None, [])]
    assert (await (await hub.open()).notebook()).metadata == {"k": [1]}
    assert calls == [NOTEBOOK]


# --- compaction ------------------------------------------------------------------------------------------------------


async def test_the_log_is_joined_while_people_type(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_room, "COMPACT_AFTER_UPDATES", 5)
    seat = await hub.seat()
    seat.page.insert("c1", "")
    for number in range(12):
        seat.page.type("c1", number, "x")
        await settle(seat)
    log = await hub.db.read(lambda conn: updates.after(conn, NOTEBOOK, -1))
    assert len(log) < 5
    await hub.registry.close()
    hub.start()
    again = await hub.seat(Page())
    assert again.page.text("c1") == "x" * 12


async def test_joining_forgets_runs_that_nobody_can_reach(hub: Hub) -> None:
    seat = await hub.seat()
    for number in range(4):
        await seat.room.set_outputs({CellId("c1"): (number, ())})
        if number == 1:
            await seat.room.revise(name="kept", person=ADA)
    assert len(seat.room.room.runs.state.runs) == 4
    await seat.room.compact()
    counts = {run.execution_count for run in seat.room.room.runs.state.runs.values()}
    stored = await hub.db.read(lambda conn: conn.execute(tables.runs.select()).all())
    assert (counts, len(stored)) == ({1, 2, 3}, 3)  # the revision's, the one just before, the head


async def test_tombstones_are_purged_after_30_days(hub: Hub) -> None:
    seat = await hub.seat()
    seat.page.insert("c1", "old", position="M")
    seat.page.insert("c2", "new", position="V")
    deleted = {"c1": hub.clock(), "c2": hub.clock() + 10 * 24 * 3600 * 1000}
    for cell_id, at in deleted.items():
        seat.page.edit(lambda c=cell_id, t=at: seat.page.cells[c].__setitem__("deleted", float(t)))  # type: ignore[misc]
    await settle(seat)
    await hub.registry.close()
    hub.clock.advance(s=31 * 24 * 3600)
    hub.start()
    room = await hub.open()
    assert list(room.doc.get("cells", type=Map).keys()) == ["c2"]


# --- revisions -------------------------------------------------------------------------------------------------------


async def test_restoring_a_revision_brings_text_and_outputs_back_and_loses_nothing(hub: Hub) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    ada.page.insert("c1", "one", position="M")
    ada.page.insert("c2", "two", position="V")
    await ada.room.set_outputs({CellId("c1"): (1, (STREAM,))})
    named = await ada.room.revise(name="First", person=ADA)
    ada.page.type("c1", 3, " changed")
    ada.page.edit(lambda: ada.page.cells["c2"].__setitem__("deleted", 5.0))
    ada.page.insert("c3", "three", position="X")
    await ada.room.set_outputs({CellId("c1"): (2, ())})
    await settle(ada, bob)

    await settle(ada, bob)
    bob.page.insert("c4", "four", position="Y")
    bob.page.edit(lambda: bob.page.cells["c4"].__setitem__("deleted", 5.0))
    await settle(ada, bob)

    done = await ada.room.restore(named.id, BOB)
    assert await shown(hub) == [("one", 1, [STREAM]), ("two", None, [])]
    pump(ada, bob)
    assert [page.text("c1") for page in (ada.page, bob.page)] == ["one", "one"]
    assert ada.page.text("c3") == "three"  # in its tombstone

    listed = await revisions.list_revisions(hub.db, NOTEBOOK)
    assert [(info.kind, info.name, info.person_id, info.editors, info.restored_from) for info in listed] == [
        ("restored", None, BOB.id, (BOB.id,), named.id),
        ("auto", None, None, (ADA.id, BOB.id), None),
        ("named", "First", ADA.id, (ADA.id,), None),
    ]
    assert (done.after, done.before, named) == tuple(listed)
    before = await revisions.read_revision(hub.db, done.before.id)
    assert [cell.source for cell in before.cells] == ["one changed", "three"]
    [had] = await revisions.read_outputs(hub.db, named.id)
    assert (had.cell_id, [output["text"].keys() for output in had.outputs]) == ("c1", [{"$blob", "size_bytes"}])
    assert await revisions.read_outputs(hub.db, done.before.id) == []
    again = await ada.room.restore(done.before.id, BOB)
    assert await shown(hub) == [("one changed", 2, []), ("three", None, [])]
    assert again.before == done.after  # nothing was kept twice


async def test_what_others_type_while_restoring_is_kept(hub: Hub) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    ada.page.insert("c1", "start")
    await settle(ada, bob)
    named = await ada.room.revise(name="First", person=ADA)
    ada.page.type("c1", 5, " more")
    await settle(ada, bob)
    bob.channel.take()
    await ada.room.restore(named.id, ADA)
    bob.page.type("c1", 0, ">")  # before the restored text reached Bob
    await settle(ada, bob)
    assert ada.page.text("c1") == bob.page.text("c1") == ">start"


async def test_a_revision_that_is_not_there_cannot_be_restored(hub: Hub) -> None:
    seat = await hub.seat()
    with pytest.raises(NotFound):
        await seat.room.restore("f" * 32, ADA)
    assert await revisions.list_revisions(hub.db, NOTEBOOK) == []


@pytest.mark.parametrize(("every_s", "minutes", "kept"), [(1, 11, 1), (None, 4.9, 0), (None, 5.1, 1)])
async def test_a_revision_is_kept_after_ten_minutes_of_editing_or_when_idle(
    hub: Hub, every_s: int | None, minutes: float, kept: int
) -> None:
    seat = await hub.seat()
    seat.page.insert("c1", "")
    for _ in range(int(minutes * 60 // 20)):
        hub.clock.advance(s=20)
        if every_s is not None:
            seat.page.type("c1", 0, "x")
        await hub.registry.tick()
        await settle(seat)
    await hub.registry.idle()
    assert len(await revisions.list_revisions(hub.db, NOTEBOOK)) == kept


async def test_a_room_that_closes_keeps_what_was_edited_as_a_revision(hub: Hub) -> None:
    seat = await hub.seat()
    seat.page.insert("c1", "x")
    await settle(seat)
    await hub.registry.close_room(NOTEBOOK)
    assert [info.kind for info in await revisions.list_revisions(hub.db, NOTEBOOK)] == ["auto"]
    await hub.seat()
    await hub.registry.close_room(NOTEBOOK)
    assert len(await revisions.list_revisions(hub.db, NOTEBOOK)) == 1  # nothing was edited since


async def test_an_edit_that_nobody_can_save_any_more_is_told(hub: Hub) -> None:
    room = await hub.open()
    await hub.registry.close_room(NOTEBOOK)
    with pytest.raises(Unavailable):
        await room.edit(lambda doc: doc.get("metadata", type=Map).__setitem__("a", "1"))
