"""What the services of folders and notebooks share: their surroundings, and looking things up with the right to."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from runhere_hub.core import paths
from runhere_hub.core.access import Owned, Verb, can
from runhere_hub.core.drive import Folder, NotebookRow, NotebookView
from runhere_hub.core.errors import FileMissing, Forbidden, NotFound
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import FolderId, NotebookId
from runhere_hub.store import folders, notebooks
from runhere_hub.store.session import Database

_NO_NOTEBOOK = "There is no such notebook."
_NO_FOLDER = "There is no such folder."


class OpenRooms(Protocol):
    """What services ask of the rooms that are open now. A notebook without an open room is fine everywhere."""

    async def flush(self, notebook_id: NotebookId) -> None:
        """Return once the file on disk holds what the room holds, as far as it can be written."""

    async def relocate(self, notebook_id: NotebookId, move: Callable[[], Awaitable[Path]]) -> None:
        """Await `move` while the room touches no file, then go on with the file at the path it returns.

        When `move` raises, the room goes on where it was and the error is passed on. A room that is being opened waits,
        so `move` must also write down the new place.
        """

    async def close(self, notebook_id: NotebookId) -> None:
        """Write what is pending, then send everybody out: the notebook is about to go."""


@dataclass(frozen=True)
class Drive:
    """Surroundings of the services of folders, notebooks, trash and search. One for the whole app.

    Attributes:
        now_ms: Milliseconds since 1970.
        trash_dir: Where trashed files lie, one directory for each notebook.
    """

    db: Database
    now_ms: Callable[[], int]
    new_id: Callable[[], str]
    trash_dir: Path
    rooms: OpenRooms


async def folder_for(drive: Drive, person: Person, folder_id: str, verb: Verb) -> Folder:
    """A folder that this person may use so.

    Raises:
        NotFound: There is none that they may know of.
        Forbidden: They may know of it, and may not do this.
    """
    folder = await drive.db.read(lambda conn: folders.get(conn, FolderId(folder_id)))
    if folder is None:
        raise NotFound(_NO_FOLDER)
    _check(person, verb, Owned(folder.id, folder.owner_id), _NO_FOLDER)
    return folder


async def notebook_for(drive: Drive, person: Person, notebook_id: NotebookId, verb: Verb) -> NotebookRow:
    """As `folder_for`, for a notebook that is not in the trash."""
    row = await drive.db.read(lambda conn: notebooks.get(conn, notebook_id))
    if row is None or row.trashed_at is not None:
        raise NotFound(_NO_NOTEBOOK)
    _check(person, verb, Owned(row.id, row.owner_id), _NO_NOTEBOOK)
    return row


async def trashed_for(drive: Drive, person: Person, notebook_id: NotebookId) -> NotebookRow:
    """As `notebook_for`, for a notebook in the trash, to restore or delete."""
    row = await drive.db.read(lambda conn: notebooks.get(conn, notebook_id))
    if row is None or row.trashed_at is None:
        raise NotFound("There is no such notebook in the trash.")
    _check(person, Verb.TRASH, Owned(row.id, row.owner_id), _NO_NOTEBOOK)
    return row


def _check(person: Person, verb: Verb, thing: Owned, not_found: str) -> None:
    if can(person.id, verb, thing, ()):
        return
    if not can(person.id, Verb.READ, thing, ()):
        raise NotFound(not_found)
    raise Forbidden(f"You may not {verb.value.replace('_', ' ')} this.")


async def home_of(drive: Drive, row: NotebookRow) -> tuple[Folder, tuple[str, ...]]:
    """The folder of a notebook and its file's path in it.

    Raises:
        NotFound: The notebook is not bound to a file.
    """
    folder_id, path = row.folder_id, row.path
    folder = await drive.db.read(lambda conn: folders.get(conn, folder_id)) if folder_id else None
    if folder is None or path is None:
        raise NotFound(_NO_NOTEBOOK)
    return folder, paths.parse_notebook(path)


def view(row: NotebookRow, folder: Folder) -> NotebookView:
    """A notebook with the state of its file. Blocks.

    Raises:
        FileMissing: The file is gone.
    """
    parts = paths.parse_notebook(row.path or "")
    path = Path(folder.path, *parts)
    try:
        found = path.stat()
    except OSError as error:
        raise FileMissing(f"The file {path} is not there any more.", path=str(path)) from error
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
    if not real.startswith(os.path.join(root, "")):
        return None
    place = os.path.relpath(real, root).replace(os.sep, "/")
    return place if all(paths.is_shown(part) for part in place.split("/")) else None
