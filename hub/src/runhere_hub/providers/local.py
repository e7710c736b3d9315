"""Hosted runtimes as processes beside the hub: one `runhere-runtime` for each person who asks, in a folder of theirs.

    <folder>/<person id>/files     what their notebooks see
    <folder>/<person id>/runtime   what the runtime keeps: its journal, its own token while it runs

Everybody's runtime runs as the hub's own user of the system: it is a convenience for people who trust each other, not
a wall between them (docs/run/hosted.md). Of several hub processes one runs them (providers/desk.py).
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx

from runhere_hub.core.errors import RunhereError
from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import (
    ABSENT,
    NOT_RUNNING,
    Activity,
    Ending,
    IdleRule,
    KernelActivity,
    Owner,
    RuntimeNotReady,
    Status,
    Upstream,
)
from runhere_hub.providers.memory import used_bytes

_log = logging.getLogger(__name__)

_STARTS_WITHIN_S = 60.0
_STOPS_WITHIN_S = 15.0
_ANSWERS_WITHIN_S = 10.0
_LAST_WORDS_BYTES = 600
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "SSL_CERT_FILE")
"""Of the hub's own environment; the rest may hold its secrets."""


@dataclass(frozen=True)
class LocalOptions:
    """Settings of the provider.

    Attributes:
        folder: Holds a folder for each person; absolute.
        kernel_python: The interpreter of the kernels; None: the hub's own.
        idle: When a runtime stops by itself.
        memory_mib: Most address space of each process; None: no limit.
        nice: How far runtimes stand back behind the hub, 0 to 19.
        look_every_s: How often idle runtimes are looked for.
    """

    folder: Path
    kernel_python: str | None
    idle: IdleRule
    memory_mib: int | None = None
    nice: int = 10
    look_every_s: float = 30.0


@dataclass(eq=False)
class _Running:
    """One runtime. `upstream` is set once it has said where it listens, `is_asked_to_end` once it is to end."""

    process: asyncio.subprocess.Process
    used_at: int
    upstream: Upstream | None = None
    stops_at: int | None = None
    starting: asyncio.Task[None] | None = None
    is_asked_to_end: bool = False
    said: bytearray = field(default_factory=bytearray)


OnEnd = Callable[[PersonId, Ending], Awaitable[None]]


async def _nobody_listens(_person_id: PersonId, _why: Ending) -> None:
    """Where ends are not written down."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class LocalProvider:
    """See the module. Start it inside the loop that serves.

    Args:
        on_end: Told of each runtime that ended without somebody's having stopped it.
    """

    name = "local"

    def __init__(
        self, options: LocalOptions, *, now_ms: Callable[[], int] = _now_ms, on_end: OnEnd = _nobody_listens
    ) -> None:
        self._options = options
        self._now_ms = now_ms
        self._on_end = on_end
        self._running: dict[PersonId, _Running] = {}
        self._failed: dict[PersonId, str] = {}
        self._locks: dict[PersonId, asyncio.Lock] = {}
        self._watch: asyncio.Task[None] | None = None
        self._is_closed = False

    async def open(self) -> None:
        """See `RuntimeProvider`. Nothing runs before somebody asks for it."""

    async def start(self, owner: Owner) -> None:
        """See `RuntimeProvider`."""
        async with self._lock(owner):
            if owner.person_id in self._running or self._is_closed:
                return
            self._failed.pop(owner.person_id, None)
            try:
                process = await self._spawn(owner)
            except OSError as error:
                self._failed[owner.person_id] = f"The hub cannot start a process: {error.strerror or error}."
                return
            running = _Running(process, used_at=self._now_ms())
            self._running[owner.person_id] = running
            running.starting = asyncio.create_task(self._follow(owner, running), name="hosted-runtime")
            if self._watch is None:
                self._watch = asyncio.create_task(self._keep_looking(), name="hosted-idle")

    async def stop(self, owner: Owner) -> None:
        """See `RuntimeProvider`."""
        await self._stop(owner)

    async def _stop(self, owner: Owner) -> bool:
        """True when there was something to stop."""
        async with self._lock(owner):
            self._failed.pop(owner.person_id, None)
            running = self._running.get(owner.person_id)
            if running is None:
                return False
            running.is_asked_to_end = True
            await _end(running.process)
            await self._gone(owner, running)
            return True

    async def _stop_unasked(self, person_id: PersonId, why: Ending) -> None:
        if await self._stop(Owner(person_id, "")):
            await self._tell(person_id, why)

    async def _tell(self, person_id: PersonId, why: Ending) -> None:
        try:
            await self._on_end(person_id, why)
        except RunhereError as error:
            _log.warning("The end of a hosted runtime (%s) could not be written down: %s", why, error.message)

    async def status(self, owner: Owner) -> Status:
        """See `RuntimeProvider`."""
        running = self._running.get(owner.person_id)
        if running is None:
            why = self._failed.get(owner.person_id)
            return ABSENT if why is None else Status("failed", message=why)
        if running.upstream is None:
            return Status("starting")
        at = running.stops_at
        is_soon = at is not None and self._options.idle.is_warned(at, now=self._now_ms())
        return Status("ready", percent=100, stops_at=at if is_soon else None)

    async def upstream(self, owner: Owner) -> Upstream:
        """See `RuntimeProvider`."""
        running = self._running.get(owner.person_id)
        if running is None or running.upstream is None:
            raise RuntimeNotReady(NOT_RUNNING)
        return running.upstream

    async def doubt(self, owner: Owner) -> None:
        """Nothing to look at: where a runtime is and its token are this process's own."""

    async def keep(self, owner: Owner) -> None:
        """See `RuntimeProvider`."""
        running = self._running.get(owner.person_id)
        if running is not None:
            running.used_at = self._now_ms()
            running.stops_at = None

    async def activity(self, owner: Owner) -> Activity:
        """See `RuntimeProvider`."""
        running = self._running.get(owner.person_id)
        if running is None or running.upstream is None:
            return Activity()
        kernels = await _kernels_of(running.upstream)
        memory = await asyncio.to_thread(used_bytes, running.process.pid)
        if kernels is None:
            return Activity(memory_bytes=memory)
        used_at = max([running.used_at, *(kernel.last_activity for kernel in kernels)])
        return Activity(any(kernel.is_busy for kernel in kernels), used_at, memory)

    async def close(self) -> None:
        """See `RuntimeProvider`."""
        self._is_closed = True
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
        await asyncio.gather(*(self._stop_unasked(person_id, "hub_stopped") for person_id in list(self._running)))

    async def look(self) -> None:
        """Stop what has been idle for long enough. Called by itself every `look_every_s`."""
        for person_id, running in list(self._running.items()):
            if running.upstream is None:
                continue
            kernels = await _kernels_of(running.upstream)
            if kernels is None:
                continue  # busy starting something, or on its way out: neither is idleness
            running.stops_at = self._options.idle.stops_at(kernels, used_at=running.used_at)
            if running.stops_at is not None and running.stops_at <= self._now_ms():
                _log.info("A hosted runtime was idle and stops.")
                await self._stop_unasked(person_id, "idle")

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._options.look_every_s)
            try:
                await self.look()
            except Exception:  # noqa: BLE001  # one runtime's trouble must not keep the others from being looked at
                _log.exception("Idle runtimes could not be looked for")

    def _lock(self, owner: Owner) -> asyncio.Lock:
        return self._locks.setdefault(owner.person_id, asyncio.Lock())

    async def _spawn(self, owner: Owner) -> asyncio.subprocess.Process:
        own = self._options.folder / owner.person_id
        files, state = own / "files", own / "runtime"
        await asyncio.to_thread(_make_folders, files, state)
        limits = {"nice": self._options.nice, "memory_mib": self._options.memory_mib, "open_files": 4096}
        words = ["-m", "runhere_hub.providers.confined", json.dumps(limits), "runhere_runtime"]
        words += ["--port", "0", "--root", str(files), "--announce", "json"]
        if self._options.kernel_python is not None:
            words += ["--kernel-python", self._options.kernel_python]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment_for(os.environ, home=files, state=state),
            cwd=files,
            start_new_session=os.name == "posix",  # the hub's Ctrl-C is not theirs
        )

    async def _follow(self, owner: Owner, running: _Running) -> None:
        """Wait until the runtime says where it listens, then until it ends."""
        process = running.process
        assert process.stdout is not None
        assert process.stderr is not None
        reading = asyncio.create_task(_keep_end(process.stderr, running.said))
        try:
            line = await asyncio.wait_for(process.stdout.readline(), _STARTS_WITHIN_S)
            said = json.loads(line)
            running.upstream = Upstream(base_url=f"{said['origin']}/", token=said["token"])
            running.used_at = self._now_ms()
        except (TimeoutError, ValueError, KeyError, TypeError):
            await _end(process)
        await process.wait()
        await reading
        if running.upstream is None and self._running.get(owner.person_id) is running:
            words = running.said.decode(errors="replace").strip().splitlines()
            why = words[-1] if words else "it ended without a word"
            self._failed[owner.person_id] = f"The runtime did not start: {why}"
        if self._running.get(owner.person_id) is running:
            del self._running[owner.person_id]
        if running.upstream is not None and not running.is_asked_to_end:
            await self._tell(owner.person_id, "died")

    async def _gone(self, owner: Owner, running: _Running) -> None:
        if running.starting is not None:
            await asyncio.wait({running.starting})
        self._running.pop(owner.person_id, None)
        self._failed.pop(owner.person_id, None)


def environment_for(hub: Mapping[str, str], *, home: Path, state: Path) -> dict[str, str]:
    """Environment of a runtime: a few names of the hub's, none that may hold a secret."""
    passed = {name: hub[name] for name in _PASSED_ON if name in hub}
    return {
        **passed,
        "HOME": str(home),
        "RUNHERE_RUNTIME_DATA": str(state),
        "IPYTHONDIR": str(state / "ipython"),
        "JUPYTER_CONFIG_DIR": str(state / "config"),
        "PYTHONUNBUFFERED": "1",
    }


def _make_folders(*folders: Path) -> None:
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


async def _keep_end(stream: asyncio.StreamReader, end: bytearray) -> None:
    while piece := await stream.read(4096):
        end += piece
        del end[:-_LAST_WORDS_BYTES]


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask the process to end its kernels and itself; force it, and what it started, after a while."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is None and os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOPS_WITHIN_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
        await process.wait()


async def _kernels_of(upstream: Upstream) -> tuple[KernelActivity, ...] | None:
    """What the runtime's kernels and terminals do; None: it does not say."""
    headers = {"Authorization": f"token {upstream.token}"}
    async with httpx.AsyncClient(trust_env=False, timeout=_ANSWERS_WITHIN_S) as client:
        try:
            kernels = await client.get(f"{upstream.base_url}api/kernels", headers=headers)
            terminals = await client.get(f"{upstream.base_url}api/terminals", headers=headers)
            found = [*_listed(kernels), *_listed(terminals)]
            return tuple(
                KernelActivity(one.get("execution_state") == "busy", _ms(str(one["last_activity"]))) for one in found
            )
        except (httpx.HTTPError, ValueError, KeyError, AttributeError):
            return None


def _listed(answer: httpx.Response) -> list[dict[str, object]]:
    found = answer.raise_for_status().json()
    if not isinstance(found, list):
        raise ValueError("not a list")
    return found


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)
