"""Folding: fewer messages, the same picture."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runhere_runtime.journal.fold import JOINED_BYTES, Message, fold, fold_returns

pytestmark = pytest.mark.fast


def message(kind: str, run: str = "r1", channel: str = "iopub", **content: Any) -> Message:
    return Message(channel, kind, run, (b'{"h":1}', b'{"p":1}', b"{}", json.dumps(content).encode()))


def stream(text: str, name: str = "stdout", run: str = "r1") -> Message:
    return message("stream", run, name=name, text=text)


def texts(messages: list[Message]) -> list[tuple[str, str, str]]:
    found = [(m.run, json.loads(m.frames[3])) for m in messages if m.type == "stream"]
    return [(run, content["name"], content["text"]) for run, content in found]


def test_text_of_one_run_and_stream_is_joined() -> None:
    folded = fold([stream("a\n"), stream("b\n"), stream("c", "stderr"), stream("d", "stderr"), stream("e")])
    assert texts(folded) == [("r1", "stdout", "a\nb\n"), ("r1", "stderr", "cd"), ("r1", "stdout", "e")]


def test_other_messages_and_other_runs_separate() -> None:
    result = message("execute_result", data={})
    given_ = [stream("a"), result, stream("b"), stream("c", run="r2"), stream("d", run="r2")]
    folded = fold(given_)
    assert [m.type for m in folded] == ["stream", "execute_result", "stream", "stream"]
    assert texts(folded) == [("r1", "stdout", "a"), ("r1", "stdout", "b"), ("r2", "stdout", "cd")]


def test_joined_text_is_bounded() -> None:
    folded = fold([stream("x" * 1000) for _ in range(200)])
    assert "".join(t for _, _, t in texts(folded)) == "x" * 200_000
    assert 1 < len(folded) < 10
    assert all(m.size_bytes < JOINED_BYTES + 2000 for m in folded)


def test_single_messages_are_handed_on_untouched() -> None:
    one = stream("a\rb")
    assert fold([one]) == [one]
    mixed = [message("status", execution_state="busy"), one, message("status", execution_state="idle")]
    assert fold(mixed) == mixed


def test_what_a_clear_removes_goes() -> None:
    plot, named = message("display_data", data={}), message("display_data", data={}, transient={"display_id": "d"})
    clear = message("clear_output", wait=True)
    folded = fold([stream("1"), plot, named, clear, stream("2"), clear, stream("3")])
    assert folded == [named, clear, clear, stream("3")]


def test_a_waiting_clear_without_anything_after_it_removes_nothing_yet() -> None:
    kept = [stream("1"), message("clear_output", wait=True)]
    assert fold(kept) == kept
    assert fold([stream("1"), message("clear_output", wait=False)]) == [message("clear_output", wait=False)]


def test_a_clear_of_another_run_removes_nothing() -> None:
    kept = [stream("1"), message("clear_output", run="r2", wait=False)]
    assert fold(kept) == kept


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("a\nb", "a\nb"),
        ("1%\r2%\r3%", "1%\r3%"),
        ("1%\r2%\r3%\r", "1%\r3%\r"),
        ("\r 10%\r 20%\r 30%", "\r 30%"),
        ("long line\rabc\rx", "long line\rabc\rx"),
        ("a\r\nb\r\n", "a\r\nb\r\n"),
        ("a\rbb\x1b[31m\rccc\rdddddddd", "a\rbb\x1b[31m\rdddddddd"),
        ("a\r\r\rb", "a\rb"),
    ],
)
def test_overwritten_pieces_of_a_line_go(text: str, folded: str) -> None:
    assert fold_returns(text) == folded


def show(before: str, text: str) -> list[str]:
    """A terminal of one kind of cursor: what the lines look like (SPEC 4.3)."""
    lines = [""]
    at = 0
    for char in before + text:
        if char == "\n":
            lines.append("")
            at = 0
        elif char == "\r":
            at = 0
        elif char == "\b":
            at = max(0, at - 1)
        else:
            lines[-1] = lines[-1][:at] + char + lines[-1][at + 1 :]
            at += 1
    return [*lines, str(at)]


@given(st.text("ab\r\n\b", max_size=8), st.text("abc\r\n\b", max_size=24))
def test_folding_never_changes_what_is_seen(before: str, text: str) -> None:
    assert show(before, fold_returns(text)) == show(before, text)


@given(st.lists(st.tuples(st.sampled_from("ab\n\r"), st.sampled_from(["stdout", "stderr"]), st.sampled_from("xy"))))
def test_folding_messages_never_changes_what_is_seen(parts: list[tuple[str, str, str]]) -> None:
    folded = fold([stream(text, name, run) for text, name, run in parts])

    def seen(items: list[tuple[str, str, str]]) -> dict[tuple[str, str], list[str]]:
        joined: dict[tuple[str, str], str] = {}
        for run, name, text in items:
            joined[run, name] = joined.get((run, name), "") + text
        return {key: show("", text) for key, text in joined.items()}

    assert seen(texts(folded)) == seen([(run, name, text) for text, name, run in parts])
