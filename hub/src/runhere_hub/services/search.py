"""Search by name and text over the files of a person's bound folders, within a bounded time."""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runhere_hub.core import find, paths
from runhere_hub.core.drive import Folder, Found, Match, NotebookRow, SearchAnswer
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import NotebookId
from runhere_hub.services.drive import Drive
from runhere_hub.store import folders, notebooks
from runhere_hub.store.session import Connection

LONGEST_S = 2.0
_LARGEST_FILE_BYTES = 64 * 1024 * 1024


async def search(
    drive: Drive, person: Person, needle: str, *, limit: int, longest_s: float = LONGEST_S
) -> SearchAnswer:
    """Notebooks whose name or source holds the text, without regard to case."""

    def known(conn: Connection) -> list[tuple[Folder, dict[str, NotebookRow]]]:
        mine = folders.every(conn, person.id)
        return [(f, {r.path: r for r in notebooks.in_folder(conn, f.id) if r.path}) for f in mine]

    where = await drive.db.read(known)
    return await asyncio.to_thread(_search, where, needle.strip(), limit, time.monotonic() + longest_s)


@dataclass
class _Tally:
    unreadable: int = 0
    is_complete: bool = True


def _search(
    where: list[tuple[Folder, dict[str, NotebookRow]]], needle: str, limit: int, deadline: float
) -> SearchAnswer:
    results: list[Found] = []
    tally = _Tally()
    seen: set[str] = set()
    for folder, rows in where:
        for path, file in _notebook_files(folder.path, tally):
            if time.monotonic() > deadline or len(results) >= limit:
                return SearchAnswer(tuple(results), False, tally.unreadable)
            real = os.path.realpath(file)
            if real in seen:  # a folder bound inside another, or a link
                continue
            seen.add(real)
            matches = _matches(file, needle, tally)
            if matches:
                row = rows.get(path)
                name = file.name[: -len(paths.NOTEBOOK_SUFFIX)]
                results.append(Found(NotebookId(row.id) if row else None, folder.id, path, name, matches))
    return SearchAnswer(tuple(results), tally.is_complete, tally.unreadable)


def _notebook_files(root: str, tally: _Tally) -> Iterator[tuple[str, Path]]:
    """Notebook files below a folder as (path inside it, file); links to directories are not followed, so it ends."""

    def skipped(_error: OSError) -> None:
        tally.unreadable += 1

    real_root = os.path.join(os.path.realpath(root), "")
    for directory, below, names in os.walk(root, onerror=skipped):
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
