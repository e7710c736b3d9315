"""Real processes: `runhere` as a person starts it."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

LINK = re.compile(r"(http://127\.0\.0\.1:(\d+))/login#code=([A-Za-z0-9_-]+)(.*)\n")
START_WITHIN_S = 40


@dataclass
class Started:
    """One `runhere` that runs, or has ended."""

    process: subprocess.Popen[str]
    out: SimpleQueue[str] = field(default_factory=SimpleQueue)
    err: list[str] = field(default_factory=list)

    def link(self) -> re.Match[str]:
        """The one line of standard output."""
        try:
            line = self.out.get(timeout=START_WITHIN_S)
        except Empty:
            pytest.fail("no link in time; standard error:\n" + "".join(self.err))
        found = LINK.fullmatch(line)
        assert found, (line, "".join(self.err))
        return found

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it as Ctrl-C does; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


def environment(tmp_path: Path) -> dict[str, str]:
    """Of a person with an empty home and no screen."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RUNHERE_") and k not in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")}
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return kept | {"HOME": str(home), "XDG_DATA_HOME": str(home / "share")}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Start `runhere` with these words; everything started is gone afterwards."""
    all_started: list[Started] = []

    def run(*words: str | Path, **variables: str) -> Started:
        process = subprocess.Popen(
            [sys.executable, "-m", "runhere_hub.cli.main", *map(str, words)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environment(tmp_path) | variables,
            start_new_session=True,
        )  # fmt: skip
        started = Started(process)
        threading.Thread(target=_pump, args=(process.stdout, started.out.put), daemon=True).start()
        threading.Thread(target=_pump, args=(process.stderr, started.err.append), daemon=True).start()
        all_started.append(started)
        return started

    yield run
    for started in all_started:
        if started.process.poll() is None:
            started.process.terminate()
            started.process.wait(timeout=30)


def _pump(pipe, put) -> None:  # noqa: ANN001 -- a pipe and where its lines go
    with pipe:
        for line in pipe:
            put(line)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `runhere` to its end."""

    def run(*words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "runhere_hub.cli.main", *map(str, words)],
            capture_output=True, text=True, env=environment(tmp_path) | variables, timeout=START_WITHIN_S, check=False,
        )  # fmt: skip

    return run


def ask(origin: str, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, object], str]:
    """One request as the page sends it: (status, JSON, cookie)."""
    connection = http.client.HTTPConnection(origin.removeprefix("http://"), timeout=10)
    try:
        sent = {"Origin": origin, "Content-Type": "application/json", **headers}
        connection.request(method, path, json.dumps(body) if body is not None else None, sent)
        answer = connection.getresponse()
        cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
        return answer.status, json.loads(answer.read() or b"{}"), cookie
    finally:
        connection.close()


@pytest.fixture
def request_page():  # noqa: ANN201 -- a function
    return ask


def is_alive(pid: int) -> bool:
    """True while a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def gone() -> Callable[[int], None]:
    """Wait until a process is gone."""

    def wait(pid: int) -> None:
        deadline = time.monotonic() + 15
        while is_alive(pid):
            assert time.monotonic() < deadline, f"process {pid} is still there"
            time.sleep(0.05)

    return wait
