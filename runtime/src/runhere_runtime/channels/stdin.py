"""Who may answer the kernel's `input()`. A state machine without I/O.

nothing ── asked ──> pending (owner: who sent the execute_request) ── answered / finished / dropped ──> nothing
│ take (owner gone, or by force)
└──> pending (another owner)
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Set
from dataclasses import dataclass, replace

from runhere_runtime.journal.fold import Message

REMEMBERED_REQUESTS = 20_000


@dataclass(frozen=True)
class Prompt:
    """A question of the kernel that waits.

    Attributes:
        owner: client_id of the journal client that may answer; None when a stock client asked for the run.
    """

    msg_id: str
    run: str
    text: str
    password: bool
    owner: str | None


class Stdin:
    """The pending prompt of one kernel."""

    def __init__(self) -> None:
        self.pending: Prompt | None = None
        self._requests: OrderedDict[str, str] = OrderedDict()

    def note_request(self, msg_id: str, client_id: str) -> None:
        """This client sent this request, so prompts of it are its own."""
        self._requests[msg_id] = client_id
        if len(self._requests) > REMEMBERED_REQUESTS:
            self._requests.popitem(last=False)

    def asked(self, message: Message, *, by_stock: bool) -> None:
        """The kernel sent an input_request."""
        header, content = json.loads(bytes(message.frames[0])), json.loads(bytes(message.frames[3]))
        owner = None if by_stock else self._requests.get(message.run)
        self.pending = Prompt(
            msg_id=str(header.get("msg_id", "")),
            run=message.run,
            text=str(content.get("prompt", "")),
            password=bool(content.get("password")),
            owner=owner,
        )

    def may_answer(self, client_id: str) -> bool:
        """A prompt that nobody owns may be answered by anybody."""
        return self.pending is None or self.pending.owner in (None, client_id)

    def take(self, client_id: str, *, attached: Set[str], force: bool) -> bool:
        if self.pending is None:
            return False
        if self.pending.owner in attached - {client_id} and not force:
            return False
        self.pending = replace(self.pending, owner=client_id)
        return True

    def answered(self) -> None:
        self.pending = None

    def finish(self, run: str) -> bool:
        """That run is over; True when it left a prompt behind (an interrupt does)."""
        if self.pending is None or self.pending.run != run:
            return False
        self.pending = None
        return True

    def drop(self) -> None:
        """The kernel restarts."""
        self.pending = None

    def describe(self, client_id: str) -> dict[str, object]:
        """The frame that tells one client how things stand."""
        if self.pending is None:
            return {"type": "stdin", "state": "none"}
        return {
            "type": "stdin",
            "state": "asked",
            "msg_id": self.pending.msg_id,
            "parent_msg_id": self.pending.run,
            "prompt": self.pending.text,
            "password": self.pending.password,
            "owner": self.pending.owner,
            "yours": self.may_answer(client_id),
        }
