"""Notebooks: which there are, which file each one is, what lies in the trash."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from runhere_hub.core.drive import NotebookRow
from runhere_hub.core.ids import FolderId, NotebookId, PersonId
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.store.places import below, moved
from runhere_hub.store.tables import folders, metadata, notebooks


def _row(row: Row[Any]) -> NotebookRow:
    return NotebookRow(
        id=NotebookId(row.id),
        owner_id=PersonId(row.owner_id),
        folder_id=FolderId(row.folder_id) if row.folder_id else None,
        path=row.path,
        omit_outputs=row.omit_outputs,
        opened_at=row.opened_at,
        trashed_at=row.trashed_at,
        trash_path=row.trash_path,
        changed_at=row.changed_at,
        private_cells=frozenset(json.loads(row.private_cells)),
    )


def get(conn: Connection, notebook_id: NotebookId) -> NotebookRow | None:
    """One notebook, in the trash or not."""
    row = conn.execute(select(notebooks).where(notebooks.c.id == notebook_id)).one_or_none()
    return _row(row) if row else None


def at(conn: Connection, folder_id: FolderId, path: str) -> NotebookRow | None:
    """The notebook of a file, when the hub knows it; those in the trash are not at their old place."""
    here = (notebooks.c.folder_id == folder_id) & (notebooks.c.path == path) & notebooks.c.trashed_at.is_(None)
    row = conn.execute(select(notebooks).where(here).order_by(notebooks.c.created_at).limit(1)).one_or_none()
    return _row(row) if row else None


def in_folder(conn: Connection, folder_id: FolderId) -> tuple[NotebookRow, ...]:
    """Every notebook of a folder that is not in the trash."""
    here = (notebooks.c.folder_id == folder_id) & notebooks.c.trashed_at.is_(None)
    return tuple(_row(r) for r in conn.execute(select(notebooks).where(here)))


def every(conn: Connection) -> tuple[NotebookRow, ...]:
    """Every notebook of everybody that is not in the trash, by folder and path."""
    here = notebooks.c.trashed_at.is_(None)
    rows = conn.execute(select(notebooks).where(here).order_by(notebooks.c.folder_id, notebooks.c.path))
    return tuple(_row(r) for r in rows)


def recent(conn: Connection, owner_id: PersonId, *, limit: int) -> tuple[NotebookRow, ...]:
    """A person's notebooks, the last opened first."""
    mine = (notebooks.c.owner_id == owner_id) & notebooks.c.trashed_at.is_(None) & notebooks.c.opened_at.is_not(None)
    rows = conn.execute(select(notebooks).where(mine).order_by(notebooks.c.opened_at.desc()).limit(limit))
    return tuple(_row(r) for r in rows)


def trashed(conn: Connection, owner_id: PersonId) -> tuple[NotebookRow, ...]:
    """A person's trash, the latest first."""
    mine = (notebooks.c.owner_id == owner_id) & notebooks.c.trashed_at.is_not(None)
    return tuple(_row(r) for r in conn.execute(select(notebooks).where(mine).order_by(notebooks.c.trashed_at.desc())))


def add(conn: Connection, row: NotebookRow, *, now: int) -> None:
    """Keep a new notebook."""
    conn.execute(
        insert(notebooks).values(
            id=row.id,
            owner_id=row.owner_id,
            folder_id=row.folder_id,
            path=row.path,
            omit_outputs=row.omit_outputs,
            created_at=now,
        )
    )


def opened(conn: Connection, notebook_id: NotebookId, *, now: int) -> None:
    """Note that somebody opened it."""
    _set(conn, notebook_id, opened_at=now)


def changed(conn: Connection, notebook_id: NotebookId, *, now: int) -> None:
    """Note that its content is another now."""
    _set(conn, notebook_id, changed_at=now)


def omit_outputs(conn: Connection, notebook_id: NotebookId, *, omit: bool) -> None:
    """Write whether its outputs stay at home."""
    _set(conn, notebook_id, omit_outputs=omit)


def private_cells(
    conn: Connection, notebook_id: str, *, add: Collection[str] = (), drop: Collection[str] = ()
) -> frozenset[str]:
    """Write whose outputs stay at home beside what is written already. Gives the cells of which they do now."""
    here = notebooks.c.id == notebook_id
    found = conn.execute(select(notebooks.c.private_cells).where(here).with_for_update()).scalar()
    cells = (frozenset(json.loads(found or "[]")) | frozenset(add)) - frozenset(drop)
    conn.execute(update(notebooks).where(here).values(private_cells=json.dumps(sorted(cells))))
    return cells


def place(conn: Connection, notebook_id: NotebookId, folder_id: FolderId, path: str) -> None:
    """Its file lies there now."""
    _set(conn, notebook_id, folder_id=folder_id, path=path)


def in_directory(conn: Connection, folder_id: FolderId, path: str) -> tuple[NotebookRow, ...]:
    """Every notebook of a directory and below it that is not in the trash."""
    below = notebooks.c.path.startswith(f"{path}/", autoescape=True) if path else notebooks.c.path.is_not(None)
    here = (notebooks.c.folder_id == folder_id) & below & notebooks.c.trashed_at.is_(None)
    return tuple(_row(r) for r in conn.execute(select(notebooks).where(here)))


def move_directory(conn: Connection, folder_id: FolderId, path: str, to: str) -> None:
    """Everything in a directory lies in another one now; what is in the trash comes back to the old one."""
    here = (notebooks.c.folder_id == folder_id) & below(notebooks.c.path, path) & notebooks.c.trashed_at.is_(None)
    conn.execute(update(notebooks).where(here).values(path=moved(notebooks.c.path, path, to)))


def trash(conn: Connection, notebook_id: NotebookId, *, trash_path: str | None, now: int) -> None:
    """It is in the trash."""
    _set(conn, notebook_id, trashed_at=now, trash_path=trash_path)


def restore(conn: Connection, notebook_id: NotebookId, folder_id: FolderId, path: str) -> None:
    """It is out of the trash, and its file lies there."""
    _set(conn, notebook_id, folder_id=folder_id, path=path, trashed_at=None, trash_path=None)


def forget(conn: Connection, notebook_ids: Iterable[NotebookId]) -> None:
    """Delete notebooks and everything that any table keeps about them."""
    ids = list(notebook_ids)
    for table in reversed(metadata.sorted_tables):
        if "notebook_id" in table.c:
            conn.execute(delete(table).where(table.c.notebook_id.in_(ids)))
    conn.execute(delete(notebooks).where(notebooks.c.id.in_(ids)))


def _set(conn: Connection, notebook_id: NotebookId, **values: object) -> None:
    conn.execute(update(notebooks).where(notebooks.c.id == notebook_id).values(**values))


@dataclass(frozen=True)
class About:
    """What a room says of its notebook.

    Attributes:
        folder_path: Absolute path of the directory that the file lies in; None when no file belongs to it.
        seq: The last sequence number given out.
    """

    owner_id: str
    title: str
    folder_path: str | None
    at_home: AtHome
    seq: int


def about(conn: Connection, notebook_id: str) -> About | None:
    """A notebook that is not in the trash, as its room needs it."""
    columns = (
        notebooks.c.owner_id,
        notebooks.c.path,
        notebooks.c.omit_outputs,
        notebooks.c.private_cells,
        notebooks.c.seq,
        folders.c.path.label("folder"),
    )
    joined = select(*columns).join_from(notebooks, folders, notebooks.c.folder_id == folders.c.id, isouter=True)
    row = conn.execute(joined.where(notebooks.c.id == notebook_id, notebooks.c.trashed_at.is_(None))).one_or_none()
    if row is None:
        return None
    path = PurePosixPath(row.path or "Untitled.ipynb")
    is_bound = row.folder is not None and not row.folder.startswith("hub:")
    folder_path = str(Path(row.folder).joinpath(*path.parent.parts)) if is_bound else None
    at_home = AtHome(bool(row.omit_outputs), frozenset(json.loads(row.private_cells)))
    return About(row.owner_id, path.name.removesuffix(".ipynb"), folder_path, at_home, row.seq)
