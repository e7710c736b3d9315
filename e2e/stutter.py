"""Processes that stand still now and then: whoever takes their haste for granted is found.

`--stutter=1500`: hubs, Jupyter servers and kernels, for up to so many milliseconds each time. The counterpart of
`slow_pages.py`, for both browsers: there the page is behind, here it is ahead.

`--late-pictures=300`: what draws Chromium's pages. A page that waits for its next picture still answers, so whatever it
does only then (an editor scrolls to its cursor, rows are measured) comes after what the story does next. Firefox draws
in the process that everything else needs, and stays as it is.
"""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

LOOKS_EVERY_S = 0.25
"""How often it is decided who stands still."""
CHANCE = {"--stutter": 0.12, "--late-pictures": 0.5}
"""Of each process, each time."""


def add_option(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stutter",
        type=int,
        default=0,
        metavar="MS",
        help="milliseconds for which a hub, a Jupyter server or a kernel stands still at most, now and then",
    )
    parser.addoption(
        "--late-pictures",
        type=int,
        default=0,
        metavar="MS",
        help="milliseconds for which what draws Chromium's pages stands still at most, now and then",
    )


@contextmanager
def stuttering(options: pytest.Config) -> Iterator[None]:
    """As long as this lasts. Only what this process has started is stopped, and all of it goes on afterwards."""
    ended = threading.Event()
    threads = [
        threading.Thread(target=_stutter, args=(longest_ms / 1000, CHANCE[option], whose, ended), daemon=True)
        for option, whose in (("--stutter", _is_python), ("--late-pictures", _draws))
        if (longest_ms := options.getoption(option)) > 0
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _stutter(longest_s: float, chance: float, whose: Callable[[psutil.Process], bool], ended: threading.Event) -> None:
    until: dict[psutil.Process, float] = {}
    while not ended.wait(LOOKS_EVERY_S):
        for process in [one for one, end in until.items() if end <= time.monotonic()]:
            del until[process]
            _send(process, signal.SIGCONT)
        for process in _children(whose):
            if process not in until and random.random() < chance:
                until[process] = time.monotonic() + random.uniform(0.1, longest_s)
                _send(process, signal.SIGSTOP)
    for process in until:
        _send(process, signal.SIGCONT)


def _children(whose: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has ended meanwhile
            if whose(process):
                found.append(process)
    return found


def _is_python(process: psutil.Process) -> bool:
    """A server or a kernel: browsers and what drives them are none."""
    return Path(process.exe()).name.startswith("python")


def _draws(process: psutil.Process) -> bool:
    return "--type=gpu-process" in process.cmdline()


def _send(process: psutil.Process, sign: signal.Signals) -> None:
    with suppress(psutil.Error):  # it has ended meanwhile
        process.send_signal(sign)
