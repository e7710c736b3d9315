"""What may run on a person's own machine without a question: looked up, decided, listed and taken back.

The page asks with the digests of the bytes that would run, which it captured when the person pressed a key; nothing is
said about what a cell holds by the time of the answer.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runhere_hub.core import trust as rules
from runhere_hub.core.access import Verb
from runhere_hub.core.errors import NotFound
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import NotebookId, PersonId
from runhere_hub.services.drive import Drive, notebook_for
from runhere_hub.store import audit, authorship, notebooks, people
from runhere_hub.store import trust as decided
from runhere_hub.store.session import Connection
from runhere_hub.store.trust import TrustedAuthor, TrustedCell, TrustedNotebook

_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Named:
    """Somebody; both None: unknown."""

    id: str | None
    name: str | None


@dataclass(frozen=True)
class JudgedCell:
    """One cell.

    Attributes:
        strangers: Whose contributions no decision covers, the latest first; see `core.trust.Judged`.
        editors: Everybody who wrote in the cell.
        trusted_source: What the person accepted last in this cell; None: nothing yet.
    """

    cell_id: str
    state: rules.State
    strangers: tuple[Named, ...]
    editors: tuple[Named, ...]
    trusted_source: str | None


@dataclass(frozen=True)
class Answer:
    """What the hub knows about the cells that were asked for.

    Attributes:
        seq: Up to this number; a decision is about what had been done until then.
        unknown_once: Unknown origin is accepted for the notebook as a whole (one-person mode).
    """

    seq: int
    owner: Named
    unknown_once: bool
    cells: tuple[JudgedCell, ...]


async def look(drive: Drive, person: Person, notebook_id: NotebookId, asked: Mapping[str, str]) -> Answer:
    """Judge cells (id to the digest of what would run). What pages sent before is known by then."""
    row = await notebook_for(drive, person, notebook_id, Verb.READ)
    await drive.rooms.saved(notebook_id)

    def work(conn: Connection) -> Answer:
        mine = decided.decisions(conn, person.id, notebook_id)
        done = authorship.contributions(conn, notebook_id)
        known = authorship.last_had(conn, notebook_id)
        last = decided.last_sources(conn, person.id, notebook_id)
        names = _Names(conn)
        of: dict[str, list[rules.Contribution]] = {}
        for one in done:
            of.setdefault(one.cell_id, []).append(one)

        def judged(cell_id: str, digest: str) -> JudgedCell:
            theirs = of.get(cell_id, [])
            is_known = (cell_id, digest) in known
            one = rules.judge(cell_id, digest, is_empty=digest == _EMPTY, is_known=is_known, done=theirs, mine=mine)
            editors = sorted(theirs, key=lambda contribution: -contribution.seq)
            return JudgedCell(
                cell_id,
                one.state,
                tuple(names.of(stranger) for stranger in one.strangers),
                tuple(names.of(contribution.person_id) for contribution in editors),
                last.get(cell_id),
            )

        about = notebooks.about(conn, notebook_id)
        cells = tuple(judged(cell_id, digest) for cell_id, digest in asked.items())
        seq = about.seq if about is not None else 0
        return Answer(seq, names.of(row.owner_id), not drive.is_for_team, cells)

    return await drive.db.read(work)


class _Names:
    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._known: dict[str | None, Named] = {None: Named(None, None)}

    def of(self, person_id: str | None) -> Named:
        if person_id not in self._known:
            found = people.get(self._conn, PersonId(person_id or ""))
            self._known[person_id] = Named(person_id, found.name if found else None)
        return self._known[person_id]


async def trust_cells(
    drive: Drive, person: Person, notebook_id: NotebookId, cells: Sequence[tuple[str, str]], *, seq: int, unknown: bool
) -> None:
    """Accept these cells (id, source) with what had been done to them until they had these sources.

    Args:
        seq: Of the judgement that the person saw.
        unknown: Also whatever was of unknown origin in the notebook then; ignored where several people share the hub.
    """
    await notebook_for(drive, person, notebook_id, Verb.READ)
    now = drive.now_ms()

    def work(conn: Connection) -> None:
        known = authorship.last_had(conn, notebook_id)
        rows = []
        for cell_id, text in cells:
            digest = hashlib.sha256(text.encode()).hexdigest()
            # What came after this source, before the answer, was not seen: it is not accepted along with it.
            rows.append((drive.new_id(), TrustedCell(cell_id, digest, text, known.get((cell_id, digest), -1))))
        decided.trust_cells(conn, person.id, notebook_id, rows, now=now)
        if unknown and not drive.is_for_team:
            about = notebooks.about(conn, notebook_id)
            through = min(seq, about.seq if about is not None else 0)
            decided.trust_unknown(conn, drive.new_id(), person.id, notebook_id, seq=through, now=now)
        audit.record(conn, now, "trust.cells", by=person.id, on=notebook_id, cells=len(rows))

    await drive.db.write(work)


async def trust_author(drive: Drive, person: Person, author_id: str) -> None:
    """Let whatever somebody writes run on the person's machines.

    Raises:
        NotFound: There is nobody like that.
    """

    def work(conn: Connection) -> None:
        if people.get(conn, PersonId(author_id)) is None:
            raise NotFound("There is no such person.")
        now = drive.now_ms()
        decided.trust_author(conn, drive.new_id(), person.id, author_id, now=now)
        audit.record(conn, now, "trust.author", by=person.id, on=author_id)

    await drive.db.write(work)


async def everything(drive: Drive, person: Person) -> tuple[list[TrustedAuthor], list[TrustedNotebook]]:
    """Every decision of a person: authors, notebooks."""
    return await drive.db.read(
        lambda conn: (decided.trusted_authors(conn, person.id), decided.trusted_notebooks(conn, person.id))
    )


async def revoke_author(drive: Drive, person: Person, author_id: str) -> None:
    """Ask again before somebody's code runs.

    Raises:
        NotFound: They are not trusted.
    """

    def work(conn: Connection) -> None:
        if not decided.revoke_author(conn, person.id, author_id):
            raise NotFound("You do not trust this person’s code.")
        audit.record(conn, drive.now_ms(), "trust.revoke", by=person.id, on=author_id)

    await drive.db.write(work)


async def revoke_notebook(drive: Drive, person: Person, notebook_id: NotebookId) -> None:
    """Ask again before cells of a notebook run; also of one that the person may not read any more.

    Raises:
        NotFound: None of them is trusted.
    """

    def work(conn: Connection) -> None:
        if not decided.revoke_notebook(conn, person.id, notebook_id):
            raise NotFound("You trust no cells of this notebook.")
        audit.record(conn, drive.now_ms(), "trust.revoke", by=person.id, on=notebook_id)

    await drive.db.write(work)
