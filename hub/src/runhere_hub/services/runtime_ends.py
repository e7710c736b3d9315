"""Ends of hosted runtimes that nobody told this hub of: a JupyterHub ended a server, or the hub itself was killed.

Who has a runtime stands in the audit log: their last entry about one is its start. Where the provider has none for such
a person, twice in a row, the end is written down. So it is found after a restart of the hub too, and by whichever hub
process looks first.
"""

from functools import partial

from runhere_hub.core.audit import Entry
from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import Owner
from runhere_hub.services.runtimes import ABOUT_RUNTIMES, Runtimes, whose
from runhere_hub.services.watch import Watch
from runhere_hub.store import audit
from runhere_hub.store.session import Connection

LOOK_EVERY_S = 30.0


class RuntimeEnds:
    """What one hub process knows of who has a runtime."""

    def __init__(self, runtimes: Runtimes) -> None:
        self._runtimes = runtimes
        self._read_to = 0
        self._have: set[PersonId] = set()
        self._missed: set[PersonId] = set()
        self._watch = Watch(self.look, at="Hosted runtimes", name="runtime-ends")

    async def start(self) -> None:
        """Begin to look."""
        self._watch.start(LOOK_EVERY_S)

    async def stop(self) -> None:
        """Look no more. May be called again."""
        await self._watch.stop()

    async def look(self) -> None:
        """Look once.

        Raises:
            Unavailable: The provider or the database does not answer; what was found until then is written down.
        """
        await self._runtimes.sign_in.db.read(self._read_on)
        self._missed &= self._have
        for person_id in sorted(self._have):
            status = await self._runtimes.provider.status(Owner(person_id, ""))
            if status.state in ("starting", "ready"):
                self._missed.discard(person_id)
            elif person_id in self._missed:
                await self._runtimes.sign_in.db.write(partial(self._write_down, person_id))
            else:
                # Once is no proof: another hub process writes a start down before its runtime is there.
                self._missed.add(person_id)

    def _read_on(self, conn: Connection) -> None:
        last = audit.last(conn)
        for entry in audit.since(conn, self._read_to, *ABOUT_RUNTIMES):
            self._follow(entry)
        self._read_to = last

    def _follow(self, entry: Entry) -> None:
        owner = whose(entry, self._runtimes.provider.name)
        if owner is None:
            return
        change = self._have.add if entry.action == "runtime_start" else self._have.discard
        change(owner)

    def _write_down(self, person_id: PersonId, conn: Connection) -> None:
        audit.hold(conn)
        self._read_on(conn)
        if person_id in self._have:  # else it was written down meanwhile
            name, now = self._runtimes.provider.name, self._runtimes.sign_in.now_ms()
            audit.record(conn, now, "runtime_stop", by=person_id, provider=name, why="gone")
