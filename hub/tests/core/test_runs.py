"""Runs and heads: every rule of SPEC section 3, by its number."""

from dataclasses import replace
from typing import Any

import pytest

from runhere_hub.core.notebook import CellId, Output
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.core.run_frames import parse
from runhere_hub.core.run_records import Asker, Run, RunsState, record, runs_frame, with_outputs
from runhere_hub.core.runs import (
    OTHER_BROWSER_WAITS_MS,
    Broadcast,
    Circumstances,
    Imported,
    Outcome,
    adopt,
    fold,
    import_runs,
    leave,
    set_heads,
    without_writers,
)

DIGEST = "0" * 64
ADA = Asker("s-ada", "ada", "Ada", "firefox", "tab-1")
OTHER_TAB = replace(ADA, session="s-tab-2", tab_id="tab-2")
RECONNECTED = replace(ADA, session="s-again")
OTHER_BROWSER = replace(ADA, session="s-phone", browser_id="phone", tab_id="tab-3")
BOB = Asker("s-bob", "bob", "Bob", "chrome", "tab-4")
AT = Circumstances(now_ms=1_000, new_run_id="new", seq=7)
OMITTING = replace(AT, at_home=AtHome(everything=True))


def started(run_id: str, cell_id: str = "c1", *, started_at: int | None = 1) -> dict[str, Any]:
    event = {"type": "started", "cell_id": cell_id, "source_digest": DIGEST, "runtime": None, "started_at": started_at}
    return run_frame(run_id, 0, event)


def run_frame(run_id: str, n: int, event: Any, *, epoch: int = 1) -> dict[str, Any]:
    return {"type": "run", "run_id": run_id, "epoch": epoch, "n": n, "event": event}


def status(run_id: str, n: int, *, epoch: int = 1, **changes: Any) -> dict[str, Any]:
    return run_frame(run_id, n, {"type": "status", **changes}, epoch=epoch)


def outputs(run_id: str, n: int, *ops: Any) -> dict[str, Any]:
    return run_frame(run_id, n, {"type": "outputs", "ops": list(ops)})


def printed(text: str) -> dict[str, Any]:
    return {"op": "output", "output": {"output_type": "stream", "name": "stdout", "text": text}}


def shown(text: str, display_id: str) -> dict[str, Any]:
    metadata = {"runhere": {"display_id": display_id}}
    return {
        "op": "output",
        "output": {"output_type": "display_data", "data": {"text/plain": text}, "metadata": metadata},
    }


def do(state: RunsState, frame: dict[str, Any], asker: Asker = ADA, at: Circumstances = AT) -> Outcome:
    return fold(state, parse(frame), asker, at)


def after(*frames: dict[str, Any], asker: Asker = ADA, state: RunsState | None = None) -> RunsState:
    """The state after frames that are all taken."""
    state = state or RunsState()
    for frame in frames:
        outcome = do(state, frame, asker)
        assert outcome.answer is not None
        assert outcome.answer["type"] in ("run_ack", "leased"), outcome.answer
        state = outcome.state
    return state


def refused(state: RunsState, outcome: Outcome, run_id: str, code: str, n: int, epoch: int) -> None:
    """Nothing happened, and the answer says so."""
    answer = {"type": "run_refused", "run_id": run_id, "code": code, "n": n, "epoch": epoch}
    assert outcome == Outcome(state, answer=answer)


# --- started -------------------------------------------------------------------------------------------------------


def test_3_3_started_makes_a_run_takes_the_head_and_epoch_1() -> None:
    outcome = do(RunsState(), started("r1"))
    run = Run(
        run_id="r1",
        cell_id="c1",
        kind="executed",
        status="running",
        source_digest=DIGEST,
        person={"id": "ada", "name": "Ada"},
        started_at=1,
        epoch=1,
        n=1,
        writer=ADA,
        last_writer=ADA,
    )
    relayed = {"type": "run", "run_id": "r1", "n": 0, "event": started("r1")["event"], "run": record(run)}
    assert outcome == Outcome(
        RunsState({"r1": run}, {"c1": "r1"}),
        answer={"type": "run_ack", "run_id": "r1", "n": 0},
        answer_after_commit=True,
        broadcasts=(Broadcast(relayed),),
        changed_runs=frozenset({"r1"}),
        changed_heads=frozenset({"c1"}),
    )
    assert "outputs" not in relayed["run"]


def test_a_run_that_has_not_begun_is_queued() -> None:
    assert after(started("r1", started_at=None)).runs["r1"].status == "queued"


def test_the_later_start_takes_the_head_and_the_other_run_stays() -> None:
    state = after(started("r2"), asker=BOB, state=after(started("r1")))
    assert state.heads == {"c1": "r2"}
    assert state.runs["r1"].status == "running"
    assert state.runs["r2"].replaced == "r1"


@pytest.mark.parametrize(
    "frame", [status("r1", 0, status="ok"), status("r1", 3), {**started("r1"), "n": 1}, {**started("r1"), "epoch": 2}]
)
def test_3_4_frames_of_a_run_that_nobody_started_are_refused(frame: dict[str, Any]) -> None:
    refused(RunsState(), do(RunsState(), frame), "r1", "unknown_run", 0, 0)


def test_3_4_a_start_that_makes_no_sense_is_refused() -> None:
    refused(RunsState(), do(RunsState(), run_frame("r1", 0, {"type": "started"})), "r1", "bad_event", 0, 0)


def test_3_3_a_run_starts_once() -> None:
    state = after(started("r1"))
    refused(state, do(state, {**started("r1"), "n": 1}), "r1", "bad_event", 1, 1)


# --- numbers and epochs --------------------------------------------------------------------------------------------


def test_3_4_a_repeated_frame_is_acknowledged_without_effect() -> None:
    state = after(started("r1"), outputs("r1", 1, printed("a")))
    for n, frame in ((0, started("r1")), (1, outputs("r1", 1, printed("a")))):
        answer = {"type": "run_ack", "run_id": "r1", "n": n}
        assert do(state, frame) == Outcome(state, answer=answer, answer_after_commit=True)


def test_3_4_a_gap_is_refused_with_the_next_expected_number() -> None:
    state = after(started("r1"))
    refused(state, do(state, status("r1", 2, status="ok")), "r1", "gap", 1, 1)


def test_3_4_an_old_epoch_is_refused() -> None:
    state = after({"type": "take_over", "run_id": "r1", "force": True}, asker=OTHER_BROWSER, state=after(started("r1")))
    refused(state, do(state, status("r1", 1, status="ok")), "r1", "old_epoch", 1, 2)
    assert after(status("r1", 1, epoch=2, status="ok"), asker=OTHER_BROWSER, state=state).runs["r1"].status == "ok"


@pytest.mark.parametrize(("asker", "epoch"), [(BOB, 1), (OTHER_TAB, 1), (ADA, 2)])
def test_3_4_only_the_holder_of_the_lease_writes(asker: Asker, epoch: int) -> None:
    state = after(started("r1"))
    refused(state, do(state, status("r1", 1, epoch=epoch, status="ok"), asker), "r1", "not_writer", 1, 1)


def test_3_4_a_run_without_writer_takes_no_frame() -> None:
    state = leave(after(started("r1")), ADA.session, 5).state
    refused(state, do(state, status("r1", 1, status="ok")), "r1", "not_writer", 1, 1)


# --- status and outputs --------------------------------------------------------------------------------------------


def test_3_3_absent_members_stay() -> None:
    state = after(started("r1"), status("r1", 1, execution_count=4), status("r1", 2, status="ok", finished_at=9))
    run = state.runs["r1"]
    assert (run.status, run.execution_count, run.started_at, run.finished_at, run.n) == ("ok", 4, 1, 9, 3)


def test_a_run_that_ends_is_told_once() -> None:
    state = after(started("r1"))
    ended = do(state, status("r1", 1, status="error"))
    assert ended.finished == {"r1"}
    assert do(ended.state, status("r1", 2, finished_at=9)).finished == frozenset()
    assert do(state, status("r1", 1, status="running")).finished == frozenset()


def test_3_4_others_get_the_event_as_it_came() -> None:
    frame = outputs("r1", 1, printed("a"))
    outcome = do(after(started("r1")), frame)
    assert outcome.broadcasts == (Broadcast({"type": "run", "run_id": "r1", "n": 1, "event": frame["event"]}),)
    assert outcome.changed_runs == {"r1"}
    assert outcome.changed_heads == frozenset()


def test_3_9_outputs_after_the_end_are_folded() -> None:
    state = after(started("r1"), status("r1", 1, status="ok", finished_at=5), outputs("r1", 2, printed("late")))
    assert [output["text"] for output in state.runs["r1"].folded.outputs] == ["late"]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "status", "status": "happy"}, "bad_event"),
        ({"type": "outputs", "ops": [printed("x" * 70_000)]}, "too_large"),
    ],
)
def test_3_4_an_event_that_cannot_be_folded_is_refused(event: Any, code: str) -> None:
    state = after(started("r1"))
    refused(state, do(state, run_frame("r1", 1, event)), "r1", code, 1, 1)


def test_4_4_update_display_reaches_every_head_run_with_that_display_id() -> None:
    state = after(started("r1", "c1"), outputs("r1", 1, shown("old", "d"), shown("other", "e")))
    state = after(started("gone", "c2"), outputs("gone", 1, shown("old", "d")), started("r2", "c2"), state=state)
    state = after(started("r3", "c3"), started("r4", "c4"), state=state)
    state = set_heads(state, {"c4": None}, AT).state
    update = {"op": "update_display", "display_id": "d", "data": {"text/plain": "new"}, "metadata": {}}
    again = {**update, "data": {"text/plain": "newer"}}
    outcome = do(state, outputs("r3", 1, update, again))

    def texts(run_id: str) -> list[Any]:
        return [output["data"]["text/plain"] for output in with_outputs(outcome.state.runs[run_id])["outputs"]]

    assert texts("r1") == ["newer", "other"]
    assert texts("gone") == ["old"]
    assert outcome.changed_runs == {"r1", "r3"}
    assert outcome.state.runs["r3"].n == 2
    assert outcome.state.runs["r1"].n == 2


# --- outputs stay home ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event", [{"type": "outputs", "ops": [printed("x")]}, {"type": "status", "execution_count": 1}]
)
def test_3_10_outputs_and_execution_detail_are_refused_where_they_are_omitted(event: Any) -> None:
    state = after(started("r1"))
    refused(state, do(state, run_frame("r1", 1, event), at=OMITTING), "r1", "outputs_omitted", 1, 1)
    assert do(state, run_frame("r1", 1, event)).answer == {"type": "run_ack", "run_id": "r1", "n": 1}


def test_3_10_of_one_cell_outputs_are_refused_and_of_another_taken_and_no_copy_brings_them_in() -> None:
    one = replace(AT, at_home=AtHome(cells=frozenset({"c1"})))
    said = {"output_type": "stream", "name": "stdout", "text": "hello"}
    ops = {"type": "outputs", "ops": [{"op": "output", "output": said}]}
    state = after(started("r1", "c1", started_at=None), started("r2", "c2"))
    refused(state, do(state, run_frame("r1", 1, ops), at=one), "r1", "outputs_omitted", 1, 1)
    taken = do(state, run_frame("r2", 1, ops), at=one).state
    assert taken.runs["r2"].folded.outputs == (said,)
    copied = do(taken, {"type": "head", "cell_id": "c1", "copy_of": "r2"}, at=one).state
    assert (copied.heads["c1"], copied.runs["new"].folded.outputs) == ("new", ())


def test_3_10_that_it_ran_is_recorded_where_outputs_are_omitted() -> None:
    outcome = do(after(started("r1")), status("r1", 1, status="ok", execution_count=None), at=OMITTING)
    assert outcome.state.runs["r1"].status == "ok"


# --- leases --------------------------------------------------------------------------------------------------------


def take_over(state: RunsState, asker: Asker, *, force: bool = False, now_ms: int = 1_000) -> Outcome:
    return do(state, {"type": "take_over", "run_id": "r1", "force": force}, asker, replace(AT, now_ms=now_ms))


def leased(outcome: Outcome, asker: Asker, *, n: int) -> None:
    run = outcome.state.runs["r1"]
    assert (run.writer, run.last_writer, run.epoch, run.left_at) == (asker, asker, 2, None)
    writer = {"session": asker.session, "person_id": asker.person_id, "browser_id": asker.browser_id}
    assert outcome.answer == {"type": "leased", "run_id": "r1", "epoch": 2, "n": n}
    assert outcome.broadcasts == (
        Broadcast({"type": "writer", "run_id": "r1", "writer": writer, "status": run.status}),
    )
    assert outcome.changed_runs == {"r1"}


def held(state: RunsState, outcome: Outcome) -> None:
    assert outcome.state == state
    assert outcome.answer is not None
    assert (outcome.answer["type"], outcome.answer["code"], outcome.answer["of"]) == ("refused", "held", "take_over")
    assert outcome.broadcasts == ()


def orphan(left_at: int = 1_000) -> RunsState:
    """A run whose writer has gone."""
    return leave(after(started("r1"), outputs("r1", 1, printed("a"))), ADA.session, left_at).state


@pytest.mark.parametrize("asker", [RECONNECTED, OTHER_TAB])
def test_3_5_the_same_browser_takes_an_orphan_at_once(asker: Asker) -> None:
    leased(take_over(orphan(), asker), asker, n=2)


def test_3_5_another_browser_of_the_person_waits_30_s() -> None:
    state = orphan()
    held(state, take_over(state, OTHER_BROWSER, now_ms=1_000 + OTHER_BROWSER_WAITS_MS - 1))
    leased(take_over(state, OTHER_BROWSER, now_ms=1_000 + OTHER_BROWSER_WAITS_MS), OTHER_BROWSER, n=2)


def test_3_5_a_clock_that_was_set_back_lets_nobody_wait_longer() -> None:
    state = orphan(left_at=10_000_000)
    leased(take_over(state, OTHER_BROWSER, now_ms=10_000_000 - 3_600_000), OTHER_BROWSER, n=2)
    held(state, take_over(state, BOB, now_ms=10_000_000 - 3_600_000))


def test_3_5_another_browser_of_the_person_need_not_wait_when_forced() -> None:
    leased(take_over(orphan(), OTHER_BROWSER, force=True), OTHER_BROWSER, n=2)


def test_3_5_nobody_else_ever() -> None:
    state = orphan()
    held(state, take_over(state, BOB, force=True, now_ms=10**9))


@pytest.mark.parametrize("asker", [OTHER_TAB, OTHER_BROWSER])
def test_3_5_a_run_with_writer_stays_with_it(asker: Asker) -> None:
    state = after(started("r1"))
    held(state, take_over(state, asker))
    leased(take_over(state, asker, force=True), asker, n=1)


def test_3_5_the_same_tab_need_not_wait_for_its_own_dead_socket() -> None:
    leased(take_over(after(started("r1")), RECONNECTED), RECONNECTED, n=1)


def test_3_5_a_run_that_was_never_written_is_nobody_s() -> None:
    state = import_runs(RunsState(), {CellId("c1"): Imported("r1", 1, ())}, AT).state
    held(state, take_over(state, ADA, force=True))


def test_3_11_a_released_run_has_no_writer_and_the_sender_is_told_too() -> None:
    state = after(started("r1"))
    outcome = do(state, {"type": "release", "run_id": "r1"}, at=replace(AT, now_ms=5_000))
    assert outcome.answer is None
    assert outcome.broadcasts == (
        Broadcast({"type": "writer", "run_id": "r1", "writer": None, "status": "running"}, to_all=True),
    )
    assert outcome.state.runs["r1"] == replace(state.runs["r1"], writer=None, left_at=5_000)
    leased(do(outcome.state, {"type": "take_over", "run_id": "r1", "force": False}, OTHER_TAB), OTHER_TAB, n=1)


@pytest.mark.parametrize(("run_id", "asker"), [("r1", OTHER_TAB), ("r1", BOB), ("never", ADA)])
def test_3_11_only_the_holder_releases(run_id: str, asker: Asker) -> None:
    state = after(started("r1"))
    assert do(state, {"type": "release", "run_id": run_id}, asker) == Outcome(state)


def test_3_3_the_record_says_up_to_which_message_it_holds_the_outputs() -> None:
    def told(n: int, **more: str) -> dict[str, Any]:
        return run_frame("r1", n, {"type": "outputs", "ops": [printed("x")], **more})

    state = after(started("r1"), told(1, through="m_1"), told(2), told(3, through="m_7"), told(4))
    assert record(state.runs["r1"])["through"] == "m_7"
    assert with_outputs(state.runs["r1"])["outputs"][0]["text"] == "xxxx"
    refused(state, do(state, run_frame("r1", 5, {"type": "outputs", "ops": [], "through": 7})), "r1", "bad_event", 5, 1)


def test_3_5_a_run_that_is_not_there_cannot_be_taken() -> None:
    outcome = take_over(RunsState(), ADA)
    assert outcome.state == RunsState()
    assert outcome.answer is not None
    assert (outcome.answer["type"], outcome.answer["code"]) == ("refused", "unknown_run")


def test_3_6_a_run_whose_writer_is_gone_keeps_its_status() -> None:
    state = after(started("r1"), started("r2", "c2"))
    state = after(started("r3", "c3"), asker=BOB, state=state)
    outcome = leave(state, ADA.session, 9)
    gone = [{"type": "writer", "run_id": run_id, "writer": None, "status": "running"} for run_id in ("r1", "r2")]
    assert outcome.broadcasts == tuple(Broadcast(frame) for frame in gone)
    assert outcome.changed_runs == {"r1", "r2"}
    assert {run.run_id: (run.writer, run.left_at) for run in outcome.state.runs.values()} == {
        "r1": (None, 9),
        "r2": (None, 9),
        "r3": (BOB, None),
    }
    assert leave(state, "somebody", 9) == Outcome(state)


def test_3_6_a_loaded_room_has_no_writers() -> None:
    state = leave(after(started("r1"), started("r2", "c2")), ADA.session, 5).state
    state = after({"type": "take_over", "run_id": "r2", "force": False}, asker=RECONNECTED, state=state)
    loaded = without_writers(state, 99)
    assert {run.run_id: (run.writer, run.left_at) for run in loaded.runs.values()} == {
        "r1": (None, 5),
        "r2": (None, 99),
    }


def test_3_5_a_run_whose_end_nobody_saw_waits_from_the_load() -> None:
    never_left = replace(orphan().runs["r1"], left_at=None)
    state = RunsState({"r1": never_left}, {})
    held(state, take_over(state, OTHER_BROWSER, now_ms=10**9))


# --- heads ---------------------------------------------------------------------------------------------------------


def test_3_7_clearing_and_undoing_it_move_the_head_for_everybody() -> None:
    state = after(started("r1"))
    cleared = do(state, {"type": "head", "cell_id": "c1", "run_id": None}, BOB)
    assert cleared.state.heads == {"c1": None}
    assert cleared.broadcasts == (Broadcast({"type": "head", "cell_id": "c1", "run_id": None, "seq": 7}, to_all=True),)
    assert cleared.changed_heads == {"c1"}
    assert cleared.changed_runs == frozenset()
    back = do(cleared.state, {"type": "head", "cell_id": "c1", "run_id": "r1"}, BOB)
    frame = {"type": "head", "cell_id": "c1", "run_id": "r1", "seq": 7, "run": with_outputs(state.runs["r1"])}
    assert back.broadcasts == (Broadcast(frame, to_all=True),)
    assert back.state == state


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "head", "cell_id": "c1", "run_id": "nobody"},
        {"type": "head", "cell_id": "c2", "run_id": "r1"},
        {"type": "head", "cell_id": "c2", "copy_of": "nobody"},
    ],
)
def test_3_7_a_head_names_a_run_of_its_cell(frame: dict[str, Any]) -> None:
    state = after(started("r1"))
    outcome = do(state, frame)
    assert outcome.state == state
    assert outcome.answer is not None
    assert (outcome.answer["type"], outcome.answer["code"], outcome.answer["of"]) == ("refused", "unknown_run", "head")
    assert outcome.broadcasts == ()


@pytest.mark.parametrize(("ends", "copied"), [("running", "interrupted"), ("error", "error")])
def test_3_7_a_duplicated_cell_shows_a_copy(ends: str, copied: str) -> None:
    state = after(started("r1"), outputs("r1", 1, printed("a")), status("r1", 2, status=ends))
    outcome = do(state, {"type": "head", "cell_id": "c2", "copy_of": "r1"}, BOB)
    copy = outcome.state.runs["new"]
    assert copy == replace(
        state.runs["r1"],
        run_id="new",
        cell_id="c2",
        kind="copied_from",
        status=copied,
        person={"id": "bob", "name": "Bob"},
        epoch=0,
        n=0,
        writer=None,
        last_writer=None,
    )
    frame = {"type": "head", "cell_id": "c2", "run_id": "new", "seq": 7, "run": with_outputs(copy)}
    assert outcome.broadcasts == (Broadcast(frame, to_all=True),)
    assert outcome.changed_runs == {"new"}
    assert outcome.changed_heads == {"c2"}


def test_3_8_a_cancelled_run_gives_the_head_back() -> None:
    state = after(started("r1"), status("r1", 1, status="ok"), started("r2"))
    outcome = do(state, status("r2", 1, status="cancelled"))
    assert outcome.state.heads == {"c1": "r1"}
    assert outcome.changed_heads == {"c1"}
    run = with_outputs(outcome.state.runs["r1"])
    head = {"type": "head", "cell_id": "c1", "run_id": "r1", "seq": 7, "run": run}
    assert outcome.broadcasts[1:] == (Broadcast(head, to_all=True),)


def test_3_8_past_runs_that_were_cancelled_meanwhile() -> None:
    state = after(started("r1"), started("r2"), started("r3"), status("r2", 1, status="cancelled"))
    assert state.heads == {"c1": "r3"}
    assert do(state, status("r3", 1, status="cancelled")).state.heads == {"c1": "r1"}


@pytest.mark.parametrize("forgotten", [False, True])
def test_3_8_with_nothing_to_give_it_back_to_the_cell_is_cleared(forgotten: bool) -> None:
    state = after(started("r0"), started("r1")) if forgotten else after(started("r1"))
    state = RunsState({"r1": state.runs["r1"]}, state.heads)
    assert do(state, status("r1", 1, status="cancelled")).state.heads == {"c1": None}


def test_3_8_a_run_without_the_head_gives_nothing_back() -> None:
    state = after(started("r1"), started("r2"))
    outcome = do(state, status("r1", 1, status="cancelled"))
    assert outcome.state.heads == {"c1": "r2"}
    assert outcome.changed_heads == frozenset()


# --- imports and records -------------------------------------------------------------------------------------------


def test_a_file_s_outputs_become_imported_runs_and_nothing_clears() -> None:
    state = after(started("r1", "c1"), started("r2", "c2"))
    stream: Output = {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}
    found = {
        CellId("c1"): Imported("i1", 4, (stream,)),
        CellId("c2"): Imported("i2", None, ()),
        CellId("c3"): Imported("i3", 5, ()),
        CellId("c4"): Imported("i4", None, ()),
    }
    outcome = import_runs(state, found, AT)
    assert outcome.state.heads == {"c1": "i1", "c2": None, "c3": "i3"}
    assert outcome.changed_runs == {"i1", "i3"}
    assert outcome.changed_heads == {"c1", "c2", "c3"}
    run = outcome.state.runs["i1"]
    assert (run.kind, run.status, run.execution_count, run.replaced) == ("imported", "ok", 4, "r1")
    assert run.folded.outputs == ({**stream, "text": "a\nb"},)
    assert [(b.frame["cell_id"], b.frame["run_id"], b.to_all) for b in outcome.broadcasts] == [
        ("c1", "i1", True),
        ("c3", "i3", True),
        ("c2", None, True),
    ]


def test_3_2_the_runs_frame_has_all_heads_and_the_runs_they_name() -> None:
    state = after(started("r1"), outputs("r1", 1, printed("a")), started("r2", "c2"), started("r3", "c2"))
    state = set_heads(state, {"c4": None}, AT).state
    assert runs_frame(state) == {
        "type": "runs",
        "heads": {"c1": "r1", "c2": "r3", "c4": None},
        "runs": [with_outputs(state.runs["r1"]), with_outputs(state.runs["r3"])],
    }
    assert with_outputs(state.runs["r1"])["outputs"] == [{"output_type": "stream", "name": "stdout", "text": "a"}]
    lost = RunsState({}, {"c1": "forgotten"})
    assert runs_frame(lost) == {"type": "runs", "heads": {"c1": "forgotten"}, "runs": []}


def test_3_1_a_record_has_the_members_of_the_spec() -> None:
    run = after(started("r1")).runs["r1"]
    assert list(with_outputs(run)) == [
        "run_id",
        "cell_id",
        "kind",
        "status",
        "source_digest",
        "person",
        "runtime",
        "execution_count",
        "started_at",
        "finished_at",
        "epoch",
        "n",
        "through",
        "writer",
        "outputs",
    ]
    assert record(run)["writer"] == {"session": "s-ada", "person_id": "ada", "browser_id": "firefox"}
    assert record(replace(run, writer=None))["writer"] is None


# --- other hub processes -------------------------------------------------------------------------------------------


def elsewhere(*frames: dict[str, Any]) -> RunsState:
    """What a page of another process did."""
    return after(*frames, asker=BOB)


def test_what_another_process_stored_is_shown_here() -> None:
    stored = elsewhere(started("r1"), started("r2", "c2"), outputs("r1", 1, printed("a")))
    outcome = adopt(RunsState({}, {"c3": None}), stored, held=(), kept_heads=(), at=AT)
    assert outcome.state == RunsState(stored.runs, {"c3": None, **stored.heads})
    assert [(b.frame["cell_id"], b.frame["run"], b.to_all) for b in outcome.broadcasts] == [
        ("c1", with_outputs(stored.runs["r1"]), True),
        ("c2", with_outputs(stored.runs["r2"]), True),
    ]


def test_a_run_that_goes_on_elsewhere_is_shown_anew() -> None:
    before = elsewhere(started("r1"), started("r2", "c2"))
    later = after(outputs("r1", 1, printed("a")), asker=BOB, state=before)
    outcome = adopt(before, later, held=(), kept_heads=(), at=AT)
    assert outcome.changed_runs == {"r1"}
    assert outcome.changed_heads == frozenset()
    assert [b.frame["run"]["outputs"][0]["text"] for b in outcome.broadcasts] == ["a"]
    assert adopt(later, later, held=(), kept_heads=(), at=AT) == Outcome(later)


def test_a_run_written_here_is_not_overwritten_by_what_was_stored_of_it() -> None:
    stored = after(started("r1"))
    here = after(outputs("r1", 1, printed("a")), state=stored)
    assert adopt(here, stored, held={"r1"}, kept_heads=(), at=AT) == Outcome(here)


def test_a_newer_lease_takes_a_run_away_from_its_writer_here() -> None:
    here = after(started("r1"))
    taken = {"type": "take_over", "run_id": "r1", "force": True}
    stored = after(taken, asker=OTHER_BROWSER, state=here)
    assert adopt(here, stored, held={"r1"}, kept_heads=(), at=AT).state == stored
    assert adopt(stored, here, held=(), kept_heads=(), at=AT).state == stored  # and an older one does not come back


def test_a_head_moved_here_and_not_stored_yet_stays() -> None:
    stored = elsewhere(started("r1"))
    here = RunsState(stored.runs, {"c1": None})
    assert adopt(here, stored, held=(), kept_heads={"c1"}, at=AT) == Outcome(here)
    assert adopt(here, stored, held=(), kept_heads=(), at=AT).state.heads == {"c1": "r1"}
