"""Reading with C and reading in Python say the same, places too."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runhere_hub.core import ipynb
from runhere_hub.core.errors import NotebookInvalid
from runhere_hub.core.ipynb.json_text import MAX_DEPTH, Node, outline, scan
from runhere_hub.core.notebook import Json
from runhere_hub.testing import strategies

pytestmark = pytest.mark.fast


def told(node: Node) -> object:
    """Everything that a node knows, inside out."""
    value: object = None if node.kind in ("object", "array") else repr(node.value)
    members = [(member.key, member.start, told(member.node)) for member in node.members]
    return node.kind, node.start, node.end, value, [told(item) for item in node.items], members


def both(text: str) -> tuple[Json, Json]:
    """What both ways say of the text; where it is refused: the same refusal."""
    refusals: list[str] = []
    nodes: list[Node] = []
    for read in (outline, scan):
        try:
            nodes.append(read(text))
        except NotebookInvalid as refused:
            refusals.append(str(refused))
    if refusals:
        assert refusals == [refusals[0]] * 2
        return None, None
    fast, slow = nodes
    assert told(fast) == told(slow)
    return fast.value, slow.value


@settings(max_examples=200)
@given(st.data())
def test_an_outline_is_the_scan(data: st.DataObject) -> None:
    text = data.draw(strategies.file_texts(data.draw(strategies.notebooks())))
    fast, slow = both(text)
    assert fast == slow
    at = data.draw(st.integers(0, len(text)))
    both(text[:at] + data.draw(st.sampled_from(["", '"', "}", "]", ",", "\n", "\\", "1", "{"])) + text[at + 1 :])


@pytest.mark.parametrize(
    "inner",
    [
        '{"a": 1, "b": 2, "a": 3}',
        "NaN",
        "[-Infinity, Infinity]",
        "9" * 5_000,
        "-0",
        "1.5e3",
        "01",
        "nullx",
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\t"',
        '"\\x"',
        "[1,]",
        '{"a" 1}',
        "{1: 2}",
        "",
        "'a'",
    ],
)
def test_unusual_values_are_read_or_refused_alike(inner: str) -> None:
    for text in (inner, f"[{inner}]", f'{{"cells": [{{"metadata": {inner}}}, {inner}], "cells": {inner}}}'):
        fast, slow = both(text)
        assert json.dumps(fast) == json.dumps(slow)


@pytest.mark.parametrize("sign", ["[]", "{}"])
def test_both_ways_refuse_the_same_depth(sign: str) -> None:
    opening = sign[0] if sign == "[]" else '{"a":'
    innermost = "" if sign == "[]" else "1"
    for depth in (MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, MAX_DEPTH + 2, 5_000):
        text = opening * depth + innermost + sign[1] * depth
        value, _ = both(text)
        assert (value is not None) == (depth <= MAX_DEPTH)


def test_many_brackets_that_are_not_nested_are_no_depth() -> None:
    text = json.dumps({"cells": [{"source": "[{" * 1_000, "metadata": {"a": [[]] * 1_000}}]})
    assert outline(text).value == json.loads(text)


def test_a_parsed_file_is_written_over_like_its_text() -> None:
    cells = [
        {"cell_type": "markdown", "id": f"c{at}", "metadata": {"n": at}, "source": [f"a{at}\n", "b"]}
        for at in range(20)
    ]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=2)
    parsed = ipynb.parse(text)
    for _ in range(2):  # nodes that were opened by the first time serve the second
        assert ipynb.render_over(parsed.notebook, parsed) == text
        other = ipynb.parse(text.replace("a7", "changed")).notebook
        assert ipynb.render_over(other, parsed) == ipynb.render(other, previous_text=text)
        assert ipynb.render_over(other, parsed) == text.replace("a7", "changed")
