"""When a bound file is written and what is shown of it: by the table."""

import pytest

from runhere_hub.core import bound_file as rules
from runhere_hub.core.bound_file import FileSituation, Reason, WantedWrite

pytestmark = pytest.mark.fast

CALM = FileSituation()
WHY = Reason("why", "Why.")


def test_nothing_waits_in_the_beginning() -> None:
    assert rules.due_at(CALM) is None
    assert rules.wanted_write(CALM, 10**9, at_once=True) is None
    assert rules.shown(CALM, conflicts=0) == ("written", ())


def test_an_edit_is_due_a_second_after_the_last_one_and_within_two() -> None:
    state = rules.edited(rules.edited(CALM, 1_000), 1_400)
    assert rules.due_at(state) == 2_400
    assert rules.REST_MS < 2_000
    assert rules.wanted_write(state, 2_399) is None
    assert rules.wanted_write(state, 2_400) == WantedWrite(with_outputs=False)
    assert rules.shown(state, conflicts=0) == ("pending", ())


def test_somebody_who_types_on_and_on_is_written_every_five_seconds() -> None:
    state = CALM
    for now in range(0, 10_000, 100):
        state = rules.edited(state, now)
    assert rules.due_at(state) == 5_000


def test_outputs_are_due_at_the_end_of_a_run_else_every_thirty_seconds() -> None:
    first = rules.outputs_came(CALM, 100_000, run_ended=False)
    assert rules.due_at(first) == 100_200
    done = rules.written(rules.begun(first, WantedWrite(True)), 100_300, WantedWrite(True))
    running = rules.outputs_came(rules.outputs_came(done, 101_000, run_ended=False), 102_000, run_ended=False)
    assert rules.due_at(running) == 130_300
    assert rules.due_at(rules.outputs_came(running, 103_000, run_ended=True)) == 103_200


def test_a_write_for_an_edit_leaves_outputs_that_are_not_due() -> None:
    state = rules.written(rules.begun(CALM, WantedWrite(True)), 100_000, WantedWrite(True))
    state = rules.edited(rules.outputs_came(state, 100_500, run_ended=False), 101_000)
    assert rules.wanted_write(state, 102_000) == WantedWrite(with_outputs=False)
    assert rules.wanted_write(state, 102_000, at_once=True) == WantedWrite(with_outputs=True)
    after = rules.written(rules.begun(state, WantedWrite(False)), 102_100, WantedWrite(False))
    assert rules.due_at(after) == 130_000


def test_what_changes_during_a_write_waits_for_the_next_one() -> None:
    write = WantedWrite(False)
    state = rules.edited(rules.begun(rules.edited(CALM, 1_000), write), 2_000)
    assert rules.due_at(rules.written(state, 2_050, write)) == 3_000


def test_a_write_that_failed_waits_again_whole() -> None:
    state = rules.outputs_came(rules.edited(CALM, 1_000), 1_100, run_ended=True)
    flying = rules.edited(rules.begun(state, WantedWrite(True)), 2_000)
    assert rules.shown(rules.begun(state, WantedWrite(True)), conflicts=0) == ("pending", ())
    landed = rules.landed(flying)
    assert (landed.edited, landed.outputs_due, landed.flying) == ((1_000, 2_000), 1_300, None)
    assert rules.landed(CALM) == CALM


@pytest.mark.parametrize("trouble", ["disk_full", "read_only"])
def test_trouble_of_the_disk_is_told_and_tried_again(trouble: rules.Trouble) -> None:
    state = rules.blocked(rules.edited(CALM, 1_000), 3_000, trouble, WHY)
    assert rules.shown(state, conflicts=0) == (trouble, (WHY,))
    assert rules.due_at(state) == 8_000
    assert rules.wanted_write(state, 7_999) is None
    assert rules.wanted_write(state, 4_000, at_once=True) == WantedWrite(False)
    assert rules.seen_well(state).blocked == state.blocked
    assert rules.shown(rules.written(state, 9_000, WantedWrite(False)), conflicts=0)[0] != trouble


@pytest.mark.parametrize("trouble", ["conflict", "invalid", "missing", "unreadable"])
def test_a_file_that_is_none_stops_writing_until_it_is_seen_well(trouble: rules.Trouble) -> None:
    state = rules.blocked(rules.edited(CALM, 1_000), 3_000, trouble, WHY)
    assert rules.due_at(state) is None
    assert rules.wanted_write(state, 10**9, at_once=True) is None
    assert rules.shown(state, conflicts=0) == (trouble, (WHY,))
    assert rules.due_at(rules.seen_well(state)) == 2_000


def test_a_missing_file_may_turn_up_for_two_seconds() -> None:
    state = rules.gone(rules.gone(rules.edited(CALM, 0), 1_000), 2_000)
    assert rules.due_at(state) is None
    assert rules.shown(state, conflicts=0) == ("pending", ())
    assert not rules.is_lost(state, 2_999)
    assert rules.is_lost(state, 3_000)
    lost = rules.blocked(state, 3_000, "missing", WHY)
    assert rules.gone(lost, 4_000) == lost
    assert not rules.is_lost(rules.seen_well(state), 10_000)


def test_cells_that_stand_twice_are_told_although_the_file_is_written() -> None:
    assert rules.shown(CALM, conflicts=1)[0] == "conflict"
    (told,) = rules.shown(CALM, conflicts=2)[1]
    assert (told.code, told.facts) == ("cells_twice", {"cells": 2})
    assert "2 cells were" in told.message


def test_a_clock_that_was_set_back_keeps_nothing_waiting() -> None:
    hour = 3_600_000
    edited = rules.edited(rules.outputs_came(CALM, hour, run_ended=True), hour)
    assert rules.due_at(edited) == hour + rules.RUN_END_MS
    assert rules.due_at(rules.none_later_than(edited, 5_000)) == 5_000 + rules.REST_MS
    outputs = rules.none_later_than(rules.outputs_came(CALM, hour, run_ended=True), 5_000)
    assert rules.due_at(outputs) == 5_000 + rules.OUTPUTS_MS
    full = rules.blocked(edited, hour, "disk_full", WHY)
    assert rules.due_at(rules.none_later_than(full, 5_000)) == 5_000 + rules.RETRY_MS
    gone = rules.none_later_than(rules.gone(CALM, hour), 5_000)
    assert rules.is_lost(gone, 5_000 + rules.RENAME_MS)
    # A clock that goes on, or forward, changes nothing.
    for now in (hour, hour * 1000):
        assert rules.none_later_than(full, now) == full
    assert rules.none_later_than(CALM, 0) == CALM
