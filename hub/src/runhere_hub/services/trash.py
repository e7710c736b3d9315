"""The trash: notebooks' files in the hub's own folder, until they are restored or deleted for good."""

import asyncio
import os
import shutil
from pathlib import Path

from runhere_hub.core import paths
from runhere_hub.core.access import Verb
from runhere_hub.core.drive import HubFolder, NotebookView, TrashEntry
from runhere_hub.core.errors import FileMissing
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import FolderId, NotebookId
from runhere_hub.folders import places
from runhere_hub.services import hub_notebooks
from runhere_hub.services.drive import Drive, folder_of, home_of, notebook_for, shown, trashed_for
from runhere_hub.store import notebooks
from runhere_hub.store.session import Connection


async def entries(drive: Drive, person: Person) -> tuple[TrashEntry, ...]:
    """A person's trash, the latest first."""
    rows = await drive.db.read(lambda conn: notebooks.trashed(conn, person.id))
    return tuple(
        TrashEntry(
            id=row.id,
            name=(row.path or "").rpartition("/")[2].removesuffix(paths.NOTEBOOK_SUFFIX),
            folder_id=row.folder_id or FolderId(""),
            path=row.path or "",
            trashed_at=row.trashed_at or 0,
        )
        for row in rows
    )


async def put(drive: Drive, person: Person, notebook_id: NotebookId) -> None:
    """Move a notebook's file to the trash. An open room is written and closed first, and cannot be opened meanwhile.

    Raises:
        FolderReadOnly, DiskFull, FileMissing: The notebook stays where it is.
    """
    row = await notebook_for(drive, person, notebook_id, Verb.TRASH)
    if isinstance(await folder_of(drive, row), HubFolder):
        await hub_notebooks.trash(drive, row)
        return
    folder, parts = await home_of(drive, row)
    source = await asyncio.to_thread(places.existing_file, folder.path, parts)
    target = drive.trash_dir / notebook_id / parts[-1]
    now = drive.now_ms()
    await drive.db.write(lambda conn: notebooks.trash(conn, notebook_id, trash_path=str(target), now=now))
    try:
        await drive.rooms.close(notebook_id)
        await asyncio.to_thread(_move_to_trash, source, target)
    except BaseException:
        await drive.db.write(lambda conn: notebooks.restore(conn, notebook_id, folder.id, "/".join(parts)))
        raise


def _move_to_trash(source: Path, target: Path) -> None:
    with places.our_errors(source.name):
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # What an earlier, broken try left here belongs to the same notebook and is older.
        target.unlink(missing_ok=True)
        places.move(source, target)


async def restore(drive: Drive, person: Person, notebook_id: NotebookId) -> NotebookView:
    """Put a notebook back where it was; under `name (2)` and so on where that is taken. Never over something.

    Raises:
        FileMissing: The bound folder, or the trashed file, is gone; nothing changed.
    """
    row = await trashed_for(drive, person, notebook_id)
    kept_in = await folder_of(drive, row)
    if isinstance(kept_in, HubFolder):
        return await shown(drive, person, await hub_notebooks.restore(drive, row, kept_in))
    folder, parts = await home_of(drive, row)
    trashed = Path(row.trash_path or "")

    def work() -> str:
        if not trashed.is_file():
            raise FileMissing("The trashed file is not there any more.")
        places.existing_folder(folder.path, ())
        directory = places.locate(folder.path, parts[:-1])
        with places.our_errors(parts[-1]):
            os.makedirs(directory, exist_ok=True)
            placed = places.move_to_free_name(trashed, directory, parts[-1])
        shutil.rmtree(trashed.parent, ignore_errors=True)
        return "/".join((*parts[:-1], placed.name))

    path = await asyncio.to_thread(work)

    def keep(conn: Connection) -> None:
        notebooks.restore(conn, notebook_id, folder.id, path)

    await drive.db.write(keep)
    return await shown(drive, person, await notebook_for(drive, person, notebook_id, Verb.READ))


async def delete(drive: Drive, person: Person, notebook_id: NotebookId) -> None:
    """Delete a trashed notebook for good: its file, its history, its outputs."""
    row = await trashed_for(drive, person, notebook_id)
    directory = Path(row.trash_path).parent if row.trash_path else None
    if directory is not None and directory.parent == drive.trash_dir:
        await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)
    await drive.db.write(lambda conn: notebooks.forget(conn, [notebook_id]))
