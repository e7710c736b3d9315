"""Output operations: the golden cases that the page's tests read too, and what holds for all."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runhere_hub.core import stream_text
from runhere_hub.core.errors import OutputsInvalid
from runhere_hub.core.outputs import Folded, UpdateDisplay, fold, for_file, parse_ops, update_display

pytestmark = pytest.mark.fast

EXAMPLES = sorted((Path(__file__).parents[3] / "protocol" / "examples" / "outputs").glob("*.json"))


def test_there_are_golden_cases() -> None:
    assert len(EXAMPLES) >= 25


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_4_6_golden_cases(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    expected = Folded(tuple(case["outputs"]), case.get("clear_pending", False))
    assert fold(Folded(), parse_ops(case["ops"])) == expected
    one_by_one = Folded()
    for op in case["ops"]:
        one_by_one = fold(one_by_one, parse_ops([op]))
    assert one_by_one == expected


pieces = st.sampled_from(
    [
        "a",
        "b",
        "é",
        "😀",
        "\n",
        "\r",
        "\b",
        "\x1b",
        "[",
        "3",
        "m",
        "K",
        "\x1b[31m",
        "\x1b[K",
        "\x1b[2K",
        "A",
        "2",
        "\x1b[A",
        "\x1b[B",
        "\x1b[3C",
        "\x1b[D",
        "\x1b[E",
        "\x1b[F",
        "\x1b[2G",
        "\x1b[J",
        "\x1b[H",
        "\x1b[2;3H",
        "\x1b[3d",
        "\x1b[2J",
        "\x1bc",
        "\x1b(B",
        "]",
        "\x07",
        "\\",
    ]
)
printed = st.lists(pieces, max_size=12).map("".join)


@settings(max_examples=500)
@given(printed, printed)
def test_4_3_folding_in_pieces_and_at_once_give_the_same(first: str, second: str) -> None:
    shown = stream_text.fold("", first)
    assert stream_text.fold("", shown) == shown
    assert stream_text.fold(shown, second) == stream_text.fold("", first + second)


@settings(max_examples=500)
@given(st.lists(printed, max_size=8))
def test_4_3_many_pieces_are_folded_like_the_whole(chunks: list[str]) -> None:
    shown = ""
    for chunk in chunks:
        shown = stream_text.fold(shown, chunk)
    assert shown == stream_text.fold("", "".join(chunks))


def test_4_3_a_long_coloured_line_in_a_thousand_chunks_takes_no_longer_than_its_length() -> None:
    line = "".join(f"\x1b[3{word % 8}mword{word} \x1b[0m" for word in range(80_000))
    size = len(line) // 1_000
    began = time.thread_time()
    shown = ""
    for at in range(0, len(line), size):
        shown = stream_text.fold(shown, line[at : at + size])
    took_s = time.thread_time() - began
    assert shown == line
    assert took_s < 10, "folding the whole line for each chunk takes minutes"


@given(st.text("ab é\n", max_size=30), st.text("ab é\n", max_size=30))
def test_4_3_text_without_controls_is_only_joined(first: str, second: str) -> None:
    assert stream_text.fold(first, second) == first + second


def test_4_1_the_display_id_is_dropped_from_files() -> None:
    shown = {"output_type": "display_data", "data": {}, "metadata": {"a": 1, "runhere": {"display_id": "d", "b": 2}}}
    assert for_file(shown)["metadata"] == {"a": 1, "runhere": {"b": 2}}
    assert for_file({**shown, "metadata": {"runhere": {"display_id": "d"}}})["metadata"] == {}
    stream = {"output_type": "stream", "name": "stdout", "text": "x"}
    assert for_file(stream) is stream


def test_4_4_an_update_leaves_other_outputs_the_same_objects() -> None:
    one = {"output_type": "display_data", "data": {}, "metadata": {"runhere": {"display_id": "1"}}}
    other = {"output_type": "display_data", "data": {}, "metadata": {"runhere": {"display_id": "2"}}}
    updated = update_display([one, other], UpdateDisplay("2", {"text/plain": "new"}, {}))
    assert updated[0] is one
    assert updated[1]["data"] == {"text/plain": "new"}


STREAM = {"output_type": "stream", "name": "stdout", "text": "x"}


@pytest.mark.parametrize(
    "ops",
    [
        None,
        {},
        [1],
        [{"op": "output"}],
        [{"op": "output", "output": {"output_type": "stream", "name": "stdout"}}],
        [{"op": "output", "output": {"output_type": "display_data", "data": []}}],
        [{"op": "output", "output": {"output_type": "error", "ename": "", "evalue": "", "traceback": [1]}}],
        [{"op": "clear"}],
        [{"op": "clear", "wait": 1}],
        [{"op": "update_display", "display_id": "d", "data": {}}],
        [{"op": "output", "output": STREAM}, {"op": "sing"}],
    ],
)
def test_4_2_unknown_operations_are_refused_whole(ops: object) -> None:
    with pytest.raises(OutputsInvalid):
        parse_ops(ops)
    assert len(parse_ops([{"op": "output", "output": STREAM}, {"op": "clear", "wait": False}])) == 2
