"""The hub as a process of its own: `python -m runhere_hub.cli.hub_process --host H --port P --data DIR`.

Started by `runhere`. Says on standard output, in one line of JSON, that it listens; ends when its standard input ends,
so that it never outlives the command line. Exit codes: 0 stopped as asked, 1 could not start (one sentence on standard
error), 3 another hub holds the data folder.
"""

import argparse
import asyncio
import contextlib
import errno
import getpass
import json
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from runhere_hub.app import HubApp, create_app
from runhere_hub.cli import logs, running
from runhere_hub.cli.allocator import give_back_what_is_free
from runhere_hub.cli.children import ALREADY_RUNNING
from runhere_hub.cli.garbage import spare_what_stays
from runhere_hub.core.errors import DiskFull, FolderReadOnly, RunhereError, Unavailable
from runhere_hub.folders.locks import FileLock
from runhere_hub.settings import Given, Settings, Team, read
from runhere_hub.web.sockets.rooms import UVICORN_OPTIONS

_STOP_WITHIN_S = 8
# Every write into a socket lets other threads run, and one that renders a file or reads rows then keeps the interpreter
# for this long: with Python's own 5 ms, one update sent to twenty sockets may wait for it twenty times.
_SWITCH_INTERVAL_S = 0.0005
_SOCKETS_CLOSE_WITHIN_S = 3


class PortTaken(Unavailable):
    """Another program listens there."""

    code = "port_taken"


class DataFolderTaken(Unavailable):
    """Another hub runs on this data folder."""

    code = "data_folder_taken"


def main() -> int:
    """Run the hub until it is told to stop."""
    try:
        settings = _settings()
        with hold(settings.data_dir, is_shared=settings.database_url.startswith("postgresql")):
            return _serve(settings)
    except DataFolderTaken as error:
        print(f"runhere: {error.message}", file=sys.stderr)
        return ALREADY_RUNNING
    except RunhereError as error:
        print(f"runhere: {error.message}", file=sys.stderr)
        return 1


def _settings() -> Settings:
    parser = argparse.ArgumentParser(prog="runhere_hub.cli.hub_process")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--data", required=True)
    arguments = parser.parse_args()
    given = Given(host=arguments.host, port=arguments.port, data=arguments.data)
    return read(os.environ, given, default_data_dir=lambda: Path(arguments.data), user_name=_user_name())


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # containers run under numbers without a name
        return "me"


def _serve(settings: Settings) -> int:
    with _made(settings) as (server, listening):
        threading.Thread(target=server.stop_with_input, daemon=True).start()
        server.run(sockets=[listening])
    return 0 if server.was_ready else 1


def serve_team(settings: Settings) -> int:
    """Serve several people until a signal comes: `runhere serve`. The data folder is this process's alone.

    Raises:
        DataFolderTaken, HostedTaken, PortTaken, DatabaseUnavailable and what else hinders a start: nothing is served.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _already_stopped)
    is_shared = settings.database_url.startswith("postgresql")
    with contextlib.ExitStack() as stack:
        stack.enter_context(hold(settings.data_dir, is_shared=is_shared))
        server, listening = stack.enter_context(_made(settings))
        server.run(sockets=[listening])
    return 0 if server.was_ready else 1


def _already_stopped(_number: int, _frame: FrameType | None) -> None:
    """The server stops in order for a signal and then raises it once more: by then there is nothing left to do."""


@contextlib.contextmanager
def _made(settings: Settings) -> Iterator[tuple["_Server", socket.socket]]:
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    give_back_what_is_free()
    logs.begin(settings.log_level)
    with _listen(settings.host, settings.port) as listening:
        port = listening.getsockname()[1]
        token = secrets.token_urlsafe(32)
        app = create_app(settings, port=port, control_token=token)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        here = running.Running(
            pid=os.getpid(), host=settings.host, port=port, origin=f"http://{host}:{port}", control_token=token
        )
        yield _Server(app, settings, here), listening


class _Server(uvicorn.Server):
    """uvicorn, which says when it listens, and tells others by hub.json."""

    def __init__(self, app: HubApp, settings: Settings, here: running.Running) -> None:
        options: dict[str, Any] = dict(UVICORN_OPTIONS)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,  # its lines hold queries; the gate writes its own
            timeout_graceful_shutdown=_SOCKETS_CLOSE_WITHIN_S,
            server_header=False,
            date_header=False,
            lifespan="on",
            proxy_headers=False,  # the gate decides whom it believes
            **_tls(settings),
            **options,
        )
        super().__init__(config)
        self._app = app
        self._data_dir = settings.data_dir
        self._here = here
        self._team = settings.team
        self.was_ready = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.should_exit:
            return
        spare_what_stays()
        with _our_errors(self._data_dir):
            running.write(self._data_dir, self._here)
        self.was_ready = True
        if self._team is None:
            print(json.dumps({"origin": self._here.origin, "pid": self._here.pid}), flush=True)
        else:
            await self._welcome(self._team)

    async def _welcome(self, team: Team) -> None:
        """Say where the hub is; to whoever sees this terminal, also how to become the first administrator."""
        print(f"Runhere serves at {team.public_origin}", file=sys.stderr, flush=True)
        code = await self._app.first_code()
        if code is not None:
            print(
                "There is no administrator yet. Open this link in a browser to become the first; it works once, for "
                "seven days. `runhere user invite --admin` prints another:",
                file=sys.stderr,
            )
            print(f"{team.public_origin}/join#code={code}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        running.remove(self._data_dir, self._here)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_WITHIN_S):
                await self._app.close_rooms()
        await super().shutdown(sockets=sockets)

    def stop_with_input(self) -> None:
        """Wait for the end of standard input, then stop."""
        with contextlib.suppress(OSError, ValueError):
            while os.read(0, 4096):  # unbuffered: a lock on sys.stdin held at exit is fatal
                pass
        self.should_exit = True


def _tls(settings: Settings) -> dict[str, Any]:
    if settings.team is None or settings.team.tls_certificate is None:
        return {}
    return {"ssl_certfile": settings.team.tls_certificate, "ssl_keyfile": settings.team.tls_key}


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    # On Windows this option would let two programs share a port.
    if os.name == "posix":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(256)
    except OSError as error:
        listening.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            reason = "is taken by another program" if error.errno == errno.EADDRINUSE else "needs more rights"
            raise PortTaken(f"Port {port} {reason}. Choose another one: runhere --port {_another(port)}") from error
        raise PortTaken(f"Runhere cannot listen on {host}, port {port}: {error.strerror}.") from error
    return listening


def _another(port: int) -> int:
    return port + 1 if 1024 <= port < 65535 else 8801


@contextlib.contextmanager
def _our_errors(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(
                f"The disk of the data folder {data_dir} is full. Free some space, then start again."
            ) from error
        raise FolderReadOnly(
            f"The data folder {data_dir} cannot be written: {error.strerror}. Choose another one: runhere --data DIR"
        ) from error


@contextlib.contextmanager
def hold(data_dir: Path, *, is_shared: bool) -> Iterator[None]:
    """Hold the data folder for one hub, or for all those that share a PostgreSQL database.

    The system lets go when the process ends, however it ends.
    """
    with _our_errors(data_dir):
        lock = FileLock(data_dir / "hub.lock")
    with contextlib.closing(lock):
        if not lock.take(is_shared=is_shared):
            raise DataFolderTaken(f"Another hub is using the data folder {data_dir}.")
        yield


if __name__ == "__main__":
    sys.exit(main())
