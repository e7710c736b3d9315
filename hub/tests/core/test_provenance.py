"""Where inserted text is from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runhere_hub.core.provenance import SHORTEST, Origins, Piece, changed, join, latest

EVIL = "import os\nos.system('evil')"


@given(st.text("ab\n", max_size=30), st.text("ab\n", max_size=30))
def test_an_edit_can_be_read_off_both_texts(old: str, new: str) -> None:
    inserted, removed = changed(old, new)
    fits = (
        old[:n] + inserted + old[n + len(removed) :] == new and old[n : n + len(removed)] == removed
        for n in range(len(old) + 1)
    )
    assert any(fits)


@pytest.mark.parametrize(
    ("inserted", "is_eve_s"),
    [
        (EVIL, True),
        ("x = 1\n" + EVIL + "\ny = 2", True),
        ("os.system('evil')", True),
        ("system('ev", True),  # half a line
        ("    os.system('evil')  ", True),
        ("y = 2\n  os.system('evil')", True),
        ("os", False),  # typed
        ("import json", False),
        ("", False),
    ],
)
def test_text_of_others_keeps_its_authors(inserted: str, is_eve_s: bool) -> None:
    origins = Origins([Piece(EVIL, {"eve": 3}), Piece("print('mine')", {"ada": 1})])
    assert origins.of(inserted) == ({"eve": 3} if is_eve_s else {})


def _lines(text: str) -> set[str]:
    return {line for raw in text.splitlines() if len(line := raw.strip()) >= SHORTEST}


TEXTS = st.lists(st.sampled_from(["aaaa", "aaaab", " bbbb", "ab", "\0", "\n", "\n", "\r\n"]), max_size=8).map("".join)


@given(st.lists(TEXTS, max_size=6), st.lists(TEXTS, min_size=1, max_size=4))
def test_whoever_holds_all_of_it_or_one_of_its_lines_is_found(held: list[str], asked: list[str]) -> None:
    origins = Origins([Piece(text, {str(number): number}) for number, text in enumerate(held)])
    for inserted in asked:
        wanted = inserted.strip()
        expected = {
            str(number): number
            for number, text in enumerate(held)
            if len(wanted) >= SHORTEST and (wanted in text or _lines(wanted) & _lines(text))
        }
        assert origins.of(inserted) == expected


class _Counted(Piece):
    """A piece that counts how often it is read."""

    reads = 0

    def __getattribute__(self, name: str) -> object:
        if name == "text":
            _Counted.reads += 1
        return super().__getattribute__(name)


def test_pieces_are_read_as_often_for_a_thousand_texts_as_for_one() -> None:
    origins = Origins([_Counted(f"x = {number}\nprint(x)\nprint('piece')", {"eve": number}) for number in range(10)])
    reads = _Counted.reads
    found = [origins.of(f"x = {number}\nprint(x)\ny = {number}") for number in range(1_000)]
    assert (found[0], _Counted.reads) == ({"eve": 9}, reads)


def test_of_two_times_the_later_counts_and_what_is_not_stored_is_the_latest() -> None:
    who: dict[str | None, int | None] = {"eve": 3, None: None, "bob": 2}
    join(who, {"eve": 5, None: 4, "bob": None, "ada": 1})
    assert who == {"eve": 5, None: None, "bob": None, "ada": 1}


def test_the_last_pieces_are_remembered() -> None:
    pieces = [Piece("aaaa", {}), Piece("bb", {}), Piece("cc", {})]
    assert latest(pieces, at_most_characters=5) == pieces[1:]
    assert latest(pieces, at_most_characters=50) == pieces
    assert latest([], at_most_characters=5) == []
