"""The base of a bound file: the text last read from it or written to it, which the document was made from.

The text, often megabytes, lies in the database. Here it is only while it is worked with; at rest a room knows no more
of it than its hash.

    at rest ── open ─▶ text and what it says ── rest ─▶ at rest
                           ▲        │ keep
                           └────────┘
"""

import asyncio
import hashlib
import logging
from dataclasses import dataclass, replace

from runhere_hub.core import ipynb
from runhere_hub.core.errors import Unavailable
from runhere_hub.core.ipynb import ParsedFile
from runhere_hub.core.merge.align import adopt_ids
from runhere_hub.core.notebook import CellId, Notebook
from runhere_hub.store import file_bases
from runhere_hub.store.file_bases import FileBase
from runhere_hub.store.session import Connection, Database

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mark:
    """What is known of a base without its text.

    Attributes:
        sha256: Of the file's bytes, in hex.
        size_bytes: Of the text.
        is_bare: The file still holds what was taken out of the text (outputs that stay at home).
    """

    sha256: str
    mtime_ns: int
    size_bytes: int
    is_bare: bool


@dataclass(frozen=True)
class OpenBase:
    """A base with its text and what that says: writing over it needs to know where everything stands."""

    text: str
    parsed: ParsedFile
    ids: tuple[CellId, ...]

    def notebook(self, ours: Notebook) -> Notebook:
        """What the base says, with the document's cell ids."""
        said = self.parsed.notebook
        if len(self.ids) == len(said.cells):
            pairs = zip(said.cells, self.ids, strict=True)
            return replace(said, cells=tuple(replace(cell, id=cell_id) for cell, cell_id in pairs))
        return adopt_ids(ours, said, unsure=self.parsed.made_ids)


class KeptBase:
    """The base of one notebook's file. Used by one task at a time: see `BoundFile`.

    Attributes:
        mark: None: the file was never read.
        ids: Of the base's cells in the document; empty where that is not known.
    """

    def __init__(self, db: Database, notebook_id: str) -> None:
        self._db = db
        self._notebook_id = notebook_id
        self.mark: Mark | None = None
        self.ids: tuple[CellId, ...] = ()
        self._open: tuple[str, ParsedFile] | None = None
        self._not_stored: FileBase | None = None

    async def load(self) -> None:
        """Find out what is in the database, which another process may have written.

        Raises:
            Unavailable: The database cannot be read now.
        """
        self.mark, self._open = await self._db.read(self._stored_mark), None

    def begin(self, base: FileBase) -> None:
        """The document was made from this just now, and both are in the database."""
        self.mark, self._open = _mark_of(base), None

    async def open(self) -> OpenBase | None:
        """The base with its text, read from the database unless it is here. None: the file was never read.

        Raises:
            Unavailable: The database cannot be read now.
        """
        if self.mark is None:
            return None
        if self._open is None:
            base = self._not_stored or await self._db.read(self._stored)
            if base is None:
                return None
            self._open = (base.text, await asyncio.to_thread(ipynb.parse, base.text))
        return OpenBase(*self._open, self.ids)

    async def keep(self, base: FileBase, parsed: ParsedFile | None = None) -> None:
        """From now on this is the base. `parsed`: what it says, if that is known."""
        self.mark, self.ids = _mark_of(base), ()
        self._open = (base.text, parsed) if parsed is not None else None
        self._not_stored = base
        try:
            await self._db.write(lambda conn: file_bases.save(conn, self._notebook_id, base))
            self._not_stored = None
        except Unavailable as error:
            # The file is right; after a crash the next start merges it against an older base, which gives the same.
            _log.warning("The base of notebook %s could not be kept: %s", self._notebook_id, error.message)

    async def make_bare(self, text: str) -> None:
        """The same file without what stays at home. The hash stays the file's, which has that until it is written."""
        if self.mark is not None:
            await self.keep(FileBase(text, self.mark.sha256, self.mark.mtime_ns))

    def rest(self) -> None:
        """Nobody works with it now: let go of the text, unless it is nowhere else."""
        self._open = None

    def _stored(self, conn: Connection) -> FileBase | None:
        return file_bases.load(conn, self._notebook_id)

    def _stored_mark(self, conn: Connection) -> Mark | None:
        base = self._stored(conn)
        return _mark_of(base) if base is not None else None


def _mark_of(base: FileBase) -> Mark:
    data = base.text.encode()
    return Mark(base.sha256, base.mtime_ns, len(data), is_bare=hashlib.sha256(data).hexdigest() != base.sha256)
