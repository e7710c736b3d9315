"""`runhere` as a person starts it, for tests: real processes, and requests as the page sends them."""

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
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

LINK = re.compile(r"(http://127\.0\.0\.1:(\d+))/login#code=([A-Za-z0-9_-]+)(.*)\n")
START_WITHIN_S = 40.0
_STOP_WITHIN_S = 30.0


@dataclass
class Started:
    """One `runhere` that runs, or has ended."""

    process: subprocess.Popen[str]
    out: SimpleQueue[str] = field(default_factory=SimpleQueue)
    err: list[str] = field(default_factory=list)

    def link(self) -> re.Match[str]:
        """The one line of standard output: origin, port, code, the rest of the fragment."""
        try:
            line = self.out.get(timeout=START_WITHIN_S)
        except Empty:
            raise AssertionError("no link in time; standard error:\n" + "".join(self.err)) from None
        found = LINK.fullmatch(line)
        assert found, (line, "".join(self.err))
        return found

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it as Ctrl-C does; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=_STOP_WITHIN_S)


def environment(home: Path) -> dict[str, str]:
    """Of a person with an empty home and no screen."""
    left_out = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RUNHERE_") and k not in left_out}
    home.mkdir(exist_ok=True)
    return kept | {"HOME": str(home), "XDG_DATA_HOME": str(home / "share")}


@contextmanager
def starting(home: Path) -> Iterator[Callable[..., Started]]:
    """A function that starts `runhere` with its words; everything started is gone afterwards."""
    all_started: list[Started] = []

    def start(*words: str | Path, **variables: str) -> Started:
        process = subprocess.Popen(
            [sys.executable, "-m", "runhere_hub.cli.main", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(home) | variables,
            start_new_session=True,
        )
        started = Started(process)
        threading.Thread(target=_pump, args=(process.stdout, started.out.put), daemon=True).start()
        threading.Thread(target=_pump, args=(process.stderr, started.err.append), daemon=True).start()
        all_started.append(started)
        return started

    try:
        yield start
    finally:
        for started in all_started:
            if started.process.poll() is None:
                started.process.terminate()
                started.process.wait(timeout=_STOP_WITHIN_S)


def _pump(pipe: IO[str], put: Callable[[str], object]) -> None:
    with pipe:
        for line in pipe:
            put(line)


def run(home: Path, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `runhere` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "runhere_hub.cli.main", *map(str, words)],
        capture_output=True,
        text=True,
        env=environment(home) | variables,
        timeout=START_WITHIN_S,
        check=False,
    )


def ask(origin: str, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any, str]:
    """One request as the page sends it: (status, JSON or text, cookie that was set)."""
    connection = http.client.HTTPConnection(origin.removeprefix("http://"), timeout=30)
    try:
        sent = {"Origin": origin, "Content-Type": "application/json", **headers}
        connection.request(method, path, json.dumps(body) if body is not None else None, sent)
        answer = connection.getresponse()
        cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
        text = answer.read().decode()
        is_json = (answer.getheader("content-type") or "").startswith("application/json")
        return answer.status, json.loads(text or "null") if is_json else text, cookie
    finally:
        connection.close()


@dataclass(frozen=True)
class SignedIn:
    """A running hub with its owner signed in."""

    origin: str
    cookie: str
    started: Started

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One request of the page: (status, JSON)."""
        return ask(self.origin, method, path, body, Cookie=self.cookie)[:2]


def sign_in(started: Started) -> SignedIn:
    """Open the printed link."""
    link = started.link()
    status, answer, cookie = ask(link[1], "POST", "/api/v1/session", {"code": link[3]})
    assert status == 200, answer
    return SignedIn(link[1], cookie, started)


def wait_until_gone(pid: int, *, within_s: float = 30) -> None:
    """Return once a process is gone; zombies count as gone."""
    deadline = time.monotonic() + within_s
    while _is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
