"""What a room asks of the database: load, commit, compact. Each function is one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from runhere_hub.core.errors import NotFound
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.core.run_records import Run, RunsState
from runhere_hub.core.trust import Contribution
from runhere_hub.doc.log import joined
from runhere_hub.store import authorship, blobs, file_bases, notebooks, revisions, runs, updates
from runhere_hub.store.authorship import Authored
from runhere_hub.store.file_bases import FileBase
from runhere_hub.store.session import Connection, Database
from runhere_hub.store.updates import Snapshot, StoredUpdate

_REMEMBERED_SOURCES = 5_000
"""Of what cells said before, so many are recognised when somebody undoes or copies."""


@dataclass(frozen=True)
class LoadedRoom:
    """A notebook as the database has it.

    Attributes:
        updates: Yjs v1 updates in order, the snapshot first; empty when the notebook has no document yet.
        seq: The last sequence number given out.
        log_count, log_bytes: Size of the log behind the snapshot.
        clients: Yjs client id to the person it is registered to.
        made_from: The notebook's file, where the document was made from it just now.
        contributions, digests: Who did what to which cell, and who wrote which source (`core.trust`).
    """

    notebook_id: str
    owner_id: str
    title: str
    folder_path: str | None
    at_home: AtHome
    seq: int
    updates: tuple[bytes, ...]
    log_count: int
    log_bytes: int
    runs: RunsState
    clients: Mapping[int, str]
    made_from: FileBase | None = None
    contributions: tuple[Contribution, ...] = ()
    digests: tuple[tuple[str, str | None, int], ...] = ()


@dataclass(frozen=True)
class Batch:
    """What waits for a commit: all of it is durable afterwards, or nothing.

    Attributes:
        updates: (person id, Yjs v1 update), in the order in which they came.
        runs: As they are now.
        private_cells: Cells that say from now on that their outputs stay at home.
    """

    updates: tuple[tuple[str | None, bytes], ...] = ()
    runs: tuple[Run, ...] = ()
    heads: Mapping[str, str | None] = field(default_factory=dict)
    authored: tuple[Authored, ...] = ()
    clients: tuple[tuple[int, str], ...] = ()
    private_cells: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to write."""
        return not (self.updates or self.runs or self.heads or self.authored or self.clients or self.private_cells)

    @property
    def changes_notebook(self) -> bool:
        """True when readers see another notebook afterwards. Who came, and who wrote what, is nothing that they see."""
        return bool(self.updates or self.runs or self.heads)

    def followed_by(self, later: "Batch") -> "Batch":
        """Both in one: runs and heads of the later one replace those of this one."""
        changed = {run.run_id: run for run in (*self.runs, *later.runs)}
        return Batch(
            updates=self.updates + later.updates,
            runs=tuple(changed.values()),
            heads={**self.heads, **later.heads},
            authored=self.authored + later.authored,
            clients=self.clients + later.clients,
            private_cells=self.private_cells | later.private_cells,
        )


async def load(db: Database, notebook_id: str) -> LoadedRoom:
    """Everything that a room starts from.

    Raises:
        NotFound: There is no such notebook, or it lies in the trash.
    """
    return await db.read(lambda conn: _load(conn, notebook_id))


def _load(conn: Connection, notebook_id: str) -> LoadedRoom:
    about = notebooks.about(conn, notebook_id)
    if about is None:
        raise NotFound("There is no such notebook.", notebook_id=notebook_id)
    snapshot = updates.snapshot(conn, notebook_id)
    log = updates.after(conn, notebook_id, snapshot.seq if snapshot is not None else -1)
    return LoadedRoom(
        notebook_id=notebook_id,
        owner_id=about.owner_id,
        title=about.title,
        folder_path=about.folder_path,
        at_home=about.at_home,
        seq=about.seq,
        updates=(*((snapshot.data,) if snapshot is not None else ()), *(one.data for one in log)),
        log_count=len(log),
        log_bytes=sum(len(one.data) for one in log),
        runs=runs.load(conn, notebook_id),
        clients=updates.load_clients(conn, notebook_id),
        contributions=tuple(authorship.contributions(conn, notebook_id)),
        digests=tuple(authorship.digests(conn, notebook_id, at_most=_REMEMBERED_SOURCES)),
    )


@dataclass(frozen=True)
class CommitResult:
    """A batch that is on disk.

    Attributes:
        after: Last sequence number before the batch.
        seq: The batch's last one.
        stale: Runs of the batch that another process leased meanwhile: these were not written.
    """

    after: int
    seq: int
    stale: frozenset[str] = frozenset()


async def commit(
    db: Database, batches: Sequence[tuple[str, Batch]], *, process: str, now: int, shared: bool = False
) -> list[CommitResult]:
    """Write batches (notebook id, batch) in one transaction; when this returns all of them are on disk.

    Args:
        process: This one: others look for what is not theirs.
        now: Milliseconds since 1970.

    Raises:
        DiskFull, DatabaseDamaged, DatabaseUnavailable: Nothing of them was written; it may be tried again.
        NotFound: One of the notebooks is gone for good; nothing was written.
    """

    def work(conn: Connection) -> list[CommitResult]:
        return [_commit(conn, notebook_id, batch, process, shared=shared, now=now) for notebook_id, batch in batches]

    return await db.write(work)


def _commit(
    conn: Connection, notebook_id: str, batch: Batch, process: str, *, shared: bool = False, now: int | None = None
) -> CommitResult:
    count = len(batch.updates)
    last = updates.take_seq(conn, notebook_id, count + 1, changed_at=now if batch.changes_notebook else None)
    first = last - count
    stored = [
        StoredUpdate(first + index, person_id, process, data) for index, (person_id, data) in enumerate(batch.updates)
    ]
    updates.append(conn, notebook_id, stored)
    updates.register_clients(conn, notebook_id, batch.clients)
    stale = _stale(conn, notebook_id, batch.runs) if shared else frozenset()
    runs.save(conn, notebook_id, last, [run for run in batch.runs if run.run_id not in stale])
    runs.save_heads(conn, notebook_id, last, batch.heads)
    authorship.append(conn, notebook_id, last, batch.authored)
    if batch.private_cells:
        notebooks.private_cells(conn, notebook_id, add=batch.private_cells)
    return CommitResult(first - 1, last, stale)


def _stale(conn: Connection, notebook_id: str, changed: Collection[Run]) -> frozenset[str]:
    """Runs of which a newer lease is stored. Another process gave it away, so what comes under this one is refused."""
    if not changed:
        return frozenset()
    stored = runs.epochs(conn, notebook_id, [run.run_id for run in changed])
    return frozenset(run.run_id for run in changed if stored.get(run.run_id, run.epoch) > run.epoch)


async def begin(
    db: Database, notebook_id: str, batch: Batch, *, base: FileBase | None, process: str
) -> CommitResult | None:
    """Give a notebook its first document. None, and nothing written, when another process was faster.

    `base` is the file that it was made from.

    Raises:
        As `commit`.
    """
    return await db.write(lambda conn: _begin(conn, notebook_id, batch, base, process))


def _begin(
    conn: Connection, notebook_id: str, batch: Batch, base: FileBase | None, process: str
) -> CommitResult | None:
    updates.take_seq(conn, notebook_id, 0)  # whoever comes second waits here
    if updates.snapshot(conn, notebook_id) is not None or updates.after(conn, notebook_id, -1):
        return None
    done = _commit(conn, notebook_id, batch, process)
    if base is not None:
        file_bases.save(conn, notebook_id, base)
    else:
        file_bases.forget(conn, notebook_id)  # the text that waited there is the document now
    return done


@dataclass(frozen=True)
class Elsewhere:
    """What other processes committed of a notebook, by whom, and how far this is everything."""

    seq: int
    updates: tuple[bytes, ...]
    runs: RunsState
    at_home: AtHome
    editors: frozenset[str] = frozenset()


async def look(db: Database, notebook_id: str, after: int, *, process: str) -> Elsewhere:
    """What was committed behind a sequence number; updates of this process are left out.

    Raises:
        NotFound: The notebook is gone.
    """
    return await db.read(lambda conn: _look(conn, notebook_id, after, process))


def _look(conn: Connection, notebook_id: str, after: int, process: str) -> Elsewhere:
    about = notebooks.about(conn, notebook_id)
    if about is None:
        raise NotFound("There is no such notebook.", notebook_id=notebook_id)
    if about.seq == after:
        return Elsewhere(after, (), RunsState(), about.at_home)
    log = updates.after(conn, notebook_id, after)
    snapshot = updates.snapshot(conn, notebook_id)
    # Another process may have joined the log past what was seen here: then the snapshot has it.
    joined_past = (snapshot.data,) if snapshot is not None and snapshot.seq > after else ()
    foreign = [one for one in log if one.process != process]
    return Elsewhere(
        about.seq,
        (*joined_past, *(one.data for one in foreign)),
        runs.load(conn, notebook_id, after),
        about.at_home,
        frozenset(one.person_id for one in foreign if one.person_id is not None),
    )


async def compact(db: Database, notebook_id: str) -> int | None:
    """Join the log into a snapshot, made from what is stored, never from memory.

    The long part runs beside writers; another process that was faster wins.

    Returns:
        The snapshot's size in bytes; None: there was nothing to join.
    """
    made = await db.read(lambda conn: _joined(conn, notebook_id))
    if made is None:
        return None
    await db.write(lambda conn: updates.put_snapshot(conn, notebook_id, made))
    return len(made.data)


def _joined(conn: Connection, notebook_id: str) -> Snapshot | None:
    snapshot = updates.snapshot(conn, notebook_id)
    log = updates.after(conn, notebook_id, snapshot.seq if snapshot is not None else -1)
    if not log:
        return None
    earlier = (snapshot.data,) if snapshot is not None else ()
    return Snapshot(log[-1].seq, joined((*earlier, *(one.data for one in log))))


async def forget_runs(db: Database, notebook_id: str, candidates: Collection[str]) -> frozenset[str]:
    """Delete those of these runs that no revision shows.

    Returns:
        The runs that are gone.
    """
    return await db.write(lambda conn: _forget_runs(conn, notebook_id, candidates))


def _forget_runs(conn: Connection, notebook_id: str, candidates: Collection[str]) -> frozenset[str]:
    gone = frozenset(candidates) - revisions.runs_kept(conn, notebook_id)
    runs.remove(conn, notebook_id, gone)
    return gone


async def has_blob(db: Database, notebook_id: str, sha256: str) -> bool:
    """Whether it is written down that a notebook has this blob."""
    return await db.read(lambda conn: blobs.is_recorded(conn, notebook_id, sha256))


async def record_blob(db: Database, notebook_id: str, sha256: str, *, size_bytes: int, now_ms: int) -> None:
    """Write down that a notebook has this blob."""
    await db.write(lambda conn: blobs.record(conn, notebook_id, sha256, size_bytes=size_bytes, now_ms=now_ms))
