"""The real programs at the other end: our hub, and Jupyter servers that we did not write.

Each is a process of its own with free ports and temporary folders; each wait has a condition and a limit.
"""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from runhere_hub.testing.ports import free_port

T = TypeVar("T")

# Only how long a red story waits: a machine that does other things besides is slow, not wrong.
START_LIMIT_S = 120
WAIT_LIMIT_S = 60


def wait_until(condition: Callable[[], T], *, limit_s: float = WAIT_LIMIT_S, what: str = "the condition") -> T:
    """The first truthy value of `condition`; fails after `limit_s` seconds."""
    deadline = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {limit_s} s")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether something speaks HTTP there, whatever the status."""
    try:
        with urllib.request.urlopen(url, timeout=10):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@dataclass
class Program:
    """A started program whose output is collected in the background."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def line_matching(self, pattern: str, *, limit_s: float = START_LIMIT_S) -> re.Match[str]:
        """The first output line that matches; fails with the whole output when the program ends before."""

        def look() -> re.Match[str] | None:
            for line in list(self.lines):
                found = re.search(pattern, line)
                if found:
                    return found
            if self.process.poll() is not None:
                raise AssertionError(f"the program ended with {self.process.returncode}:\n" + "\n".join(self.lines))
            return None

        return wait_until(look, limit_s=limit_s, what=f"a line like {pattern!r}")

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.process.kill()
        self.process.wait(10)
        self._close()

    def _close(self) -> None:
        self._reader.join(5)
        if self.process.stdout:
            self.process.stdout.close()

    def stop(self) -> None:
        """Ask it to end, then insist."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self._close()


def start(words: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> Program:
    """Start a program with merged output."""
    process = subprocess.Popen(
        words,
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    return Program(process)


@dataclass
class Hub:
    """Our hub in one-person mode on a folder."""

    folder: Path
    data: Path
    port: int
    words: tuple[str, ...] = ("--no-runtime",)
    program: Program | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> str:
        """Start it and return the one-time login link."""
        words = [
            sys.executable,
            "-m",
            "runhere_hub.cli.main",
            str(self.folder),
            "--no-browser",
            "--port",
            str(self.port),
        ]
        self.program = start([*words, "--data", str(self.data), *self.words], cwd=self.folder)
        return self.program.line_matching(r"http://127\.0\.0\.1:\d+/login#\S+").group(0)

    def login_link(self) -> str:
        """Another link, as `runhere login` prints it."""
        words = [sys.executable, "-m", "runhere_hub.cli.main", "login", "--data", str(self.data)]
        printed = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout
        found = re.search(r"http://\S+/login#\S+", printed)
        assert found, printed
        return found.group(0)

    def bind(self, path: Path) -> str:
        """`runhere PATH` once more on the same data: the running hub takes the folder in. The printed link."""
        words = [sys.executable, "-m", "runhere_hub.cli.main", str(path), "--no-browser", "--data", str(self.data)]
        printed = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout
        found = re.search(r"http://\S+/login#\S+", printed)
        assert found, printed
        return found.group(0)

    def kill(self) -> None:
        """Pull the plug: SIGKILL for the hub itself and for the command line that started it."""
        assert self.program
        os.kill(int(json.loads((self.data / "hub.json").read_text(encoding="utf-8"))["pid"]), signal.SIGKILL)
        self.program.kill()

    def stop(self) -> None:
        if self.program:
            self.program.stop()


@dataclass
class Jupyter:
    """A stock Jupyter server: `notebook`, `lab`, `server` or `nbclassic`."""

    url: str
    token: str
    root: Path
    program: Program

    @property
    def pasted(self) -> str:
        """What a person copies from the terminal."""
        return f"{self.url}/?token={self.token}"


# As `jupyter server` is where no page of Jupyter's own is installed beside it: it starts with half the work.
WITHOUT_PAGES = dict.fromkeys(("jupyterlab", "jupyter_lsp", "nbclassic", "notebook", "notebook_shim"), False)


@contextmanager
def jupyter(
    kind: str,
    root: Path,
    *flags: str,
    port: int | None = None,
    token: str | None = None,
    env: dict[str, str] | None = None,
) -> Iterator[Jupyter]:
    """Run a stock server in `root`; `flags` are handed on as a person would type them."""
    port, token = port or free_port(), token or secrets.token_hex(16)
    app = "NotebookApp" if any("NotebookApp" in flag for flag in flags) else "ServerApp"
    words = [sys.executable, "-m", "jupyter", kind, "--no-browser", f"--port={port}", f"--{app}.port_retries=0"]
    words += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}", *flags]
    if kind == "server":
        words.append(f"--ServerApp.jpserver_extensions={WITHOUT_PAGES}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")
    # A port is chosen before the kernel takes it, and another program may be quicker: files as its sockets, whose paths
    # must be short.
    words.append("--KernelManager.transport=ipc")
    runtime = tempfile.mkdtemp(prefix="jupyter-")
    program = start(words, cwd=root, env={"JUPYTER_RUNTIME_DIR": runtime, **(env or {})})
    url = f"http://127.0.0.1:{port}"
    try:

        def up() -> bool:
            if program.process.poll() is not None:
                raise AssertionError("jupyter ended:\n" + "\n".join(program.lines))
            return answers(f"{url}/api")

        wait_until(up, limit_s=START_LIMIT_S, what=f"jupyter {kind} at {url}")
        yield Jupyter(url, token, root, program)
    finally:
        program.stop()
        shutil.rmtree(runtime, ignore_errors=True)


@contextmanager
def at_once(*servers: AbstractContextManager[T]) -> Iterator[list[T]]:
    """Several servers, in the order given: each needs its seconds to start, and they need them together."""
    with ExitStack() as running:
        with ThreadPoolExecutor(len(servers)) as starts:
            up = list(starts.map(running.enter_context, servers))
        yield up


def documented_flags(origin: str) -> list[str]:
    """The flags that Colab's page and our dialog print for `jupyter notebook`."""
    return [f"--NotebookApp.allow_origin={origin}", "--NotebookApp.allow_credentials=True"]


def server_flags(origin: str) -> list[str]:
    """The same for `jupyter lab` and `jupyter server`."""
    return [f"--ServerApp.allow_origin={origin}", "--ServerApp.allow_credentials=True"]
