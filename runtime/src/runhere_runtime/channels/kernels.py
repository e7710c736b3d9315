"""Kernels of this runtime: private sockets, an environment without secrets, every queue without a limit."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_server._tz import utcnow
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager
from tornado.web import HTTPError
from traitlets import default

from runhere_runtime.channels.feed import Feed
from runhere_runtime.channels.waiting import SESSION_NAME, Waiting, kind_of, settling_code
from runhere_runtime.journal.fold import Message
from runhere_runtime.private_files import WANT_OF_ROOM
from runhere_runtime.state import Runtime

REST_S = 2.0  # a kernel that was just started has the machine for itself
SETTLE_WITHIN_S = 2.0
WARM_WITHIN_S = 20.0
SECRET_VARIABLES = ("JUPYTER_TOKEN", "JUPYTER_TOKEN_FILE", "JPY_API_TOKEN", "JUPYTERHUB_API_TOKEN")
# Else the debugger's start warns of frozen modules in the output of whatever cell runs first.
_QUIET_DEBUGGER = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
# ipykernel keeps at most 1,000 messages for a slow reader and then drops them, silently. Its context makes every
# socket unlimited when told before the first one exists; the rest is what `python -m ipykernel_launcher` does.
_UNLIMITED_LAUNCHER = (
    "import sys;sys.path[:1]=[];sys.path.append({packages!r});import zmq;"
    "zmq.Context._runhere_init=zmq.Context.__init__;"
    "zmq.Context.__init__=lambda self,*a,**k:(self._runhere_init(*a,**k),setattr(self,'sndhwm',0))[0];"
    "from ipykernel import kernelapp;kernelapp.launch_new_instance()"
)


def kernel_environment(environment: dict[str, str]) -> dict[str, str]:
    """What a kernel may inherit: everything but tokens of servers."""
    return {
        name: value
        for name, value in environment.items()
        if name not in SECRET_VARIABLES and not (name.startswith("RUNHERE_") and "TOKEN" in name)
    }


def unlimited_command(command: list[str], packages: Path) -> list[str]:
    """The kernel's command line with ipykernel's send limit lifted; others are returned as they are.

    `packages` is the last place where the kernel looks for modules: `import runhere` works in whatever environment it
    has,
    and nothing of that environment is hidden.
    """
    for i in range(len(command) - 1):
        if command[i] == "-m" and command[i + 1] in ("ipykernel_launcher", "ipykernel"):
            return [*command[:i], "-c", _UNLIMITED_LAUNCHER.format(packages=str(packages)), *command[i + 2 :]]
    return command


def is_ipykernel(argv: list[str]) -> bool:
    return "ipykernel_launcher" in argv or "ipykernel" in argv


def speaks_ipc(argv: list[str]) -> bool:
    """Whether the kernel is known to understand the ipc transport: ipykernel does."""
    return os.name == "posix" and is_ipykernel(argv)


@contextlib.contextmanager
def _want_of_room_told() -> Iterator[None]:
    """Jupyter answers a full disk with "Unhandled error"."""
    try:
        yield
    except OSError as error:
        if error.errno not in WANT_OF_ROOM:
            raise
        where = f" ({error.filename})" if error.filename else ""
        told = (
            f"No kernel was started: the disk of the runtime's machine is full{where}. Make room there, then start it "
            "again; kernels that run go on."
        )
        raise HTTPError(507, told) from error


class Kernel(ServerKernelManager):
    """One kernel."""

    @property
    def _runtime(self) -> Runtime:
        assert isinstance(self.parent, Kernels)
        return self.parent.runtime

    @default("transport")
    def _default_transport(self) -> str:
        spec = self.kernel_spec
        return "ipc" if spec is not None and speaks_ipc(spec.argv) else "tcp"

    def _ip_default(self) -> str:
        if self.transport == "ipc":
            return str(Path(self.connection_file).parent / Path(self.connection_file).stem[-12:])
        return str(super()._ip_default())

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        command = super().format_kernel_cmd(extra_arguments)
        python = self._runtime.kernel_python
        if python and self.kernel_name == "python3" and command and command[0] == sys.executable:
            command = [python, *command[1:]]
        return unlimited_command(command, self._runtime.kernel_packages)

    async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:  # what jupyter_client returns
        inherited = kernel_environment(kwargs.get("env") or dict(os.environ))
        kwargs["env"] = {**_QUIET_DEBUGGER, **inherited}
        if self.transport == "ipc":  # in a folder that only we can enter, where encryption keeps nobody out
            kwargs["transport_encryption"] = "disabled"
        return await super()._async_pre_start_kernel(**kwargs)

    pre_start_kernel = _async_pre_start_kernel  # type: ignore[assignment]  # as jupyter_client does for its async managers


class Kernels(AsyncMappingKernelManager):
    """All kernels, each with its feed. One feed replaces the two sockets per client, and one for activity, of the stock
    server; what a client misses is in the journal, so there is nothing to buffer either.
    """

    transport_encryption = "auto"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self._feeds: dict[str, Feed] = {}
        self._waiting: Waiting | None = None
        self._unused: set[str] = (
            set()
        )  # the one that waits, or is to be shut down unused: on no list, without a journal
        self._next: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._closing = False
        self.runtime.journals.expire(int(time.time() * 1000), running=frozenset())

    @default("kernel_manager_class")
    def _default_kernel_manager_class(self) -> str:
        return "runhere_runtime.channels.kernels.Kernel"

    @property
    def runtime(self) -> Runtime:
        runtime = getattr(self.parent, "tornado_settings", {})["runhere"]
        assert isinstance(runtime, Runtime)
        return runtime

    async def _async_start_kernel(self, *, kernel_id: str | None = None, path: Any = None, **kwargs: Any) -> str:
        name = kwargs.get("kernel_name") or self.default_kernel_name
        started = await self._hand_out(name, path=path, environment=kwargs.get("env")) if kernel_id is None else None
        if started is None:
            with _want_of_room_told():
                started = await super()._async_start_kernel(kernel_id=kernel_id, path=path, **kwargs)
        self._kernels[started].runhere_path = path or ""  # shown beside its journal
        feed = self._feeds.get(started)
        if feed is not None:
            feed.journal.write_meta(self._facts(started, ended_at=None))
        self.let_one_wait(name)
        return started

    start_kernel = _async_start_kernel  # type: ignore[assignment]  # as its base does

    # -- one kernel that waits (channels/waiting.py) ---------------------------------------------------------------

    def let_one_wait(self, name: str | None = None) -> None:
        """If the setting says so, see to it, in a moment and behind the caller's back, that one of this kind waits."""
        if self.runtime.waiting_kernel and (self._next is None or self._next.done()):
            self._next = asyncio.get_running_loop().create_task(self._start_waiting(name or self.default_kernel_name))

    async def _start_waiting(self, name: str) -> None:
        await asyncio.sleep(REST_S)
        try:
            spec = self._spec(name)
            kind = kind_of(name, spec.to_json(), os.environ)
            if self._closing or not is_ipykernel(spec.argv) or (self._waiting and self._waiting.kind == kind):
                return
            old, self._waiting = self._waiting, None
            if old is not None:
                await self._end_unused(old.kernel_id)
            waiting = Waiting(str(uuid.uuid4()), kind, started_at=time.time())
            self._unused.add(waiting.kernel_id)
            await super()._async_start_kernel(kernel_id=waiting.kernel_id, kernel_name=name, env=dict(os.environ))
            feed = await self.feed(waiting.kernel_id)
            if feed is not None:
                self._warming = asyncio.create_task(self._warm(feed, waiting))
                self._waiting = waiting
                await self._warming
        except Exception:  # a start that somebody asks for will fail the same way, and be told
            self.log.warning("The kernel that was to wait did not start.", exc_info=True)

    async def _warm(self, feed: Feed, waiting: Waiting) -> None:
        """Let it settle where it is: what a kernel runs first takes it several times as long as what follows."""
        code = settling_code(folder=os.getcwd(), session_name=None, started_at=waiting.started_at)
        await feed.run_unheard(code, within_s=WARM_WITHIN_S)

    async def _hand_out(self, name: str, *, path: Any, environment: dict[str, str] | None) -> str | None:
        """The waiting kernel, in its folder and under its session's name; None when a fresh one must do."""
        environment = dict(os.environ) if environment is None else environment
        waiting = self._waiting
        feed = self._feeds.get(waiting.kernel_id) if waiting is not None else None
        if waiting is None or feed is None or not feed.is_ready:
            return None
        if waiting.kind != kind_of(name, self._spec(name).to_json(), environment):
            return None
        self._waiting = None  # from here on nobody else can have it
        folder = self.cwd_for_path(path) if path is not None else os.getcwd()  # type: ignore[no-untyped-call]
        session_name = environment.get(SESSION_NAME)
        code = settling_code(folder=folder, session_name=session_name, started_at=waiting.started_at)
        if not (await self._is_warm() and await feed.run_unheard(code, within_s=SETTLE_WITHIN_S)):
            await self._end_unused(waiting.kernel_id)
            return None
        self._unused.discard(waiting.kernel_id)
        kernel = self._kernels[waiting.kernel_id]
        kernel._launch_args.update(cwd=folder, env=kernel_environment(environment))  # for a restart
        kernel.runhere_started_at, kernel.last_activity = None, utcnow()
        return waiting.kernel_id

    async def _is_warm(self) -> bool:
        """Whether the kernel that waited has done what it was to do first, or does so in a moment."""
        assert self._warming is not None  # begun before it waits
        _, late = await asyncio.wait([self._warming], timeout=SETTLE_WITHIN_S)
        return not late

    def _spec(self, name: str) -> KernelSpec:
        assert self.kernel_spec_manager is not None
        return self.kernel_spec_manager.get_kernel_spec(name)

    async def _end_unused(self, kernel_id: str) -> None:
        if kernel_id in self._kernels:
            await self._async_shutdown_kernel(kernel_id, now=True)  # type: ignore[no-untyped-call]

    def list_kernel_ids(self) -> list[str]:
        """Those that somebody started."""
        return [kernel_id for kernel_id in super().list_kernel_ids() if kernel_id not in self._unused]

    def list_kernels(self) -> list[dict[str, Any]]:
        """As above, with what the stock server tells of each."""
        listed: list[dict[str, Any]] = super().list_kernels()  # type: ignore[no-untyped-call]
        return [model for model in listed if model["id"] not in self._unused]

    async def _async_shutdown_all(self, now: bool = False) -> None:
        self._closing = True
        if self._next is not None:
            self._next.cancel()
        await asyncio.gather(*map(self._end_unused, list(self._unused)))
        await super()._async_shutdown_all(now=now)

    shutdown_all = _async_shutdown_all  # type: ignore[assignment]  # as its base does

    def is_unused(self, kernel_id: str) -> bool:
        """Whether nobody has started this kernel: it waits."""
        return kernel_id in self._unused

    # -- feeds -----------------------------------------------------------------------------------------------------

    async def feed(self, kernel_id: str) -> Feed | None:
        """The kernel's feed, once its process was started; None when it could not be."""
        kernel = self.get_kernel(kernel_id)
        ready = kernel.ready
        try:
            await (ready if isinstance(ready, asyncio.Future) else asyncio.wrap_future(ready))
        except Exception:  # noqa: BLE001 -- whatever kept the kernel from starting was logged by its manager
            return None
        if kernel_id not in self._feeds and kernel_id in self:
            self.start_watching_activity(kernel_id)
        return self._feeds.get(kernel_id)

    def start_watching_activity(self, kernel_id: str) -> None:
        """Called when a kernel has started, and by a restart with new ports."""
        if kernel_id in self._feeds:
            return
        kernel = self._kernels[kernel_id]
        kernel.reason = ""
        kernel.last_activity = utcnow()
        journal = self.runtime.journals.open(kernel_id)
        journal.write_meta(self._facts(kernel_id, ended_at=None))
        feed = Feed(kernel, journal=journal, note=lambda found: self._note(kernel, found))
        self._feeds[kernel_id] = feed
        self.add_restart_callback(kernel_id, feed.kernel_restarting)  # it died: there is no old process any more
        self.add_restart_callback(kernel_id, feed.kernel_started_again)
        self.add_restart_callback(kernel_id, feed.kernel_dead, "dead")

    def stop_watching_activity(self, kernel_id: str) -> None:
        """The feed goes on until the kernel is removed: what it says while it ends is kept too."""

    def _facts(self, kernel_id: str, *, ended_at: int | None) -> dict[str, object]:
        kernel = self._kernels[kernel_id]
        started = getattr(kernel, "runhere_started_at", None) or int(time.time() * 1000)
        kernel.runhere_started_at = started
        return {
            "kernel_id": kernel_id,
            "kernel_name": kernel.kernel_name,
            "path": str(getattr(kernel, "runhere_path", "")),
            "started_at": started,
            "ended_at": ended_at,
        }

    def _is_tracked(self, message_type: str | None) -> bool:
        return bool(self.track_message_type(message_type))  # type: ignore[no-untyped-call]

    def _note(self, kernel: Any, found: Sequence[Message]) -> None:
        """Keep busy, idle and the time of the last activity, as the stock server does for its REST API."""
        heard = [message for message in found if message.channel == "iopub"]
        kinds = {kind or None for message in heard for kind in (message.asked_by, message.type)}
        active = any(map(self._is_tracked, kinds))
        for message in heard:
            if message.type == "status":
                state = json.loads(bytes(message.frames[3])).get("execution_state")
                if self._is_tracked(message.asked_by or None):
                    kernel.execution_state = state
                elif kernel.execution_state == "starting" and state != "starting":
                    kernel.execution_state = "idle"
        if active or kernel.execution_state == "busy":
            self.last_kernel_activity = kernel.last_activity = utcnow()

    async def _async_restart_kernel(self, kernel_id: str, now: bool = False) -> Any:
        feed = self._feeds.get(kernel_id)
        if feed is None:
            return await super()._async_restart_kernel(kernel_id, now=now)  # type: ignore[no-untyped-call]
        feed.kernel_restarting()
        try:
            return await super()._async_restart_kernel(kernel_id, now=now)  # type: ignore[no-untyped-call]
        finally:
            feed.kernel_started_again()

    restart_kernel = _async_restart_kernel  # type: ignore[assignment]  # as its base does

    def remove_kernel(self, kernel_id: str) -> Any:
        """The kernel is gone, whoever ended it: its journal is closed."""
        feed = self._feeds.pop(kernel_id, None)
        if feed is not None:
            feed.close()
            if kernel_id in self._unused or feed.journal.is_off:
                self.runtime.journals.delete(kernel_id)
            elif kernel_id in self._kernels:
                feed.journal.write_meta(self._facts(kernel_id, ended_at=int(time.time() * 1000)))
        self._unused.discard(kernel_id)
        if self._waiting is not None and self._waiting.kernel_id == kernel_id:
            self._waiting = None
        return super().remove_kernel(kernel_id)
