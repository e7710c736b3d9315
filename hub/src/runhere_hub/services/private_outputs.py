"""Outputs that stay at home: the notebook's record, and purging what was stored before. Each is one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from runhere_hub.core import ipynb
from runhere_hub.core import private_outputs as rules
from runhere_hub.core.access import Verb, allows
from runhere_hub.core.errors import NotebookInvalid, NotebookNeedsUpgrade
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import NotebookId
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.core.run_records import Run
from runhere_hub.doc import notebook_doc
from runhere_hub.doc.log import replay
from runhere_hub.services.drive import Drive, notebook_for, owned, role_in
from runhere_hub.store import audit, file_bases, notebooks, people, private_outputs, updates
from runhere_hub.store.file_bases import FileBase
from runhere_hub.store.private_outputs import Stored
from runhere_hub.store.session import Connection, Database
from runhere_hub.store.updates import Snapshot


def bare_base(base: FileBase, at_home: AtHome) -> FileBase:
    """The base without what stays at home. Its hash stays that of the file, which has that until it is written."""
    try:
        parsed = ipynb.parse(base.text)
    except (NotebookInvalid, NotebookNeedsUpgrade):  # it was read once; by an older version, say
        return base
    return replace(base, text=ipynb.render_over(rules.stored(parsed.notebook, at_home), parsed))


async def stored(db: Database, notebook_id: NotebookId, cell_id: str | None = None) -> Stored:
    """What switching on would purge, for the notebook or for one cell."""
    return await db.read(lambda conn: private_outputs.stored(conn, notebook_id, cell_id))


async def mark(db: Database, notebook_id: str, which: AtHome, *, omit: bool) -> None:
    """Write the record of the notebook, or of some cells. Whoever may do this was asked before."""

    def work(conn: Connection) -> None:
        if which.everything:
            notebooks.omit_outputs(conn, NotebookId(notebook_id), omit=omit)
        if which.cells:
            add, drop = (which.cells, frozenset[str]()) if omit else (frozenset[str](), which.cells)
            notebooks.private_cells(conn, notebook_id, add=add, drop=drop)

    await db.write(work)


@dataclass(frozen=True)
class Purged:
    """A purge that is on disk.

    Attributes:
        seq: The last sequence number given out.
        orphans: Large values that no notebook has any more; their bytes are the caller's to delete.
    """

    seq: int
    orphans: frozenset[str]


async def purge(
    db: Database, notebook_id: str, at_home: AtHome, *, document: bytes, seq: int, runs: Sequence[Run]
) -> Purged | None:
    """Replace what is stored by what holds nothing that stays at home.

    Args:
        at_home: Whose outputs go.
        document: The whole document as one Yjs v1 update; what it deleted is not in it.
        seq: Last sequence number that the document holds.
        runs: The runs as they stay.

    Returns:
        None, and nothing done: somebody wrote meanwhile.
    """

    def work(conn: Connection) -> Purged | None:
        if updates.take_seq(conn, notebook_id, 0) != seq:
            return None
        last = updates.take_seq(conn, notebook_id, 1)
        updates.put_snapshot(conn, notebook_id, Snapshot(last, document))
        private_outputs.keep_only(conn, notebook_id, last, runs)
        private_outputs.bare_revisions(conn, notebook_id, at_home, lambda document: _bare(document, at_home))
        base = file_bases.load(conn, notebook_id)
        if base is not None:
            file_bases.save(conn, notebook_id, bare_base(base, at_home))
        return Purged(last, private_outputs.forget_blobs(conn, notebook_id, runs))

    return await db.write(work)


def _bare(document: bytes, at_home: AtHome) -> bytes:
    doc = replay([document])
    notebook_doc.keep_outputs_home(doc, at_home)
    return doc.get_update()


@dataclass(frozen=True)
class StoredOutputs:
    """Whether a notebook's outputs stay at home, and what the hub has of them.

    Attributes:
        may_store: Whether this person may let them be stored again.
        runs: Runs with outputs.
        revisions: Versions that show some run.
        blobs: Large values; `blob_bytes` is their size.
    """

    omit: bool
    may_store: bool
    runs: int
    revisions: int
    blobs: int
    blob_bytes: int


async def stored_outputs(
    drive: Drive, person: Person, notebook_id: NotebookId, cell_id: str | None = None
) -> StoredOutputs:
    """What the hub has of a notebook's outputs, or of one cell's, for the question before they are purged."""
    row = await notebook_for(drive, person, notebook_id, Verb.READ)
    found = await stored(drive.db, notebook_id, cell_id)
    role = await drive.db.read(lambda conn: role_in(conn, person.id, owned(row)))
    may_store = allows(role, Verb.SHOW_OUTPUTS)
    omits = row.omit_outputs if cell_id is None else cell_id in row.private_cells
    return StoredOutputs(omits, may_store, found.runs, found.revisions, found.blobs, found.blob_bytes)


@dataclass(frozen=True)
class NewNotebooks:
    """Whether outputs of new notebooks stay at home: as the person has it (None: as the hub), and as the hub has it."""

    omit: bool | None
    hub_omits: bool


async def new_notebooks(drive: Drive, person: Person) -> NewNotebooks:
    """What this person's new notebooks begin with."""
    return NewNotebooks(await drive.db.read(lambda conn: people.omits_outputs(conn, person.id)), drive.omits_outputs)


async def choose_for_new_notebooks(drive: Drive, person: Person, *, omit: bool | None) -> NewNotebooks:
    """From now on this person's new notebooks begin so; those that are there stay as they are."""
    await drive.db.write(lambda conn: people.omit_outputs(conn, person.id, omit=omit))
    return NewNotebooks(omit, drive.omits_outputs)


async def omit_outputs(
    drive: Drive, person: Person, notebook_id: NotebookId, *, omit: bool, cell_id: str | None = None
) -> None:
    """Let outputs stay at home, which purges what is stored of them; or, as the owner, let them be stored again.

    Args:
        cell_id: Of one cell; None: of the whole notebook.

    Raises:
        Forbidden: Only the owner may let them be stored again.
        Unavailable: Not everything could be purged yet; asking again goes on. No new outputs are taken.
    """
    row = await notebook_for(drive, person, notebook_id, Verb.EDIT if omit else Verb.SHOW_OUTPUTS)
    was = row.omit_outputs if cell_id is None else cell_id in row.private_cells
    if omit:
        await drive.rooms.keep_outputs_home(notebook_id, cell_id)
    elif was:
        await drive.rooms.store_outputs(notebook_id, cell_id)
    if omit != was:
        action = f"{'outputs' if cell_id is None else 'cell_outputs'}.{'stay_home' if omit else 'stored'}"
        await drive.db.write(lambda conn: audit.record(conn, drive.now_ms(), action, by=person.id, on=notebook_id))
