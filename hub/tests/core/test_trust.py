"""Whether a cell may run unasked: every branch of the rule."""

from dataclasses import replace

import pytest

from runhere_hub.core.trust import Contribution, Decisions, Judged, judge

MINE = Decisions("ada")
D = "d" * 64


def by(person: str | None, seq: int, since: int | None = None, cell: str = "c") -> Contribution:
    return Contribution(cell, person, seq, seq if since is None else since)


def judged(*done: Contribution, mine: Decisions = MINE, is_empty: bool = False, is_known: bool = True) -> Judged:
    return judge("c", D, is_empty=is_empty, is_known=is_known, done=done, mine=mine)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (judged(is_empty=True, is_known=False), Judged("c", "own")),
        # Nothing runs; but what is typed into it stands where somebody else wrote.
        (judged(by("eve", 2), is_empty=True, is_known=False), Judged("c", "own", ("eve",))),
        (judged(by("eve", 2), is_empty=True, is_known=False, mine=replace(MINE, cells={"c": 2})), Judged("c", "own")),
        (judged(by("ada", 1)), Judged("c", "own")),
        (judged(by("ada", 1), is_known=False), Judged("c", "review", (None,))),
        (judged(), Judged("c", "review", (None,))),
        (judged(by("ada", 1), by("eve", 2)), Judged("c", "review", ("eve",))),
        (judged(by("eve", 2), by(None, 5), by("bob", 3)), Judged("c", "review", (None, "bob", "eve"))),
        # This very source was accepted, the cell was not: whatever else stands in it then is asked about.
        (judged(by("eve", 2), mine=replace(MINE, digests=frozenset({D}))), Judged("c", "trusted", ("eve",))),
        (judged(mine=replace(MINE, digests=frozenset({D})), is_known=False), Judged("c", "trusted", (None,))),
        (judged(by("eve", 2), mine=replace(MINE, authors=frozenset({"eve"}))), Judged("c", "trusted")),
        (judged(by("eve", 2), by("ada", 9), mine=replace(MINE, cells={"c": 2})), Judged("c", "trusted")),
        (judged(by("eve", 3), mine=replace(MINE, cells={"c": 2})), Judged("c", "review", ("eve",))),
        (judged(by("eve", 2), mine=replace(MINE, cells={"other": 9})), Judged("c", "review", ("eve",))),
        # Inherited after the decision: text that was in the notebook before is not accepted by it.
        (judged(by("eve", 5, 1), mine=replace(MINE, cells={"c": 2})), Judged("c", "review", ("eve",))),
        (judged(by(None, 5, 1), mine=replace(MINE, unknown_through=1)), Judged("c", "trusted")),
        (judged(by(None, 5, 2), mine=replace(MINE, unknown_through=1)), Judged("c", "review", (None,))),
        (judged(by("eve", 1), mine=replace(MINE, unknown_through=9)), Judged("c", "review", ("eve",))),
    ],
)
def test_judge(answer: Judged, expected: Judged) -> None:
    assert answer == expected
