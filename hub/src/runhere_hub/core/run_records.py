"""What the hub knows of runs: one record each, and what each cell shows (SPEC 3.1, 3.2). Rules: `core.runs`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runhere_hub.core.outputs import Folded

UNFINISHED = frozenset({"queued", "running"})


@dataclass(frozen=True)
class Asker:
    """The page behind one socket."""

    session: str
    person_id: str
    person_name: str
    browser_id: str
    tab_id: str


@dataclass(frozen=True)
class Run:
    """One execution of one cell (SPEC 3.1).

    Attributes:
        n: Number of the next expected frame.
        through: Id of the kernel's message up to which the outputs hold what the run said; None: not told.
        writer: Who holds the lease now.
        last_writer: Who held it last; only that person may take it over.
        left_at: When the writer went, on the hub's clock; None while there is one.
        replaced: The head that this run took the place of (None: there was none, or it was cleared).
    """

    run_id: str
    cell_id: str
    kind: str
    status: str
    source_digest: str | None = None
    person: Mapping[str, str] | None = None
    runtime: Mapping[str, str] | None = None
    execution_count: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    epoch: int = 0
    n: int = 0
    through: str | None = None
    writer: Asker | None = None
    last_writer: Asker | None = None
    left_at: int | None = None
    replaced: str | None = None
    folded: Folded = field(default_factory=Folded)

    @property
    def is_unfinished(self) -> bool:
        """True while it waits or runs, as far as anybody knows."""
        return self.status in UNFINISHED


@dataclass(frozen=True)
class RunsState:
    """Every run that the room knows, and what each cell shows (None: cleared)."""

    runs: Mapping[str, Run] = field(default_factory=dict)
    heads: Mapping[str, str | None] = field(default_factory=dict)


def record(run: Run) -> dict[str, Any]:
    """The record of SPEC 3.1 without its outputs."""
    return {
        "run_id": run.run_id,
        "cell_id": run.cell_id,
        "kind": run.kind,
        "status": run.status,
        "source_digest": run.source_digest,
        "person": run.person,
        "runtime": run.runtime,
        "execution_count": run.execution_count,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "epoch": run.epoch,
        "n": run.n,
        "through": run.through,
        "writer": writer_of(run),
    }


def writer_of(run: Run) -> Mapping[str, str] | None:
    """The writer as the wire has it."""
    if run.writer is None:
        return None
    return {"session": run.writer.session, "person_id": run.writer.person_id, "browser_id": run.writer.browser_id}


def with_outputs(run: Run) -> dict[str, Any]:
    """The whole record of SPEC 3.1."""
    return {**record(run), "outputs": list(run.folded.outputs)}


def runs_frame(state: RunsState) -> Mapping[str, Any]:
    """All heads and the runs they name (SPEC 3.2)."""
    named = [state.runs[run_id] for run_id in state.heads.values() if run_id is not None and run_id in state.runs]
    return {
        "type": "runs",
        "heads": dict(state.heads),
        "runs": [with_outputs(run) for run in named],
    }
