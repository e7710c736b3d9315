"""The two processes behind `runhere`: the hub, and the person's own runtime.

They are separate so that the hub never learns the runtime's address or token (ADR 1, ADR 15): only this process, the
command line, reads what the runtime announces, and puts it into the fragment of the login link.

Each is in its own process group: Ctrl-C reaches the command line alone, which stops the hub first, then the runtime.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from runhere_hub.core.errors import Unavailable

ALREADY_RUNNING = 3
"""Exit code of the hub when another one holds the data folder."""

_STOP_WITHIN_S = 15


class ChildFailed(Unavailable):
    """A process ended before it was ready; it has said why on standard error."""

    code = "child_failed"

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Announced:
    """Where the runtime is and how the page pairs with it. Never given to the hub."""

    origin: str
    pair: str | None
    token: str | None


class Child:
    """One process whose first line on standard output says that it is ready."""

    def __init__(self, words: Sequence[str], *, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=os.name == "posix",
            text=True,
            encoding="utf-8",
        )
        self._lines: SimpleQueue[str] = SimpleQueue()
        # A thread, because no portable wait covers a pipe and a deadline; it ends with the process's output.
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        if self.process.stdout is not None:
            for line in self.process.stdout:
                self._lines.put(line)
        self._lines.put("")

    def first_line(self, *, timeout_s: float) -> str:
        """The announcement.

        Raises:
            ChildFailed: The process ended, or said nothing in time; then it still runs.
        """
        try:
            line = self._lines.get(timeout=timeout_s)
        except Empty as error:
            raise ChildFailed(f"nothing was heard of it for {timeout_s:.0f} s", 1) from error
        if not line:
            raise ChildFailed("it ended at once", self.process.wait())
        return line

    def stop(self) -> None:
        """End the process: asked first, forced after fifteen seconds. May be called again."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        # The end of its input asks it already; the signal is for one that is still loading. Windows has no such signal:
        # there it would be the axe.
        if os.name == "posix" and self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            # The reading thread sees the end of the pipe by itself once nobody holds its other end.
            with contextlib.suppress(OSError):
                self.process.stdout.close()


def start_hub(*, host: str, port: int, data_dir: Path) -> Child:
    """Start the hub; it stops when this process is gone, however that came."""
    words = ["-m", "runhere_hub.cli.hub_process", "--host", host, "--port", str(port), "--data", str(data_dir)]
    return Child(words)


def start_runtime(*, hub_origins: Sequence[str], root: Path) -> Child:
    """Start a runtime for this person on a free port, for these pages, with kernels at work below `root`."""
    words = [
        "-m",
        "runhere_hub.cli.leashed",
        "runhere_runtime",
        "--port",
        "0",
        "--root",
        str(root),
        "--announce",
        "json",
    ]
    for origin in hub_origins:
        words += ["--hub", origin]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RUNHERE_")}
    kernel_python = os.environ.get("RUNHERE_KERNEL_PYTHON")
    if kernel_python:
        environment["RUNHERE_KERNEL_PYTHON"] = kernel_python
    return Child(words, environment=environment)


def announced(line: str, *, hub_origin: str) -> Announced:
    """What the runtime's line says.

    Raises:
        ChildFailed: It says something else.
    """
    try:
        said = json.loads(line)
        codes = {pair["hub"]: pair["code"] for pair in said.get("pairs", [])}
        return Announced(origin=said["origin"], pair=codes.get(hub_origin), token=said.get("token"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ChildFailed("it is of another version", 1) from error
