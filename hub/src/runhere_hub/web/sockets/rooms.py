"""The room's socket: accept, let in, carry messages both ways (SPEC sections 2 and 5)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from runhere_hub.core.access import Role
from runhere_hub.core.errors import Invalid, NotFound, RunhereError
from runhere_hub.core.identity import Person
from runhere_hub.rooms.channel import Message, Outbox
from runhere_hub.rooms.open_room import OpenRoom
from runhere_hub.rooms.registry import RoomRegistry
from runhere_hub.services import notebooks, session, sharing
from runhere_hub.web import auth, errors
from runhere_hub.web.deps import current_person, require_own_origin, services
from runhere_hub.web.rights import RightsWatch, Seat
from runhere_hub.web.sockets.direct import DirectWebSocketProtocol, read_with_of, write_now_of
from runhere_protocol import MAX_MESSAGE_BYTES, ROOM_SUBPROTOCOL, CloseCode

UVICORN_OPTIONS = {
    "ws": DirectWebSocketProtocol,
    "ws_max_size": 2 * MAX_MESSAGE_BYTES,  # ours is checked here, so that the close code is 4413
    "ws_per_message_deflate": False,  # costs more than it saves: key presses are 40 bytes, one copy for each page
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 20.0,
}
"""How uvicorn must run so that rooms keep their word."""

_MESSAGES_PER_S = 1_000
_MESSAGES_AT_ONCE = 20_000
"""A page that comes back from a long flight sends what gathered; nobody types like this."""
_LONGEST_REASON_BYTES = 120  # RFC 6455 allows 123


async def _always(_is_used: bool) -> bool:
    return True


def _nothing() -> None:
    pass


async def room_endpoint(websocket: WebSocket) -> None:
    """`GET /api/v1/notebooks/{notebook_id}/room`: the gate has found out who is calling."""
    hub = services(websocket)
    try:
        require_own_origin(websocket)
        person = current_person(websocket)
        role = await sharing.role_now(hub.drive, person.id, websocket.path_params["notebook_id"])
    except RunhereError as error:
        await websocket.send_denial_response(errors.answer(error))
        return
    token = auth.session_token(websocket.headers, hub.cookie_name) or ""
    watch = hub.team.rights if hub.team is not None else None
    visit = partial(notebooks.note_visit, hub.drive, websocket.path_params["notebook_id"])
    ticket = Ticket(
        role,
        watch,
        lambda is_used: session.is_still(hub.sign_in, token, person, is_used=is_used),
        note_visit=visit if role == "owner" else _nothing,
    )
    await serve(websocket, hub.registry, person, ticket=ticket)


@dataclass(frozen=True)
class Ticket:
    """What lets a person into a room.

    Attributes:
        role: None: nothing does.
        watch: Cuts the page when its rights end; None: they cannot.
        is_signed_in: Whether the session behind the socket is still good; it is told whether the person wrote.
        note_visit: Called once the page is in the room.
    """

    role: Role | None
    watch: RightsWatch | None = None
    is_signed_in: Callable[[bool], Awaitable[bool]] = field(default=_always)
    note_visit: Callable[[], None] = field(default=_nothing)


async def serve(websocket: WebSocket, registry: RoomRegistry, person: Person, *, ticket: Ticket) -> None:
    """Let a person into the room of the path's notebook until either side goes."""
    if ROOM_SUBPROTOCOL not in websocket.scope.get("subprotocols", ()):
        await websocket.send_denial_response(errors.answer(Invalid(f"This socket speaks {ROOM_SUBPROTOCOL}.")))
        return
    await websocket.accept(subprotocol=ROOM_SUBPROTOCOL)
    try:
        notebook_id = websocket.path_params["notebook_id"]
        if ticket.role is None:
            raise NotFound("There is no such notebook.", notebook_id=notebook_id)
        room = await registry.open(notebook_id)
        await _let_in(websocket, room, person, ticket.role, ticket)
    except RunhereError as error:
        # A page cannot read the status of a refused upgrade, so what it is to show comes as a close code.
        with suppress(WebSocketDisconnect, RuntimeError):
            await websocket.close(errors.close_code_of(error), _reason(error.message))


async def _let_in(websocket: WebSocket, room: OpenRoom, person: Person, role: Role, ticket: Ticket) -> None:
    channel = SocketChannel(websocket)
    member = room.join(channel, person, role)
    seat = Seat(room.room, member, ticket.is_signed_in)
    writing = asyncio.create_task(channel.pump(), name="room-socket-write")
    reading = asyncio.create_task(_read(websocket, room, channel, member.session), name="room-socket-read")
    try:
        if ticket.watch is not None:
            await ticket.watch.add(seat)
        ticket.note_visit()
        await asyncio.wait({writing, reading}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if ticket.watch is not None:
            ticket.watch.remove(seat)
        room.room.leave(member)
        for task in (writing, reading):
            task.cancel()
        await asyncio.gather(writing, reading, return_exceptions=True)


async def _read(websocket: WebSocket, room: OpenRoom, channel: "SocketChannel", session: str) -> None:
    """Hand on messages until the page goes, or sends too much."""
    intake = _Intake(room, channel, session)
    read_with = read_with_of(websocket.scope)
    if read_with is not None:
        read_with(intake.take)
    while True:
        event = await websocket.receive()
        if event["type"] == "websocket.disconnect":
            return
        data = event.get("bytes")
        intake.take(event["text"] if data is None else data)


class _Intake:
    """What comes from one page, within its limits."""

    def __init__(self, room: OpenRoom, channel: "SocketChannel", session: str) -> None:
        self._room = room.room
        self._member = room.room.members[session]
        self._channel = channel
        self._time = asyncio.get_running_loop().time
        self._credit, self._counted_at = float(_MESSAGES_AT_ONCE), self._time()

    def take(self, message: Message) -> None:
        """Hand one message on. A page that is too big or too fast is closed; nothing of it is taken after that."""
        if self._channel.is_closing:
            return
        if len(message) > MAX_MESSAGE_BYTES:
            self._channel.close(CloseCode.MESSAGE_TOO_LARGE, "A message may have 16 MiB.")
            return
        now = self._time()
        self._credit = min(_MESSAGES_AT_ONCE, self._credit + (now - self._counted_at) * _MESSAGES_PER_S) - 1
        self._counted_at = now
        if self._credit < 0:
            self._channel.close(CloseCode.TOO_MANY_MESSAGES, "Too many messages.")
            return
        self._room.receive(self._member, message)


class SocketChannel:
    """A channel into a WebSocket: `send` writes at once where it can, else fills a bounded box that `pump` empties."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._write_now = write_now_of(websocket.scope)
        self._pumping = False
        self._outbox = Outbox()
        self._closing: tuple[int, str] | None = None

    def send(self, message: Message) -> None:
        """See `Channel`. A page that reads too slowly is closed."""
        if self._closing is not None:
            return
        if self._outbox.is_empty and not self._pumping and self._write_now(message):
            return
        if not self._outbox.put(message):
            self.close(CloseCode.TOO_MANY_MESSAGES, "This page reads too slowly.")

    def close(self, code: int, reason: str) -> None:
        """See `Channel`."""
        if self._closing is None:
            self._closing = (code, _reason(reason))
            self._outbox.wake()

    @property
    def is_closing(self) -> bool:
        """True once the channel was closed: nothing more goes out, or is taken."""
        return self._closing is not None

    async def pump(self) -> None:
        """Send what comes until the channel is closed, or the socket is."""
        try:
            while self._closing is None:
                await self._outbox.arrived()
                await self._empty()
            if self._websocket.application_state is WebSocketState.CONNECTED:
                await self._websocket.close(*self._closing)
        except (WebSocketDisconnect, RuntimeError, OSError):
            pass  # the page went first; the reading side tells the room

    async def _empty(self) -> None:
        self._pumping = True  # nothing may overtake the message that is under way
        while (message := self._outbox.take()) is not None:
            if isinstance(message, bytes):
                await self._websocket.send_bytes(message)
            else:
                await self._websocket.send_text(message)
        self._pumping = False


def _reason(text: str) -> str:
    return text.encode()[:_LONGEST_REASON_BYTES].decode(errors="ignore")
