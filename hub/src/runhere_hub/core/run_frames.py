"""Frames about runs, parsed at the border (SPEC 3.3, 3.5, 3.7). What comes out of `parse` cannot be wrong in shape."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard, get_args

from runhere_hub.core.errors import FrameInvalid, OutputsInvalid
from runhere_hub.core.notebook import Json
from runhere_hub.core.outputs import AppendOutput, OutputOp, UpdateDisplay, parse_ops
from runhere_protocol import MAX_INLINE_BYTES, RunStatus

_RUN_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_STATUSES = frozenset(get_args(RunStatus))
_MAX_TEXT = 200
_LEADS_THERE = re.compile(r"[/\\@]|:\d")
_LARGEST_INTEGER = 2**53


@dataclass(frozen=True)
class Started:
    """The run begins and takes its cell's head."""

    cell_id: str
    source_digest: str
    runtime: Mapping[str, str] | None
    started_at: int | None


@dataclass(frozen=True)
class StatusChanged:
    """Members that change; those not named stay."""

    changes: Mapping[str, Any]


@dataclass(frozen=True)
class OutputsArrived:
    """Output operations, in order. `through`: the kernel's message that they end with; None: not told."""

    ops: tuple[OutputOp, ...]
    through: str | None = None


@dataclass(frozen=True)
class BadEvent:
    """An event that cannot be folded; `code` is that of `run_refused`."""

    code: str


Event: TypeAlias = Started | StatusChanged | OutputsArrived | BadEvent


@dataclass(frozen=True)
class RunFrame:
    """A writer's frame. `raw` is the event as it came, for the other pages."""

    run_id: str
    epoch: int
    n: int
    event: Event
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class TakeOver:
    """Somebody wants to write a run."""

    run_id: str
    force: bool


@dataclass(frozen=True)
class Release:
    """A page gives a run back that it cannot go on with."""

    run_id: str


@dataclass(frozen=True)
class MoveHead:
    """A cell is to show another run, or none."""

    cell_id: str
    run_id: str | None


@dataclass(frozen=True)
class CopyHead:
    """A cell is to show a copy of another cell's run."""

    cell_id: str
    copy_of: str


Frame: TypeAlias = RunFrame | TakeOver | Release | MoveHead | CopyHead


def parse(frame: Mapping[str, Any]) -> Frame:
    """A page's frame of type `run`, `take_over`, `release` or `head`.

    An event that makes no sense comes back as `BadEvent` inside its frame, so that the answer can name run and number.

    Raises:
        FrameInvalid: The frame itself is not of the shape of SPEC 3.
    """
    match frame:
        case {
            "type": "run",
            "run_id": str() as run_id,
            "epoch": int() as epoch,
            "n": int() as n,
            "event": dict() as event,
        } if _RUN_ID.fullmatch(run_id) and _is_count(epoch) and _is_count(n):
            return RunFrame(run_id, epoch, n, _parse_event(event), event)
        case {"type": "take_over", "run_id": str() as run_id, "force": bool() as force} if _RUN_ID.fullmatch(run_id):
            return TakeOver(run_id, force)
        case {"type": "release", "run_id": str() as run_id} if _RUN_ID.fullmatch(run_id):
            return Release(run_id)
        case {"type": "head", "cell_id": str() as cell_id, "copy_of": str() as copy_of} if _is_cell(cell_id):
            return CopyHead(cell_id, copy_of)
        case {"type": "head", "cell_id": str() as cell_id, "run_id": (str() | None) as target} if _is_cell(cell_id):
            return MoveHead(cell_id, target)
        case _:
            raise FrameInvalid(f"A frame of type {frame.get('type')!r} lacks members, or has wrong ones.")


def _parse_event(event: Mapping[str, Any]) -> Event:
    match event:
        case {"type": "started"}:
            return _parse_started(event)
        case {"type": "status"}:
            return _parse_status(event)
        case {"type": "outputs", "ops": ops}:
            return _parse_outputs(ops, event.get("through"))
        case _:
            return BadEvent("bad_event")


def _parse_started(event: Mapping[str, Any]) -> Event:
    cell_id, digest, started_at = event.get("cell_id"), event.get("source_digest"), event.get("started_at")
    runtime = event.get("runtime")
    if not (isinstance(cell_id, str) and _is_cell(cell_id) and isinstance(digest, str) and _DIGEST.fullmatch(digest)):
        return BadEvent("bad_event")
    if not ((started_at is None or _is_count(started_at)) and _is_runtime(runtime)):
        return BadEvent("bad_event")
    return Started(cell_id, digest, runtime, started_at)


def is_runtime_label(text: str) -> bool:
    """True for a name of a runtime that others may see: no address, path, account or host with a port stands in it."""
    return len(text) <= _MAX_TEXT and _LEADS_THERE.search(text) is None


def _is_runtime(value: object) -> TypeGuard[Mapping[str, str] | None]:
    match value:
        case None:
            return True
        case {"kind": str() as kind, "label": str() as label, **rest}:
            return not rest and is_runtime_label(kind) and is_runtime_label(label)
        case _:
            return False


def _parse_status(event: Mapping[str, Any]) -> Event:
    changes = {key: value for key, value in event.items() if key != "type"}
    if not changes.keys() <= {"status", "execution_count", "started_at", "finished_at"}:
        return BadEvent("bad_event")
    if "status" in changes and changes["status"] not in _STATUSES:
        return BadEvent("bad_event")
    times = (changes.get(key) for key in ("execution_count", "started_at", "finished_at"))
    if not all(value is None or _is_count(value) for value in times):
        return BadEvent("bad_event")
    return StatusChanged(changes)


def _parse_outputs(value: object, through: object) -> Event:
    if not (through is None or (isinstance(through, str) and 0 < len(through) <= _MAX_TEXT)):
        return BadEvent("bad_event")
    try:
        ops = parse_ops(value)
    except OutputsInvalid:
        return BadEvent("bad_event")
    if any(is_too_large(part) for op in ops for part in _values(op)):
        return BadEvent("too_large")
    return OutputsArrived(ops, through)


def _values(op: OutputOp) -> list[Json]:
    """What SPEC 4.5 calls values: stream texts and the members of MIME bundles."""
    if isinstance(op, AppendOutput):
        data = op.output.get("data")
        return list(data.values()) if isinstance(data, dict) else [op.output.get("text")]
    return list(op.data.values()) if isinstance(op, UpdateDisplay) else []


def is_too_large(value: Json) -> bool:
    """True for a value that must stand as a blob: its JSON text is longer than 64 KiB (SPEC 4.5)."""
    if isinstance(value, str) and len(value) * 6 + 2 <= MAX_INLINE_BYTES:  # no escape is longer than six bytes
        return False
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) > MAX_INLINE_BYTES


def _is_cell(text: str) -> bool:
    return _CELL_ID.fullmatch(text) is not None


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_INTEGER
