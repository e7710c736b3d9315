"""Run a module as a program with limits, and end it when standard input ends: `python -m … LIMITS MODULE ARGUMENT…`.

LIMITS is JSON: {"nice": 10, "memory_mib": null, "open_files": 4096}. What the system does not have is left out: limits
are POSIX, and a number above the system's own is its own. Kernels inherit them. The hub holds the other end of standard
input, so that even `kill -9` of the hub leaves no runtime behind. Standard library only: nothing of the hub is loaded.
"""

import contextlib
import json
import os
import runpy
import signal
import sys
import threading
from collections.abc import Mapping


def limit(wanted: Mapping[str, int | None]) -> None:
    """Take on the limits that this system knows."""
    if os.name != "posix":
        return
    import resource  # not there on Windows

    os.nice(wanted.get("nice") or 0)
    memory_mib = wanted.get("memory_mib")
    for which, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, wanted.get("open_files")),
        (resource.RLIMIT_AS, None if memory_mib is None else memory_mib * 2**20),
    ):
        if most is None:
            continue
        _, hard = resource.getrlimit(which)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (bound, bound))


def _end_with_input() -> None:
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):  # unbuffered: a lock on sys.stdin held at exit is fatal
            pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    limit(json.loads(sys.argv[1]))
    module = sys.argv[2]
    sys.argv = sys.argv[2:]
    threading.Thread(target=_end_with_input, daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
