"""Notebooks as files in bound folders: make, open, rename, move, copy, download.

One file is one notebook id, whichever bound folder or symbolic link it was reached through: two ids would mean two
rooms that overwrite each other's file.
"""

import asyncio
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

from runhere_hub.core import ipynb, paths, private_outputs
from runhere_hub.core.access import Verb
from runhere_hub.core.drive import Accept, Folder, HubFolder, NotebookRow, NotebookView
from runhere_hub.core.errors import FileMissing, Forbidden, NotebookInvalid, NotebookNeedsUpgrade, NotFound
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import NotebookId, PersonId
from runhere_hub.core.notebook import Notebook
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.folders import places
from runhere_hub.folders.write import read_text, write_atomically
from runhere_hub.services import hub_notebooks
from runhere_hub.services.accepted_files import AcceptedFiles
from runhere_hub.services.drive import (
    Drive,
    Seen,
    file_view,
    folder_and_bound,
    folder_for,
    folder_of,
    home_of,
    notebook_for,
    place,
    real_place,
    seen_in,
    shown,
)
from runhere_hub.services.hub_notebooks import taken
from runhere_hub.store import file_bases, folders, notebooks, people
from runhere_hub.store.session import Connection


@dataclass(frozen=True)
class Download:
    """A file for the browser."""

    name: str
    data: bytes


async def get(drive: Drive, person: Person, notebook_id: NotebookId) -> NotebookView:
    """One notebook with the state of its file, or without: one that was deleted outside still opens by its address.

    Raises:
        FileMissing: The file is gone, and the hub never read it.
    """
    row = await notebook_for(drive, person, notebook_id, Verb.READ)
    try:
        return await shown(drive, person, row)
    except FileMissing:
        if await drive.db.read(lambda conn: file_bases.load(conn, row.id)) is None:
            raise
        return await shown(drive, person, row, without_file=True)


async def may_read(drive: Drive, person: Person, notebook_id: NotebookId) -> None:
    """Return when the person may read it; else raise as every lookup does."""
    await notebook_for(drive, person, notebook_id, Verb.READ)


async def may_edit(drive: Drive, person: Person, notebook_id: NotebookId) -> None:
    """Return when the person may edit it; else raise as every lookup does."""
    await notebook_for(drive, person, notebook_id, Verb.EDIT)


async def identify(drive: Drive, person: Person, *, folder_id: str, path: str) -> NotebookView:
    """The notebook of a file, registered if it is new. The file is not read."""
    parts = paths.parse_notebook(path)
    folder, bound = await folder_and_bound(drive, person, folder_id, Verb.READ, path)
    if isinstance(folder, HubFolder):
        return await shown(drive, person, await _kept(drive, folder, path))
    found = await asyncio.to_thread(_look, bound, folder.path, parts)
    return await _seen(drive, person, await _register(drive, folder.owner_id, found))


async def _kept(drive: Drive, folder: HubFolder, path: str) -> NotebookRow:
    """The notebook at a place of a folder that has no files."""
    row = await drive.db.read(lambda conn: notebooks.at(conn, folder.id, path))
    if row is None:
        raise NotFound("There is no such notebook in this folder.")
    return row


async def _seen(drive: Drive, person: Person, row: NotebookRow) -> NotebookView:
    """A notebook reached through a file. The file may be a link to one that this person may not know of."""
    return await get(drive, person, row.id)


@dataclass(frozen=True)
class _Found:
    """An existing file, and where it really lies in each of its owner's bound folders."""

    file: Path
    state: os.stat_result
    places: tuple[tuple[Folder, str], ...]

    def row(self, conn: Connection) -> NotebookRow | None:
        """The notebook that it is, if the hub knows it."""
        rows = (notebooks.at(conn, folder.id, place) for folder, place in self.places)
        return next((row for row in rows if row is not None), None)


def _look(bound: tuple[Folder, ...], root: str, parts: tuple[str, ...]) -> _Found:
    """The file at a place of a bound folder. Blocks.

    Raises:
        NotFound: There is none.
    """
    return _look_at(bound, places.existing_file(root, parts))


def _look_at(bound: tuple[Folder, ...], file: Path) -> _Found:
    found = tuple((folder, place) for folder in bound if (place := real_place(folder, file)))
    if not found:
        raise NotFound("There is no such file in this folder.")
    with places.our_errors(file.name):
        return _Found(file, file.stat(), found)


async def _register(drive: Drive, owner_id: PersonId, found: _Found, *, omits_outputs: bool = False) -> NotebookRow:
    """The row of an existing file of one of this person's bound folders, made if there is none."""
    home, path = max(found.places, key=lambda pair: len(pair[0].path))
    fresh = NotebookRow(NotebookId(drive.new_id()), owner_id, home.id, path, omits_outputs, None, None, None)

    def added(conn: Connection) -> NotebookRow:
        row = found.row(conn)  # another request may have been faster
        if row is not None:
            return row
        notebooks.add(conn, fresh, now=drive.now_ms())
        return fresh

    row = await drive.db.read(found.row)
    return row if row is not None else await drive.db.write(added)


async def create(drive: Drive, person: Person, *, folder_id: str, path: str, name: str | None) -> NotebookView:
    """A new notebook with one empty code cell: `Untitled.ipynb`, `Untitled 2.ipynb` … when no name is given.

    Whoever makes one is in it at once: it counts as opened.

    Raises:
        Conflict: The given name is taken; nothing was made.
    """
    parts = paths.parse(path)
    folder, bound = await folder_and_bound(drive, person, folder_id, Verb.EDIT, path)
    choice = await drive.db.read(lambda conn: people.omits_outputs(conn, person.id))
    omits = drive.omits_outputs if choice is None else choice
    text = _empty_notebook(cell_id=drive.new_id()[:8], omits_outputs=omits)
    wanted = paths.new_notebook_name(name) if name is not None else "Untitled.ipynb"
    if isinstance(folder, HubFolder):
        new = hub_notebooks.New(folder, parts, wanted, text, omit_outputs=omits, must_be_free=name is not None)
        return await _opened(drive, person, await hub_notebooks.create(drive, new))

    def work() -> _Found:
        directory = places.existing_folder(folder.path, parts)
        if name is not None and os.path.lexists(directory / wanted):
            raise taken(wanted)
        return _look_at(bound, places.create(directory, wanted, text.encode(), pattern="{stem} {n}{suffix}"))

    made = await _register(drive, folder.owner_id, await asyncio.to_thread(work), omits_outputs=omits)
    return await _opened(drive, person, await notebook_for(drive, person, made.id, Verb.READ))


def _empty_notebook(cell_id: str, *, omits_outputs: bool) -> str:
    cell: dict[str, object] = {
        "cell_type": "code",
        "execution_count": None,
        "id": cell_id,
        "metadata": {},
        "outputs": [],
        "source": [],
    }
    metadata = private_outputs.projected({}, omits_outputs)
    content = {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1) + "\n"


async def open_file(drive: Drive, person: Person, *, folder_id: str, path: str, accept: Accept) -> NotebookView:
    """Check that a file is a notebook and open it. The file changes only for `upgrade`; `salvage` makes a copy.

    Raises:
        NotebookNeedsUpgrade: nbformat 2 or 3 and `accept` is not `upgrade`.
        NotebookInvalid: Not a notebook; `details["salvageable"]` says whether `salvage` would give something.
    """
    parts = paths.parse_notebook(path)
    verb = Verb.READ if accept == "as_is" else Verb.EDIT
    folder, bound = await folder_and_bound(drive, person, folder_id, verb, path)
    if isinstance(folder, HubFolder):
        return await _opened(drive, person, await _kept(drive, folder, path))
    found = await asyncio.to_thread(_look, bound, folder.path, parts)
    wishes_private_outputs = drive.accepted.known(found.state)
    if wishes_private_outputs is None:
        known = await _register(drive, folder.owner_id, found)
        await notebook_for(drive, person, known.id, verb)  # a link may lead to where they may not go

        def read() -> tuple[bool, _Found]:
            wishes, now_in = _wishes(drive.accepted, found, accept)
            return wishes, found if now_in == found.file else _look_at(bound, now_in)

        wishes_private_outputs, found = await asyncio.to_thread(read)

    def work(conn: Connection) -> tuple[NotebookRow, Seen] | None:
        row = found.row(conn)
        return None if row is None else (row, seen_in(drive, conn, person, row))

    row_and_seen = await drive.db.read(work)
    if row_and_seen is None:
        fresh = await _register(drive, folder.owner_id, found)
        row_and_seen = fresh, await drive.db.read(lambda conn: seen_in(drive, conn, person, fresh))
    row, seen = row_and_seen
    seen.check(verb)
    if wishes_private_outputs and not row.omit_outputs:
        await drive.rooms.keep_outputs_home(row.id)
        row = replace(row, omit_outputs=True)
    row = _visited(drive, row)
    in_folder = seen.folder
    assert isinstance(in_folder, Folder)  # its file was found in one
    return seen.shown(drive, file_view(row, in_folder, found.state))


async def _opened(drive: Drive, person: Person, row: NotebookRow) -> NotebookView:
    return await shown(drive, person, _visited(drive, row))


def _visited(drive: Drive, row: NotebookRow) -> NotebookRow:
    now = drive.now_ms()
    drive.visits.note(row.id, now=now)
    return replace(row, opened_at=now)


def note_visit(drive: Drive, notebook_id: str) -> None:
    """Note that its owner has it before them, however they came there: by Home or by its address."""
    drive.visits.note(NotebookId(notebook_id), now=drive.now_ms())


def _wishes(accepted: AcceptedFiles, found: _Found, accept: Accept) -> tuple[bool, Path]:
    """Whether a notebook's file wishes outputs to stay home, and the file that the notebook is in now. Blocks."""
    notebook, now_in = _accepted(accepted, found.file, accept)
    wishes = private_outputs.is_wished(notebook.metadata)
    if now_in == found.file and accept == "as_is":
        accepted.remember(found.state, wishes_private_outputs=wishes)
    return wishes, now_in


def _accepted(accepted: AcceptedFiles, file: Path, accept: Accept) -> tuple[Notebook, Path]:
    """The notebook in a file, and the file that it is in now."""
    found = read_text(file)
    try:
        parsed = ipynb.parse(found.text)
        accepted.keep(found.sha256, parsed)
        return parsed.notebook, file
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


async def move(
    drive: Drive, person: Person, notebook_id: NotebookId, *, name: str | None, folder_id: str | None, path: str | None
) -> NotebookView:
    """Rename a notebook's file, or move it to another directory or bound folder. Its id, and an open room, stay.

    Raises:
        Conflict: The name is taken there; nothing was moved.
    """
    row = await notebook_for(drive, person, notebook_id, Verb.MOVE)
    folder, parts = await folder_of(drive, row), paths.parse_notebook(row.path or "")
    target_folder = (
        await folder_for(drive, person, folder_id or folder.id, Verb.EDIT, path or "")
        if (folder_id or path is not None)
        else folder
    )
    directory_parts = paths.parse(path) if path is not None else (parts[:-1] if target_folder == folder else ())
    new_name = paths.new_notebook_name(name) if name is not None else parts[-1]
    target_parts = (*directory_parts, new_name)
    if target_folder.owner_id != folder.owner_id:
        raise Forbidden("A notebook cannot be moved into somebody else's folder. Make a copy there instead.")
    if isinstance(target_folder, HubFolder) and isinstance(folder, HubFolder):
        return await shown(drive, person, await hub_notebooks.move(drive, person, row, target_folder, target_parts))
    if isinstance(target_folder, HubFolder) or isinstance(folder, HubFolder):
        raise Forbidden("A notebook cannot be moved between the hub and a folder on its machine. Make a copy instead.")

    def work() -> Path:
        source = places.existing_file(folder.path, parts)
        target = places.existing_folder(target_folder.path, directory_parts) / new_name
        if target != source:
            try:
                places.move(source, target)
            except FileExistsError as error:
                raise taken(new_name) from error
        return target

    now = drive.now_ms()

    def written_down(conn: Connection) -> None:
        place(conn, row, target_folder.id, "/".join(target_parts), by=person.id, now=now)

    async def move_file() -> dict[NotebookId, Path]:
        target = await asyncio.to_thread(work)
        await drive.db.write(written_down)
        return {notebook_id: target}

    await drive.rooms.relocate([notebook_id], move_file)
    return await shown(drive, person, replace(row, folder_id=target_folder.id, path="/".join(target_parts)))


async def duplicate(drive: Drive, person: Person, notebook_id: NotebookId) -> NotebookView:
    """A copy as the notebook is now, under the next free name: beside it, or in the person's own folder.

    A copy of a notebook that omits outputs has none, and omits them too.

    Raises:
        TooCostly: Nothing was made.
    """
    row = await notebook_for(drive, person, notebook_id, Verb.READ)
    async with drive.exports.working(person.id):
        return await _copy(drive, person, row)


async def _copy(drive: Drive, person: Person, row: NotebookRow) -> NotebookView:
    folder, parts = await folder_of(drive, row), paths.parse_notebook(row.path or "")
    if isinstance(folder, HubFolder) or drive.is_for_team:
        return await _copy_to_hub(drive, person, row)
    await drive.rooms.flush(row.id)

    def work() -> Path:
        source = places.existing_file(folder.path, parts)
        stem, suffix = paths.split_suffix(source.name)
        data = without_outputs(read_text(source).text).encode() if row.omit_outputs else source.read_bytes()
        with places.our_errors(source.name):
            return places.create(source.parent, f"{stem} (copy){suffix}", data)

    bound = await drive.db.read(lambda conn: folders.every(conn, folder.owner_id))
    found = await asyncio.to_thread(lambda: _look_at(bound, work()))
    return await _seen(drive, person, await _register(drive, folder.owner_id, found))


async def _copy_to_hub(drive: Drive, person: Person, row: NotebookRow) -> NotebookView:
    """A copy that the hub keeps: beside one of the person's own, else on top of their own folder."""
    text = await drive.rooms.text(row.id)
    now, new_id = drive.now_ms(), drive.new_id()
    mine = await drive.db.write(lambda conn: folders.own(conn, person.id, new_id=new_id, now=now))
    *directory, name = paths.parse_notebook(row.path or "")
    is_mine = row.folder_id == mine.id
    stem, suffix = paths.split_suffix(name)
    new = hub_notebooks.New(
        mine,
        tuple(directory) if is_mine else (),
        f"{stem} (copy){suffix}" if is_mine else name,
        without_outputs(text) if row.omit_outputs else text,
        pattern="{stem} ({n}){suffix}",
        omit_outputs=row.omit_outputs,
    )
    return await shown(drive, person, await hub_notebooks.create(drive, new))


async def download(drive: Drive, person: Person, notebook_id: NotebookId, *, with_outputs: bool) -> Download:
    """The notebook's file as it is now; without outputs, everything else keeps its bytes.

    A file that was deleted outside is made from what the hub keeps, if the notebook was ever open here.

    Raises:
        FileMissing: The file is gone, and the hub never read it.
        NotebookInvalid: Outputs cannot be taken out of a file that is no notebook; with them it is given as it is.
        TooCostly: Nothing was read.
    """
    row = await notebook_for(drive, person, notebook_id, Verb.READ)
    async with drive.exports.working(person.id):
        return await _file_of(drive, row, with_outputs=with_outputs)


async def _file_of(drive: Drive, row: NotebookRow, *, with_outputs: bool) -> Download:
    if isinstance(await folder_of(drive, row), HubFolder):
        return await _kept_by_the_hub(drive, row, with_outputs=with_outputs)
    folder, parts = await home_of(drive, row)
    await drive.rooms.flush(row.id)

    def work() -> Download:
        file = places.existing_file(folder.path, parts)
        if with_outputs and not row.omit_outputs:
            with places.our_errors(file.name):
                return Download(file.name, file.read_bytes())
        text = read_text(file).text
        return Download(file.name, without_outputs(text, is_private=row.omit_outputs).encode())

    try:
        return await asyncio.to_thread(work)
    except (FileMissing, NotFound):
        return await _kept_by_the_hub(drive, row, with_outputs=with_outputs)


async def _kept_by_the_hub(drive: Drive, row: NotebookRow, *, with_outputs: bool) -> Download:
    """The notebook as its room has it: of one that has no file, or has none any more."""
    text = await drive.rooms.text(row.id)
    if not with_outputs:
        text = without_outputs(text, is_private=row.omit_outputs)
    return Download(paths.parse_notebook(row.path or "")[-1], text.encode("utf-8", "surrogatepass"))


def as_wished(text: str) -> tuple[str, AtHome]:
    """An .ipynb as it may be kept: without the outputs that it asks to keep at home; and which those are."""
    notebook = ipynb.parse(text).notebook
    at_home = private_outputs.wished(notebook)
    if not at_home:
        return text, at_home
    return ipynb.render(private_outputs.stored(notebook, at_home), previous_text=text), at_home


def without_outputs(text: str, *, is_private: bool = True) -> str:
    """The same notebook without outputs and counts; everything else keeps its bytes.

    `is_private`: also without whatever tells of runs, and marked as one whose outputs stay at home.
    """
    notebook = ipynb.parse(text).notebook
    if is_private:
        return ipynb.render(private_outputs.without_outputs(notebook), previous_text=text)
    cells = tuple(replace(cell, outputs=(), execution_count=None) for cell in notebook.cells)
    return ipynb.render(replace(notebook, cells=cells), previous_text=text)
