"""Notebooks that the hub keeps without a file, in a person's own folder: list, make, move, copy, trash.

Rights were checked by the caller (`services/notebooks.py`, `folders.py`, `trash.py`, which take either kind). A new
notebook's text waits in `file_bases` until its first opening makes the document from it.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from runhere_hub.core import ipynb, paths
from runhere_hub.core.drive import Entry, HubFolder, NotebookRow
from runhere_hub.core.errors import Conflict, NotFound
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import NotebookId
from runhere_hub.services.drive import Drive, place
from runhere_hub.store import directories, file_bases, grants, notebooks
from runhere_hub.store.audit import record
from runhere_hub.store.file_bases import FileBase
from runhere_hub.store.session import Connection


def taken(name: str) -> Conflict:
    """The refusal of a name that is in use."""
    return Conflict(f"There is already something called “{name}” here. Choose another name.", name=name)


async def entries(drive: Drive, folder: HubFolder, parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """What is in a directory, one level."""
    return await drive.db.read(lambda conn: _entries(conn, folder, "/".join(parts)))


def _entries(conn: Connection, folder: HubFolder, path: str) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    start = f"{path}/" if path else ""
    for below, made_at in directories.every(conn, folder.id):
        name = _next_part(below, start)
        if name is not None:
            found.setdefault(name, Entry(name, start + name, "folder", 0, made_at))
    for row in notebooks.in_directory(conn, folder.id, path):
        rest = (row.path or "")[len(start) :]
        name = rest.split("/")[0]
        if "/" in rest:
            found.setdefault(name, Entry(name, start + name, "folder", 0, 0))
        else:
            found[name] = Entry(name, start + name, "notebook", 0, row.changed_at or row.opened_at or 0)
    return tuple(found.values())


def _next_part(path: str, start: str) -> str | None:
    return path[len(start) :].split("/")[0] or None if path.startswith(start) else None


async def create_directory(drive: Drive, folder: HubFolder, parts: tuple[str, ...]) -> Entry:
    """Make a directory.

    Raises:
        Conflict: There is something of this name; nothing was made.
    """
    now, path = drive.now_ms(), "/".join(parts)

    def work(conn: Connection) -> Entry:
        if parts[-1] in _names(conn, folder, parts[:-1]):
            raise taken(parts[-1])
        directories.add(conn, folder.id, path, now=now)
        return Entry(parts[-1], path, "folder", 0, now)

    return await drive.db.write(work)


def _names(conn: Connection, folder: HubFolder, parts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(entry.name for entry in _entries(conn, folder, "/".join(parts)))


async def move_directory(drive: Drive, person: Person, folder: HubFolder, path: str, to: str) -> Entry:
    """Give a directory another name or place. Its notebooks, and the roles that people have on it, go with it.

    Raises:
        NotFound: It is not there.
        Conflict: The name is taken there; nothing was moved.
    """
    now = drive.now_ms()
    *parents, name = to.split("/")

    def work(conn: Connection) -> Entry:
        _check_is_there(conn, folder, path)
        if name in _names(conn, folder, tuple(parents)):
            raise taken(name)
        notebooks.move_directory(conn, folder.id, path, to)
        directories.move(conn, folder.id, path, to)
        directories.add(conn, folder.id, to, now=now)
        grants.move(conn, folder.id, path, to)
        # Open pages are looked at again: who may read what follows from where it lies.
        record(conn, now, "folder_moved", by=person.id, on=folder.id)
        return Entry(name, to, "folder", 0, now)

    return await drive.db.write(work)


async def trash_directory(drive: Drive, person: Person, folder: HubFolder, path: str) -> int:
    """Put every notebook of a directory into the trash, each to be restored by itself, and forget the directory.

    Returns:
        How many notebooks there were.
    """
    now = drive.now_ms()

    def work(conn: Connection) -> list[NotebookId]:
        _check_is_there(conn, folder, path)
        gone = [row.id for row in notebooks.in_directory(conn, folder.id, path)]
        for notebook_id in gone:
            notebooks.trash(conn, notebook_id, trash_path=None, now=now)
        directories.remove(conn, folder.id, path)
        grants.remove_below(conn, folder.id, path)
        record(conn, now, "folder_trashed", by=person.id, on=folder.id, notebooks=len(gone))
        return gone

    gone = await drive.db.write(work)
    for notebook_id in gone:
        await drive.rooms.close(notebook_id)
    return len(gone)


def _check_is_there(conn: Connection, folder: HubFolder, path: str) -> None:
    *parents, name = path.split("/")
    there = {entry.name: entry.kind for entry in _entries(conn, folder, "/".join(parents))}
    if there.get(name) != "folder":
        raise NotFound("There is no such folder.")


@dataclass(frozen=True)
class New:
    """A notebook to be made: where, what, and how its name becomes free where it is taken."""

    folder: HubFolder
    directory: tuple[str, ...]
    name: str
    text: str
    pattern: str = "{stem} {n}{suffix}"
    omit_outputs: bool = False
    must_be_free: bool = False


async def create(drive: Drive, new: New) -> NotebookRow:
    """Keep a new notebook.

    Raises:
        Conflict: The name is taken and has to be this one; nothing was made.
        NotebookInvalid, NotebookNeedsUpgrade: The text is no notebook; nothing was made.
    """
    ipynb.parse(new.text)
    now, notebook_id = drive.now_ms(), NotebookId(drive.new_id())

    def work(conn: Connection) -> NotebookRow:
        there = _names(conn, new.folder, new.directory)
        if new.must_be_free and new.name in there:
            raise taken(new.name)
        path = "/".join((*new.directory, free_name(new.name, there, new.pattern)))
        row = NotebookRow(
            notebook_id, new.folder.owner_id, new.folder.id, path, new.omit_outputs, None, None, None, changed_at=now
        )
        notebooks.add(conn, row, now=now)
        notebooks.changed(conn, row.id, now=now)
        digest = hashlib.sha256(new.text.encode("utf-8", "surrogatepass")).hexdigest()
        file_bases.save(conn, row.id, FileBase(new.text, digest, 0))
        return row

    return await drive.db.write(work)


def free_name(name: str, there: Collection[str], pattern: str) -> str:
    """The name, or the next one by the pattern that is not there yet."""
    stem, suffix = paths.split_suffix(name)
    wanted, n = name, 2
    while wanted in there:
        wanted, n = pattern.format(stem=stem, n=n, suffix=suffix), n + 1
    return wanted


async def move(
    drive: Drive, person: Person, row: NotebookRow, folder: HubFolder, parts: tuple[str, ...]
) -> NotebookRow:
    """Put a notebook elsewhere, or give it another name.

    Raises:
        Conflict: The name is taken there; nothing was moved.
    """
    now = drive.now_ms()

    def work(conn: Connection) -> NotebookRow:
        path = "/".join(parts)
        if path != row.path and parts[-1] in _names(conn, folder, parts[:-1]):
            raise taken(parts[-1])
        place(conn, row, folder.id, path, by=person.id, now=now)
        return notebooks.get(conn, row.id) or row

    moved = await drive.db.write(work)
    await drive.rooms.rename(row.id, parts[-1][: -len(paths.NOTEBOOK_SUFFIX)])
    return moved


async def trash(drive: Drive, row: NotebookRow) -> None:
    """Put a notebook into the trash; everybody in it is sent out."""
    now = drive.now_ms()
    await drive.db.write(lambda conn: notebooks.trash(conn, row.id, trash_path=None, now=now))
    await drive.rooms.close(row.id)


async def restore(drive: Drive, row: NotebookRow, folder: HubFolder) -> NotebookRow:
    """Take a notebook out of the trash, under the next free name where its own is taken."""

    def work(conn: Connection) -> NotebookRow:
        *directory, name = (row.path or "Untitled.ipynb").split("/")
        there = _names(conn, folder, tuple(directory))
        path = "/".join((*directory, free_name(name, there, "{stem} ({n}){suffix}")))
        notebooks.restore(conn, row.id, folder.id, path)
        return notebooks.get(conn, row.id) or row

    return await drive.db.write(work)
