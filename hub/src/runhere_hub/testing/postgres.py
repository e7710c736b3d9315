"""A PostgreSQL of one's own for tests: made in a temporary folder, reached by a socket in it, gone afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from runhere_hub.testing.processes import wait_until_gone

_UNPRIVILEGED = ("postgres", "nobody")
_SUPERUSER = "hub"


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`, the newest version first; None when there is none."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists() and (folder / "initdb").exists()), None)


@contextmanager
def throw_away_cluster(binaries: Path) -> Iterator[str]:
    """Run a cluster; gives the URL of its maintenance database. No TCP, no durability: tests only.

    PostgreSQL refuses to run as root, so root starts it as somebody else.
    """
    with cluster(binaries) as running:
        yield running.url


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL. `url` is that of its maintenance database."""

    url: str
    folder: Path
    binaries: Path
    user: str | None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        # The socket lies in the folder itself: longer paths do not fit into a socket's address.
        where = f"-c listen_addresses='' -c unix_socket_directories={self.folder}"
        options = f"{where} -c fsync=off -c max_connections=200"
        _run([*self._control, "-l", self.folder / "log", "-o", options, "start"], self.user)

    def stop(self) -> None:
        """End it at once."""
        _run([*self._control, "-m", "immediate", "stop"], self.user)

    def kill(self) -> None:
        """`kill -9`; returns when every process of it is gone, so that it can be started again."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        whole = [pid, *_children(pid)]
        for one in whole:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        for one in whole:
            wait_until_gone(one)
        # In a container whose first process reaps nobody, the dead one's number still seems to be somebody.
        for left in (self.folder / "data" / "postmaster.pid", self.folder / ".s.PGSQL.5432.lock"):
            left.unlink(missing_ok=True)

    @property
    def _control(self) -> list[str | Path]:
        return [self.binaries / "pg_ctl", "-D", self.folder / "data", "-w"]


@contextmanager
def cluster(binaries: Path) -> Iterator[Cluster]:
    """As `throw_away_cluster`, and it can be killed and started again."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp" if os.name == "posix" else None))
    user = _unprivileged_user()
    try:
        if user is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        _run([binaries / "initdb", "-D", data, "-U", _SUPERUSER, "--auth=trust", "--no-sync", "-E", "UTF8"], user)
        made = Cluster(f"postgresql://{_SUPERUSER}@/postgres?host={folder}", folder, binaries, user)
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _children(pid: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                found.append(int(status.parent.name))
    return found


def _unprivileged_user() -> str | None:
    if os.name != "posix" or os.geteuid() != 0:
        return None
    import pwd  # not on Windows

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _UNPRIVILEGED if name in known)


def _run(command: Sequence[str | Path], user: str | None) -> None:
    subprocess.run(
        command, user=user, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", timeout=60
    )
