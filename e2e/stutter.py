"""Hubs, Jupyter servers and kernels that stand still now and then: whoever takes their haste for granted is found.

`--stutter=1500`: for up to so many milliseconds each time. The counterpart of `slow_pages.py`, for both browsers: there
the page is behind, here it is ahead.
"""

import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

LOOKS_EVERY_S = 0.25
"""How often it is decided who stands still."""
CHANCE = 0.12
"""Of each process, each time."""


def add_option(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stutter",
        type=int,
        default=0,
        metavar="MS",
        help="milliseconds for which a hub, a Jupyter server or a kernel stands still at most, now and then",
    )


@contextmanager
def stuttering(longest_ms: int) -> Iterator[None]:
    """As long as this lasts. Only what this process has started is stopped, and all of it goes on afterwards."""
    ended = threading.Event()
    thread = threading.Thread(target=_stutter, args=(longest_ms / 1000, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _stutter(longest_s: float, ended: threading.Event) -> None:
    until: dict[psutil.Process, float] = {}
    while not ended.wait(LOOKS_EVERY_S):
        for process in [one for one, end in until.items() if end <= time.monotonic()]:
            del until[process]
            _send(process, signal.SIGCONT)
        for process in _servers_and_kernels():
            if process not in until and random.random() < CHANCE:
                until[process] = time.monotonic() + random.uniform(0.1, longest_s)
                _send(process, signal.SIGSTOP)
    for process in until:
        _send(process, signal.SIGCONT)


def _servers_and_kernels() -> list[psutil.Process]:
    """Every Python below this one: browsers and what drives them are none."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has ended meanwhile
            if Path(process.exe()).name.startswith("python"):
                found.append(process)
    return found


def _send(process: psutil.Process, sign: signal.Signals) -> None:
    with suppress(psutil.Error):  # it has ended meanwhile
        process.send_signal(sign)
