"""A running `runhere-runtime ssh` between two hosts; the fixtures come to tests through conftest.py."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
from two_hosts import ADDRESS, TwoHosts

from runhere_runtime.ssh.payload import pack

LOCAL_PORT = 18888


@dataclass
class Command:
    """A running `runhere-runtime ssh`."""

    process: subprocess.Popen[str]
    told: Path

    def line(self) -> str:
        """The next line on standard output; empty when it ended."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def wait_for(self, words: str, limit_s: float = 90) -> None:
        end = time.monotonic() + limit_s
        while words not in self.told.read_text():
            assert time.monotonic() < end, self.told.read_text()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
            assert self.process.returncode is None or words in self.told.read_text(), self.told.read_text()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def close(self) -> None:
        self.stop()
        assert self.process.stdout is not None
        self.process.stdout.close()


def curl(hosts: TwoHosts, url: str, token: str, *more: str) -> str:
    command = hosts.on_laptop("curl", "-sS", "-m", "20", "-H", f"Authorization: Bearer {token}", *more, url)
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def hosts() -> Iterator[TwoHosts]:
    found = TwoHosts(path="/usr/local/bin:/usr/bin:/bin")
    yield found
    found.close()


@pytest.fixture
def ssh(hosts: TwoHosts, tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Run the command on the laptop. Afterwards no runtime of a test is left on gpubox."""
    running: list[Command] = []

    def start(
        *words: str,
        options: list[str] | None = None,
        python: str = sys.executable,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> Command:
        told = tmp_path / f"told-{len(running)}"
        behind = ["--", *(hosts.options if options is None else options)]
        ours = [sys.executable, "-m", "runhere_runtime", "ssh", *words, "--no-browser", "--python", python, *behind]
        with told.open("w") as stderr:
            process = subprocess.Popen(
                hosts.on_laptop(*ours),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**os.environ, **env},
            )
        running.append(Command(process, told))
        return running[-1]

    yield start
    start(f"root@{ADDRESS}", "--stop", "--local-port", "0").process.wait(60)
    for one in running:
        one.close()


def token_of(url: str) -> str:
    return url.partition("token=")[2]


def bare_python() -> str | None:
    """A Python of the right age that has none of our packages, as another machine would."""
    for name in ("python3.13", "python3.12", "python3.11"):
        path = shutil.which(name, path="/usr/bin:/usr/local/bin")
        if path and subprocess.run([path, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0:
            return path
    return None


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip needs for jupyter_server and ipykernel, fetched once: the far environment is then made without a
    network.
    """
    folder = tmp_path_factory.mktemp("wheels")
    python = bare_python()
    assert python is not None
    subprocess.run([python, "-m", "venv", str(folder / "pip")], check=True)
    fetch = [str(folder / "pip/bin/python"), "-m", "pip", "download", "-q", "-d", str(folder)]
    subprocess.run([*fetch, *pack().needs], check=True)
    return folder
