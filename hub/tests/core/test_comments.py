"""What may be said in a comment, and what becomes of a thread."""

from dataclasses import replace

import pytest

from runhere_hub.core.comments import (
    LONGEST_BODY,
    MOST_COMMENTS,
    Comment,
    Marked,
    Removed,
    added,
    checked_body,
    edited,
    removed,
    resolved,
)
from runhere_hub.core.errors import Forbidden, Invalid, NotFound, TooManyComments

FIRST = Comment("1", "cell", None, "ada", "why?", Marked("a", "b"), 10)
REPLY = Comment("2", "cell", "1", "bob", "because", None, 20)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  two\r\nlines\t\n", "two\nlines"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a\x00b\x1b[31mc\x7fd\ud800e", "ab[31mcde"),
        ("שלום \u202eevil\u2066", "שלום \u202eevil\u2066"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
    ],
)
def test_text_is_kept_as_it_is_without_control_characters(text: str, kept: str) -> None:
    assert checked_body(text) == kept


@pytest.mark.parametrize("text", ["", " \n\t", "\x00\x1b", "x" * (LONGEST_BODY + 1)])
def test_nothing_and_too_much_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        checked_body(text)
    assert checked_body("x" * LONGEST_BODY)


def test_a_reply_stands_on_its_threads_cell_and_on_no_other_reply() -> None:
    wild = Comment("3", "elsewhere", "1", "eve", "!", Marked("x", "y"), 30)
    assert added([FIRST], wild) == replace(wild, cell_id="cell", marked=None)
    with pytest.raises(NotFound):
        added([], wild)
    with pytest.raises(Invalid):
        added([FIRST, REPLY], replace(wild, reply_to="2"))
    with pytest.raises(TooManyComments):
        added([FIRST] * MOST_COMMENTS, wild)


def test_only_ones_own_is_edited() -> None:
    assert edited(FIRST, "how?", by="ada", now=30) == replace(FIRST, body="how?", edited_at=30)
    with pytest.raises(Forbidden):
        edited(FIRST, "how?", by="bob", now=30)
    with pytest.raises(NotFound):
        edited(replace(FIRST, deleted_at=25), "how?", by="ada", now=30)


def test_a_thread_is_resolved_and_opened_as_a_whole() -> None:
    done = resolved(FIRST, is_resolved=True, by="bob", now=30)
    assert (done.resolved_at, done.resolved_by) == (30, "bob")
    assert resolved(done, is_resolved=True, by="eve", now=40) == done
    assert resolved(done, is_resolved=False, by="eve", now=40) == FIRST
    with pytest.raises(Invalid):
        resolved(REPLY, is_resolved=True, by="ada", now=30)


def test_what_others_replied_outlives_a_deleted_comment() -> None:
    assert removed([FIRST], FIRST, now=30) == Removed(("1",))
    emptied = replace(FIRST, body="", marked=None, deleted_at=30)
    assert removed([FIRST, REPLY], FIRST, now=30) == Removed((), emptied)
    assert removed([FIRST, REPLY], REPLY, now=30) == Removed(("2",))
    another = replace(REPLY, id="3")
    assert removed([emptied, REPLY, another], REPLY, now=40) == Removed(("2",))
    assert removed([emptied, REPLY], REPLY, now=40) == Removed(("2", "1"))
    with pytest.raises(NotFound):
        removed([emptied, REPLY], emptied, now=40)
