"""Notebooks as files in bound folders: make, open, rename, move, copy, download.

One file is one notebook id, whichever bound folder or symbolic link it was reached through: two ids would mean two
rooms that overwrite each other's file.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from runhere_hub.core import ipynb, paths
from runhere_hub.core.access import Verb
from runhere_hub.core.drive import Accept, Folder, NotebookRow, NotebookView
from runhere_hub.core.errors import Conflict, NotebookInvalid, NotebookNeedsUpgrade, NotFound
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import NotebookId
from runhere_hub.core.notebook import Notebook
from runhere_hub.folders import places
from runhere_hub.folders.write import read_text, write_atomically
from runhere_hub.services.drive import Drive, folder_for, home_of, notebook_for, real_place, view
from runhere_hub.store import folders, notebooks
from runhere_hub.store.session import Connection


@dataclass(frozen=True)
class Download:
    """A file for the browser."""

    name: str
    data: bytes


async def get(drive: Drive, person: Person, notebook_id: NotebookId) -> NotebookView:
    """One notebook with the state of its file."""
    row = await notebook_for(drive, person, notebook_id, Verb.READ)
    folder, _ = await home_of(drive, row)
    return await asyncio.to_thread(view, row, folder)


async def may_read(drive: Drive, person: Person, notebook_id: NotebookId) -> None:
    """Return when the person may read it; else raise as every lookup does."""
    await notebook_for(drive, person, notebook_id, Verb.READ)


async def may_edit(drive: Drive, person: Person, notebook_id: NotebookId) -> None:
    """Return when the person may edit it; else raise as every lookup does."""
    await notebook_for(drive, person, notebook_id, Verb.EDIT)


async def identify(drive: Drive, person: Person, *, folder_id: str, path: str) -> NotebookView:
    """The notebook of a file, registered if it is new. The file is not read."""
    folder = await folder_for(drive, person, folder_id, Verb.READ)
    file = await asyncio.to_thread(places.existing_file, folder.path, paths.parse_notebook(path))
    row, home = await _register(drive, person, file)
    return await asyncio.to_thread(view, row, home)


async def _register(drive: Drive, person: Person, file: Path) -> tuple[NotebookRow, Folder]:
    """The row of an existing file, made if there is none, and the folder that it is kept under."""
    mine = await drive.db.read(lambda conn: folders.every(conn, person.id))
    found = await asyncio.to_thread(lambda: [(f, place) for f in mine if (place := real_place(f, file))])
    if not found:
        raise NotFound("There is no such file in this folder.")
    home, path = max(found, key=lambda pair: len(pair[0].path))
    fresh = NotebookRow(NotebookId(drive.new_id()), person.id, home.id, path, False, None, None, None)

    def work(conn: Connection) -> tuple[NotebookRow, Folder]:
        for folder, place in found:
            known = notebooks.at(conn, folder.id, place)
            if known is not None:
                return known, folder
        notebooks.add(conn, fresh, now=drive.now_ms())
        return fresh, home

    return await drive.db.write(work)


async def create(drive: Drive, person: Person, *, folder_id: str, path: str, name: str | None) -> NotebookView:
    """A new notebook with one empty code cell: `Untitled.ipynb`, `Untitled 2.ipynb` … when no name is given.

    Raises:
        Conflict: The given name is taken; nothing was made.
    """
    folder = await folder_for(drive, person, folder_id, Verb.EDIT)
    parts = paths.parse(path)
    text = _empty_notebook(cell_id=drive.new_id()[:8])
    wanted = paths.new_notebook_name(name) if name is not None else "Untitled.ipynb"

    def work() -> Path:
        directory = places.existing_folder(folder.path, parts)
        if name is not None and os.path.lexists(directory / wanted):
            raise _taken(wanted)
        return places.create(directory, wanted, text.encode(), pattern="{stem} {n}{suffix}")

    row, home = await _register(drive, person, await asyncio.to_thread(work))
    return await asyncio.to_thread(view, row, home)


def _empty_notebook(cell_id: str) -> str:
    cell: dict[str, object] = {
        "cell_type": "code",
        "execution_count": None,
        "id": cell_id,
        "metadata": {},
        "outputs": [],
        "source": [],
    }
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1) + "\n"


async def open_file(drive: Drive, person: Person, *, folder_id: str, path: str, accept: Accept) -> NotebookView:
    """Check that a file is a notebook and open it. The file changes only for `upgrade`; `salvage` makes a copy.

    Raises:
        NotebookNeedsUpgrade: nbformat 2 or 3 and `accept` is not `upgrade`.
        NotebookInvalid: Not a notebook; `details["salvageable"]` says whether `salvage` would give something.
    """
    folder = await folder_for(drive, person, folder_id, Verb.READ)
    parts = paths.parse_notebook(path)
    file = await asyncio.to_thread(places.existing_file, folder.path, parts)
    notebook, file = await asyncio.to_thread(_accepted, file, accept)
    row, home = await _register(drive, person, file)
    now = drive.now_ms()

    def work(conn: Connection) -> None:
        notebooks.opened(conn, row.id, now=now)
        if _wants_no_outputs(notebook.metadata):
            notebooks.omit_outputs(conn, row.id)

    await drive.db.write(work)
    omits = row.omit_outputs or _wants_no_outputs(notebook.metadata)
    return await asyncio.to_thread(view, replace(row, opened_at=now, omit_outputs=omits), home)


def _accepted(file: Path, accept: Accept) -> tuple[Notebook, Path]:
    """The notebook in a file, and the file that it is in now."""
    found = read_text(file)
    try:
        return ipynb.parse(found.text).notebook, file
    except NotebookNeedsUpgrade:
        if accept != "upgrade":
            raise
        upgraded = ipynb.upgrade(found.text)
        write_atomically(file, upgraded, expected_sha256=found.sha256)
        return ipynb.parse(upgraded).notebook, file
    except NotebookInvalid as error:
        if accept != "salvage":
            error.details = {**error.details, "salvageable": _can_salvage(found.text)}
            raise
        recovered = ipynb.salvage(found.text)
        text = ipynb.render(recovered, previous_text=None)
        stem, suffix = paths.split_suffix(file.name)
        with places.our_errors(file.name):
            return recovered, places.create(file.parent, f"{stem} (recovered){suffix}", text.encode())


def _can_salvage(text: str) -> bool:
    try:
        ipynb.salvage(text)
    except NotebookInvalid:
        return False
    return True


def _wants_no_outputs(metadata: Mapping[str, object]) -> bool:
    colab = metadata.get("colab")
    return isinstance(colab, dict) and colab.get("private_outputs") is True


async def move(
    drive: Drive, person: Person, notebook_id: NotebookId, *, name: str | None, folder_id: str | None, path: str | None
) -> NotebookView:
    """Rename a notebook's file, or move it to another directory or bound folder. Its id, and an open room, stay.

    Raises:
        Conflict: The name is taken there; nothing was moved.
    """
    row = await notebook_for(drive, person, notebook_id, Verb.MOVE)
    folder, parts = await home_of(drive, row)
    target_folder = await folder_for(drive, person, folder_id, Verb.EDIT) if folder_id else folder
    directory_parts = paths.parse(path) if path is not None else (parts[:-1] if target_folder == folder else ())
    new_name = paths.new_notebook_name(name) if name is not None else parts[-1]
    target_parts = (*directory_parts, new_name)

    def work() -> Path:
        source = places.existing_file(folder.path, parts)
        target = places.existing_folder(target_folder.path, directory_parts) / new_name
        if target != source:
            try:
                places.move(source, target)
            except FileExistsError as error:
                raise _taken(new_name) from error
        return target

    async def move_file() -> Path:
        target = await asyncio.to_thread(work)
        await drive.db.write(lambda conn: notebooks.place(conn, notebook_id, target_folder.id, "/".join(target_parts)))
        return target

    await drive.rooms.relocate(notebook_id, move_file)
    moved = replace(row, folder_id=target_folder.id, path="/".join(target_parts))
    return await asyncio.to_thread(view, moved, target_folder)


def _taken(name: str) -> Conflict:
    return Conflict(f"There is already something called “{name}” here. Choose another name.", name=name)


async def duplicate(drive: Drive, person: Person, notebook_id: NotebookId) -> NotebookView:
    """A copy beside the notebook, as it is now, under the next free name."""
    row = await notebook_for(drive, person, notebook_id, Verb.READ)
    folder, parts = await home_of(drive, row)
    await drive.rooms.flush(notebook_id)

    def work() -> Path:
        source = places.existing_file(folder.path, parts)
        stem, suffix = paths.split_suffix(source.name)
        with places.our_errors(source.name):
            return places.create(source.parent, f"{stem} (copy){suffix}", source.read_bytes())

    copy, home = await _register(drive, person, await asyncio.to_thread(work))
    return await asyncio.to_thread(view, copy, home)


async def download(drive: Drive, person: Person, notebook_id: NotebookId, *, with_outputs: bool) -> Download:
    """The notebook's file as it is now; without outputs, everything else keeps its bytes.

    Raises:
        NotebookInvalid: Outputs cannot be taken out of a file that is no notebook; with them it is given as it is.
    """
    row = await notebook_for(drive, person, notebook_id, Verb.READ)
    folder, parts = await home_of(drive, row)
    await drive.rooms.flush(notebook_id)

    def work() -> Download:
        file = places.existing_file(folder.path, parts)
        if with_outputs:
            with places.our_errors(file.name):
                return Download(file.name, file.read_bytes())
        text = read_text(file).text
        return Download(file.name, _without_outputs(text).encode())

    return await asyncio.to_thread(work)


def _without_outputs(text: str) -> str:
    notebook = ipynb.parse(text).notebook
    cells = tuple(replace(cell, outputs=(), execution_count=None) for cell in notebook.cells)
    return ipynb.render(replace(notebook, cells=cells), previous_text=text)
