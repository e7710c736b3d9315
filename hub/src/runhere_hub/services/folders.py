"""Folders: bind one, look into it, make, move and trash a directory."""

import asyncio
import os
from pathlib import Path

from runhere_hub.core import paths
from runhere_hub.core.access import Verb
from runhere_hub.core.drive import Entry, Folder, FolderView, HubFolder, NotebookView
from runhere_hub.core.errors import FileMissing, FileUnreadable, Forbidden, HoldsBoundFolder, Invalid, RunhereError
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import FolderId, NotebookId
from runhere_hub.folders import places
from runhere_hub.services import hub_notebooks, notebooks
from runhere_hub.services.drive import Drive, folder_for
from runhere_hub.services.home import folder_view
from runhere_hub.services.hub_notebooks import taken
from runhere_hub.store import folders, grants
from runhere_hub.store import notebooks as notebook_rows
from runhere_hub.store.audit import record
from runhere_hub.store.session import Connection


async def entries(drive: Drive, person: Person, folder_id: FolderId, path: str) -> tuple[Entry, ...]:
    """What is in a directory of a folder, one level."""
    parts = paths.parse(path)
    folder = await folder_for(drive, person, folder_id, Verb.READ, path)
    if isinstance(folder, HubFolder):
        return await hub_notebooks.entries(drive, folder, parts)
    return await asyncio.to_thread(places.entries, folder.path, parts)


async def create(drive: Drive, person: Person, folder_id: FolderId, path: str) -> Entry:
    """Make a directory; its parent must be there.

    Raises:
        Conflict: There is something of this name; nothing was made.
    """
    *parents, name = paths.parse(path) or ("",)
    parts = (*parents, paths.new_name(name))
    folder = await folder_for(drive, person, folder_id, Verb.EDIT, "/".join(parents))
    if isinstance(folder, HubFolder):
        return await hub_notebooks.create_directory(drive, folder, parts)

    def work() -> Entry:
        places.make_folder(folder.path, parts)
        return Entry(name=parts[-1], path="/".join(parts), kind="folder", size_bytes=0, modified_at=drive.now_ms())

    return await asyncio.to_thread(work)


async def move(drive: Drive, person: Person, folder_id: FolderId, path: str, to: str) -> Entry:
    """Rename a directory, or move it within its folder. Its notebooks, open or not, and people's roles go with it.

    Args:
        to: Its path from now on, its name included.

    Raises:
        Conflict: The name is taken there; nothing was moved.
        HoldsBoundFolder: Nothing was moved.
        Invalid: Into itself, or no directory at all.
    """
    parts, (*parents, name) = _directory(path), paths.parse(to) or ("",)
    target = (*parents, paths.new_name(name))
    if target[: len(parts)] == parts:
        raise Invalid("A folder cannot be moved into itself.")
    folder = await folder_for(drive, person, folder_id, Verb.MOVE, path)
    if target[:-1] != parts[:-1]:
        await folder_for(drive, person, folder_id, Verb.EDIT, "/".join(parents))
    if isinstance(folder, HubFolder):
        return await hub_notebooks.move_directory(drive, person, folder, "/".join(parts), "/".join(target))
    return await _move_bound(drive, person, folder, parts, target)


async def _move_bound(
    drive: Drive, person: Person, folder: Folder, parts: tuple[str, ...], target: tuple[str, ...]
) -> Entry:
    path, to, now = "/".join(parts), "/".join(target), drive.now_ms()
    rows = await drive.db.read(lambda conn: notebook_rows.in_directory(conn, folder.id, path))
    bound = await drive.db.read(folders.all_of)

    def on_disk() -> tuple[Path, Path]:
        source = places.existing_folder(folder.path, parts)
        where = places.existing_folder(folder.path, target[:-1]) / target[-1]
        inside = os.path.join(os.path.realpath(source), "")
        if any(os.path.join(os.path.realpath(one.path), "").startswith(inside) for one in bound):
            raise HoldsBoundFolder("This folder holds another bound folder. It keeps its place.")
        try:
            places.move_folder(source, where)
        except FileExistsError as error:
            raise taken(target[-1]) from error
        return source, where

    def written_down(conn: Connection) -> None:
        notebook_rows.move_directory(conn, folder.id, path, to)
        grants.move(conn, folder.id, path, to)
        # Open pages are looked at again: who may read what follows from where it lies.
        record(conn, now, "folder_moved", by=person.id, on=folder.id)

    async def work() -> dict[NotebookId, Path]:
        source, where = await asyncio.to_thread(on_disk)
        try:
            await drive.db.write(written_down)
        except RunhereError:
            await asyncio.to_thread(places.move_folder, where, source)
            raise
        return {row.id: where / (row.path or "")[len(path) + 1 :] for row in rows}

    await drive.rooms.relocate([row.id for row in rows], work)
    return Entry(target[-1], to, "folder", 0, now)


async def trash(drive: Drive, person: Person, folder_id: FolderId, path: str) -> int:
    """Put the notebooks of a directory that the hub keeps into the trash; the directory is gone. How many they were.

    Raises:
        Forbidden: It lies on the hub's machine, with files that are no notebooks.
    """
    parts = _directory(path)
    folder = await folder_for(drive, person, folder_id, Verb.TRASH, path)
    if not isinstance(folder, HubFolder):
        # It may hold data that nobody sees here: the trash would take it along.
        raise Forbidden(
            "This folder lies on the hub's machine, with all that is in it. Delete it there; the hub follows."
        )
    return await hub_notebooks.trash_directory(drive, person, folder, "/".join(parts))


def _directory(path: str) -> tuple[str, ...]:
    parts = paths.parse(path)
    if not parts:
        raise Invalid("Name a folder inside of this one.")
    return parts


async def bind(drive: Drive, person: Person, path: str) -> tuple[FolderView, NotebookView | None]:
    """Bind a directory, or the directory of a notebook and say which notebook that is. Binding again changes nothing.

    Args:
        drive: Surroundings.
        person: Whose folder it becomes.
        path: Absolute path on the hub's machine.

    Raises:
        FileMissing, FileUnreadable, Invalid: Nothing was bound.
    """
    directory, file_name = await asyncio.to_thread(_directory_of, path)
    wish = Folder(FolderId(drive.new_id()), person.id, directory)

    def work(conn: Connection) -> Folder:
        known = folders.at(conn, directory)
        if known is None:
            folders.add(conn, wish, now=drive.now_ms())
        return known or wish

    folder = await drive.db.write(work)
    notebook = (
        await notebooks.identify(drive, person, folder_id=folder.id, path=file_name) if file_name is not None else None
    )
    return await asyncio.to_thread(folder_view, folder), notebook


def _directory_of(path: str) -> tuple[str, str | None]:
    """(directory, name of the notebook in it)."""
    if "\0" in path or not os.path.isabs(path):
        raise Invalid("The path of a folder must be absolute.")
    wanted = Path(os.path.normpath(path))
    if not os.path.exists(wanted):
        raise FileMissing(f"There is no folder or notebook at {wanted}.")
    if os.path.isdir(wanted):
        directory, name = wanted, None
    elif paths.is_notebook(wanted.name) and paths.is_shown(wanted.name):
        directory, name = wanted.parent, wanted.name
    else:
        raise Invalid(f"{wanted} is neither a folder nor a notebook (.ipynb).")
    if not os.access(directory, os.R_OK | os.X_OK):
        raise FileUnreadable(f"The folder {directory} may not be read by this account.")
    return str(directory), name
