"""The room, rule by rule of SPEC section 2. Messages are pumped by hand; nothing sleeps."""

import asyncio
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from pycrdt import Doc, Map, Text

from runhere_hub.core import yjs_bytes
from runhere_hub.core.bound_file import lost_outputs_note, markers_message
from runhere_hub.core.presence import Entry, read, write
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.rooms.room import Change, FileState
from runhere_hub.store import authorship
from runhere_hub.store.authorship import Authored
from runhere_hub.testing.fakes import QueueChannel
from runhere_hub.testing.pages import Page
from runhere_hub.testing.small_hub import ADA, AT_ONCE, BOB, NOTEBOOK, Hub, Seat, pump, settle


def texts(channel: QueueChannel) -> list[dict[str, Any]]:
    """JSON frames that wait in a channel."""
    return [json.loads(message) for message in channel.take() if isinstance(message, str)]


def join_frame(**changes: Any) -> str:
    """A join, with changes."""
    return json.dumps({"type": "join", "protocol": 1, "client_id": 7, "browser_id": "b", "tab_id": "t", **changes})


# --- joining ---------------------------------------------------------------------------------------------------------


async def test_2_3_join_is_answered_by_hello_and_step_1_by_document_runs_and_step_1(hub: Hub) -> None:
    room = await hub.open()
    channel = QueueChannel()
    member = room.join(channel, ADA, "owner")
    assert channel.take() == []
    room.room.receive(member, join_frame())
    [hello] = channel.take()
    assert json.loads(hello) == {
        "type": "hello",
        "protocol": 1,
        "session": member.session,
        "notebook": {"id": NOTEBOOK, "title": "Untitled", "folder_path": None},
        "person": {"id": ADA.id, "name": "Ada"},
        "role": "owner",
        "omit_outputs": False,
        "private_cells": [],
        "seq": room.room.about.seq,
        "file": None,
    }
    room.room.receive(member, yjs_bytes.sync_step1(b"\x00"))
    document, runs, step1 = channel.take()
    assert document == yjs_bytes.sync_step2(room.doc.get_update())
    assert json.loads(runs) == {"type": "runs", "heads": {}, "runs": []}
    assert step1 == yjs_bytes.sync_step1(room.doc.get_state())
    room.room.receive(member, yjs_bytes.sync_step1(b"\x00"))
    assert channel.take() == [document], "everything else was said already"
    assert channel.closed_with is None


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"type":"head"}', 4400),
        (b"\x00\x00\x01\x00", 4400),
        ("nonsense", 4400),
        ("[]", 4400),
        (join_frame(protocol=2), 4426),
        (join_frame(client_id="7"), 4400),
        (join_frame(client_id=2**53), 4400),
        (join_frame(client_id=True), 4400),
        (join_frame(browser_id=""), 4400),
        (join_frame(tab_id="x" * 65), 4400),
        (join_frame(tab_id=None), 4400),
    ],
)
async def test_2_3_anything_but_a_proper_join_first_closes(hub: Hub, message: str | bytes, code: int) -> None:
    room = await hub.open()
    channel = QueueChannel()
    member = room.join(channel, ADA, "owner")
    room.room.receive(member, message)
    assert channel.closed_with is not None
    assert channel.closed_with[0] == code
    assert (channel.take(), room.room.members) == ([], {})
    room.room.receive(member, join_frame())  # too late: nobody listens any more
    assert channel.take() == []


async def test_2_3_step_1_may_come_together_with_join(hub: Hub) -> None:
    first = await hub.seat()
    first.page.insert("c1", "print(1)")
    second = Seat(first.room, Page())
    pump(first, second)
    assert second.page.text("c1") == "print(1)"


async def test_a_room_says_what_it_is_about(hub: Hub) -> None:
    room = await hub.open()
    room.rename("Data", "/home/ada")
    room.room.keep_outputs_home(AtHome(everything=True))
    room.announce_file(FileState("written", "/home/ada/Data.ipynb"))
    seat = await hub.seat()
    [hello] = seat.page.take("hello")
    file = {"type": "file", "state": "written", "path": "/home/ada/Data.ipynb", "message": None, "reasons": []}
    assert (hello["notebook"]["title"], hello["notebook"]["folder_path"]) == ("Data", "/home/ada")
    assert (hello["omit_outputs"], hello["file"]) == (True, file)


# --- the document ----------------------------------------------------------------------------------------------------


async def test_2_4_received_bytes_reach_others_at_once_and_unchanged(hub: Hub) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(), BOB)
    sent: list[bytes] = []
    subscription = ada.page.doc.observe(lambda event: sent.append(event.update))
    ada.page.insert("c1", "x")
    ada.page.doc.unobserve(subscription)
    # No commit could have happened: the loop has not run since.
    assert bob.channel.take() == [yjs_bytes.sync_update(sent[0])]
    assert ada.channel.take() == []


async def test_2_4_saved_comes_after_the_commit_and_counts_every_frame(hub: Hub) -> None:
    seat = await hub.seat()
    await settle(seat)
    assert (seat.page.sent, seat.page.saved) == (1, 1)  # the answer to the hub's step 1, empty as it was
    seat.page.insert("c1", "a")
    seat.page.type("c1", 1, "b")
    pump(seat)
    assert (seat.page.sent, seat.page.saved, seat.page.all_saved) == (3, 1, False)
    await settle(seat)
    assert (seat.page.saved, seat.page.all_saved) == (3, True)
    stored = await hub.db.read(lambda conn: _stored_text(conn, "c1"))
    assert stored == "ab"


def _stored_text(conn: Any, cell_id: str) -> str:
    from runhere_hub.doc.log import replay  # the test's own view of what is on disk
    from runhere_hub.store import updates

    snapshot = updates.snapshot(conn, NOTEBOOK)
    log = [one.data for one in updates.after(conn, NOTEBOOK, -1)]
    doc = replay(([snapshot.data] if snapshot else []) + log)
    return str(doc.get("cells", type=Map)[cell_id]["source"])


async def test_2_4_each_socket_is_told_of_its_own_frames_only(hub: Hub) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(), BOB)
    await settle(ada, bob)
    ada.page.insert("c1", "a")
    await settle(ada, bob)
    assert [(seat.page.sent, seat.page.saved) for seat in (ada, bob)] == [(2, 2), (1, 1)]


async def test_2_4_an_empty_update_counts_too_and_is_not_kept(hub: Hub) -> None:
    seat = await hub.seat()
    await settle(seat)
    rows = await hub.db.read(_count_updates)
    for message in (yjs_bytes.sync_update(b"\x00\x00"), yjs_bytes.sync_step2(b"\x00\x00")):
        seat.page.sent += 1
        seat.room.room.receive(seat.member, message)
    await settle(seat)
    assert (seat.page.saved, seat.page.all_saved) == (3, True)
    assert await hub.db.read(_count_updates) == rows


def _count_updates(conn: Any) -> int:
    from runhere_hub.store import updates

    return len(updates.after(conn, NOTEBOOK, -1))


async def test_coming_back_does_not_grow_the_log(hub: Hub) -> None:
    seat = await hub.seat()
    seat.page.insert("c1", "abc")
    seat.page.edit(lambda: seat.page.source("c1").__delitem__(slice(0, 2)))
    await settle(seat)
    rows = await hub.db.read(_count_updates)
    for _ in range(3):
        seat.leave()
        seat = Seat(seat.room, seat.page)
        await settle(seat)
    assert (seat.page.saved, seat.page.all_saved) == (1, True)
    assert await hub.db.read(_count_updates) == rows


async def test_an_update_whose_beginning_comes_later_is_kept(hub: Hub) -> None:
    other: Doc[Any] = Doc()
    cells = other.get("cells", type=Map)
    updates: list[bytes] = []
    subscription = other.observe(lambda event: updates.append(event.update))
    cells["c1"] = Map({"type": "code", "position": "V", "source": Text("ab"), "metadata": Map({})})
    cells["c1"]["source"].insert(2, "c")
    other.unobserve(subscription)
    seat = await hub.seat()
    seat.room.room.receive(seat.member, yjs_bytes.sync_update(updates[1]))
    await seat.room.flushed()
    await hub.registry.close_room(NOTEBOOK)  # the log is joined into a snapshot
    again = await hub.seat()
    again.room.room.receive(again.member, yjs_bytes.sync_update(updates[0]))
    await settle(again)
    assert str(again.room.doc.get("cells", type=Map)["c1"]["source"]) == "abc"


@pytest.mark.parametrize(
    "message",
    [
        b"\x00\x02\x05\x01\xff\xff\xff\xff",
        b"\x00\x07\x00",
        b"\x09",
        b"\x01\x03\x01\x01\x05",
        "{",
        '{"a":NaN}',
        b"\x00\x00\x02\x05\x01",
    ],
)
async def test_5_a_frame_that_cannot_be_understood_closes_with_4400(hub: Hub, message: bytes | str) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(), BOB)
    before = ada.room.doc.get_update()
    ada.room.room.receive(ada.member, message)
    assert ada.channel.closed_with is not None
    assert ada.channel.closed_with[0] == 4400
    assert (bob.channel.closed_with, [m for m in bob.channel.take() if isinstance(m, bytes)]) == (None, [])
    assert ada.room.doc.get_update() == before
    bob.page.insert("c1", "goes on")
    await settle(bob)
    assert bob.page.all_saved


async def test_2_9_a_viewer_reads_and_cannot_write(hub: Hub) -> None:
    ada, eve = await hub.seat(), await hub.seat(Page(), BOB, "viewer")
    ada.page.insert("c1", "x")
    pump(ada, eve)
    assert eve.page.text("c1") == "x"
    eve.page.send_frame({"type": "head", "cell_id": "c1", "run_id": None})
    pump(eve)
    [refusal] = eve.page.take("refused")
    assert (refusal["code"], refusal["of"]) == ("forbidden", "head")
    assert ada.room.room.runs.state.heads == {}
    eve.page.synced = True
    eve.page.type("c1", 0, "y")
    assert eve.channel.closed_with == (4403, "You may read this notebook, not change it.")
    pump(ada)
    assert ada.page.text("c1") == "x"


async def test_2_9_a_changed_role_is_told_and_holds_at_once(hub: Hub) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(), BOB, "editor")
    ada.room.room.change_role(BOB.id, "viewer")
    ada.room.room.change_role(BOB.id, "viewer")
    pump(ada, bob)
    assert (bob.page.take("role"), ada.page.take("role")) == ([{"type": "role", "role": "viewer"}], [])
    bob.page.insert("c1", "x")
    assert bob.channel.closed_with is not None
    assert bob.channel.closed_with[0] == 4403


async def test_a_viewer_s_list_of_deletions_is_no_edit(hub: Hub) -> None:
    eve = await hub.seat(Page(), BOB, "viewer")
    eve.room.room.receive(eve.member, yjs_bytes.sync_step2(b"\x00\x00"))
    assert eve.channel.closed_with is None


# --- authorship ------------------------------------------------------------------------------------------------------


def digest(text: str) -> str:
    """What the table calls a source."""
    return hashlib.sha256(text.encode()).hexdigest()


async def _authors(hub: Hub, cell_id: str = "c1") -> list[Authored]:
    return await hub.db.read(lambda conn: authorship.of_cell(conn, NOTEBOOK, cell_id))


async def test_every_source_has_its_authors(hub: Hub) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    ada.page.insert("c1", "a")
    await settle(ada, bob)
    bob.page.type("c1", 1, "b")
    await settle(ada, bob)
    bob.page.edit(lambda: bob.page.source("c1").__delitem__(slice(0, 1)))
    await settle(ada, bob)
    expected = [("a", ADA.id), ("ab", BOB.id), ("b", BOB.id)]
    assert await _authors(hub) == [Authored("c1", digest(text), person) for text, person in expected]


async def test_both_authors_of_one_batch_are_noted(hub: Hub) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    ada.page.insert("c1", "")
    await settle(ada, bob)
    ada.page.type("c1", 0, "a")
    bob.page.type("c1", 0, "b")
    await settle(ada, bob)
    text = ada.page.text("c1")
    assert {row.person_id for row in await _authors(hub) if row.source_digest == digest(text)} == {ADA.id, BOB.id}


async def test_structs_under_somebody_else_s_id_count_as_unknown(hub: Hub) -> None:
    ada = await hub.seat()
    ada.page.insert("c1", "a")
    await settle(ada)
    stolen: Doc[Any] = Doc(client_id=ada.page.doc.client_id)
    stolen.apply_update(ada.page.doc.get_update())
    ada.leave()
    bob = await hub.seat(Page(tab_id="2", doc=stolen), BOB)
    bob.page.type("c1", 1, "b")
    await settle(bob)
    assert {row.person_id for row in await _authors(hub) if row.source_digest == digest("ab")} == {BOB.id, None}


async def test_client_ids_stay_registered_over_a_restart(hub: Hub) -> None:
    ada = await hub.seat()
    await settle(ada)
    ada.leave()
    ada.page.insert("c1", "offline")
    await hub.registry.close()
    hub.start()
    later = Page(tab_id="2")
    later.doc.apply_update(ada.page.doc.get_update())
    seat = await hub.seat(later)
    await settle(seat)
    assert await _authors(hub) == [Authored("c1", digest("offline"), ADA.id)]


async def test_the_hub_s_own_edits_are_unknown_and_the_person_s(hub: Hub) -> None:
    seat = await hub.seat()
    seat.page.insert("c1", "a")
    await settle(seat)
    await seat.room.edit(lambda doc: doc.get("cells", type=Map)["c1"]["source"].insert(1, "b"))
    await seat.room.edit(lambda doc: doc.get("cells", type=Map)["c1"]["source"].insert(2, "c"), BOB)
    expected = [("a", ADA.id), ("ab", None), ("abc", None), ("abc", BOB.id)]
    assert await _authors(hub) == [Authored("c1", digest(text), person) for text, person in expected]


# --- presence, file, beat --------------------------------------------------------------------------------------------


def presence(seat: Seat, clock: int = 1, **changes: Any) -> bytes:
    """What a seat's page says of itself."""
    person = {"id": seat.person.id, "name": seat.person.name, "color": seat.person.color}
    state = json.dumps({"person": person, "cursor": None, "runtime": None, **changes})
    return yjs_bytes.awareness(write([Entry(seat.page.doc.client_id, clock, state)]))


async def test_2_8_presence_reaches_others_late_comers_and_ends_with_the_socket(hub: Hub) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    ada.room.room.receive(ada.member, presence(ada))
    pump(ada, bob)
    late = await hub.seat(Page(tab_id="3"))
    assert ada.page.presence == []
    assert [entry.client_id for payload in bob.page.presence for entry in read(payload)] == [ada.page.doc.client_id]
    assert late.page.presence == bob.page.presence
    ada.leave()
    ada.leave()
    pump(bob, late)
    assert read(bob.page.presence[-1]) == (Entry(ada.page.doc.client_id, 2, "null"),)


async def test_2_8_presence_of_several_pages_goes_out_together(hub: Hub) -> None:
    await hub.registry.close()
    hub.start(pace=replace(AT_ONCE, presence_s=0.04))
    ada, bob, eve = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB), await hub.seat(Page(tab_id="3"))
    for clock in (1, 2, 3):
        ada.room.room.receive(ada.member, presence(ada, clock))
        bob.room.room.receive(bob.member, presence(bob, clock))
    async with asyncio.timeout(30):
        while len(eve.page.presence) < 2:
            await asyncio.sleep(0)
            pump(ada, bob, eve)
    heard = [[(entry.client_id, entry.clock) for entry in read(payload)] for payload in eve.page.presence]
    ada_id, bob_id = ada.page.doc.client_id, bob.page.doc.client_id
    assert heard == [[(ada_id, 1)], [(bob_id, 3), (ada_id, 3)]]
    assert (len(ada.page.presence), len(bob.page.presence)) == (1, 2)


async def test_2_8_presence_of_another_shape_is_dropped(hub: Hub) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    ada.room.room.receive(ada.member, presence(ada, source="print(1)"))
    pump(ada, bob)
    assert (bob.page.presence, ada.channel.closed_with) == ([], None)


async def test_2_7_the_file_s_state_is_sent_when_it_changes(hub: Hub) -> None:
    seat = await hub.seat()
    for state in (
        FileState("pending", "a"),
        FileState("pending", "a"),
        FileState("conflict", "a", (markers_message(3), lost_outputs_note(1))),
    ):
        seat.room.announce_file(state)
    pump(seat)
    pending, conflict = seat.page.take("file")
    assert (pending["state"], pending["message"], pending["reasons"]) == ("pending", None, [])
    assert conflict["message"] == f"{markers_message(3).message} {lost_outputs_note(1).message}"
    assert conflict["reasons"] == [
        {"code": "conflict_markers", "facts": {"line": 3}},
        {"code": "outputs_lost", "facts": {"cells": 1}},
    ]


async def test_2_6_a_beat_comes_every_15_s(hub: Hub) -> None:
    seat = await hub.seat()
    beats = 0
    for _ in range(60):
        hub.clock.advance(s=1)
        await hub.registry.tick()
        beats += sum(message == '{"type":"beat"}' for message in seat.channel.take())
    assert beats == 4


@pytest.mark.parametrize("jump_s", [-3600, 3600])
async def test_a_clock_that_jumps_keeps_beats_coming_and_loses_no_acknowledged_edit(hub: Hub, jump_s: int) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    ada.page.insert("c1", "before ")
    await settle(ada, bob)
    hub.clock.advance(s=jump_s)
    beats = 0
    for _ in range(30):
        hub.clock.advance(s=1)
        await hub.registry.tick()
        beats += sum(message == '{"type":"beat"}' for message in ada.channel.take())
    assert 2 <= beats <= 3
    ada.page.type("c1", 0, "after ")
    await settle(ada, bob)
    assert bob.page.text("c1") == "after before "
    ada.room.room.leave(ada.member)
    bob.room.room.leave(bob.member)
    await hub.registry.close_room(NOTEBOOK)
    again = await hub.seat()
    await settle(again)
    assert again.page.text("c1") == "after before "


# --- frames about runs -----------------------------------------------------------------------------------------------


def started(run_id: str = "r1", cell_id: str = "c1") -> dict[str, Any]:
    """The first frame of a run."""
    event = {"type": "started", "cell_id": cell_id, "source_digest": "0" * 64, "runtime": None, "started_at": 1}
    return {"type": "run", "run_id": run_id, "epoch": 1, "n": 0, "event": event}


def printed(n: int, text: str, run_id: str = "r1", epoch: int = 1) -> dict[str, Any]:
    """A frame with one line of output."""
    op = {"op": "output", "output": {"output_type": "stream", "name": "stdout", "text": text}}
    return {"type": "run", "run_id": run_id, "epoch": epoch, "n": n, "event": {"type": "outputs", "ops": [op]}}


async def test_3_4_frames_reach_others_at_once_and_are_acknowledged_when_durable(hub: Hub) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    for frame in (started(), printed(1, "a"), printed(2, "b")):
        ada.page.send_frame(frame)
    pump(ada, bob)
    relayed = bob.page.take("run")
    assert [(frame["n"], "run" in frame) for frame in relayed] == [(0, True), (1, False), (2, False)]
    assert ada.page.take("run_ack") == []
    await settle(ada, bob)
    assert ada.page.take("run_ack") == [{"type": "run_ack", "run_id": "r1", "n": 2}]  # cumulative
    assert bob.page.take("run_ack") == []


@pytest.mark.parametrize("at_home", [False, True])
async def test_3_1_two_people_on_two_machines_are_told_of_each_other_s_runs(hub: Hub, *, at_home: bool) -> None:
    """Who, where, when, on which source: both ways, and to who comes later. Where outputs stay at home: not when."""
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    if at_home:
        ada.room.room.keep_outputs_home(AtHome(everything=True))
    at = None if at_home else 1
    sides = [(ada, ADA, "r1", "c1", "local"), (bob, BOB, "r2", "c2", "hosted")]
    told: list[dict[str, Any]] = []
    for (writer, person, run_id, cell_id, kind), (reader, *_) in zip(sides, reversed(sides), strict=True):
        frame = started(run_id, cell_id)
        frame["event"] |= {"runtime": {"kind": kind, "label": "Python 3"}, "started_at": at}
        writer.page.send_frame(frame)
        pump(ada, bob)
        [heard] = [one for one in reader.page.take("run") if "run" in one]
        told.append(heard["run"])
        run = {key: heard["run"][key] for key in ("person", "runtime", "started_at", "source_digest")}
        where = {"kind": kind, "label": "Python 3"}
        who = {"id": person.id, "name": person.name}
        assert run == {"person": who, "runtime": where, "started_at": at, "source_digest": "0" * 64}
    await settle(ada, bob)
    late = await hub.seat(Page(tab_id="3"))
    [runs] = late.page.take("runs")
    shown = {run["run_id"]: run for run in runs["runs"]}
    assert all(shown[run["run_id"]].items() >= {**run, "n": 1}.items() for run in told)


async def test_3_runs_survive_a_restart_and_have_no_writer_then(hub: Hub) -> None:
    ada = await hub.seat()
    for frame in (started(), printed(1, "a")):
        ada.page.send_frame(frame)
    await settle(ada)
    await hub.registry.close()
    hub.start()
    again = await hub.seat(Page())
    [runs] = again.page.take("runs")
    assert runs["heads"] == {"c1": "r1"}
    [run] = runs["runs"]
    assert (run["status"], run["writer"], run["n"], run["outputs"][0]["text"]) == ("running", None, 2, "a")
    again.page.send_frame({"type": "take_over", "run_id": "r1", "force": False})
    again.page.send_frame(printed(2, "b", epoch=2))
    await settle(again)
    assert again.page.take("leased") == [{"type": "leased", "run_id": "r1", "epoch": 2, "n": 2}]
    assert again.page.take("run_ack") == [{"type": "run_ack", "run_id": "r1", "n": 2}]


async def test_3_6_a_broken_socket_is_told_as_a_missing_writer(hub: Hub) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    ada.page.send_frame(started())
    pump(ada, bob)
    ada.leave()
    pump(bob)
    assert bob.page.take("writer") == [{"type": "writer", "run_id": "r1", "writer": None, "status": "running"}]


async def test_3_7_heads_go_to_everybody(hub: Hub) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    ada.page.send_frame(started())
    bob.page.send_frame({"type": "head", "cell_id": "c1", "run_id": None})
    pump(ada, bob)
    for seat in (ada, bob):
        assert [(frame["cell_id"], frame["run_id"]) for frame in seat.page.take("head")] == [("c1", None)]


@pytest.mark.parametrize(
    ("frame", "code"),
    [({"type": "dance"}, "unknown_type"), ({}, "unknown_type"), ({"type": "run", "run_id": 5}, "bad_frame")],
)
async def test_2_10_other_frames_are_refused_and_nothing_happens(hub: Hub, frame: dict[str, Any], code: str) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    for seat in (ada, bob):
        seat.page.frames.clear()
    ada.page.send_frame(frame)
    pump(ada, bob)
    [refusal] = ada.page.take("refused")
    assert (refusal["code"], refusal["of"]) == (code, str(frame.get("type")))
    assert bob.page.frames == []
    assert ada.channel.closed_with is None


async def test_changes_are_told_to_listeners(hub: Hub) -> None:
    seat = await hub.seat()
    changes: list[Change] = []
    unsubscribe = seat.room.subscribe(changes.append)
    seat.page.insert("c1", "x")
    seat.page.send_frame(started())
    seat.page.send_frame({**printed(1, ""), "event": {"type": "status", "status": "ok"}})
    await seat.room.edit(lambda doc: doc.get("metadata", type=Map).__setitem__("a", "1"))
    unsubscribe()
    unsubscribe()
    seat.page.insert("c2", "y")
    assert changes == [Change("document"), Change("runs"), Change("run_finished"), Change("document", by_hub=True)]


async def test_a_bug_closes_the_room_with_4500_and_a_new_one_opens(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    ada.page.insert("c1", "kept")
    await settle(ada, bob)

    def explode(_change: Change) -> None:
        raise ZeroDivisionError

    ada.room.subscribe(explode)
    ada.page.insert("c2", "not acknowledged")
    assert [seat.channel.closed_with and seat.channel.closed_with[0] for seat in (ada, bob)] == [4500, 4500]
    assert "A room failed" in caplog.text
    ada.page.disconnect()
    again = await hub.seat(ada.page)
    assert again.room is not ada.room
    await settle(again)
    assert (again.page.all_saved, again.page.text("c2")) == (True, "not acknowledged")
