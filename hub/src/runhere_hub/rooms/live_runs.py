"""The room's runs: the pure rules of `core.runs`, and what of their outcome still has to be stored and acknowledged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from runhere_hub.core import runs as rules
from runhere_hub.core.notebook import CellId
from runhere_hub.core.private_outputs import NOWHERE, AtHome
from runhere_hub.core.run_frames import Frame
from runhere_hub.core.run_records import Asker, Run, RunsState, runs_frame
from runhere_hub.core.runs import Circumstances, Imported, Outcome
from runhere_hub.rooms.member import text_of

_STORE_AT_MOST_BYTES_PER_MS = 20_000
"""A run is stored whole. One with 20 MB of outputs that keeps growing is written once a second, not forty times."""
_LONGEST_DELAY_MS = 2_000
_FRAME_STAYS_MS = 10_000


@dataclass(frozen=True)
class Due:
    """What is to be stored now, who is told afterwards, and when (ms) the rest is due (None: there is no rest)."""

    runs: tuple[Run, ...]
    heads: Mapping[str, str | None]
    acks: tuple[tuple[str, Mapping[str, Any]], ...]
    next_at_ms: int | None


class LiveRuns:
    """Runs and heads of one notebook. Used from the room's loop only.

    Args:
        clock: Milliseconds since 1970.
        new_id: 32 hex digits, never the same twice.
    """

    def __init__(self, state: RunsState, *, clock: Callable[[], int], new_id: Callable[[], str]) -> None:
        self.state = rules.without_writers(state, clock())
        self._clock = clock
        self._new_id = new_id
        self._changed_runs: dict[str, int] = {}  # run id -> not before this time
        self._changed_heads: set[str] = set()
        self._acks: dict[str, dict[str, Mapping[str, Any]]] = {}  # run id -> session -> frame
        self._stored_at: dict[str, int] = {}
        self._frame: tuple[RunsState, str] | None = None
        self._frame_asked_at = 0

    def frame(self) -> str:
        """The frame with all heads and their runs (SPEC 3.2), as text: made once for all who join until it changes."""
        if self._frame is None or self._frame[0] is not self.state:
            self._frame = (self.state, text_of(runs_frame(self.state)))
        self._frame_asked_at = self._clock()
        return self._frame[1]

    def tick(self) -> None:
        """Called about once a second: the text of a frame that nobody asks for is not kept, it may have megabytes."""
        if self._frame is not None and not 0 <= self._clock() - self._frame_asked_at < _FRAME_STAYS_MS:
            self._frame = None

    def fold(self, frame: Frame, asker: Asker, *, seq: int, at_home: AtHome) -> Outcome:
        """Fold a page's frame. An answer that must wait for the commit is kept back here."""
        outcome = self._took(rules.fold(self.state, frame, asker, self._at(seq, at_home)))
        if not outcome.answer_after_commit or outcome.answer is None:
            return outcome
        run_id = str(outcome.answer["run_id"])
        self._acks.setdefault(run_id, {})[asker.session] = outcome.answer
        self._changed_runs.setdefault(run_id, self._due_at(self.state.runs[run_id]))
        return replace(outcome, answer=None)

    def leave(self, session: str) -> Outcome:
        """A socket went."""
        for waiting in self._acks.values():
            waiting.pop(session, None)
        return self._took(rules.leave(self.state, session, self._clock()))

    def import_runs(self, found: Mapping[CellId, Imported], *, seq: int) -> Outcome:
        """A file's outputs take the heads."""
        return self._took(rules.import_runs(self.state, found, self._at(seq)))

    def set_heads(self, heads: Mapping[str, str | None], *, seq: int) -> Outcome:
        """Let cells show runs; those that are not known any more are shown as cleared."""
        known = {cell: run if run in self.state.runs else None for cell, run in heads.items()}
        return self._took(rules.set_heads(self.state, known, self._at(seq)))

    def without_outputs(self, at_home: AtHome) -> None:
        """Outputs and execution detail are gone from these runs; what waits to be stored holds none either."""
        self._took(rules.without_outputs(self.state, at_home))

    def adopt(self, elsewhere: RunsState, *, held: frozenset[str], seq: int) -> Outcome:
        """What another hub process stored. `held`: runs that a page of this process writes."""
        outcome = rules.adopt(self.state, elsewhere, held=held, kept_heads=self._changed_heads, at=self._at(seq))
        self.state = outcome.state
        for run_id in outcome.changed_runs:  # theirs is the stored one now; what waited here came under an old lease
            self._changed_runs.pop(run_id, None)
            self._acks.pop(run_id, None)
        return outcome

    def take(self, *, everything: bool) -> Due:
        """What is due, or all that waits. It does not wait any more afterwards."""
        now = self._clock()
        due = [run_id for run_id, at in self._changed_runs.items() if everything or at <= now]
        for run_id in due:
            del self._changed_runs[run_id]
            self._stored_at[run_id] = now
        # Heads name runs, so they go together with them; a head whose run is not due waits with it.
        heads = {cell for cell in self._changed_heads if self.state.heads.get(cell) not in self._changed_runs}
        self._changed_heads -= heads
        acks = [(session, ack) for run_id in due for session, ack in self._acks.pop(run_id, {}).items()]
        return Due(
            runs=tuple(self.state.runs[run_id] for run_id in due if run_id in self.state.runs),
            heads={cell: self.state.heads.get(cell) for cell in heads},
            acks=tuple(acks),
            next_at_ms=min(self._changed_runs.values(), default=None),
        )

    def forgettable(self) -> frozenset[str]:
        """Runs that no cell shows, that no cell showed just before, and that nobody writes."""
        heads = {run_id for run_id in self.state.heads.values() if run_id is not None}
        before = {run.replaced for run_id in heads if (run := self.state.runs.get(run_id)) is not None}
        return frozenset(
            run_id
            for run_id, run in self.state.runs.items()
            if run_id not in heads and run_id not in before and run.writer is None and run_id not in self._changed_runs
        )

    def forget(self, run_ids: frozenset[str]) -> None:
        """Drop runs that are not stored any more."""
        kept = {run_id: run for run_id, run in self.state.runs.items() if run_id not in run_ids}
        self.state = RunsState(kept, self.state.heads)
        for run_id in run_ids:
            self._stored_at.pop(run_id, None)

    def _took(self, outcome: Outcome) -> Outcome:
        self.state = outcome.state
        for run_id in outcome.changed_runs:
            self._changed_runs.setdefault(run_id, self._due_at(self.state.runs[run_id]))
        self._changed_heads |= outcome.changed_heads
        return outcome

    def _due_at(self, run: Run) -> int:
        delay_ms = min(_size_bytes(run) // _STORE_AT_MOST_BYTES_PER_MS, _LONGEST_DELAY_MS)
        return self._stored_at.get(run.run_id, 0) + delay_ms

    def _at(self, seq: int, at_home: AtHome = NOWHERE) -> Circumstances:
        return Circumstances(now_ms=self._clock(), new_run_id=self._new_id(), seq=seq, at_home=at_home)


def _size_bytes(run: Run) -> int:
    """About how large the outputs are: texts and MIME values, not their wrapping."""
    size = 0
    for output in run.folded.outputs:
        data = output.get("data")
        values = [output.get("text"), *(data.values() if isinstance(data, dict) else ())]
        size += sum(len(value) for value in values if isinstance(value, str))
    return size
