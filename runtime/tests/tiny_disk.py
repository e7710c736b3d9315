"""A file system of a few hundred KiB that really fills; tests that may not mount one are skipped."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


class TinyDisk:
    """`place` is where it is mounted: a short path, or no sockets would be made below."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._ballast: list[Path] = []

    def fill(self) -> None:
        """Take every page that is left."""
        while True:
            file = self.place / f"ballast-{len(self._ballast)}"
            self._ballast.append(file)
            written = _write_until_refused(file, 4096)
            if not written:
                return

    def take_names(self) -> None:
        """Take every file that could still be made, and leave room in those that are there."""
        with contextlib.suppress(OSError):
            while True:
                file = self.place / f"ballast-{len(self._ballast)}"
                os.close(os.open(file, os.O_WRONLY | os.O_CREAT))
                self._ballast.append(file)

    def make_room(self) -> None:
        for file in self._ballast:
            file.unlink(missing_ok=True)
        self._ballast = []


def _write_until_refused(file: Path, block: int) -> int:
    written = 0
    try:
        with file.open("ab", buffering=0) as out:
            while True:
                written += out.write(b"\0" * block)
    except OSError:
        return written


@pytest.fixture
def tiny_disk() -> Iterator[TinyDisk]:
    if sys.platform != "linux":
        pytest.skip("a small disk is made with Linux's tmpfs")
    place = Path(tempfile.mkdtemp(prefix="rhd-", dir="/tmp"))
    words = ["mount", "-t", "tmpfs", "-o", "size=600k,nr_inodes=200", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        place.rmdir()
        pytest.skip("a small disk needs the right to mount one")
    yield TinyDisk(place)
    subprocess.run(["umount", "-l", str(place)], check=True)
    place.rmdir()
