"""SPEC 1.6: positions, held to the same golden cases as the page's."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runhere_hub.doc.positions import DIGITS, between, block, is_position, spread

pytestmark = pytest.mark.fast

EXAMPLES = Path(__file__).parents[3] / "protocol" / "examples" / "positions"


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def test_1_6_order() -> None:
    case = example("order")
    cells = sorted(case["cells"], key=lambda cell: (cell[1], cell[0]))
    assert [cell[0] for cell in cells] == case["order"]


def test_1_6_validity() -> None:
    case = example("validity")
    assert [text for text in case["valid"] if not is_position(text)] == []
    assert [text for text in case["invalid"] if is_position(text)] == []


@pytest.mark.parametrize("case", example("between")["cases"], ids=str)
def test_1_6_between(case: dict[str, str | None]) -> None:
    low, high = case["low"], case["high"]
    for seed in range(50):
        found = between(low, high, Random(seed))
        assert is_position(found)
        assert low is None or low < found
        assert high is None or found < high


@pytest.mark.parametrize("case", example("ties")["cases"], ids=str)
def test_1_6_ties(case: dict[str, str]) -> None:
    found = between(case["low"], case["high"], Random(1))
    assert is_position(found)
    assert found > case["low"]


positions = st.text(DIGITS, max_size=5).map(lambda text: text + "1") | st.text(DIGITS, min_size=1, max_size=5).filter(
    is_position
)


@given(st.none() | positions, st.none() | positions, st.integers(), st.integers(1, 200))
def test_1_6_a_block_rises_between_its_limits(low: str | None, high: str | None, seed: int, count: int) -> None:
    if low and high and low > high:
        low, high = high, low
    found = block(low, high, count, Random(seed))
    assert len(found) == count
    assert found == sorted(set(found))
    assert all(map(is_position, found))
    assert low is None or low < found[0]
    assert high is None or high == low or found[-1] < high


def test_1_6_blocks_inserted_at_one_place_do_not_interleave() -> None:
    for seed in range(200):
        mine, theirs = (block("V", "W", 5, Random(f"{seed}{who}")) for who in "ab")
        order = "".join("m" if position in mine else "t" for position in sorted([*mine, *theirs]))
        assert order in ("mmmmmttttt", "tttttmmmmm")


@pytest.mark.parametrize("count", [0, 1, 2, 60, 61, 62, 5_000])
def test_1_6_spread(count: int) -> None:
    found = spread(count)
    assert len(found) == count
    assert found == sorted(set(found))
    assert all(map(is_position, found))


def test_positions_stay_short_while_cells_are_added_at_one_end() -> None:
    random = Random(1)
    last = first = below = "V"
    for _ in range(10_000):
        last, first, below = between(last, None, random), between(None, first, random), between(below, "W", random)
    assert max(map(len, (last, first, below))) <= 12
