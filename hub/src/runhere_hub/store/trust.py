"""What people decided to trust."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, or_, select

from runhere_hub.core.trust import Decisions
from runhere_hub.store.tables import notebooks, people, trust


@dataclass(frozen=True)
class TrustedCell:
    """A source of a cell that a person accepted, with what had been done to the cell until then."""

    cell_id: str
    digest: str
    source: str
    seq: int


def decisions(conn: Connection, person_id: str, notebook_id: str) -> Decisions:
    """A person's decisions as far as they concern one notebook."""
    here = or_(trust.c.notebook_id == notebook_id, trust.c.kind == "author")
    columns = (trust.c.kind, trust.c.cell_id, trust.c.source_digest, trust.c.seq, trust.c.author_id)
    rows = conn.execute(select(*columns).where(trust.c.person_id == person_id, here)).all()
    cells: dict[str, int] = {}
    for row in rows:
        if row.kind == "cell":
            cells[row.cell_id] = max(cells.get(row.cell_id, -1), row.seq)
    return Decisions(
        person_id,
        authors=frozenset(row.author_id for row in rows if row.kind == "author"),
        digests=frozenset(row.source_digest for row in rows if row.kind == "cell"),
        cells=cells,
        unknown_through=max((row.seq for row in rows if row.kind == "notebook"), default=-1),
    )


def last_sources(conn: Connection, person_id: str, notebook_id: str) -> Mapping[str, str]:
    """Cell id to the source that the person accepted last."""
    columns = (trust.c.cell_id, trust.c.source)
    mine = (trust.c.person_id == person_id) & (trust.c.notebook_id == notebook_id) & (trust.c.kind == "cell")
    return {
        row.cell_id: row.source
        for row in conn.execute(select(*columns).where(mine).order_by(trust.c.seq, trust.c.decided_at))
    }


def trust_cells(
    conn: Connection, person_id: str, notebook_id: str, cells: Sequence[tuple[str, TrustedCell]], *, now: int
) -> None:
    """Accept cells; each comes with the id of its row."""
    if cells:
        conn.execute(
            insert(trust),
            [
                {
                    "id": row_id,
                    "person_id": person_id,
                    "kind": "cell",
                    "notebook_id": notebook_id,
                    "cell_id": cell.cell_id,
                    "source_digest": cell.digest,
                    "source": cell.source,
                    "seq": cell.seq,
                    "decided_at": now,
                }
                for row_id, cell in cells
            ],
        )


def trust_unknown(conn: Connection, row_id: str, person_id: str, notebook_id: str, *, seq: int, now: int) -> None:
    """Accept what is of unknown origin in a notebook now."""
    mine = (trust.c.person_id == person_id) & (trust.c.notebook_id == notebook_id) & (trust.c.kind == "notebook")
    conn.execute(delete(trust).where(mine))
    row = {"id": row_id, "person_id": person_id, "kind": "notebook", "notebook_id": notebook_id, "seq": seq}
    conn.execute(insert(trust).values(**row, decided_at=now))


def trust_author(conn: Connection, row_id: str, person_id: str, author_id: str, *, now: int) -> None:
    """Accept whatever somebody writes, from now on and before."""
    mine = (trust.c.person_id == person_id) & (trust.c.author_id == author_id) & (trust.c.kind == "author")
    conn.execute(delete(trust).where(mine))
    row = {"id": row_id, "person_id": person_id, "kind": "author", "author_id": author_id}
    conn.execute(insert(trust).values(**row, decided_at=now))


@dataclass(frozen=True)
class TrustedAuthor:
    """Somebody whose code a person lets run."""

    person_id: str
    name: str
    decided_at: int


@dataclass(frozen=True)
class TrustedNotebook:
    """A notebook of which a person accepted cells."""

    notebook_id: str
    name: str
    cells: int
    decided_at: int


def trusted_authors(conn: Connection, person_id: str) -> list[TrustedAuthor]:
    """By name."""
    joined = select(trust.c.author_id, people.c.name, trust.c.decided_at).join(people, people.c.id == trust.c.author_id)
    found = conn.execute(joined.where(trust.c.person_id == person_id).order_by(people.c.name))
    return [TrustedAuthor(*row) for row in found]


def trusted_notebooks(conn: Connection, person_id: str) -> list[TrustedNotebook]:
    """The latest decision first."""
    latest = func.max(trust.c.decided_at)
    columns = (trust.c.notebook_id, notebooks.c.path, func.count(trust.c.cell_id.distinct()), latest)
    joined = select(*columns).join(notebooks, notebooks.c.id == trust.c.notebook_id)
    grouped = joined.where(trust.c.person_id == person_id).group_by(trust.c.notebook_id, notebooks.c.path)
    return [
        TrustedNotebook(notebook_id, (path or "Untitled.ipynb").rpartition("/")[2].removesuffix(".ipynb"), cells, at)
        for notebook_id, path, cells, at in conn.execute(grouped.order_by(latest.desc()))
    ]


def revoke_author(conn: Connection, person_id: str, author_id: str) -> bool:
    """Take a decision back. False when there was none."""
    mine = (trust.c.person_id == person_id) & (trust.c.author_id == author_id)
    return conn.execute(delete(trust).where(mine)).rowcount > 0


def revoke_notebook(conn: Connection, person_id: str, notebook_id: str) -> bool:
    """Take every decision on a notebook's cells back. False when there was none."""
    mine = (trust.c.person_id == person_id) & (trust.c.notebook_id == notebook_id)
    return conn.execute(delete(trust).where(mine)).rowcount > 0
