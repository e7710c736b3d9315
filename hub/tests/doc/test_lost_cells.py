"""Cells that lost their position or type are put back: all of them, once, and the same by everybody who does it."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Map, UndoManager

from runhere_hub.core.notebook import Cell, CellId, Notebook
from runhere_hub.doc import edits, lost_cells, notebook_doc, positions, schema
from runhere_hub.doc.log import joined, replay

IDS = [f"c{number}" for number in range(6)]


def document(*ids: str) -> "Doc[Any]":
    cells = tuple(Cell(CellId(name), "code", f"this is {name}") for name in ids)
    return notebook_doc.create(Notebook(4, 5, {}, cells), random=Random(1))


def cell_of(doc: "Doc[Any]", name: str) -> "Map[Any]":
    found = schema.cells(doc)[name]
    assert isinstance(found, Map)
    return found


def change(doc: "Doc[Any]", work: Callable[[], object]) -> bytes:
    """The update that `work` makes."""
    before = doc.get_state()
    with doc.transaction():
        work()
    return doc.get_update(before)


def mended(log: Sequence[bytes]) -> "Doc[Any]":
    """What the loader makes of a log."""
    doc = replay(log)
    lost = lost_cells.lost_cells(doc)
    with doc.transaction():
        lost_cells.put_back(doc, lost_cells.last_stood(log, lost))
    return doc


def shown(doc: "Doc[Any]") -> list[str]:
    """The cells that a page shows, in order."""
    found = [(key, cell) for key, cell in schema.cells(doc).items() if isinstance(cell, Map)]
    placed = [
        (cell["position"], key)
        for key, cell in found
        if positions.is_position(cell.get("position"))
        and cell.get("type") in ("code", "markdown", "raw")
        and not schema.deleted_at(cell)
    ]
    return [key for _, key in sorted(placed)]


def test_the_undo_of_a_move_that_two_made_at_once_takes_the_position_and_the_log_gives_it_back() -> None:
    ada = document("a", "b", "c")
    bob: Doc[Any] = Doc(client_id=ada.client_id + 1)  # the larger id wins
    bob.apply_update(ada.get_update())
    undo = UndoManager(scopes=[schema.cells(bob)], capture_timeout_millis=0)
    log = [ada.get_update()]
    log.append(change(ada, lambda: edits.move_cell(ada, CellId("a"), "zz")))
    log.append(change(bob, lambda: edits.move_cell(bob, CellId("a"), "x5")))
    bob.apply_update(log[1])
    before = bob.get_state()
    undo.undo()
    log.append(bob.get_update(before))
    assert shown(replay(log)) == ["b", "c"]
    found = mended(log)
    assert shown(found) == ["b", "c", "a"]
    assert cell_of(found, "a")["position"] == "x5"
    assert str(schema.source(cell_of(found, "a"))) == "this is a"


@pytest.mark.parametrize("key", ["position", "type"])
def test_a_log_that_was_joined_tells_nothing_and_the_cell_comes_as_the_hub_has_read_it(key: str) -> None:
    doc = document("a", "b", "c")
    log = [doc.get_update(), change(doc, lambda: cell_of(doc, "a").pop(key))]
    before = notebook_doc.read(replay(log))
    found = mended([joined(log)])
    assert notebook_doc.read(found) == before
    assert sorted(shown(found)) == ["a", "b", "c"]
    assert cell_of(found, "a")["type"] == ("raw" if key == "type" else "code")


def test_a_tombstone_comes_back_to_its_place_when_it_comes_back() -> None:
    doc = document("a", "b")
    log = [doc.get_update()]
    log.append(change(doc, lambda: (edits.delete_cell(doc, CellId("a"), 5), cell_of(doc, "a").pop("position"))))
    found = mended(log)
    assert shown(found) == ["b"]
    cell_of(found, "a")["deleted"] = 0.0
    assert shown(found) == ["a", "b"]


def test_what_is_no_cell_is_left_alone() -> None:
    doc = document("a")
    with doc.transaction():
        schema.cells(doc)["odd"] = "no cell"
    assert lost_cells.lost_cells(doc) == ()
    before = doc.get_state()
    with doc.transaction():
        lost_cells.put_back(doc, {CellId("odd"): lost_cells.Stood("V", "code"), CellId("never"): lost_cells.Stood()})
    assert doc.get_state() == before


damage = st.lists(
    st.tuples(
        st.sampled_from(IDS),
        st.sampled_from(["move", "type", "lose position", "lose type", "spoil", "turn odd", "delete", "write"]),
        st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=15,
)


def harm(doc: "Doc[Any]", name: str, what: str, number: int) -> None:
    """One edit, or one thing that an old undo did."""
    cell = cell_of(doc, name)
    match what:
        case "move":
            cell["position"] = positions.block(None, None, 1, Random(number))[0]
        case "type":
            cell["type"] = ["code", "markdown", "raw"][number % 3]
        case "lose position":
            cell.pop("position", None)
        case "lose type":
            cell.pop("type", None)
        case "spoil":
            cell["position"] = ["", "a0", 7.0, "å", "V\n"][number % 5]
        case "turn odd":
            cell["type"] = "heading"
        case "delete":
            cell["deleted"] = float(number % 2)
        case _:
            edits.set_text(cell["source"], f"{number}")


@given(damage, st.booleans(), st.integers(0, 15))
def test_whatever_was_lost_is_shown_again_once_and_the_same_by_two(
    steps: list[tuple[str, str, int]], is_joined: bool, at: int
) -> None:
    doc = document(*IDS)
    log = [doc.get_update()]
    log += [change(doc, lambda step=step: harm(doc, *step)) for step in steps]  # type: ignore[misc]
    if is_joined:
        log = [joined(log[: at + 1]), *log[at + 1 :]]
    stood, texts = shown(doc), notebook_doc.sources(doc)
    one, two = mended(log), mended(log)
    alive = [key for key in IDS if not schema.deleted_at(cell_of(one, key))]
    assert sorted(shown(one)) == sorted(alive)
    assert [key for key in shown(one) if key in stood] == stood
    assert notebook_doc.sources(one) == texts
    assert lost_cells.lost_cells(one) == ()
    assert mended([one.get_update()]).get_state() == one.get_state()
    # Two hub processes that did it at once: neither has anything to take from the other but the same again.
    same = notebook_doc.read(one)
    assert notebook_doc.read(two) == same
    to_two, to_one = one.get_update(two.get_state()), two.get_update(one.get_state())
    one.apply_update(to_one)
    two.apply_update(to_two)
    assert notebook_doc.read(one) == notebook_doc.read(two) == same
