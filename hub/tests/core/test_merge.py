"""Three-way merges of texts and notebooks: rules one by one, and what holds for all."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runhere_hub.core.merge import Conflict, longest_rising, merge, open_conflicts
from runhere_hub.core.merge.diff import text_edits
from runhere_hub.core.merge.text import merge_text
from runhere_hub.core.notebook import Cell, CellId, CellType, Json, Notebook
from runhere_hub.testing import strategies

pytestmark = pytest.mark.fast


def cell(
    name: str, source: str = "", *, cell_type: CellType = "code", shows: str | None = None, **metadata: Json
) -> Cell:
    outputs = () if shows is None else ({"output_type": "stream", "name": "stdout", "text": shows},)
    return Cell(CellId(name), cell_type, source or f"this is {name} {name}", metadata, outputs=outputs)


def notebook(*cells: Cell, **metadata: Json) -> Notebook:
    return Notebook(4, 5, metadata, cells)


A, B, C, D = cell("a"), cell("b"), cell("c"), cell("d")
BASE = notebook(A, B, C, D)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n"),
        ("a\nb\n", "A\nb\n", "a\nB\n", "A\nB\n"),
        ("x = f(1, 2)", "x = f(1, 3)", "y = f(1, 2)", "y = f(1, 3)"),
        ("a\n", "a\nb\n", "a\nb\n", "a\nb\n"),
        ("a\nb\nc\n", "b\nc\n", "a\nb\n", "b\n"),
        ("a b", "a c", "a d", None),
        ("", "x", "y", None),
        ("a\n", "a\nx\n", "a\ny\n", None),
        ("a\nb\n", "", "a\nc\n", None),
        # written while it was typed on, and the hub crashed before it noted the write
        ("x = 1", "offline 1,0,bob x = 1", "bob x = 1", "offline 1,0,bob x = 1"),
        ("", "ab c", "ab", "ab c"),
        ("x", "ax", "bx", None),
    ],
)
def test_texts(base: str, ours: str, theirs: str, merged: str | None) -> None:
    assert merge_text(base, ours, theirs) == merged
    assert merge_text(base, theirs, ours) == merged


words = st.lists(st.sampled_from(["a", "b", "c", " ", "\n", "\n\n", "1"]), max_size=10).map("".join)


@settings(max_examples=400)
@given(words, words)
def test_edits_lead_from_the_old_text_to_the_new(old: str, new: str) -> None:
    text = old
    for edit in reversed(text_edits(old, new)):
        text = text[: edit.start] + edit.text + text[edit.end :]
    assert text == new


@given(words, words)
def test_a_text_that_one_side_left_alone_becomes_the_other(base: str, other: str) -> None:
    assert merge_text(base, base, other) == other
    assert merge_text(base, other, base) == other
    assert merge_text(base, other, other) == other


@settings(max_examples=300)
@given(st.data())
def test_words_that_one_side_added_are_in_the_merged_text(data: st.DataObject) -> None:
    base = data.draw(words)

    def added(mark: str) -> str:
        at = data.draw(st.integers(0, len(base)))
        return base[:at] + mark + base[at:]

    merged = merge_text(base, added("OURS"), added("THEIRS"))
    assert merged is None or ("OURS" in merged and "THEIRS" in merged)


def test_changes_of_different_cells_are_both_taken() -> None:
    ours = notebook(replace(A, source="ours"), B, C, D)
    theirs = notebook(A, B, C, replace(D, source="theirs"))
    result = merge(BASE, ours, theirs)
    assert result.notebook == notebook(replace(A, source="ours"), B, C, replace(D, source="theirs"))
    assert (result.changed, result.added, result.deleted, result.reordered) == (("d",), (), (), False)
    assert result.conflicts == ()


def test_cells_added_deleted_and_moved_by_both_sides() -> None:
    ours = notebook(cell("o"), B, A, C, D)
    theirs = notebook(A, C, D, B, cell("t"))
    result = merge(BASE, ours, theirs)
    assert [one.id for one in result.notebook.cells] == ["o", "b", "t", "a", "c", "d"]
    assert result.added == ("t",)
    assert result.conflicts == ()


def test_a_cell_that_they_deleted_goes_unless_we_changed_it() -> None:
    theirs = notebook(A, C, D)
    assert merge(BASE, BASE, theirs).deleted == ("b",)
    ours = notebook(A, replace(B, source="edited here"), C, D)
    kept = merge(BASE, ours, theirs)
    assert kept.notebook == ours
    assert kept.conflicts == (Conflict("deleted_outside", CellId("b")),)


def test_a_cell_that_we_deleted_comes_back_only_if_they_changed_it() -> None:
    ours = notebook(A, C, D)
    assert merge(BASE, ours, BASE).notebook == ours
    theirs = notebook(A, replace(B, source="edited there"), C, D)
    back = merge(BASE, ours, theirs)
    assert back.notebook == theirs
    assert back.conflicts == (Conflict("deleted_here", CellId("b")),)


def test_sources_that_cannot_be_merged_are_both_kept_and_marked() -> None:
    ours, theirs = notebook(replace(A, source="ours"), B), notebook(replace(A, source="theirs"), B)
    result = merge(notebook(A, B), ours, theirs)
    first, twin, last = result.notebook.cells
    assert (first, last) == (replace(A, source="ours"), B)
    assert (twin.source, twin.metadata) == ("theirs", {"runhere": {"conflict": {"of": "a", "side": "file"}}})
    assert result.conflicts == (Conflict("source", CellId("a"), twin.id),)
    assert open_conflicts(result.notebook) == (twin.id,)
    assert open_conflicts(notebook(twin, B)) == ()
    # After a crash before the base was kept, the same merge must not put their version in a second time.
    assert merge(notebook(A, B), result.notebook, theirs).notebook == result.notebook


def test_metadata_merges_key_by_key_and_ours_wins_a_clash() -> None:
    base = notebook(k={"a": 1, "b": 1}, x=1)
    ours = notebook(k={"a": 2, "b": 1}, x=2)
    theirs = notebook(k={"a": 1, "b": 3}, x=3, new=True)
    result = merge(base, ours, theirs)
    assert result.notebook.metadata == {"k": {"a": 2, "b": 3}, "x": 2, "new": True}
    assert result.conflicts == (Conflict("metadata", None),)


def test_outputs_of_the_file_win_where_the_file_changed_them() -> None:
    base = notebook(cell("a", shows="0"), cell("b", shows="0"))
    ours = notebook(cell("a", shows="ours"), cell("b", shows="ours"))
    theirs = notebook(cell("a", shows="0"), cell("b", shows="theirs"))
    result = merge(base, ours, theirs)
    assert result.notebook == notebook(cell("a", shows="ours"), cell("b", shows="theirs"))
    assert (result.outputs_changed, result.changes_document) == (("b",), False)


def test_cells_whose_ids_another_program_renewed_stay_the_same_cells() -> None:
    ours = notebook(A, replace(B, source="edited here"), C, D)
    theirs = notebook(*(replace(one, id=CellId(f"new-{one.id}")) for one in BASE.cells), cell("e"))
    result = merge(BASE, ours, theirs)
    assert result.notebook == notebook(*ours.cells, cell("e"))


@given(st.lists(st.integers(0, 9), max_size=8, unique=True))
def test_the_longest_rising_part_is_rising_and_longest(places: list[int]) -> None:
    found = [places[index] for index in longest_rising(places)]
    assert found == sorted(found)
    best = 0
    for chosen in range(2 ** len(places)):
        part = [place for bit, place in enumerate(places) if chosen >> bit & 1]
        if part == sorted(part):
            best = max(best, len(part))
    assert len(found) == best


def bare(one: Notebook) -> Notebook:
    return replace(one, cells=tuple(replace(each, id=CellId("")) for each in one.cells))


def test_the_same_change_on_both_sides_is_one_also_where_cells_are_alike() -> None:
    empty = replace(cell("000"), source="")
    base = notebook(cell("1", "a = 1"), cell("00", "a = 1\n  x"), empty)
    other = notebook(cell("0", "  x\na = 1"), empty)
    assert merge(base, other, other).notebook == other


@settings(max_examples=150)
@given(st.data())
def test_what_one_side_left_alone_becomes_the_other(data: st.DataObject) -> None:
    base = data.draw(strategies.notebooks())
    other = data.draw(strategies.edited(base))
    assert merge(base, other, base).notebook == other
    assert merge(base, other, other).notebook == other
    # Ids aside: a cell that has another id and the same text is taken for the same cell, and keeps ours.
    assert bare(merge(base, base, other).notebook) == bare(other)


@settings(max_examples=150)
@given(st.data())
def test_a_merge_is_a_notebook_and_loses_no_line(data: st.DataObject) -> None:
    base = data.draw(strategies.notebooks())
    ours = data.draw(strategies.edited(base))
    theirs = data.draw(strategies.edited(base))
    result = merge(base, ours, theirs)
    ids = [one.id for one in result.notebook.cells]
    assert len(set(ids)) == len(ids)
    merged = words_of(result.notebook)
    before = words_of(base)
    for side, other in ((ours, theirs), (theirs, ours)):
        new = words_of(side) - before
        assert new <= merged | (words_of(side) & words_of(other)), (new, merged)
    again = merge(base, result.notebook, theirs)
    assert words_of(again.notebook) >= merged - before


def words_of(one: Notebook) -> set[str]:
    return {word for each in one.cells for word in re.findall(r"\w+", each.source)}
