"""Ports for servers that tests start."""

import contextlib
import itertools
import os
import secrets
import socket

_FIRST, _COUNT, _WORKERS = 20_000, 1_500, 8
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
_turns = itertools.count(secrets.randbelow(_COUNT))


def free_port() -> int:
    """A port that was free a moment ago.

    None of those that the system hands out itself, and each worker's its own: a kernel, a connection or another test
    had it before a slow server took it.
    """
    while True:
        port = _FIRST + _worker * _COUNT + next(_turns) % _COUNT
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def free_ports(count: int) -> list[int]:
    """As many, all different."""
    return [free_port() for _ in range(count)]
