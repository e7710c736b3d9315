"""Every notebook of a hub as an .ipynb, from what is stored: the hub may run or not, and nothing of it is changed."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from runhere_hub.core import ipynb
from runhere_hub.core.blobs import BlobStore
from runhere_hub.core.drive import AnyFolder, Folder, NotebookRow
from runhere_hub.core.errors import Conflict, FileMissing, FileUnreadable, RunhereError
from runhere_hub.core.notebook import Notebook
from runhere_hub.doc import notebook_doc
from runhere_hub.doc.log import replay
from runhere_hub.folders import places
from runhere_hub.folders.write import FileText, read_text
from runhere_hub.rooms.loading import EMPTY
from runhere_hub.rooms.output_blobs import OutputBlobs
from runhere_hub.rooms.showing import Showing
from runhere_hub.services import rooms as room_service
from runhere_hub.services.hub_notebooks import free_name
from runhere_hub.services.notebooks import without_outputs
from runhere_hub.store import file_bases, folders, notebooks, people
from runhere_hub.store.session import Connection, Database


@dataclass(frozen=True)
class Exported:
    """How it went.

    Attributes:
        count: Notebooks that were written.
        troubles: One sentence for each notebook that was not written, or not whole.
    """

    count: int
    troubles: tuple[str, ...]


@dataclass(frozen=True)
class _Wanted:
    """A notebook, the directory of the export that gets it, and its own file where it has one."""

    row: NotebookRow
    directory: PurePosixPath
    name: str
    file: Path | None


async def export(
    db: Database, blobs: BlobStore, target: Path, *, keeps_outputs: bool, on_progress: Callable[[int, int], None]
) -> Exported:
    """Write every notebook below `target`, one directory for each folder of the hub; names and directories as they are.

    Raises:
        Conflict: `target` is there and not empty; nothing was written.
        DiskFull, FolderReadOnly: What was written by then stays.
    """
    await asyncio.to_thread(_must_be_free, target)
    wanted = await db.read(_wanted)
    troubles: list[str] = []
    count = 0
    for number, one in enumerate(wanted, start=1):
        shown = one.directory / one.name
        try:
            text, is_whole = await _text(db, blobs, one)
            text = text if keeps_outputs else await asyncio.to_thread(without_outputs, text)
        except RunhereError as error:
            troubles.append(f"{shown} was not exported: {error.message}")
        else:
            await asyncio.to_thread(_write, target.joinpath(*one.directory.parts), one.name, text)
            count += 1
            if keeps_outputs and not is_whole:
                troubles.append(f"{shown} lacks a part of its outputs, which is missing from the hub's store.")
        on_progress(number, len(wanted))
    return Exported(count, tuple(troubles))


def _must_be_free(target: Path) -> None:
    with places.our_errors(str(target)):
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise Conflict(f"{target} is not an empty folder. Choose another one with --out: nothing is overwritten.")


def _wanted(conn: Connection) -> list[_Wanted]:
    names: dict[str | None, str] = {}
    found = []
    for row in notebooks.every(conn):
        folder = folders.get(conn, row.folder_id) if row.folder_id is not None else None
        if row.folder_id not in names:
            names[row.folder_id] = free_name(
                _folder_name(conn, row, folder), set(names.values()), "{stem} ({n}){suffix}"
            )
        path = PurePosixPath(row.path or "Untitled.ipynb")
        file = Path(folder.path, *path.parts) if isinstance(folder, Folder) else None
        found.append(_Wanted(row, PurePosixPath(names[row.folder_id]) / path.parent, path.name, file))
    return found


def _folder_name(conn: Connection, row: NotebookRow, folder: AnyFolder | None) -> str:
    """A bound folder's own name; of the notebooks that the hub keeps, their owner's."""
    if isinstance(folder, Folder):
        return Path(folder.path).name or "root"
    owner = people.get(conn, row.owner_id)
    name = owner.name if owner is not None else ""
    return "".join("_" if sign in "/\\\0" else sign for sign in name).strip(" .") or "notebooks"


async def _text(db: Database, blobs: BlobStore, one: _Wanted) -> tuple[str, bool]:
    """The notebook as it is now, and whether its outputs are whole.

    A file that is not as the hub last read or wrote it has what the document has not: it is taken as it is.
    """
    loaded = await room_service.load(db, one.row.id)
    base = await db.read(lambda conn: file_bases.load(conn, one.row.id))
    found = await asyncio.to_thread(_found, one.file) if one.file is not None else None
    if found is not None and (not loaded.updates or base is None or found.sha256 != base.sha256):
        return found.text, True
    if not loaded.updates:
        if base is None and one.file is not None:
            raise FileMissing(f"its file {one.file} is not there any more, or may not be read.")
        return (base.text if base is not None else ipynb.render(EMPTY, previous_text=None)), True

    def document() -> Notebook:
        return notebook_doc.read(replay(loaded.updates))

    stored = OutputBlobs(db, blobs, lambda: 0, one.row.id)
    shown = await Showing(stored).shown(await asyncio.to_thread(document), loaded.runs)
    previous = base.text if base is not None and one.file is not None else None
    text = await asyncio.to_thread(lambda: ipynb.render(shown.notebook, previous_text=previous))
    return text, not shown.lacking


def _found(file: Path) -> FileText | None:
    try:
        return read_text(file)
    except (FileMissing, FileUnreadable):
        return None


def _write(directory: Path, name: str, text: str) -> None:
    with places.our_errors(str(directory)):
        os.makedirs(directory, exist_ok=True)
    places.create(directory, name, text.encode("utf-8", "surrogatepass"))
