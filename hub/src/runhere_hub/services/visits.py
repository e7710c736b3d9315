"""When notebooks were opened: noted beside whoever waits for one, because a commit to disk is most of that wait.

What is noted here is lost when the hub is killed within these milliseconds; then the notebook stands lower in *Recent*.
"""

import asyncio
import logging

from runhere_hub.core.errors import RunhereError
from runhere_hub.core.ids import NotebookId
from runhere_hub.store import notebooks
from runhere_hub.store.session import Connection, Database

_log = logging.getLogger(__name__)


class Visits:
    """Those that are not written yet. Used from the hub's loop."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._noted: dict[NotebookId, int] = {}
        self._writing: asyncio.Task[None] | None = None

    def note(self, notebook_id: NotebookId, *, now: int) -> None:
        """It was opened now (ms)."""
        self._noted[notebook_id] = now
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="visits-write")

    async def written(self) -> None:
        """Return once everything that was noted before is in the database, or in the log as not."""
        if self._writing is not None:
            await asyncio.wait({self._writing})

    async def _write(self) -> None:
        while self._noted:
            noted, self._noted = self._noted, {}

            def work(conn: Connection, noted: dict[NotebookId, int] = noted) -> None:
                for notebook_id, now in noted.items():
                    notebooks.opened(conn, notebook_id, now=now)

            try:
                await self._db.write(work)
            except RunhereError as error:
                _log.warning("It could not be noted which notebooks were opened: %s", error.message)
