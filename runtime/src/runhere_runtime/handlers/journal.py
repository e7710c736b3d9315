"""Journals over HTTP: also of kernels that have ended.

GET    /api/runhere/journal                              -> {journals: [...], limit_bytes}
GET    /api/runhere/journal/KERNEL?after=N&max_bytes=M   -> records (application/octet-stream), see SPEC.md 7.8
PUT    /api/runhere/journal/KERNEL {"on": false}     -> 204; from now on in memory only, and what was kept is deleted
DELETE /api/runhere/journal/KERNEL
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tornado.web import HTTPError, authenticated

from runhere_runtime.errors import JournalUnknown
from runhere_runtime.handlers.base import RuntimeHandler
from runhere_runtime.journal.log import Journal

MAX_BYTES = 8 * 2**20


class JournalListHandler(RuntimeHandler):
    @authenticated
    def get(self) -> None:
        running = self.kernel_manager.list_kernel_ids()
        used = [kept for kept in self.runtime.journals.list() if not self.kernel_manager.is_unused(kept.kernel_id)]  # type: ignore[attr-defined]  # ours
        found = [{**asdict(kept), "running": kept.kernel_id in running} for kept in used]
        self.answer({"journals": found, "limit_bytes": self.runtime.journals.limit_bytes})


class JournalHandler(RuntimeHandler):
    @authenticated
    async def get(self, kernel_id: str) -> None:
        try:
            after = int(self.get_query_argument("after", "0"))
            max_bytes = min(int(self.get_query_argument("max_bytes", str(2**20))), MAX_BYTES)
        except ValueError as error:
            raise HTTPError(400, "after and max_bytes are numbers.") from error
        try:
            journal = await self._find(kernel_id)
        except JournalUnknown as unknown:
            self.answer_failure(unknown, 404)
            return
        chunk = journal.read(max(0, after), max_bytes)
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("X-Runhere-First-Seq", str(journal.first_seq))
        self.set_header("X-Runhere-Last-Seq", str(journal.last_seq))
        if chunk.gap is not None:
            self.set_header("X-Runhere-Gap", f"{chunk.gap.first}-{chunk.gap.last} {chunk.gap.reason}")
        self.finish(chunk.data)

    @authenticated
    async def put(self, kernel_id: str) -> None:
        if self.read_json() != {"on": False}:
            raise HTTPError(400, "A journal can only be turned off; a new kernel has one again.")
        feed = await self.kernel_manager.feed(kernel_id) if kernel_id in self.kernel_manager else None  # type: ignore[attr-defined]  # ours
        if feed is None:
            self.answer_failure(JournalUnknown("That kernel does not run."), 404)
            return
        try:
            feed.journal.turn_off()
        except OSError as error:
            self.log.error("Journal of kernel %s: cannot be deleted: %s", kernel_id, error)
            raise HTTPError(500, "What the journal holds could not be deleted; nothing more is written.") from error
        self.set_status(204)
        self.finish()

    async def _find(self, kernel_id: str) -> Journal:
        if kernel_id in self.kernel_manager:
            feed = await self.kernel_manager.feed(kernel_id)  # type: ignore[attr-defined]  # ours
            if feed is not None:
                feed.flush()
                journal: Journal = feed.journal
                return journal
        return self.runtime.journals.find(kernel_id)

    @authenticated
    def delete(self, kernel_id: str) -> None:
        if kernel_id in self.kernel_manager:
            raise HTTPError(409, "That kernel is running. Shut it down first.")
        try:
            self.runtime.journals.delete(kernel_id)
        except JournalUnknown as unknown:
            self.answer_failure(unknown, 404)
            return
        self.set_status(204)
        self.finish()


HANDLERS: list[tuple[Any, ...]] = [
    (r"/api/runhere/journal", JournalListHandler),
    (r"/api/runhere/journal/([A-Za-z0-9-]+)", JournalHandler),
]
