"""One page in a room, and what it says when it comes in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runhere_hub.core.access import Role
from runhere_hub.core.errors import FrameInvalid
from runhere_hub.core.identity import Person
from runhere_hub.core.run_records import Asker
from runhere_hub.rooms.channel import Channel

_MAX_ID_CHARACTERS = 64
_LARGEST_CLIENT_ID = 2**53


@dataclass
class Member:
    """One socket in the room. `asker` is None until its `join` came.

    Attributes:
        received: Document frames so far (SPEC 2.4).
        told: Of these, how many it knows to be durable.
        has_runs: It was sent all runs (SPEC 2.3).
    """

    session: str
    channel: Channel
    person: Person
    role: Role
    asker: Asker | None = None
    client_id: int = 0
    received: int = 0
    told: int = 0
    has_runs: bool = False

    def send(self, frame: Mapping[str, Any]) -> None:
        """Send a JSON frame."""
        self.channel.send(text_of(frame))

    def refuse(self, code: str, message: str, of: str) -> None:
        """Say that nothing happened (SPEC 2.10)."""
        self.send({"type": "refused", "code": code, "message": message, "of": of})


@dataclass(frozen=True)
class Identity:
    """What a `join` says of the page."""

    client_id: int
    browser_id: str
    tab_id: str


def text_of(frame: Mapping[str, Any]) -> str:
    """A frame as JSON text; ASCII, so that lone surrogates of an output pass."""
    return json.dumps(frame, ensure_ascii=True, separators=(",", ":"))


def parse_text(text: str) -> Mapping[str, Any]:
    """A page's JSON frame.

    Raises:
        FrameInvalid: Not a JSON object.
    """
    try:
        frame = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FrameInvalid("A text message is not JSON.") from error
    if not isinstance(frame, dict):
        raise FrameInvalid("A text message is not a JSON object.")
    return frame


def parse_identity(frame: Mapping[str, Any]) -> Identity:
    """Whom a `join` announces (SPEC 2.3).

    Raises:
        FrameInvalid: Members are missing or wrong.
    """
    client_id, browser_id, tab_id = frame.get("client_id"), frame.get("browser_id"), frame.get("tab_id")
    if not isinstance(client_id, int) or isinstance(client_id, bool) or not 0 <= client_id < _LARGEST_CLIENT_ID:
        raise FrameInvalid("A join lacks its Yjs client id.")
    if not (_is_short(browser_id) and _is_short(tab_id)):
        raise FrameInvalid("A join lacks its browser or tab.")
    return Identity(client_id, str(browser_id), str(tab_id))


def _no_constant(name: str) -> None:
    raise FrameInvalid(f"{name} is not JSON.")


def _is_short(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_ID_CHARACTERS
