"""Servers that somebody started by hand on gpubox (two_hosts.py)."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from two_hosts import TwoHosts

HUB = "https://hub.test"


@contextlib.contextmanager
def on_gpubox(hosts: TwoHosts, files: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server that somebody started there by hand, once its file of these facts is there."""
    home = ("env", f"HOME={hosts.home}", f"XDG_DATA_HOME={hosts.home}/.local/share", "JUPYTER_TOKEN=")
    server = subprocess.Popen(
        hosts.on_gpubox(*home, sys.executable, "-m", *words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 60
        while not any(files.glob(f"*{server.pid}.json")):
            assert time.monotonic() < end
            assert server.poll() is None
        yield server
    finally:
        server.terminate()
        server.wait(30)
