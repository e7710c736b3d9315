"""Where inserted text is from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runhere_hub.core.provenance import Piece, authors_of, changed, join, latest

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
    found = authors_of(inserted, [Piece(EVIL, {"eve": 3}), Piece("print('mine')", {"ada": 1})])
    assert found == ({"eve": 3} if is_eve_s else {})


def test_of_two_times_the_later_counts_and_what_is_not_stored_is_the_latest() -> None:
    who: dict[str | None, int | None] = {"eve": 3, None: None, "bob": 2}
    join(who, {"eve": 5, None: 4, "bob": None, "ada": 1})
    assert who == {"eve": 5, None: None, "bob": None, "ada": 1}


def test_the_last_pieces_are_remembered() -> None:
    pieces = [Piece("aaaa", {}), Piece("bb", {}), Piece("cc", {})]
    assert latest(pieces, at_most_characters=5) == pieces[1:]
    assert latest(pieces, at_most_characters=50) == pieces
    assert latest([], at_most_characters=5) == []
