"""The bytes of y-protocols: variable-length integers, the frames of a room, state vectors. No Yjs needed.

Source: lib0 `encoding.js`, y-protocols `sync.js` and `awareness.js`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from runhere_hub.core.errors import FrameInvalid

_SYNC, _AWARENESS = 0, 1
_STEP1, _STEP2, _UPDATE = 0, 1, 2
_MAX_UINT_BYTES = 8
"""JavaScript's safe integers have 53 bits: eight groups of seven."""

EMPTY_UPDATE = b"\x00\x00"
"""A Yjs v1 update that says nothing."""


@dataclass(frozen=True)
class SyncStep1:
    """The other side's state vector: it wants what is missing there."""

    state_vector: bytes


@dataclass(frozen=True)
class SyncStep2:
    """One Yjs v1 update: what was missing here."""

    update: bytes


@dataclass(frozen=True)
class SyncUpdate:
    """One Yjs v1 update: what just happened there."""

    update: bytes


@dataclass(frozen=True)
class AwarenessMessage:
    """An awareness update: see `core.presence`."""

    payload: bytes


Message: TypeAlias = SyncStep1 | SyncStep2 | SyncUpdate | AwarenessMessage


class Reader:
    """Reads lib0 values from bytes, front to back. Raises FrameInvalid when they end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def at_end(self) -> bool:
        """True when every byte was read."""
        return self._at == len(self._data)

    def uint(self) -> int:
        """An unsigned integer of up to 56 bits."""
        value = 0
        for index in range(_MAX_UINT_BYTES):
            if self._at >= len(self._data):
                break
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return value
        raise FrameInvalid("A frame of the room ends too early, or holds a number that is too large.")

    def bytes(self) -> bytes:
        """Bytes with their length in front."""
        length = self.uint()
        end = self._at + length
        if end > len(self._data):
            raise FrameInvalid("A frame of the room ends too early.")
        found = self._data[self._at : end]
        self._at = end
        return found

    def text(self) -> str:
        """UTF-8 text with its length in bytes in front."""
        try:
            return self.bytes().decode()
        except UnicodeDecodeError as error:
            raise FrameInvalid("A frame of the room holds text that is not UTF-8.") from error


def write_uint(value: int) -> bytes:
    """An unsigned integer, seven bits a byte, low ones first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def write_bytes(data: bytes) -> bytes:
    """Bytes behind their length."""
    return write_uint(len(data)) + data


def read_message(data: bytes) -> Message:
    """One binary message of a page (SPEC 2.2).

    Raises:
        FrameInvalid: None of the four kinds, or bytes are missing or too many.
    """
    reader = Reader(data)
    kind = reader.uint()
    if kind == _AWARENESS:
        message: Message = AwarenessMessage(reader.bytes())
    elif kind == _SYNC:
        message = _read_sync(reader)
    else:
        raise FrameInvalid(f"A binary message of kind {kind} is not spoken here.")
    if not reader.at_end:
        raise FrameInvalid("A binary message has bytes behind its end.")
    return message


def _read_sync(reader: Reader) -> Message:
    step, data = reader.uint(), reader.bytes()
    if step == _STEP1:
        return SyncStep1(data)
    if step == _STEP2:
        return SyncStep2(data)
    if step == _UPDATE:
        return SyncUpdate(data)
    raise FrameInvalid(f"A sync message of step {step} is not spoken here.")


def sync_step1(state_vector: bytes) -> bytes:
    """The message that asks for everything this state vector lacks."""
    return bytes((_SYNC, _STEP1)) + write_bytes(state_vector)


def sync_step2(update: bytes) -> bytes:
    """The answer to step 1."""
    return bytes((_SYNC, _STEP2)) + write_bytes(update)


def sync_update(update: bytes) -> bytes:
    """The message that relays one update, its bytes unchanged."""
    return bytes((_SYNC, _UPDATE)) + write_bytes(update)


def awareness(payload: bytes) -> bytes:
    """The message that carries an awareness update."""
    return bytes((_AWARENESS,)) + write_bytes(payload)


def read_state_vector(data: bytes) -> dict[int, int]:
    """Client id to the number of its first missing struct.

    Raises:
        FrameInvalid: Not a state vector.
    """
    reader = Reader(data)
    return {reader.uint(): reader.uint() for _ in range(reader.uint())}


def write_state_vector(clocks: Iterable[tuple[int, int]]) -> bytes:
    """The bytes of a state vector."""
    pairs = list(clocks)
    return write_uint(len(pairs)) + b"".join(write_uint(client) + write_uint(clock) for client, clock in pairs)


def inserting_clients(update: bytes) -> list[int] | None:
    """Whose structs a Yjs v1 update brings; None when it brings those of several, which takes more than a look to say.

    Source: Yjs `writeClientsStructs`: number of clients, then for each the number of structs, client id, clock.
    """
    reader = Reader(update)
    clients = reader.uint()
    if clients > 1:
        return None
    if clients == 0:
        return []
    reader.uint()
    return [reader.uint()]


def has_structs(update: bytes) -> bool:
    """False for an update that only deletes, or says nothing. The first number counts the clients that insert."""
    return update[:1] != b"\x00"
