"""Shapes of the JSON frames of a room (SPEC sections 2 and 3).

Shapes only: whoever receives a frame checks it. Times are milliseconds since 1970 (UTC). In records and leases `n` is
the number of the run's next expected frame.
"""

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

RunKind = Literal["executed", "imported", "copied_from"]
RunStatus = Literal["queued", "running", "ok", "error", "interrupted", "cancelled", "lost"]
RunRefusal = Literal["gap", "old_epoch", "unknown_run", "not_writer", "outputs_omitted", "bad_event", "too_large"]
FileStateName = Literal["written", "pending", "conflict", "invalid", "missing", "unreadable", "read_only", "disk_full"]
RoleName = Literal["viewer", "commenter", "editor", "owner"]


class PersonRef(TypedDict):
    """Somebody, by id and shown name."""

    id: str
    name: str


class RuntimeRef(TypedDict):
    """Where code ran, in words: never an address or a token."""

    kind: str
    label: str


class Writer(TypedDict):
    """Who writes a run."""

    session: str
    person_id: str
    browser_id: str


class RunRecord(TypedDict):
    """One run (SPEC 3.1). Frames that announce a new run leave `outputs` out."""

    run_id: str
    cell_id: str
    kind: RunKind
    status: RunStatus
    source_digest: str | None
    person: PersonRef | None
    runtime: RuntimeRef | None
    execution_count: int | None
    started_at: int | None
    finished_at: int | None
    epoch: int
    n: int
    writer: Writer | None
    outputs: NotRequired[list[Any]]


class NotebookRef(TypedDict):
    """The notebook of a room."""

    id: str
    title: str
    folder_path: str | None


class FileState(TypedDict):
    """SPEC 2.7: how the file of a bound notebook stands to the document."""

    type: Literal["file"]
    state: FileStateName
    path: str
    message: str | None


class Join(TypedDict):
    """Page to hub, first of all (SPEC 2.3)."""

    type: Literal["join"]
    protocol: int
    client_id: int
    browser_id: str
    tab_id: str


class Hello(TypedDict):
    """Hub to page, answer to `join` (SPEC 2.3)."""

    type: Literal["hello"]
    protocol: int
    session: str
    notebook: NotebookRef
    person: PersonRef
    role: RoleName
    omit_outputs: bool
    seq: int
    file: FileState | None


class Saved(TypedDict):
    """SPEC 2.4: the first `received` document frames of this socket are on disk."""

    type: Literal["saved"]
    received: int
    seq: int


class NotSaved(TypedDict):
    """SPEC 2.5: the hub cannot commit now; it retries."""

    type: Literal["not_saved"]
    code: str
    message: str


class Beat(TypedDict):
    """SPEC 2.6."""

    type: Literal["beat"]


class RoleChanged(TypedDict):
    """SPEC 2.9."""

    type: Literal["role"]
    role: RoleName


class Refused(TypedDict):
    """SPEC 2.10: nothing happened."""

    type: Literal["refused"]
    code: str
    message: str
    of: str


class Runs(TypedDict):
    """SPEC 3.2: all heads and the runs they name."""

    type: Literal["runs"]
    heads: dict[str, str | None]
    runs: list[RunRecord]


class StartedEvent(TypedDict):
    """SPEC 3.3."""

    type: Literal["started"]
    cell_id: str
    source_digest: str
    runtime: RuntimeRef | None
    started_at: int | None


class StatusEvent(TypedDict):
    """SPEC 3.3: absent members stay as they are."""

    type: Literal["status"]
    status: NotRequired[RunStatus]
    execution_count: NotRequired[int | None]
    started_at: NotRequired[int | None]
    finished_at: NotRequired[int | None]


class OutputsEvent(TypedDict):
    """SPEC 3.3 and 4.2."""

    type: Literal["outputs"]
    ops: list[Any]


RunEvent: TypeAlias = StartedEvent | StatusEvent | OutputsEvent


class RunFrame(TypedDict):
    """Page to hub (with `epoch`) and hub to the other pages (with `run` when it started) (SPEC 3.3, 3.4)."""

    type: Literal["run"]
    run_id: str
    n: int
    event: RunEvent
    epoch: NotRequired[int]
    run: NotRequired[RunRecord]


class RunAck(TypedDict):
    """SPEC 3.4: every frame of the run up to and including `n` is folded and on disk."""

    type: Literal["run_ack"]
    run_id: str
    n: int


class RunRefused(TypedDict):
    """SPEC 3.4: `n` is the next expected number, `epoch` the current one; both 0 for a run nobody knows."""

    type: Literal["run_refused"]
    run_id: str
    code: RunRefusal
    n: int
    epoch: int


class TakeOver(TypedDict):
    """SPEC 3.5."""

    type: Literal["take_over"]
    run_id: str
    force: bool


class Leased(TypedDict):
    """SPEC 3.5: the asker writes the run from frame `n` on."""

    type: Literal["leased"]
    run_id: str
    epoch: int
    n: int


class WriterChanged(TypedDict):
    """SPEC 3.6."""

    type: Literal["writer"]
    run_id: str
    writer: Writer | None
    status: RunStatus


class MoveHead(TypedDict):
    """Page to hub (SPEC 3.7): exactly one of `run_id` (None clears) and `copy_of`."""

    type: Literal["head"]
    cell_id: str
    run_id: NotRequired[str | None]
    copy_of: NotRequired[str]


class HeadMoved(TypedDict):
    """Hub to every page (SPEC 3.7)."""

    type: Literal["head"]
    cell_id: str
    run_id: str | None
    seq: int
    run: NotRequired[RunRecord]


HubFrame: TypeAlias = (
    Hello
    | Saved
    | NotSaved
    | Beat
    | FileState
    | RoleChanged
    | Refused
    | Runs
    | RunFrame
    | RunAck
    | RunRefused
    | Leased
    | WriterChanged
    | HeadMoved
)
PageFrame: TypeAlias = Join | RunFrame | TakeOver | MoveHead
