"""What the home page begins with."""

import asyncio
import os
from contextlib import suppress

from runhere_hub.core.drive import Folder, FolderView, Home, NotebookRow, NotebookView
from runhere_hub.core.errors import FileMissing, Invalid
from runhere_hub.core.identity import Person
from runhere_hub.services.drive import Drive, view
from runhere_hub.store import folders, notebooks

_RECENT = 20


async def home(drive: Drive, person: Person) -> Home:
    """A person's folders with their state, and the notebooks they opened last whose files are there."""
    mine = await drive.db.read(lambda conn: folders.every(conn, person.id))
    rows = await drive.db.read(lambda conn: notebooks.recent(conn, person.id, limit=_RECENT))
    return await asyncio.to_thread(_looked_at, mine, rows)


def _looked_at(mine: tuple[Folder, ...], rows: tuple[NotebookRow, ...]) -> Home:
    by_id = {folder.id: folder for folder in mine}
    recent: list[NotebookView] = []
    for row in rows:
        folder = by_id.get(row.folder_id) if row.folder_id else None
        with suppress(FileMissing, Invalid):
            if folder is not None:
                recent.append(view(row, folder))
    return Home(folders=tuple(folder_view(folder) for folder in mine), recent=tuple(recent))


def folder_view(folder: Folder) -> FolderView:
    """A bound folder with what can be said of it now. Blocks."""
    name = os.path.basename(folder.path) or folder.path
    if not os.path.isdir(folder.path):
        message = f"The folder {folder.path} is not there. Is its disk connected, or was it moved?"
        return FolderView(folder.id, name, folder.path, "missing", message)
    if not os.access(folder.path, os.R_OK | os.X_OK):
        message = f"The folder {folder.path} may not be read by this account."
        return FolderView(folder.id, name, folder.path, "unreadable", message)
    return FolderView(folder.id, name, folder.path, "ok", None)
