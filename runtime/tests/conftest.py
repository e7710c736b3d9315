"""Real runtimes for the tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_runtime import HUB, Running, start_runtime
from ssh_command import hosts, ssh, wheels
from tiny_disk import tiny_disk

__all__ = ["fresh", "hosts", "runtime", "ssh", "tiny_disk", "wheels"]  # the fixtures

# What is started in the background of a shell ignores Ctrl-C, and whatever it starts does, too: not so our programs.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One runtime for the tests of a file, with one listed hub."""
    running = start_runtime(tmp_path_factory.mktemp("runtime"), "--hub", HUB)
    yield running
    running.stop()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Running]:
    """A runtime of its own for one test."""
    running = start_runtime(tmp_path, "--hub", HUB)
    yield running
    running.stop()
