"""What the home page begins with."""

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass

from runhere_hub.core.access import Owned, Place, Role
from runhere_hub.core.drive import AnyFolder, Folder, FolderView, Home, HubFolder, NotebookRow, NotebookView
from runhere_hub.core.errors import FileMissing, Invalid, NotFound
from runhere_hub.core.identity import Person
from runhere_hub.services.drive import Drive, role_in, shown
from runhere_hub.store import folders, grants, notebooks, people
from runhere_hub.store.session import Connection

_RECENT = 20
OWN_FOLDER_NAME = "My notebooks"


@dataclass(frozen=True)
class _SharedFolder:
    folder: AnyFolder
    root: str
    role: Role
    owner: str


async def home(drive: Drive, person: Person) -> Home:
    """A person's folders with their state, what others share with them, and the notebooks they opened last."""
    own = await own_folder(drive, person) if drive.is_for_team else None
    mine = await drive.db.read(lambda conn: folders.every(conn, person.id))
    await drive.visits.written()
    rows = await drive.db.read(lambda conn: notebooks.recent(conn, person.id, limit=_RECENT))
    shared_folders, shared_rows = await drive.db.read(lambda conn: _shared(conn, drive, person))
    views = await asyncio.to_thread(lambda: [folder_view(f) for f in mine if drive.may_bind(f.path)])
    others = [_shared_view(one) for one in shared_folders]
    return Home(
        folders=(*(() if own is None else (_own_view(own),)), *map(lambda v: _without_path(v, drive), views), *others),
        recent=await _those_there(drive, person, rows),
        shared=await _those_there(drive, person, shared_rows),
    )


async def own_folder(drive: Drive, person: Person) -> HubFolder:
    """A person's own folder, made the first time."""
    known = await drive.db.read(lambda conn: folders.find_own(conn, person.id))
    if known is not None:
        return known
    now, new_id = drive.now_ms(), drive.new_id()
    return await drive.db.write(lambda conn: folders.own(conn, person.id, new_id=new_id, now=now))


async def _those_there(drive: Drive, person: Person, rows: tuple[NotebookRow, ...]) -> tuple[NotebookView, ...]:
    found: list[NotebookView] = []
    for row in rows:
        with suppress(FileMissing, Invalid, NotFound):
            found.append(await shown(drive, person, row))
    return tuple(found)


def _shared(
    conn: Connection, drive: Drive, person: Person
) -> tuple[tuple[_SharedFolder, ...], tuple[NotebookRow, ...]]:
    """Directories and notebooks of others on which this person has a role, each once."""
    directories: dict[Place, _SharedFolder] = {}
    rows: dict[str, NotebookRow] = {}
    for held in grants.of_person(conn, person.id):
        on = held.grant.on
        if not isinstance(on, Place):
            row = notebooks.get(conn, on)
            if row is not None and row.trashed_at is None and row.owner_id != person.id:
                rows[row.id] = row
            continue
        folder = folders.get(conn, on.folder_id)
        if folder is None or (isinstance(folder, Folder) and not drive.may_bind(folder.path)):
            continue
        role = role_in(conn, person.id, Owned(folder.id, folder.owner_id, on))
        owner = people.get(conn, folder.owner_id)
        if role is not None and owner is not None and owner.id != person.id:
            directories[on] = _SharedFolder(folder, on.path, role, owner.name)
    return tuple(directories.values()), tuple(rows.values())


def _shared_view(one: _SharedFolder) -> FolderView:
    name = one.root.rpartition("/")[2] or _name(one.folder)
    return FolderView(one.folder.id, name, "", "ok", None, "shared", one.root, one.role, one.owner)


def _own_view(folder: HubFolder) -> FolderView:
    return FolderView(folder.id, OWN_FOLDER_NAME, "", "ok", None, "own")


def _name(folder: AnyFolder) -> str:
    return OWN_FOLDER_NAME if isinstance(folder, HubFolder) else os.path.basename(folder.path) or folder.path


def _without_path(view: FolderView, drive: Drive) -> FolderView:
    """In a team nobody is told where on the hub's machine a folder lies, its owner included."""
    if not drive.is_for_team:
        return view
    message = None if view.message is None else "This folder cannot be read on the hub's machine now."
    return FolderView(view.id, view.name, "", view.state, message)


def folder_view(folder: Folder) -> FolderView:
    """A bound folder with what can be said of it now. Blocks."""
    name = _name(folder)
    if not os.path.isdir(folder.path):
        message = f"The folder {folder.path} is not there. Is its disk connected, or was it moved?"
        return FolderView(folder.id, name, folder.path, "missing", message)
    if not os.access(folder.path, os.R_OK | os.X_OK):
        message = f"The folder {folder.path} may not be read by this account."
        return FolderView(folder.id, name, folder.path, "unreadable", message)
    return FolderView(folder.id, name, folder.path, "ok", None)
