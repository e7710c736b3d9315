"""Everything one kernel says, read once: into the journal, and to everybody who is attached.

    SUB (iopub) ─┐                          ┌─ stock clients: every message as it came, one write per wake-up
    seats ───────┼─ _take ── pending ─ fold ┼─ journal (numbered)
                 ┘                          └─ journal clients: the same records, one frame per flush

Invariants
- A record goes to the journal before it goes to a journal client, in one order for all.
- Stream text waits at most HOLD_S, and only when some was sent less than HOLD_S ago; anything else flushes at once.
  While it waits, iopub rests: a message that follows text of the last HOLD_S may be heard that much later, unless an
  answer on another socket comes first, which reads iopub before it is passed on.
- Of the runs that journal clients hand in, one at a time is with the kernel (`line.py`).
- A client that reads slowly stops being written to and later continues from the journal: nothing is dropped, and
  memory stays bounded by what the journal's limit allows.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from runhere_runtime.channels.frames import encode_default, encode_v1, gathered, text_frame
from runhere_runtime.channels.line import Line, Request, read_request
from runhere_runtime.channels.seat import Drain, Seat, make_connect
from runhere_runtime.channels.stdin import Stdin
from runhere_runtime.journal.fold import Message, fold
from runhere_runtime.journal.log import Journal
from runhere_runtime.journal.record import Part, message_pieces, pack_record

HOLD_S = 0.016
HOLD_BYTES = 64 * 1024
READY_WITHIN_S = 60.0
NUDGE_EVERY_S = 0.5
DETACHED_SEATS = 16
REMEMBERED_REQUESTS = 20_000
# A kernel that says it is idle and never answers must not hold up what waits.
REPLY_WITHIN_S = 2.0


class StockClient(Protocol):
    """A client of one of Jupyter's own subprotocols."""

    seat: Seat
    default_protocol: bool

    def deliver(self, frames: Sequence[Part]) -> None: ...

    def kernel_ended(self) -> None: ...


class JournalClient(Protocol):
    """A client of runhere.journal.v1."""

    client_id: str

    def deliver(self, records: Sequence[Part], last_seq: int) -> None: ...

    def tell(self, frame: bytes) -> None: ...

    def kernel_ended(self) -> None: ...


class Feed:
    """One kernel's drain. Lives from the kernel's start to its end; used from the event loop only."""

    def __init__(self, kernel: Any, *, journal: Journal, note: Callable[[Sequence[Message]], None]) -> None:
        """Begin to listen.

        Args:
            kernel: The jupyter_client kernel manager, started.
            journal: Where to keep what is heard; closed by `close`.
            note: Told of every message, for the server's idea of busy and idle.
        """
        self.journal = journal
        self.stdin = Stdin()
        self._line = Line()
        self.state = "starting"
        self.stock: set[StockClient] = set()
        self.clients: set[JournalClient] = set()
        self._kernel = kernel
        self._note = note
        self._connect = make_connect(kernel)
        self._loop = asyncio.get_running_loop()
        self._pending: list[Message] = []
        self._pending_bytes = 0
        self._flushed_at = 0.0
        self._flush_handle: asyncio.TimerHandle | None = None
        self._was_full = journal.disk_full
        self._seats: OrderedDict[str, Seat] = OrderedDict()
        self._cursors: dict[str, int] = {}
        self._accepted: OrderedDict[str, None] = OrderedDict()
        self._controlled: OrderedDict[str, JournalClient] = OrderedDict()
        self._held: list[tuple[Seat, str, Sequence[Part], str]] = []
        self._unheard: dict[str, None] = {}
        self._nudges: set[str] = set()  # of the present process
        self._nudge_seat: Seat | None = None
        self._ready = False
        self.closed = False
        self._iopub = Drain("iopub", self._connect("iopub", b""), self._take)
        self.shared_seat = self._new_seat(f"runhere-journal-{journal.id}")
        self._start_nudging()

    # -- readiness -----------------------------------------------------------------------------------------------

    def _start_nudging(self) -> None:
        """Ask until the kernel's iopub answers: only then is our subscription there and nothing can be missed."""
        if self._nudge_seat is None:
            self._nudge_seat = Seat("", connect=self._connect, sign=self._sign, heard=lambda *_: None)
        self._nudge(self._loop.time() + READY_WITHIN_S)

    def _nudge(self, until: float) -> None:
        if self._ready or self.closed or self._nudge_seat is None:
            return
        if self._loop.time() > until:  # a kernel that says nothing on iopub: go on without
            self._now_ready()
            return
        message = self._kernel.session.msg("kernel_info_request")  # a new one each time: kernels refuse repetitions
        msg_id = message["header"]["msg_id"]
        self._unheard[msg_id] = None
        self._nudges.add(msg_id)
        self._nudge_seat.send("shell", self._pack(message), msg_id)
        self._loop.call_later(NUDGE_EVERY_S, self._nudge, until)

    def _now_ready(self) -> None:
        self._ready = True
        self._nudges.clear()
        if self._nudge_seat is not None:
            self._nudge_seat.close()
            self._nudge_seat = None
        held, self._held = self._held, []
        for seat, channel, frames, msg_id in held:
            seat.send(channel, frames, msg_id)

    @property
    def is_ready(self) -> bool:
        """Whether the kernel listens, and would answer now."""
        return self._ready and not self.closed

    async def run_unheard(self, code: str, *, within_s: float) -> bool:
        """Run code of ours that no client and no journal hears of; whether it ended well in time."""
        ended: asyncio.Future[bool] = self._loop.create_future()

        def heard(_: Seat, found: list[Message]) -> None:
            if not ended.done():
                ended.set_result(any(json.loads(bytes(m.frames[3])).get("status") == "ok" for m in found))

        content = {"code": code, "silent": True, "store_history": False, "allow_stdin": False}
        message = self._kernel.session.msg("execute_request", content)
        msg_id = message["header"]["msg_id"]
        self._unheard[msg_id] = None
        seat = Seat("", connect=self._connect, sign=self._sign, heard=heard)
        try:
            seat.send("shell", self._pack(message), msg_id)
            async with asyncio.timeout(within_s):
                return await ended
        except TimeoutError:
            return False
        finally:
            seat.close()

    def kernel_restarting(self) -> None:
        """The process is going and another is coming; requests wait until that one listens.

        What the old one says until it is gone does not count: its successor needs time to hear our subscription.
        """
        self._say_status("restarting")
        self.stdin.drop()
        self._give_up([*self._take_back_held_runs(), *self._line.clear()])
        self._ready = False
        self._nudges.clear()

    def _take_back_held_runs(self) -> list[Request]:
        """Of pages: what has not been sent, so that no run is told to be given up and runs all the same."""
        held, self._held = self._held, []
        runs = []
        for seat, channel, frames, msg_id in held:
            request = read_request(msg_id, frames)
            if seat is self.shared_seat and request.is_run:
                runs.append(request)
            else:
                self._held.append((seat, channel, frames, msg_id))
        return runs

    def kernel_started_again(self) -> None:
        """The other process is there, and the old one is not."""
        if not self.closed:
            self._start_nudging()

    def kernel_dead(self) -> None:
        """It will not come back."""
        self._say_status("dead")
        self._give_up(self._line.clear())

    def _say_status(self, state: str) -> None:
        message = self._kernel.session.msg("status", {"execution_state": state})
        self._take([Message("iopub", "status", "", tuple(self._pack(message)))])
        self.state = state

    def _pack(self, message: dict[str, Any]) -> list[bytes]:
        pack = self._kernel.session.pack
        return [pack(message[name]) for name in ("header", "parent_header", "metadata", "content")]

    def _sign(self, frames: list[bytes]) -> bytes:
        signed: bytes = self._kernel.session.sign(frames)
        return signed

    # -- what the kernel says ------------------------------------------------------------------------------------

    def _take(self, found: list[Message]) -> None:
        """A wake-up's worth of messages of one channel."""
        if self.closed:
            return
        self._note(found)
        if self._unheard:
            found = [m for m in found if not self._is_unheard(m)]
        if not found:
            return
        for message in found:
            if message.type == "status" and message.channel == "iopub":
                self._see_status(message)
        if self.stock:
            self._send_stock(list(self.stock), found)
        self._hold(found)

    def _is_unheard(self, message: Message) -> bool:
        if message.run not in self._unheard:
            return False
        if not self._ready and message.run in self._nudges:
            self.state = "idle"
            self._now_ready()
        if message.type == "status" and _state_of(message) == "idle":
            del self._unheard[message.run]  # the last that is heard of it
        return True

    def _see_status(self, message: Message) -> None:
        self.state = _state_of(message) or self.state
        if self.state != "idle":
            return
        if self.stdin.finish(message.run):
            self._tell_stdin()
        if self._line.is_current(message.run):
            self._loop.call_later(REPLY_WITHIN_S, lambda: self._run_over(message.run, failed=False))

    def _send_stock(self, clients: Sequence[StockClient], found: Sequence[Message]) -> None:
        """Iopub goes to all; the frames are made once for each subprotocol."""
        for default in (False, True):
            readers = [c for c in clients if c.default_protocol is default]
            if readers:
                encode = encode_default if default else encode_v1
                frames = gathered(itertools.chain(*map(encode, found)))
                for client in readers:
                    client.deliver(frames)

    def _heard_seat(self, seat: Seat, found: list[Message]) -> None:
        """Answers on one seat. What was printed before them is read first."""
        self._iopub.read_everything()
        if self.closed:
            return
        kept = []
        readers = [c for c in self.stock if c.seat is seat]
        for message in found:
            if message.channel == "control" and seat is self.shared_seat:
                self._answer_control(message)
            else:
                kept.append(message)
                if message.channel == "stdin" and message.type == "input_request":
                    self.stdin.asked(message, by_stock=seat is not self.shared_seat)
        if readers:
            self._send_stock(readers, found)
        if kept:
            self._hold(kept)
            self.flush()
            if self.stdin.pending is not None and any(m.channel == "stdin" for m in kept):
                self._tell_stdin()
            for message in kept:
                if message.type == "execute_reply" and self._line.is_current(message.run):
                    self._run_over(message.run, failed=json.loads(bytes(message.frames[3])).get("status") == "error")

    def _answer_control(self, message: Message) -> None:
        """Control answers are not kept: resource meters ask every second. They go to who asked."""
        client = self._controlled.pop(message.run, None)
        if client in self.clients and client is not None:
            record = pack_record(0, _now_ms(), message_pieces(message.channel, message.frames))
            client.deliver((record,), -1)

    # -- journal -------------------------------------------------------------------------------------------------

    def _hold(self, found: Sequence[Message]) -> None:
        self._pending.extend(found)
        if any(m.type != "stream" for m in found):
            self.flush()
            return
        self._pending_bytes += sum(m.size_bytes for m in found)
        if self._pending_bytes >= HOLD_BYTES:
            self.flush()
            return
        due = self._flushed_at + HOLD_S
        if self._loop.time() >= due:
            self.flush()
        elif self._flush_handle is None:
            self._flush_handle = self._loop.call_at(due, self._flush_all)
            self._iopub.rest()

    def _flush_all(self) -> None:
        """The time is up for what was held: it goes with everything that came meanwhile."""
        self._iopub.read()
        self.flush()

    def flush(self) -> None:
        """Number, keep and send what was held."""
        if self._flush_handle is not None:
            self._flush_handle.cancel()
            self._flush_handle = None
            self._iopub.wake()
        if not self._pending:
            return
        folded = fold(self._pending)
        self._pending, self._pending_bytes = [], 0
        self._flushed_at = self._loop.time()
        data = self.journal.append([message_pieces(m.channel, m.frames) for m in folded], _now_ms())
        for client in list(self.clients):
            client.deliver(data, self.journal.last_seq)
        if self.journal.disk_full != self._was_full:
            self._was_full = self.journal.disk_full
            self._broadcast(disk_notice(self._was_full))

    def _broadcast(self, value: object) -> None:
        frame = text_frame(value)
        for client in list(self.clients):
            client.tell(frame)

    # -- clients -------------------------------------------------------------------------------------------------

    def _new_seat(self, identity: str) -> Seat:
        return Seat(identity, connect=self._connect, sign=self._sign, heard=self._heard_seat)

    def take_seat(self, session_id: str) -> tuple[Seat, int | None]:
        """The seat of a stock session and the seq up to which it has heard (None: it is new).

        What is held is flushed first, so that the caller continues exactly where the journal stands.
        """
        self.flush()
        seat = self._seats.pop(session_id, None)
        after = self._cursors.pop(session_id, None)
        if seat is None:
            seat = self._new_seat(session_id)
            after = None
        self._seats[session_id] = seat
        self._trim_seats()
        return seat, after

    def leave_seat(self, seat: Seat, heard_up_to: int | None = None) -> None:
        """The session's socket closed; its answers are kept until it comes back."""
        self.flush()
        self._cursors[seat.identity] = self.journal.last_seq if heard_up_to is None else heard_up_to

    def _trim_seats(self) -> None:
        used = {client.seat for client in self.stock}
        idle = [name for name, seat in self._seats.items() if seat not in used]
        for name in idle[: max(0, len(idle) - DETACHED_SEATS)]:
            self._seats.pop(name).close()
            self._cursors.pop(name, None)

    def send(self, seat: Seat, channel: str, frames: Sequence[Part], msg_id: str) -> None:
        """Hand a request to the kernel, at once or as soon as it listens."""
        if channel == "stdin":
            self.stdin.answered()
        if self._ready or channel != "shell":
            seat.send(channel, frames, msg_id)
        else:
            self._held.append((seat, channel, frames, msg_id))

    def accept(self, client: JournalClient, channel: str, frames: Sequence[Part], msg_id: str) -> bool:
        """Pass a journal client's request on once; False when this msg_id was passed on before."""
        key = f"{channel} {msg_id}"
        if key in self._accepted:
            return False
        self._accepted[key] = None
        if len(self._accepted) > REMEMBERED_REQUESTS:
            self._accepted.popitem(last=False)
        if channel == "control":
            self._controlled[msg_id] = client
            if len(self._controlled) > 1000:
                self._controlled.popitem(last=False)
        if channel == "shell":
            self.stdin.note_request(msg_id, client.client_id)
        if channel == "shell":
            self._pass_on(self._line.add(read_request(msg_id, frames)))
        else:
            self.send(self.shared_seat, channel, frames, msg_id)
        if channel == "stdin":
            self._tell_stdin()
        return True

    def withdraw(self, msg_id: str) -> bool:
        """Take back a run that the kernel has not got: it never runs, and everybody hears that it was given up."""
        request = self._line.withdraw(msg_id)
        if request is not None:
            self._give_up([request])
        return request is not None

    def _pass_on(self, requests: Sequence[Request]) -> None:
        for request in requests:
            self.send(self.shared_seat, "shell", request.frames, request.msg_id)

    def _run_over(self, msg_id: str, *, failed: bool) -> None:
        if self.closed:
            return
        given_up, following = self._line.over(msg_id, failed=failed)
        self._give_up(given_up)
        self._pass_on(following)

    def _give_up(self, requests: Sequence[Request]) -> None:
        """Answer runs that the kernel will never get, in its place and in its words."""
        if not requests or self.closed:
            return
        session = self._kernel.session
        for request in requests:
            parent = {"header": json.loads(bytes(request.frames[0]))}
            reply = self._pack(session.msg("execute_reply", {"status": "aborted"}, parent=parent))
            self._hold([Message("shell", "execute_reply", request.msg_id, tuple(reply), "execute_request")])
        self.flush()

    def _tell_stdin(self) -> None:
        for client in list(self.clients):
            client.tell(text_frame(self.stdin.describe(client.client_id)))

    def take_stdin(self, client: JournalClient, *, force: bool) -> bool:
        """Let this client answer the pending prompt: when its owner is not attached, or by force."""
        attached = {c.client_id for c in self.clients}
        if not self.stdin.take(client.client_id, attached=attached, force=force):
            return False
        self._tell_stdin()
        return True

    # -- end -----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """The kernel is gone: keep what is held, tell everybody. Idempotent."""
        if self.closed:
            return
        self._iopub.read_everything()
        self.flush()
        self.closed = True
        self._iopub.close()
        for seat in (*self._seats.values(), self.shared_seat, *filter(None, (self._nudge_seat,))):
            seat.close()
        self.journal.close()
        for stock in list(self.stock):
            stock.kernel_ended()
        for client in list(self.clients):
            client.kernel_ended()


def _state_of(status: Message) -> str:
    return str(json.loads(bytes(status.frames[3])).get("execution_state", ""))


def disk_notice(full: bool) -> dict[str, object]:
    """What journal clients are told when the disk refuses, and when it takes again."""
    if full:
        message = "The disk of the runtime is full: outputs are still sent, but not kept. Free some space."
        return {"type": "journal", "state": "disk_full", "message": message}
    return {"type": "journal", "state": "ok", "message": "Outputs are kept again."}


def _now_ms() -> int:
    return int(time.time() * 1000)
