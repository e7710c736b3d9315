"""Search by name and text over everything that a person may read, within a bounded time.

Bound folders are searched file by file; notebooks that the hub keeps, document by document.
"""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runhere_hub.core import find, paths
from runhere_hub.core.access import Place
from runhere_hub.core.drive import Folder, Found, HubFolder, Match, NotebookRow, SearchAnswer
from runhere_hub.core.errors import RunhereError
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import FolderId, NotebookId
from runhere_hub.doc import notebook_doc
from runhere_hub.doc.log import replay
from runhere_hub.services import rooms
from runhere_hub.services.drive import Drive, real_place
from runhere_hub.store import file_bases, folders, grants, notebooks
from runhere_hub.store.session import Connection

LONGEST_S = 2.0
_LARGEST_FILE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class _Files:
    """Notebook files below one directory of a bound folder, and which of them the hub knows."""

    folder: Folder
    below: str
    known: Mapping[str, NotebookRow]


async def search(
    drive: Drive, person: Person, needle: str, *, limit: int, longest_s: float = LONGEST_S
) -> SearchAnswer:
    """Notebooks whose name or source holds the text, without regard to case.

    Raises:
        TooCostly: Nothing was searched.
    """
    async with drive.searches.working(person.id):
        return await _within(drive, person, needle, limit=limit, longest_s=longest_s)


async def _within(drive: Drive, person: Person, needle: str, *, limit: int, longest_s: float) -> SearchAnswer:
    files, kept = await drive.db.read(lambda conn: _readable(conn, drive, person))
    deadline, wanted = time.monotonic() + longest_s, needle.strip()
    found = await asyncio.to_thread(_search, files, wanted, limit, deadline)
    return await _search_kept(drive, kept, wanted, limit, deadline, found)


@dataclass
class _Readable:
    """Where this person may look."""

    files: list[_Files] = field(default_factory=list)
    kept: dict[str, NotebookRow] = field(default_factory=dict)


def _readable(conn: Connection, drive: Drive, person: Person) -> tuple[list[_Files], list[NotebookRow]]:
    """Every place of this person's, and every place and notebook that was shared with them."""
    own = folders.find_own(conn, person.id) if drive.is_for_team else None
    mine = [*folders.every(conn, person.id), *(() if own is None else (own,))]
    shared = [held.grant.on for held in grants.of_person(conn, person.id)]
    found = _Readable()
    for place in dict.fromkeys([*(Place(folder.id) for folder in mine), *shared]):
        if isinstance(place, Place):
            rows = notebooks.in_directory(conn, place.folder_id, place.path)
            _add(conn, drive, found, place, rows)
        elif (row := notebooks.get(conn, place)) is not None and row.trashed_at is None and row.place is not None:
            _add(conn, drive, found, row.place, (row,))
    return found.files, list(found.kept.values())


def _add(conn: Connection, drive: Drive, found: _Readable, place: Place, rows: tuple[NotebookRow, ...]) -> None:
    folder = folders.get(conn, place.folder_id)
    if isinstance(folder, HubFolder):
        found.kept.update({row.id: row for row in rows})
    elif isinstance(folder, Folder) and drive.may_bind(folder.path):
        found.files.append(_Files(folder, place.path, {row.path: row for row in rows if row.path}))


async def _search_kept(
    drive: Drive, rows: list[NotebookRow], needle: str, limit: int, deadline: float, found: SearchAnswer
) -> SearchAnswer:
    results, unreadable = list(found.results), found.unreadable
    for row in rows:
        if time.monotonic() > deadline or len(results) >= limit:
            return SearchAnswer(tuple(results), False, unreadable)
        name = (row.path or "").rpartition("/")[2].removesuffix(paths.NOTEBOOK_SUFFIX)
        try:
            content = await _content(drive, row)
        except RunhereError:
            unreadable += 1
            continue
        named = find.in_name(name, needle)
        matches = (*((named,) if named else ()), *find.in_sources(content, needle))
        if matches:
            results.append(Found(row.id, row.folder_id or FolderId(""), row.path or "", name, matches))
    return SearchAnswer(tuple(results), found.is_complete, unreadable)


async def _content(drive: Drive, row: NotebookRow) -> object:
    """The cells of a notebook that the hub keeps, in the shape of an .ipynb; as last committed."""
    loaded = await rooms.load(drive.db, row.id)
    if loaded.updates:
        notebook = await asyncio.to_thread(lambda: notebook_doc.read(replay(list(loaded.updates))))
        return {"cells": [{"id": cell.id, "source": cell.source} for cell in notebook.cells]}
    base = await drive.db.read(lambda conn: file_bases.load(conn, row.id))
    return json.loads(base.text) if base is not None else {}


@dataclass
class _Tally:
    unreadable: int = 0
    is_complete: bool = True


def _search(where: list[_Files], needle: str, limit: int, deadline: float) -> SearchAnswer:
    results: list[Found] = []
    tally = _Tally()
    seen: set[str] = set()
    for files in where:
        folder = files.folder
        for path, file in _notebook_files(folder, files.below, tally):
            if time.monotonic() > deadline or len(results) >= limit:
                return SearchAnswer(tuple(results), False, tally.unreadable)
            real = os.path.realpath(file)
            if real in seen:  # a folder bound inside another, or a link
                continue
            seen.add(real)
            matches = _matches(file, needle, tally)
            if matches:
                row = files.known.get(path)
                name = file.name[: -len(paths.NOTEBOOK_SUFFIX)]
                results.append(Found(NotebookId(row.id) if row else None, folder.id, path, name, matches))
    return SearchAnswer(tuple(results), tally.is_complete, tally.unreadable)


def _notebook_files(folder: Folder, below_path: str, tally: _Tally) -> Iterator[tuple[str, Path]]:
    """Notebook files below a directory of a folder, or the one file that it is, as (path inside the folder, file).

    Links to directories are not followed, so it ends; links to files count where they stay below that directory. What
    was shared and has become a link since leads elsewhere: nothing is read behind it.
    """
    root = folder.path
    start = os.path.join(root, *paths.parse(below_path))
    if real_place(folder, Path(start)) != below_path:
        return
    if os.path.isfile(start):
        yield below_path, Path(start)
        return

    def skipped(_error: OSError) -> None:
        tally.unreadable += 1

    real_root = os.path.join(os.path.realpath(start), "")
    for directory, below, names in os.walk(start, onerror=skipped):
        below[:] = sorted(name for name in below if paths.is_shown(name))
        for name in sorted(names):
            file = Path(directory, name)
            if paths.is_shown(name) and paths.is_notebook(name) and os.path.realpath(file).startswith(real_root):
                yield file.relative_to(root).as_posix(), file


def _matches(file: Path, needle: str, tally: _Tally) -> tuple[Match, ...]:
    named = find.in_name(file.name[: -len(paths.NOTEBOOK_SUFFIX)], needle)
    return (*((named,) if named else ()), *_in_file(file, needle, tally))


def _in_file(file: Path, needle: str, tally: _Tally) -> tuple[Match, ...]:
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST_FILE_BYTES:
            tally.unreadable += 1
            return ()
        raw = file.read_bytes()
        return find.in_sources(json.loads(raw), needle) if find.may_contain(raw, needle) else ()
    except (OSError, ValueError, RecursionError):
        tally.unreadable += 1
        return ()
