"""Who is here: awareness states, checked (SPEC 2.8). Never stored.

The payload of an awareness message is a list of (client id, clock, JSON text); `null` says that the client left. A page
speaks for its own client id only; everything else in its message is dropped.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runhere_hub.core.identity import Person
from runhere_hub.core.run_frames import is_runtime_label
from runhere_hub.core.yjs_bytes import Reader, write_bytes, write_uint
from runhere_protocol import MAX_AWARENESS_BYTES

_GONE = "null"
_KEYS = {"person", "cursor", "runtime"}


@dataclass(frozen=True)
class Entry:
    """One client's state.

    Attributes:
        clock: Grows with every change; the greater one wins.
        state: JSON text; `null` when the client left.
    """

    client_id: int
    clock: int
    state: str


def read(payload: bytes) -> tuple[Entry, ...]:
    """The entries of an awareness message.

    Raises:
        FrameInvalid: Not an awareness update.
    """
    reader = Reader(payload)
    return tuple(Entry(reader.uint(), reader.uint(), reader.text()) for _ in range(reader.uint()))


def write(entries: Iterable[Entry]) -> bytes:
    """The awareness message's payload for these entries."""
    listed = list(entries)
    return write_uint(len(listed)) + b"".join(
        write_uint(entry.client_id) + write_uint(entry.clock) + write_bytes(entry.state.encode()) for entry in listed
    )


def payloads(entries: Iterable[Entry], *, limit: int) -> tuple[bytes, ...]:
    """As few payloads as hold these entries in their order, none above the limit unless one entry alone is."""
    groups: list[list[Entry]] = []
    size = 0
    for entry in entries:
        bytes_of_it = len(write([entry]))  # with the byte that counts: what they make together is never more
        if not groups or size + bytes_of_it > limit:
            groups.append([])
            size = 0
        groups[-1].append(entry)
        size += bytes_of_it
    return tuple(map(write, groups))


def rest_ms(told_at: int | None, now: int, *, apart_ms: int) -> int:
    """How long news have to wait so that they are told this far apart. A clock that was set back holds up nothing."""
    if told_at is None or now < told_at:
        return 0
    return max(0, told_at + apart_ms - now)


def admit(
    known: Mapping[int, Entry], entries: Iterable[Entry], *, client_id: int, person: Person
) -> tuple[Mapping[int, Entry], tuple[Entry, ...]]:
    """Fold what one page says about itself into the room's presence.

    Returns:
        The presence afterwards, and the entries that others are told: news of this client, of the right shape.
    """
    admitted = tuple(
        entry
        for entry in entries
        if entry.client_id == client_id and _is_news(known.get(client_id), entry) and is_allowed(entry.state, person)
    )
    after = dict(known)
    for entry in admitted:
        if entry.state == _GONE:
            after.pop(entry.client_id, None)
        else:
            after[entry.client_id] = entry
    return after, admitted


def merge(known: Mapping[int, Entry], entries: Iterable[Entry]) -> tuple[Mapping[int, Entry], tuple[Entry, ...]]:
    """Fold in what another hub process admitted. Gives the presence afterwards and what is news here."""
    news = tuple(entry for entry in entries if _is_news(known.get(entry.client_id), entry))
    after = {**known, **{entry.client_id: entry for entry in news}}
    return {client: entry for client, entry in after.items() if entry.state != _GONE}, news


def depart(known: Mapping[int, Entry], client_id: int) -> tuple[Mapping[int, Entry], tuple[Entry, ...]]:
    """The presence without this client, and what others are told of it (nothing, when it was not there)."""
    entry = known.get(client_id)
    if entry is None:
        return known, ()
    left = {key: value for key, value in known.items() if key != client_id}
    return left, (Entry(client_id, entry.clock + 1, _GONE),)


def _is_news(known: Entry | None, entry: Entry) -> bool:
    if known is None:
        return True
    return entry.clock > known.clock or (entry.clock == known.clock and entry.state == _GONE)


def is_allowed(state: str, person: Person) -> bool:
    """True for a state of SPEC 2.8 that names this person as the hub does, and for `null`."""
    if len(state.encode()) > MAX_AWARENESS_BYTES:
        return False
    try:
        value = json.loads(state)
    except (ValueError, RecursionError):
        return False
    if value is None:
        return True
    return (
        isinstance(value, dict)
        and value.keys() <= _KEYS
        and value.get("person") == {"id": person.id, "name": person.name, "color": person.color}
        and _is_cursor(value.get("cursor"))
        and _is_runtime(value.get("runtime"))
    )


def _is_cursor(value: object) -> bool:
    match value:
        case None:
            return True
        case {"cell": str(), "anchor": int() as anchor, "head": int() as head, **rest}:
            return not rest and not isinstance(anchor, bool) and not isinstance(head, bool)
        case _:
            return False


def _is_runtime(value: object) -> bool:
    match value:
        case None:
            return True
        case {"label": str() as label, **rest}:
            return not rest and is_runtime_label(label)
        case _:
            return False
