"""When a bound file is written, and what its state is: decisions without clock, disk or loop.

    edited ──1 s of rest, at most 5 s──▶ write ──▶ written
    outputs ──end of a run, else 30 s──▶ write
    seen: other text ──▶ merge; conflict markers, no notebook, gone, unreadable ──▶ blocked until it is seen well again

Times are milliseconds of one clock. `rooms/bound_file.py` has the effects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

FileStateName = Literal["written", "pending", "conflict", "invalid", "missing", "unreadable", "read_only", "disk_full"]

REST_MS = 1_000  # after the last key press
PATIENCE_MS = 5_000  # while somebody types on and on
RUN_END_MS = 200  # runs that end together are written together
OUTPUTS_MS = 30_000
RENAME_MS = 2_000
RETRY_MS = 5_000

Trouble = Literal["conflict", "invalid", "missing", "unreadable", "read_only", "disk_full"]
_RETRIED: frozenset[Trouble] = frozenset({"read_only", "disk_full"})


@dataclass(frozen=True)
class Reason:
    """One thing that a person should know of a file.

    Attributes:
        code: Stable; the page has words of its own for it (SPEC 2.7).
        message: The same in English, with all particulars: what is wrong and what ends it.
        facts: Numbers and names for the page's words.
    """

    code: str
    message: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Blocked:
    """Why nothing is written.

    Attributes:
        since: When it began.
        tried: When writing was tried last.
    """

    trouble: Trouble
    reason: Reason
    since: int
    tried: int


@dataclass(frozen=True)
class FileSituation:
    """What is known of one bound file.

    Attributes:
        edited: First and last edit that the file lacks; None: it has them all.
        outputs_due: When outputs that the file lacks are to be written; None: it has them all.
        outputs_written: When outputs were written last.
        blocked: Why nothing can be written.
        gone_since: When the file was first seen missing; it may still turn up under another name.
        flying: What the write now under way takes along (`edited`, `outputs_due`).
    """

    edited: tuple[int, int] | None = None
    outputs_due: int | None = None
    outputs_written: int | None = None
    blocked: Blocked | None = None
    gone_since: int | None = None
    flying: tuple[tuple[int, int] | None, int | None] | None = None


def edited(state: FileSituation, now: int) -> FileSituation:
    """The document changed."""
    first = state.edited[0] if state.edited else now
    return replace(state, edited=(first, now))


def outputs_came(state: FileSituation, now: int, *, run_ended: bool) -> FileSituation:
    """Runs or heads changed."""
    earliest = now + RUN_END_MS
    if not run_ended:
        earliest = max(earliest, (state.outputs_written or 0) + OUTPUTS_MS)
    due = earliest if state.outputs_due is None else min(state.outputs_due, earliest)
    return replace(state, outputs_due=due)


def none_later_than(state: FileSituation, now: int) -> FileSituation:
    """The same where the clock was set back meanwhile: what happened has happened by now, so nothing waits for long."""

    def by_now(at: int) -> int:
        return min(at, now)

    return replace(
        state,
        edited=state.edited and (by_now(state.edited[0]), by_now(state.edited[1])),
        outputs_due=state.outputs_due and min(state.outputs_due, now + OUTPUTS_MS),
        outputs_written=state.outputs_written and by_now(state.outputs_written),
        blocked=state.blocked
        and replace(state.blocked, since=by_now(state.blocked.since), tried=by_now(state.blocked.tried)),
        gone_since=state.gone_since and by_now(state.gone_since),
    )


@dataclass(frozen=True)
class WantedWrite:
    """A write that is to be done now; without outputs, those of the file stay."""

    with_outputs: bool


def due_at(state: FileSituation) -> int | None:
    """When something is to be written next; None: nothing waits, or nothing can be written."""
    if state.gone_since is not None or (state.blocked and state.blocked.trouble not in _RETRIED):
        return None
    times = [state.outputs_due] if state.outputs_due is not None else []
    if state.edited:
        times.append(min(state.edited[1] + REST_MS, state.edited[0] + PATIENCE_MS))
    if not times:
        return None
    return max(min(times), state.blocked.tried + RETRY_MS) if state.blocked else min(times)


def wanted_write(state: FileSituation, now: int, *, at_once: bool = False) -> WantedWrite | None:
    """What to write now, or None. `at_once`: the file is about to be closed, moved or copied."""
    due = due_at(state)
    if due is None or (due > now and not at_once):
        return None
    outputs = state.outputs_due is not None and (at_once or state.outputs_due <= now)
    return WantedWrite(with_outputs=outputs)


def begun(state: FileSituation, write: WantedWrite) -> FileSituation:
    """A write begins, before the document is read: what changes from now on waits for the next one."""
    flying = (state.edited, state.outputs_due if write.with_outputs else None)
    return replace(state, edited=None, outputs_due=None if write.with_outputs else state.outputs_due, flying=flying)


def written(state: FileSituation, now: int, write: WantedWrite) -> FileSituation:
    """The write is done, or there was nothing to write."""
    outputs_written = now if write.with_outputs else state.outputs_written
    return replace(state, blocked=None, gone_since=None, flying=None, outputs_written=outputs_written)


def landed(state: FileSituation) -> FileSituation:
    """The write under way was not done: what it had taken along waits again."""
    if state.flying is None:
        return state
    first, due = state.flying
    edits = [span for span in (first, state.edited) if span is not None]
    dues = [time for time in (due, state.outputs_due) if time is not None]
    return replace(
        state,
        edited=(min(span[0] for span in edits), max(span[1] for span in edits)) if edits else None,
        outputs_due=min(dues, default=None),
        flying=None,
    )


def blocked(state: FileSituation, now: int, trouble: Trouble, reason: Reason) -> FileSituation:
    """Reading or writing failed; what waits goes on waiting."""
    state = landed(state)
    since = state.blocked.since if state.blocked and state.blocked.trouble == trouble else now
    return replace(state, blocked=Blocked(trouble, reason, since, now), gone_since=None)


def gone(state: FileSituation, now: int) -> FileSituation:
    """The file is not there. For two seconds it may turn up again, or under another name."""
    if state.blocked and state.blocked.trouble == "missing":
        return state
    return replace(state, gone_since=state.gone_since if state.gone_since is not None else now)


def is_lost(state: FileSituation, now: int) -> bool:
    """Whether a missing file has been missing too long for a rename."""
    return state.gone_since is not None and now - state.gone_since >= RENAME_MS


def seen_well(state: FileSituation) -> FileSituation:
    """The file was read and is a notebook: what blocked reading is over. What blocks writing is found by writing."""
    if state.blocked and state.blocked.trouble in _RETRIED:
        return replace(state, gone_since=None)
    return replace(state, blocked=None, gone_since=None)


def shown(
    state: FileSituation, *, conflicts: int, notes: Sequence[Reason] = ()
) -> tuple[FileStateName, tuple[Reason, ...]]:
    """State, and what is to be said of it, for pages (SPEC 2.7).

    Args:
        conflicts: Cells that still stand twice after a merge.
        notes: What else a person should know; none of it stops the writing.
    """
    if state.blocked:
        return state.blocked.trouble, (state.blocked.reason,)
    if conflicts:
        return "conflict", (_stand_twice(conflicts), *notes)
    if state.edited or state.flying or state.outputs_due is not None or state.gone_since is not None:
        return "pending", tuple(notes)
    return "written", tuple(notes)


def _stand_twice(conflicts: int) -> Reason:
    cells = "One cell was" if conflicts == 1 else f"{conflicts} cells were"
    told = (
        f"{cells} changed here and in the file in different ways. Both versions are kept, one behind the other; "
        "delete the one that you do not want."
    )
    return Reason("cells_twice", told, {"cells": conflicts})


def lost_outputs_note(cells: int) -> Reason:
    """Parts of outputs are missing from the hub's store. `cells`: how many cells show such outputs, at least 1."""
    which = "one cell is" if cells == 1 else f"{cells} cells is"
    told = f"A part of the outputs of {which} missing from the hub's store; the file keeps what it had. Run it again."
    return Reason("outputs_lost", told, {"cells": cells})


def metadata_note(*, cells: int, notebook: bool) -> Reason:
    """A merge kept our metadata where the file has other. `cells`: of how many cells; `notebook`: of the whole too."""
    of = (["of the notebook"] if notebook else []) + (
        ["of one cell"] if cells == 1 else [f"of {cells} cells"] if cells else []
    )
    told = f"Metadata {' and '.join(of)} was changed here and in the file in different ways; what was set here is kept."
    return Reason("metadata_kept", told, {"cells": cells})


def markers_message(line: int) -> Reason:
    """The file has git's conflict markers, from this line on."""
    told = (
        f"The file has git's conflict markers (<<<<<<<, =======, >>>>>>>), from line {line} on. Resolve the conflict, "
        "with git for example; until then nothing is written into the file."
    )
    return Reason("conflict_markers", told, {"line": line})


def no_notebook(message: str, *, line: int | None, column: int | None) -> Reason:
    """The file is no notebook any more. `line`, `column`: from 1; None: it is JSON, and a cell or output is wrong."""
    told = f"{message} Until that is mended nothing is written into the file."
    at: dict[str, str | int] = {} if line is None or column is None else {"line": line, "column": column}
    return Reason("invalid_at" if at else "invalid_notebook", told, at)


def old_format(message: str, nbformat: int) -> Reason:
    """The file is of a format that is not written here."""
    return Reason("old_format", f"{message} Until then nothing is written into the file.", {"format": nbformat})


def unreadable(message: str, details: Mapping[str, object]) -> Reason:
    """The file cannot be read. `details`: of the error; its `why` is told apart."""
    why = details.get("why")
    facts = {name: value for name, value in details.items() if name in ("mib", "byte") and isinstance(value, int)}
    return Reason(str(why) if why is not None else "not_read", message, facts)
