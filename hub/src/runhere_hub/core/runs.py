"""How run frames fold into records and heads (SPEC section 3). Pure: state and frame in, new state and answers out.

    started (n 0)                     frames n, n+1, …            socket gone            take_over
  ───────────────▶ epoch 1, writer ──────────────────▶ … ───────▶ no writer ──────────▶ epoch 2, writer ─▶ …
                                                                   unfinished: "contact lost"

A run has one writer at a time: a lease, numbered by `epoch`, held by one socket. Losing it is an answer, not an error.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from runhere_hub.core import outputs as output_rules
from runhere_hub.core.notebook import CellId, Output
from runhere_hub.core.outputs import Folded, UpdateDisplay
from runhere_hub.core.private_outputs import NOWHERE, AtHome
from runhere_hub.core.run_frames import (
    BadEvent,
    CopyHead,
    Event,
    Frame,
    MoveHead,
    OutputsArrived,
    Release,
    RunFrame,
    Started,
    StatusChanged,
    TakeOver,
)
from runhere_hub.core.run_records import Asker, Run, RunsState, record, with_outputs, writer_of

OTHER_BROWSER_WAITS_MS = 30_000
"""A run without writer may be taken over from the person's other browser after this time (SPEC 3.5)."""

_DETAIL = ("execution_count", "started_at", "finished_at")
"""Execution detail: what of a run's status stays at home with its outputs (SPEC 3.10)."""


@dataclass(frozen=True)
class Broadcast:
    """A frame for the other pages, or (`to_all`) for the sender too."""

    frame: Mapping[str, Any]
    to_all: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a frame leads to.

    Attributes:
        answer: For the sender.
        answer_after_commit: The answer says that something is durable, so it must wait until it is.
        changed_runs, changed_heads: Ids of what has to be stored.
        finished: Runs that just ended.
    """

    state: RunsState
    answer: Mapping[str, Any] | None = None
    answer_after_commit: bool = False
    broadcasts: tuple[Broadcast, ...] = ()
    changed_runs: frozenset[str] = frozenset()
    changed_heads: frozenset[str] = frozenset()
    finished: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Circumstances:
    """What folding needs to know beyond state and frame.

    Attributes:
        now_ms: The hub's clock.
        new_run_id: Id for a run that the hub makes (a copy).
        seq: The hub's sequence number that this change gets.
        at_home: Whose outputs are not taken.
    """

    now_ms: int
    new_run_id: str
    seq: int
    at_home: AtHome = NOWHERE


def fold(state: RunsState, frame: Frame, asker: Asker, at: Circumstances) -> Outcome:
    """The state after one frame of a page that may edit, and who is told what."""
    match frame:
        case RunFrame():
            return _fold_run(state, frame, asker, at)
        case TakeOver():
            return _take_over(state, frame, asker, at)
        case Release():
            return _release(state, frame, asker, at)
        case MoveHead():
            return _move_head(state, frame, at)
        case CopyHead():
            return _copy_head(state, frame, asker, at)
        case _:
            assert_never(frame)


# --- frames of a run -----------------------------------------------------------------------------------------------


def _fold_run(state: RunsState, frame: RunFrame, asker: Asker, at: Circumstances) -> Outcome:
    run = state.runs.get(frame.run_id)
    if run is None:
        return _first_frame(state, frame, asker, at)
    if frame.epoch < run.epoch:
        return _refuse_run(state, frame.run_id, "old_epoch", run)
    if run.writer is None or run.writer.session != asker.session or frame.epoch > run.epoch:
        return _refuse_run(state, frame.run_id, "not_writer", run)
    if frame.n < run.n:
        return Outcome(state, answer=_ack(frame), answer_after_commit=True)
    if frame.n > run.n:
        return _refuse_run(state, frame.run_id, "gap", run)
    return _next_frame(state, frame, run, at)


def _first_frame(state: RunsState, frame: RunFrame, asker: Asker, at: Circumstances) -> Outcome:
    event = frame.event
    if isinstance(event, BadEvent) and frame.n == 0:
        return _refuse_run(state, frame.run_id, event.code, None)
    if not isinstance(event, Started) or frame.n != 0 or frame.epoch != 1:
        return _refuse_run(state, frame.run_id, "unknown_run", None)
    if event.started_at is not None and at.at_home.keeps(event.cell_id):
        return _refuse_run(state, frame.run_id, "outputs_omitted", None)
    run = Run(
        run_id=frame.run_id,
        cell_id=event.cell_id,
        kind="executed",
        status="queued" if event.started_at is None else "running",
        source_digest=event.source_digest,
        person={"id": asker.person_id, "name": asker.person_name},
        runtime=event.runtime,
        started_at=event.started_at,
        epoch=1,
        n=1,
        writer=asker,
        last_writer=asker,
        replaced=state.heads.get(event.cell_id),
    )
    after = RunsState({**state.runs, run.run_id: run}, {**state.heads, run.cell_id: run.run_id})
    return Outcome(
        after,
        answer=_ack(frame),
        answer_after_commit=True,
        broadcasts=(Broadcast({**_relayed(frame), "run": record(run)}),),
        changed_runs=frozenset({run.run_id}),
        changed_heads=frozenset({run.cell_id}),
    )


def _next_frame(state: RunsState, frame: RunFrame, run: Run, at: Circumstances) -> Outcome:
    refusal = _refusal(frame.event, omits=at.at_home.keeps(run.cell_id))
    if refusal is not None:
        return _refuse_run(state, run.run_id, refusal, run)
    touched = _apply(state, run, frame.event)
    touched[run.run_id] = replace(touched[run.run_id], n=run.n + 1)
    after = RunsState({**state.runs, **touched}, state.heads)
    outcome = Outcome(
        after,
        answer=_ack(frame),
        answer_after_commit=True,
        broadcasts=(Broadcast(_relayed(frame)),),
        changed_runs=frozenset(touched),
        finished=frozenset({run.run_id} if run.is_unfinished and not touched[run.run_id].is_unfinished else ()),
    )
    return _give_head_back(outcome, touched[run.run_id], at)


def _refusal(event: Event, *, omits: bool) -> str | None:
    match event:
        case BadEvent(code):
            return code
        case Started():
            return "bad_event"  # a run starts once
        case OutputsArrived():
            return "outputs_omitted" if omits else None
        case StatusChanged(changes):
            told = any(changes.get(detail) is not None for detail in _DETAIL)
            return "outputs_omitted" if omits and told else None
        case _:
            assert_never(event)


def _apply(state: RunsState, run: Run, event: Event) -> dict[str, Run]:
    """The runs that the event changes, the run itself always among them."""
    if not isinstance(event, OutputsArrived):
        return {run.run_id: replace(run, **(event.changes if isinstance(event, StatusChanged) else {}))}
    touched = _update_displays(state, run, [op for op in event.ops if isinstance(op, UpdateDisplay)])
    through = event.through or run.through
    touched[run.run_id] = replace(run, folded=output_rules.fold(run.folded, event.ops), through=through)
    return touched


def _update_displays(state: RunsState, run: Run, ops: Iterable[UpdateDisplay]) -> dict[str, Run]:
    """Other head runs that show one of these display ids (SPEC 4.4)."""
    touched: dict[str, Run] = {}
    for op in ops:
        for run_id in {head for head in state.heads.values() if head is not None and head != run.run_id}:
            shown = touched.get(run_id) or state.runs[run_id]
            if any(output_rules.display_id(output) == op.display_id for output in shown.folded.outputs):
                updated = output_rules.update_display(shown.folded.outputs, op)
                touched[run_id] = replace(shown, folded=replace(shown.folded, outputs=updated))
    return touched


def _give_head_back(outcome: Outcome, run: Run, at: Circumstances) -> Outcome:
    """A run that ends cancelled gives the head to the one it replaced (SPEC 3.8), past others that were cancelled."""
    state = outcome.state
    if run.status != "cancelled" or state.heads.get(run.cell_id) != run.run_id:
        return outcome
    before = run.replaced
    while before is not None and (earlier := state.runs.get(before)) is not None and earlier.status == "cancelled":
        before = earlier.replaced
    if before is not None and before not in state.runs:
        before = None
    return replace(
        outcome,
        state=RunsState(state.runs, {**state.heads, run.cell_id: before}),
        # With the run: a page that was opened since knows the one that took its place only.
        broadcasts=(
            *outcome.broadcasts,
            Broadcast(_head_frame(run.cell_id, before, at, state.runs.get(before or "")), to_all=True),
        ),
        changed_heads=outcome.changed_heads | {run.cell_id},
    )


def _refuse_run(state: RunsState, run_id: str, code: str, run: Run | None) -> Outcome:
    n, epoch = (run.n, run.epoch) if run is not None else (0, 0)
    return Outcome(state, answer={"type": "run_refused", "run_id": run_id, "code": code, "n": n, "epoch": epoch})


def _ack(frame: RunFrame) -> Mapping[str, Any]:
    return {"type": "run_ack", "run_id": frame.run_id, "n": frame.n}


def _relayed(frame: RunFrame) -> Mapping[str, Any]:
    return {"type": "run", "run_id": frame.run_id, "n": frame.n, "event": frame.raw}


# --- leases --------------------------------------------------------------------------------------------------------


def _take_over(state: RunsState, frame: TakeOver, asker: Asker, at: Circumstances) -> Outcome:
    run = state.runs.get(frame.run_id)
    if run is None:
        return _refuse(state, "unknown_run", "There is no such run any more.", "take_over")
    if not _may_take_over(run, asker, frame, at):
        return _refuse(state, "held", "Another page records this run.", "take_over")
    taken = replace(run, epoch=run.epoch + 1, writer=asker, last_writer=asker, left_at=None)
    return Outcome(
        RunsState({**state.runs, run.run_id: taken}, state.heads),
        answer={"type": "leased", "run_id": run.run_id, "epoch": taken.epoch, "n": taken.n},
        broadcasts=(Broadcast(_writer_frame(taken)),),
        changed_runs=frozenset({run.run_id}),
    )


def _may_take_over(run: Run, asker: Asker, frame: TakeOver, at: Circumstances) -> bool:
    last = run.last_writer
    if last is None or last.person_id != asker.person_id:
        return False
    same_browser = last.browser_id == asker.browser_id
    if run.writer is not None:
        # The same tab again: its old socket is dead and the hub has not noticed yet. Elsewhere only by their own wish.
        return (same_browser and last.tab_id == asker.tab_id) or frame.force
    if same_browser or frame.force:
        return True
    waited_ms = at.now_ms - run.left_at if run.left_at is not None else 0
    # Below zero the clock was set back: nobody knows how long it has been, and an hour's wait would be for nothing.
    return not 0 <= waited_ms < OTHER_BROWSER_WAITS_MS


def _release(state: RunsState, frame: Release, asker: Asker, at: Circumstances) -> Outcome:
    """The lease is given back (SPEC 3.11). Without it nothing happens: losing that race is no error."""
    run = state.runs.get(frame.run_id)
    if run is None or run.writer is None or run.writer.session != asker.session:
        return Outcome(state)
    left = replace(run, writer=None, left_at=at.now_ms)
    return Outcome(
        RunsState({**state.runs, run.run_id: left}, state.heads),
        broadcasts=(Broadcast(_writer_frame(left), to_all=True),),
        changed_runs=frozenset({run.run_id}),
    )


def without_outputs(state: RunsState, at_home: AtHome) -> Outcome:
    """The state in which no run of these cells has outputs, a count or times (SPEC 3.10). Leases and heads stay."""
    bare = {run_id: _bare(run) for run_id, run in state.runs.items() if at_home.keeps(run.cell_id)}
    return Outcome(RunsState({**state.runs, **bare}, state.heads), changed_runs=frozenset(bare))


def _bare(run: Run) -> Run:
    return replace(run, folded=Folded(), execution_count=None, started_at=None, finished_at=None)


def leave(state: RunsState, session: str, now_ms: int) -> Outcome:
    """The state after a socket went: its runs keep their status and have no writer (SPEC 3.6)."""
    left = {
        run.run_id: replace(run, writer=None, left_at=now_ms)
        for run in state.runs.values()
        if run.writer is not None and run.writer.session == session
    }
    return Outcome(
        RunsState({**state.runs, **left}, state.heads),
        broadcasts=tuple(Broadcast(_writer_frame(run)) for run in left.values()),
        changed_runs=frozenset(left),
    )


def adopt(
    state: RunsState, elsewhere: RunsState, *, held: Collection[str], kept_heads: Collection[str], at: Circumstances
) -> Outcome:
    """The state with what another hub process stored.

    Args:
        held: Runs that a page of this process writes: only a newer lease takes them away.
        kept_heads: Cells whose head was moved here and is not stored yet; it will be stored after theirs.
    """
    runs = {
        run_id: run for run_id, run in elsewhere.runs.items() if _is_news(state.runs.get(run_id), run, run_id in held)
    }
    heads = {
        cell_id: run_id
        for cell_id, run_id in elsewhere.heads.items()
        if cell_id not in kept_heads and (cell_id not in state.heads or state.heads[cell_id] != run_id)
    }
    after = RunsState({**state.runs, **runs}, {**state.heads, **heads})
    told = {cell_id: run_id for cell_id, run_id in after.heads.items() if cell_id in heads or run_id in runs}
    return Outcome(
        after,
        broadcasts=tuple(
            Broadcast(_head_frame(cell_id, run_id, at, after.runs.get(run_id or "")), to_all=True)
            for cell_id, run_id in told.items()
        ),
        changed_runs=frozenset(runs),
        changed_heads=frozenset(heads),
    )


def _is_news(known: Run | None, stored: Run, held: bool) -> bool:
    if known is None or stored.epoch > known.epoch:
        return True
    return stored.epoch == known.epoch and not held and stored != known


def without_writers(state: RunsState, now_ms: int) -> RunsState:
    """The state of a room just loaded: nobody writes (SPEC 3.6)."""
    left = {
        run_id: replace(run, writer=None, left_at=now_ms)
        for run_id, run in state.runs.items()
        if run.writer is not None
    }
    return RunsState({**state.runs, **left}, state.heads) if left else state


def _writer_frame(run: Run) -> Mapping[str, Any]:
    return {"type": "writer", "run_id": run.run_id, "writer": writer_of(run), "status": run.status}


# --- heads ---------------------------------------------------------------------------------------------------------


def _move_head(state: RunsState, frame: MoveHead, at: Circumstances) -> Outcome:
    run = state.runs.get(frame.run_id) if frame.run_id is not None else None
    if frame.run_id is not None and (run is None or run.cell_id != frame.cell_id):
        return _refuse(state, "unknown_run", "This cell has no such run any more.", "head")
    return set_heads(state, {frame.cell_id: frame.run_id}, at)


def _copy_head(state: RunsState, frame: CopyHead, asker: Asker, at: Circumstances) -> Outcome:
    source = state.runs.get(frame.copy_of)
    if source is None:
        return _refuse(state, "unknown_run", "There is no such run any more.", "head")
    copy = replace(
        source,
        run_id=at.new_run_id,
        cell_id=frame.cell_id,
        kind="copied_from",
        status="interrupted" if source.is_unfinished else source.status,  # nobody will finish a copy
        person={"id": asker.person_id, "name": asker.person_name},
        epoch=0,
        n=0,
        through=None,
        writer=None,
        last_writer=None,
        left_at=None,
        replaced=state.heads.get(frame.cell_id),
    )
    return _put(state, [_bare(copy) if at.at_home.keeps(copy.cell_id) else copy], at)


def set_heads(state: RunsState, heads: Mapping[str, str | None], at: Circumstances) -> Outcome:
    """Let cells show these runs, which the state must know (restoring a revision; clearing)."""
    return Outcome(
        RunsState(state.runs, {**state.heads, **heads}),
        broadcasts=tuple(
            Broadcast(_head_frame(cell_id, run_id, at, state.runs.get(run_id or "")), to_all=True)
            for cell_id, run_id in heads.items()
        ),
        changed_heads=frozenset(heads),
    )


@dataclass(frozen=True)
class Imported:
    """What a file shows under one cell; nothing at all clears the head."""

    run_id: str
    execution_count: int | None
    outputs: tuple[Output, ...]


def import_runs(state: RunsState, found: Mapping[CellId, Imported], at: Circumstances) -> Outcome:
    """Let cells show what a file shows, as runs of kind `imported`."""
    shown = {cell_id: one for cell_id, one in found.items() if one.outputs or one.execution_count is not None}
    made = [
        Run(
            run_id=one.run_id,
            cell_id=cell_id,
            kind="imported",
            status="ok",
            execution_count=one.execution_count,
            replaced=state.heads.get(cell_id),
            folded=Folded(tuple(output_rules.normalise(output) for output in one.outputs)),
        )
        for cell_id, one in shown.items()
    ]
    put = _put(state, made, at)
    cleared: dict[str, str | None] = {
        cell_id: None for cell_id in found if cell_id not in shown and state.heads.get(cell_id) is not None
    }
    rest = set_heads(put.state, cleared, at)
    return replace(
        put,
        state=rest.state,
        broadcasts=(*put.broadcasts, *rest.broadcasts),
        changed_heads=put.changed_heads | rest.changed_heads,
    )


def _put(state: RunsState, made: Iterable[Run], at: Circumstances) -> Outcome:
    """Runs that the hub made take their cells' heads."""
    listed = list(made)
    after = RunsState({**state.runs, **{run.run_id: run for run in listed}}, state.heads)
    moved = set_heads(after, {run.cell_id: run.run_id for run in listed}, at)
    return replace(moved, changed_runs=frozenset(run.run_id for run in listed))


def _head_frame(cell_id: str, run_id: str | None, at: Circumstances, run: Run | None = None) -> Mapping[str, Any]:
    frame: dict[str, Any] = {"type": "head", "cell_id": cell_id, "run_id": run_id, "seq": at.seq}
    return frame if run is None else {**frame, "run": with_outputs(run)}


def _refuse(state: RunsState, code: str, message: str, of: str) -> Outcome:
    return Outcome(state, answer={"type": "refused", "code": code, "message": message, "of": of})
