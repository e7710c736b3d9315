"""Where the runtime keeps things on this machine. All folders are 0700, all files 0600.

    DATA/servers/<pid>.json     a running runtime: port and master token; gone when it stops
    DATA/sessions-<port>.json   paired pages (hashes of their tokens)
    DATA/origins.json           origins added by `runhere-runtime allow`
    DATA/journal/<kernel id>/   see journal/log.py
    a short temporary folder    the kernels' sockets and connection files; gone when the runtime stops

DATA is $RUNHERE_RUNTIME_DATA, else `runhere-runtime` in Jupyter's data folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from runhere_runtime.errors import DataFolderUnusable
from runhere_runtime.journal.log import Journals
from runhere_runtime.private_files import private_folder, read_private, write_private


class OriginList:
    """Origins that may connect: those of this start, those kept by `allow`, those paired since.

    The kept file is read again when it changed, so that `allow` needs no restart.
    """

    def __init__(self, file: Path, given: tuple[str, ...]) -> None:
        self._file = file
        self._given = frozenset(given)
        self._stamp: tuple[int, int] | None = None
        self._all = self._given

    def now(self) -> frozenset[str]:
        """The list as it is now; costs one stat."""
        try:
            info = self._file.stat()
            stamp = (info.st_mtime_ns, info.st_ino)
        except OSError:
            stamp = (0, 0)
        if stamp != self._stamp:
            self._stamp = stamp
            self._all = self._given | self._kept()
        return self._all

    def allow(self, origin: str) -> None:
        """Keep `origin` for this and later starts.

        Raises:
            DataFolderUnusable: The list is as it was.
        """
        with _in_use(self._file.parent):
            write_private(self._file, json.dumps({"origins": sorted(self._kept() | {origin})}))

    def _kept(self) -> frozenset[str]:
        found = read_private(self._file).get("origins", [])
        return frozenset(o for o in found if isinstance(o, str)) if isinstance(found, list) else frozenset()


@dataclass(frozen=True)
class Server:
    """A running runtime, as its file tells.

    Attributes:
        origin: Where browsers reach it, which from this machine may lead elsewhere (a container, a proxy).
        address: The one that it listens on.
        certificate: PEM file of what it shows over TLS; None: no TLS.
    """

    pid: int
    port: int
    origin: str
    root: str
    token: str
    address: str = "127.0.0.1"
    certificate: str | None = None

    @property
    def host(self) -> str:
        """Where this machine reaches it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.address, self.address)


@dataclass(frozen=True)
class Places:
    data: Path

    @classmethod
    def of_this_user(cls) -> Places:
        """Made if needed.

        Raises:
            DataFolderUnusable: It can neither be found nor made, or is somebody else's.
        """
        given = os.environ.get("RUNHERE_RUNTIME_DATA")
        data = Path(given) if given else Path(jupyter_data_dir()) / "runhere-runtime"
        with _in_use(data):
            return cls(private_folder(data))

    def origin_list(self, given: tuple[str, ...]) -> OriginList:
        return OriginList(self.data / "origins.json", given)

    def sessions_file(self, port: int) -> Path:
        return self.data / f"sessions-{port}.json"

    def keep_server(self, server: Server) -> Path:
        """Tell other commands of this user about a runtime that runs; returns the file, to be removed at its end.

        Raises:
            DataFolderUnusable: There is no file.
        """
        file = self.data / "servers" / f"{server.pid}.json"
        with _in_use(self.data):
            write_private(file, json.dumps(asdict(server)))
        return file

    def journals(self, *, limit_bytes: int) -> Journals:
        """Raises:
        DataFolderUnusable: Their folder cannot be made.
        """
        with _in_use(self.data):
            return Journals(self.data / "journal", limit_bytes=limit_bytes)

    def socket_folder(self) -> Path:
        """A new folder of mode 0700 with a short name: socket paths may hold about 100 bytes."""
        candidates = [os.environ.get("XDG_RUNTIME_DIR"), "/tmp" if os.name == "posix" else None]
        for parent in candidates:
            if parent and len(parent) < 40 and os.access(parent, os.W_OK | os.X_OK):
                return Path(tempfile.mkdtemp(prefix="rh-", dir=parent))
        return Path(tempfile.mkdtemp(prefix="rh-"))

    def running(self) -> Iterator[Server]:
        """Runtimes of this user that run now; files of dead ones are removed."""
        for file in sorted((self.data / "servers").glob("*.json")):
            facts = read_private(file)
            try:
                server = Server(**facts)  # type: ignore[arg-type]  # a file of ours; anything else is skipped
            except TypeError:
                continue
            if _is_running(server.pid):
                yield server
            else:
                file.unlink(missing_ok=True)


@contextlib.contextmanager
def _in_use(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataFolderUnusable(data, error.strerror or str(error)) from error


def _is_running(pid: int) -> bool:
    if os.name != "posix":
        return True  # os.kill would end it; a dead runtime shows itself by not answering
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
