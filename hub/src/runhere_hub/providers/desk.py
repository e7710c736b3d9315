"""Several hub processes of one machine: one of them runs everybody's local runtimes, the others ask it.

    page ──▶ process B ──one question, one answer, on loopback──▶ the desk at process A ──▶ LocalProvider
                 └── once A has ended ──▶ B is the one that runs them

Who holds the lock is the one; where its desk is, and what it lets in, stand beside the lock in a file that only the
hub's own user reads. So a runtime's address and token are in no database, and nothing has to be found out or cleaned up
after a process that was killed: the system drops its lock, and its runtimes end with it.
"""

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from runhere_hub.core.errors import RunhereError, Unavailable
from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import (
    Activity,
    Owner,
    RuntimeNotReady,
    RuntimeProvider,
    RuntimeSilent,
    Status,
    Upstream,
)

_ANSWERS_WITHIN_S = 60.0
"""Ending a runtime that does not want to end takes a quarter of a minute."""
_ASKED_WITHIN_S = 10.0

_READ: dict[str, Callable[[dict[str, Any]], object]] = {
    "start": lambda _: None,
    "stop": lambda _: None,
    "keep": lambda _: None,
    "status": lambda said: Status(**said),
    "upstream": lambda said: Upstream(**said),
    "activity": lambda said: Activity(**said),
}
"""What may be asked, and how an answer is read."""


class HostedTaken(Unavailable):
    """Hosted runtimes of this data folder run on another machine; this process does not start."""

    code = "hosted_taken"


class Lock(Protocol):
    """Held by one process at a time."""

    def take(self) -> bool:
        """Take it, if nobody else has it."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


@dataclass(frozen=True)
class Notice:
    """Where the desk of the process that holds the lock is.

    Attributes:
        machine: Name of its machine: a port of loopback is worth nothing on another one.
        port: 0 while that process starts.
    """

    machine: str
    port: int = 0
    token: str = ""


class Desk:
    """The provider `local` of one of several hub processes.

    Args:
        here: Runs runtimes, if this process is the one that does.
        lock: Held for as long as it is.
        notice: File that tells the others where the desk is.

    Raises:
        HostedTaken: Another machine has them.
    """

    name = "local"

    def __init__(self, here: RuntimeProvider, lock: Lock, notice: Path, *, machine: str | None = None) -> None:
        self._here = here
        self._lock = lock
        self._notice = notice
        self._machine = machine or socket.gethostname()
        self._token = secrets.token_urlsafe(32)
        self._opening = asyncio.Lock()
        self._server: asyncio.Server | None = None
        self._is_closed = False
        self._is_ours = lock.take()
        if self._is_ours:
            _put_up(notice, Notice(self._machine))
            return
        told = _read(notice)
        if told is not None and told.machine != self._machine:
            lock.close()
            raise HostedTaken(
                f'hosted_provider = "local": hub processes of this data folder run hosted runtimes on {told.machine}, '
                'and only processes of that machine can reach them. Use "jupyterhub" where a hub has several machines '
                "(docs/run/hosted.md)."
            )

    async def open(self) -> None:
        """See `RuntimeProvider`."""
        await self._is_here()

    async def start(self, owner: Owner) -> None:
        """See `RuntimeProvider`."""
        await self._ask("start", owner)

    async def stop(self, owner: Owner) -> None:
        """See `RuntimeProvider`."""
        await self._ask("stop", owner)

    async def status(self, owner: Owner) -> Status:
        """See `RuntimeProvider`."""
        found: Status = await self._ask("status", owner)
        return found

    async def upstream(self, owner: Owner) -> Upstream:
        """See `RuntimeProvider`."""
        found: Upstream = await self._ask("upstream", owner)
        return found

    async def doubt(self, owner: Owner) -> None:
        """Nothing to look at: where a runtime is and its token are asked for each time."""

    async def keep(self, owner: Owner) -> None:
        """See `RuntimeProvider`."""
        await self._ask("keep", owner)

    async def activity(self, owner: Owner) -> Activity:
        """See `RuntimeProvider`."""
        found: Activity = await self._ask("activity", owner)
        return found

    async def close(self) -> None:
        """See `RuntimeProvider`. The lock is free once the last runtime is gone. May be called again."""
        self._is_closed = True
        async with self._opening:
            if self._server is not None:
                self._server.close()
            if self._is_ours:
                await self._here.close()
                self._notice.unlink(missing_ok=True)
            self._is_ours = False
            self._lock.close()

    async def _ask(self, verb: str, owner: Owner) -> Any:
        """Have it done, here or at the process that does it."""
        for _ in range(2):  # that process may end while it is asked: then this one is next
            if await self._is_here():
                return await getattr(self._here, verb)(owner)
            with contextlib.suppress(OSError, EOFError, ValueError, TimeoutError):
                return await self._ask_there(verb, owner)
        raise RuntimeSilent("The hub process that runs hosted runtimes does not answer, or is ending. Try again soon.")

    async def _is_here(self) -> bool:
        """Whether this process runs them; it does from now on where nobody else does."""
        async with self._opening:
            if self._is_closed:
                return False
            self._is_ours = self._is_ours or self._lock.take()
            if self._is_ours and self._server is None:
                self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
                port = self._server.sockets[0].getsockname()[1]
                _put_up(self._notice, Notice(self._machine, port, self._token))
            return self._is_ours

    async def _ask_there(self, verb: str, owner: Owner) -> Any:
        told = _read(self._notice)
        if told is None or not told.port or told.machine != self._machine:
            raise EOFError
        async with asyncio.timeout(_ANSWERS_WITHIN_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", told.port)
            try:
                question = {"token": told.token, "verb": verb, "person_id": owner.person_id, "name": owner.name}
                writer.write(json.dumps(question).encode() + b"\n")
                said = json.loads(await reader.readline())
            finally:
                writer.close()
        if "error" in said:
            kind = RuntimeNotReady if said["error"] == RuntimeNotReady.code else RuntimeSilent
            raise kind(said["message"])
        return _READ[verb](said["answer"])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one question of another process; whoever does not know the token is told nothing."""
        try:
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError, TimeoutError):
                line = await asyncio.wait_for(reader.readline(), _ASKED_WITHIN_S)
                asked = json.loads(line)
                if hmac.compare_digest(str(asked["token"]).encode(), self._token.encode()) and asked["verb"] in _READ:
                    owner = Owner(PersonId(asked["person_id"]), asked["name"])
                    writer.write(json.dumps(await self._answer(asked["verb"], owner)).encode() + b"\n")
                    await writer.drain()
        finally:
            writer.close()

    async def _answer(self, verb: str, owner: Owner) -> dict[str, object]:
        try:
            found = await getattr(self._here, verb)(owner)
        except RunhereError as error:
            return {"error": error.code, "message": error.message}
        return {"answer": None if found is None else asdict(found)}


def _put_up(path: Path, notice: Notice) -> None:
    """Write the notice, for the hub's own user alone, whole or not at all."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    with os.fdopen(number, "w", encoding="utf-8") as file:
        json.dump(asdict(notice), file)
    os.replace(name, path)


def _read(path: Path) -> Notice | None:
    try:
        return Notice(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
