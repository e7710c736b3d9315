"""What the services of folders and notebooks share: their surroundings, and looking things up with the right to."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from runhere_hub.core import paths
from runhere_hub.core.access import Owned, Place, Role, Verb, allows, role_of
from runhere_hub.core.drive import AnyFolder, Folder, HubFolder, NotebookRow, NotebookView
from runhere_hub.core.errors import FileMissing, Forbidden, NotFound
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import FolderId, NotebookId, PersonId
from runhere_hub.services.accepted_files import AcceptedFiles
from runhere_hub.services.costs import Costs
from runhere_hub.services.visits import Visits
from runhere_hub.store import folders, grants, notebooks, people
from runhere_hub.store.audit import record
from runhere_hub.store.session import Connection, Database

_NO_NOTEBOOK = "There is no such notebook."
_NO_FOLDER = "There is no such folder."


class OpenRooms(Protocol):
    """What services ask of the rooms that are open now. A notebook without an open room is fine everywhere."""

    async def flush(self, notebook_id: NotebookId) -> None:
        """Return once the file on disk holds what the room holds, as far as it can be written."""

    async def relocate(
        self, notebook_ids: Iterable[NotebookId], move: Callable[[], Awaitable[Mapping[NotebookId, Path]]]
    ) -> None:
        """Await `move` while none of the rooms touches a file, then go on with each file at the path that it returns.

        When `move` raises, the rooms go on where they were and the error is passed on. A room that is being opened
        waits, so `move` must also write down the new places.
        """

    async def saved(self, notebook_id: NotebookId) -> None:
        """Return once everything that pages sent is in the database."""

    async def keep_outputs_home(self, notebook_id: NotebookId, cell_id: str | None = None) -> None:
        """Refuse outputs (of one cell) from now on and purge what is stored of them, in the file too."""

    async def store_outputs(self, notebook_id: NotebookId, cell_id: str | None = None) -> None:
        """Take outputs (of one cell) again from now on."""

    def comments_changed(self, notebook_id: NotebookId) -> None:
        """Let every page of the notebook, at any hub process, look at its comments again. Returns at once."""

    async def close(self, notebook_id: NotebookId) -> None:
        """Write what is pending, then send everybody out: the notebook is about to go."""

    async def text(self, notebook_id: NotebookId) -> str:
        """The notebook as an .ipynb, outputs included, as the room has it now."""

    async def rename(self, notebook_id: NotebookId, title: str) -> None:
        """Tell pages that come from now on what a notebook without a file is called."""


@dataclass(frozen=True)
class Drive:
    """Surroundings of the services of folders, notebooks, trash and search. One for the whole app.

    Attributes:
        now_ms: Milliseconds since 1970.
        trash_dir: Where trashed files lie, one directory for each notebook.
        is_for_team: Several people: each has a folder of their own, and nobody is told paths of the hub's machine.
        bound: Absolute paths that may be bound; None: any (one-person mode).
        searches: What people's searches cost.
        exports: What their downloads and copies do.
        history: What listing, making, reading and restoring versions do.
        omits_outputs: Outputs of new notebooks stay at home, unless their maker has it otherwise.
    """

    db: Database
    now_ms: Callable[[], int]
    new_id: Callable[[], str]
    trash_dir: Path
    rooms: OpenRooms
    visits: Visits
    is_for_team: bool = False
    bound: frozenset[str] | None = None
    searches: Costs = field(default_factory=Costs)
    exports: Costs = field(default_factory=Costs)
    history: Costs = field(default_factory=Costs)
    accepted: AcceptedFiles = field(default_factory=AcceptedFiles)
    omits_outputs: bool = False

    def may_bind(self, path: str) -> bool:
        """True for a directory that the administrator allows."""
        return self.bound is None or path in self.bound


def role_in(conn: Connection, person_id: PersonId, thing: Owned) -> Role | None:
    """The role of a person on a notebook or directory, grants on the folders above it included."""
    notebook_id = NotebookId(thing.id) if thing.place is None or thing.id != thing.place.folder_id else None
    held = grants.about(conn, notebook_id, thing.place.folder_id if thing.place else None)
    return role_of(person_id, thing, held)


async def folder_for(drive: Drive, person: Person, folder_id: str, verb: Verb, path: str = "") -> AnyFolder:
    """A folder of which this person may use a directory so.

    Raises:
        NotFound: There is none that they may know of.
        Forbidden: They may know of it, and may not do this.
    """
    folder, _ = await folder_and_bound(drive, person, folder_id, verb, path)
    return folder


async def folder_and_bound(
    drive: Drive, person: Person, folder_id: str, verb: Verb, path: str
) -> tuple[AnyFolder, tuple[Folder, ...]]:
    """As `folder_for`, and every bound folder of its owner: a file may lie in several."""

    def work(conn: Connection) -> tuple[AnyFolder | None, Role | None, tuple[Folder, ...]]:
        found = folders.get(conn, FolderId(folder_id))
        if found is None:
            return None, None, ()
        thing = Owned(found.id, found.owner_id, Place(found.id, path))
        bound = folders.every(conn, found.owner_id) if isinstance(found, Folder) else ()
        return found, role_in(conn, person.id, thing), bound

    folder, role, bound = await drive.db.read(work)
    if folder is None or (isinstance(folder, Folder) and not drive.may_bind(folder.path)):
        raise NotFound(_NO_FOLDER)
    _check(role, verb, _NO_FOLDER)
    if isinstance(folder, Folder) and folder.owner_id != person.id:
        await _check_real_place(drive, person, folder, verb, path)
    return folder, bound


async def _check_real_place(drive: Drive, person: Person, folder: Folder, verb: Verb, path: str) -> None:
    """Return when the person has the right where a path really leads: a link may point beside what was shared."""
    real = await asyncio.to_thread(real_place, folder, Path(folder.path, *paths.parse(path)))
    if real is None:
        raise NotFound(_NO_FOLDER)
    thing = Owned(folder.id, folder.owner_id, Place(folder.id, real))
    _check(await drive.db.read(lambda conn: role_in(conn, person.id, thing)), verb, _NO_FOLDER)


async def notebook_for(drive: Drive, person: Person, notebook_id: NotebookId, verb: Verb) -> NotebookRow:
    """As `folder_for`, for a notebook that is not in the trash."""
    row, role = await drive.db.read(lambda conn: _row_and_role(conn, person, notebook_id))
    if row is None or row.trashed_at is not None:
        raise NotFound(_NO_NOTEBOOK)
    _check(role, verb, _NO_NOTEBOOK)
    return row


async def trashed_for(drive: Drive, person: Person, notebook_id: NotebookId) -> NotebookRow:
    """As `notebook_for`, for a notebook in the trash, to restore or delete."""
    row, role = await drive.db.read(lambda conn: _row_and_role(conn, person, notebook_id))
    if row is None or row.trashed_at is None:
        raise NotFound("There is no such notebook in the trash.")
    _check(role, Verb.TRASH, _NO_NOTEBOOK)
    return row


def _row_and_role(conn: Connection, person: Person, notebook_id: NotebookId) -> tuple[NotebookRow | None, Role | None]:
    row = notebooks.get(conn, notebook_id)
    return row, None if row is None else role_in(conn, person.id, owned(row))


def place(conn: Connection, row: NotebookRow, folder_id: FolderId, path: str, *, by: PersonId | None, now: int) -> None:
    """A notebook lies elsewhere from now on. Another directory means other rights: that is written down."""
    notebooks.place(conn, row.id, folder_id, path)
    before, after = (row.path or "").rpartition("/")[0], path.rpartition("/")[0]
    if (row.folder_id, before) != (folder_id, after):
        record(conn, now, "notebook_moved", by=by, on=row.id)


def owned(row: NotebookRow) -> Owned:
    """A notebook as access sees it."""
    return Owned(row.id, row.owner_id, row.place)


def _check(role: Role | None, verb: Verb, not_found: str) -> None:
    if allows(role, verb):
        return
    if not allows(role, Verb.READ):
        raise NotFound(not_found)
    raise Forbidden(f"You may not {verb.value.replace('_', ' ')} this.")


async def home_of(drive: Drive, row: NotebookRow) -> tuple[Folder, tuple[str, ...]]:
    """The bound folder of a notebook and its file's path in it.

    Raises:
        NotFound: The notebook is not bound to a file.
    """
    folder = await folder_of(drive, row)
    if not isinstance(folder, Folder) or row.path is None:
        raise NotFound(_NO_NOTEBOOK)
    return folder, paths.parse_notebook(row.path)


async def folder_of(drive: Drive, row: NotebookRow) -> AnyFolder:
    """The folder that a notebook lies in.

    Raises:
        NotFound: In none, or in one that the administrator has taken away.
    """
    return await drive.db.read(lambda conn: _folder_in(drive, conn, row))


def _folder_in(drive: Drive, conn: Connection, row: NotebookRow) -> AnyFolder:
    folder = folders.get(conn, row.folder_id) if row.folder_id else None
    if folder is None or (isinstance(folder, Folder) and not drive.may_bind(folder.path)):
        raise NotFound(_NO_NOTEBOOK)
    return folder


async def shown(drive: Drive, person: Person, row: NotebookRow, *, without_file: bool = False) -> NotebookView:
    """A notebook as this person sees it. That they may see it was checked before.

    Args:
        without_file: Its file is known to be gone; what the hub keeps is shown.

    Raises:
        FileMissing: The file is gone.
        NotFound: Its folder is.
    """
    seen = await drive.db.read(lambda conn: seen_in(drive, conn, person, row))
    if without_file or isinstance(seen.folder, HubFolder):
        return seen.shown(drive, kept_view(row))
    return seen.shown(drive, await asyncio.to_thread(file_view, row, seen.folder))


@dataclass(frozen=True)
class Seen:
    """What a person's view of a notebook needs besides its row: where it lies, their role, whose it is."""

    folder: AnyFolder
    role: Role | None
    owner: Person | None

    def check(self, verb: Verb) -> None:
        """Return when the person may do this with the notebook; else raise as every lookup does."""
        _check(self.role, verb, _NO_NOTEBOOK)

    def shown(self, drive: Drive, found: NotebookView) -> NotebookView:
        """The notebook as they see it."""
        folder_path = "" if drive.is_for_team else found.folder_path
        owner = self.owner.name if self.owner else None
        return replace(found, role=self.role or "viewer", owner=owner, folder_path=folder_path)


def seen_in(drive: Drive, conn: Connection, person: Person, row: NotebookRow) -> Seen:
    """All of it in the caller's transaction.

    Raises:
        NotFound: The folder is gone.
    """
    owner = None if row.owner_id == person.id else people.get(conn, row.owner_id)
    return Seen(_folder_in(drive, conn, row), role_in(conn, person.id, owned(row)), owner)


def kept_view(row: NotebookRow) -> NotebookView:
    """A notebook that has no file, or has none any more."""
    parts = paths.parse_notebook(row.path or "")
    return NotebookView(
        id=row.id,
        folder_id=row.folder_id or FolderId(""),
        path="/".join(parts),
        name=parts[-1][: -len(paths.NOTEBOOK_SUFFIX)],
        folder_path="",
        size_bytes=0,
        modified_at=row.changed_at or row.opened_at or 0,
        opened_at=row.opened_at,
        omit_outputs=row.omit_outputs,
    )


def file_view(row: NotebookRow, folder: Folder, found: os.stat_result | None = None) -> NotebookView:
    """A notebook with the state of its file. Blocks, unless that was found out before.

    Raises:
        FileMissing: The file is gone.
    """
    parts = paths.parse_notebook(row.path or "")
    path = Path(folder.path, *parts)
    try:
        found = found or path.stat()
    except OSError as error:
        raise FileMissing(f"The file {parts[-1]} is not there any more.", path="/".join(parts)) from error
    return NotebookView(
        id=row.id,
        folder_id=folder.id,
        path="/".join(parts),
        name=parts[-1][: -len(paths.NOTEBOOK_SUFFIX)],
        folder_path=str(path.parent),
        size_bytes=found.st_size,
        modified_at=found.st_mtime_ns // 1_000_000,
        opened_at=row.opened_at,
        omit_outputs=row.omit_outputs,
    )


def real_place(folder: Folder, path: Path) -> str | None:
    """Where in a folder a file really lies (symbolic links followed); None: not in it. Blocks.

    One file is one notebook, whichever link or bound folder it was opened through.
    """
    real, root = os.path.realpath(path), os.path.realpath(folder.path)
    if real == root:
        return ""
    if not real.startswith(os.path.join(root, "")):
        return None
    place = os.path.relpath(real, root).replace(os.sep, "/")
    return place if all(paths.is_shown(part) for part in place.split("/")) else None
