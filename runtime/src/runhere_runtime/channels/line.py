"""What pages ask a kernel on its shell, in order: one run at a time is with the kernel. A state machine without I/O.

    waiting ── the run before it is over ──> with the kernel ── over ──> (gone)
       ├── withdrawn ──> (gone, never ran)
       └── the run before it failed ──> (gone, never ran)

What a kernel has received cannot be taken back from it, so runs wait here, where a person can still change their mind.
When a run fails, the runs behind it are given up, as kernels do themselves with what they have received
(`stop_on_error`). Other requests keep their place in the order and need no turn of their own.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from runhere_runtime.journal.record import Part


@dataclass(frozen=True)
class Request:
    """One request of a page on the shell channel.

    Attributes:
        frames: header, parent_header, metadata, content (JSON, UTF-8), then buffers.
        is_run: Whether it is an `execute_request`.
        stops_others: Whether its failure ends the runs behind it.
    """

    msg_id: str
    frames: Sequence[Part]
    is_run: bool
    stops_others: bool


def read_request(msg_id: str, frames: Sequence[Part]) -> Request:
    """Parts that a page sent. What is no readable `execute_request` is no run."""
    try:
        is_run = json.loads(bytes(frames[0]))["msg_type"] == "execute_request"
        content = json.loads(bytes(frames[3])) if is_run else {}
        stops_others = is_run and content.get("stop_on_error") is not False and content.get("silent") is not True
    except (ValueError, KeyError, TypeError, AttributeError):
        return Request(msg_id, frames, False, False)
    return Request(msg_id, frames, is_run, stops_others)


class Line:
    """The requests to one kernel, in the order in which they came."""

    def __init__(self) -> None:
        self._current: Request | None = None
        self._waiting: deque[Request] = deque()

    def add(self, request: Request) -> list[Request]:
        """Hand a request in. What the kernel gets now, in order."""
        self._waiting.append(request)
        return self._ready()

    def withdraw(self, msg_id: str) -> Request | None:
        """Take back a run that waits. None: the kernel has it already, or it is over, or was never handed in."""
        found = next((request for request in self._waiting if request.msg_id == msg_id and request.is_run), None)
        if found is not None:
            self._waiting.remove(found)
        return found

    def is_current(self, msg_id: str) -> bool:
        return self._current is not None and self._current.msg_id == msg_id

    def over(self, msg_id: str, *, failed: bool) -> tuple[list[Request], list[Request]]:
        """The kernel is done with a run: the runs that are given up because of it, and what the kernel gets now."""
        if self._current is None or self._current.msg_id != msg_id:
            return [], []
        given_up: list[Request] = []
        if failed and self._current.stops_others:
            given_up = [request for request in self._waiting if request.is_run]
            self._waiting = deque(request for request in self._waiting if not request.is_run)
        self._current = None
        return given_up, self._ready()

    def clear(self) -> list[Request]:
        """The kernel's process is gone. The runs that it will not get."""
        given_up = [request for request in self._waiting if request.is_run]
        self._current = None
        self._waiting.clear()
        return given_up

    def _ready(self) -> list[Request]:
        ready: list[Request] = []
        while self._waiting and not (self._waiting[0].is_run and self._current is not None):
            request = self._waiting.popleft()
            ready.append(request)
            if request.is_run:
                self._current = request
        return ready
