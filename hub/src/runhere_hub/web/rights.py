"""Cuts live pages whose rights ended: a role taken away or lowered, a link withdrawn, a session or an account closed.

Every change of rights is in the audit log, in the same transaction. So each hub process reads the log's last number
once a second, and looks at every open socket when it changed: whoever made the change, here, in another process
or on the command line. Time alone ends sessions too, of which no log tells; so once a minute every socket is looked at.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from runhere_hub.core.access import Role
from runhere_hub.rooms.member import Member
from runhere_hub.rooms.room import Room
from runhere_hub.services.watch import Watch
from runhere_protocol import CloseCode

LOOK_EVERY_S = 1.0
LOOK_AT_ALL_EVERY = 60
"""Of so many looks one is at every socket, whether the log grew or not."""


@dataclass(eq=False)
class Seat:
    """One open socket.

    Attributes:
        is_signed_in: Whether what let it in still does; it is told whether the person wrote since it was asked last.
        received: How many document frames of its page had come by then.
    """

    room: Room
    member: Member
    is_signed_in: Callable[[bool], Awaitable[bool]]
    received: int = 0


class RightsWatch:
    """Every open socket of this process.

    Args:
        last_change: A number that grows with every change of anybody's rights.
        role_now: A person's role on a notebook as it is now; None: none.
    """

    def __init__(
        self,
        *,
        last_change: Callable[[], Awaitable[int]],
        role_now: Callable[[str, str], Awaitable[Role | None]],
    ) -> None:
        self._last_change = last_change
        self._role_now = role_now
        self._seats: set[Seat] = set()
        self._seen = 0
        self._looks = 0
        self._watch = Watch(self.look, at="Rights", name="rights-watch")

    async def start(self) -> None:
        """Begin to look."""
        self._seen = await self._last_change()
        self._watch.start(LOOK_EVERY_S)

    async def stop(self) -> None:
        """Look no more. May be called again."""
        await self._watch.stop()

    async def add(self, seat: Seat) -> None:
        """Watch over a socket; `remove` it when it goes. Looks once: rights may have ended while it was let in."""
        self._seats.add(seat)
        await self._check(seat)

    def remove(self, seat: Seat) -> None:
        """Its socket is gone. May be called again."""
        self._seats.discard(seat)

    async def look(self) -> None:
        """Look once: let every page follow what its person may do now."""
        last = await self._last_change()
        self._looks += 1
        if last == self._seen and self._looks % LOOK_AT_ALL_EVERY != 0:
            return
        for seat in list(self._seats):
            await self._check(seat)
        self._seen = last

    async def _check(self, seat: Seat) -> None:
        member, room = seat.member, seat.room
        is_used, seat.received = member.received > seat.received, member.received
        if not await seat.is_signed_in(is_used):
            room.send_away(member, CloseCode.SIGNED_OUT, "You are signed out.")
            return
        role = await self._role_now(member.person.id, room.notebook_id)
        if role is None:
            room.send_away(member, CloseCode.NO_SUCH_NOTEBOOK, "This notebook is not shared with you any more.")
        elif role != member.role:
            room.change_role(member.person.id, role)
