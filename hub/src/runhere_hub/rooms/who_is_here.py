"""Who is in a room, and when the others are told: several people's news go out together.

With twenty people who type, each word of where a cursor is goes to twenty sockets, and it is the writing that costs. So
the first news after a pause is told at once; what comes soon after it gathers, and of each page only its last word.

    news ── nothing told just now ──▶ told ── more news ──▶ gathers ── `apart_ms` after the last time ──▶ told
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runhere_hub.core import presence
from runhere_hub.core.bus import MAX_PRESENCE_BYTES
from runhere_hub.core.identity import Person
from runhere_hub.core.presence import Entry


@dataclass(frozen=True)
class Telling:
    """How the presence of a room goes out.

    Attributes:
        elsewhere: Tells other hub processes what pages here are told of each other.
        later: Has something called in so many seconds, on the loop.
        apart_ms: News go out at least this far apart.
    """

    elsewhere: Callable[[bytes], None]
    later: Callable[[float, Callable[[], None]], object]
    apart_ms: int


class WhoIsHere:
    """The presence of one room. Used from the hub's loop only.

    Args:
        tell: Called with what pages are to be told, and with the sessions that said it.
    """

    def __init__(
        self, how: Telling, *, clock: Callable[[], int], tell: Callable[[bytes, frozenset[str]], None]
    ) -> None:
        self._how = how
        self._clock = clock
        self._tell = tell
        self._known: Mapping[int, Entry] = {}
        self._untold: dict[int, Entry] = {}
        self._said_by: frozenset[str] = frozenset()
        self._told_at: int | None = None
        self._is_due = False

    def everybody(self) -> tuple[Entry, ...]:
        """What somebody who comes in is told."""
        return tuple(self._known.values())

    def say(self, payload: bytes, session: str, client_id: int, person: Person) -> None:
        """A page says where it is.

        Raises:
            FrameInvalid: Not an awareness update.
        """
        self._known, admitted = presence.admit(self._known, presence.read(payload), client_id=client_id, person=person)
        self._gather(admitted, session)

    def leave(self, session: str, client_id: int) -> None:
        """A page is gone."""
        self._known, gone = presence.depart(self._known, client_id)
        self._gather(gone, session)

    def adopt(self, payload: bytes) -> tuple[Entry, ...]:
        """Take what another hub process told; gives what is news here."""
        self._known, news = presence.merge(self._known, presence.read(payload))
        return news

    def tell_now(self) -> None:
        """Tell what has gathered: nobody stays who could wait for it."""
        if not self._untold:
            return
        untold, said_by = self._untold, self._said_by
        self._untold, self._said_by = {}, frozenset()
        self._told_at = self._clock()
        for payload in presence.payloads(untold.values(), limit=MAX_PRESENCE_BYTES):
            self._how.elsewhere(payload)
            self._tell(payload, said_by)

    def _gather(self, entries: tuple[Entry, ...], session: str) -> None:
        if not entries:
            return
        self._untold.update((entry.client_id, entry) for entry in entries)
        self._said_by |= {session}
        if self._is_due:
            return
        rest_ms = presence.rest_ms(self._told_at, self._clock(), apart_ms=self._how.apart_ms)
        if rest_ms == 0:
            self.tell_now()
        else:
            self._is_due = True
            self._how.later(rest_ms / 1000, self._due)

    def _due(self) -> None:
        self._is_due = False
        self.tell_now()
