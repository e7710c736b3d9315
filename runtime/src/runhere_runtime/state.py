"""What the parts of one running runtime share. Built by the launcher, read by handlers and kernels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from runhere_runtime.journal.log import Journals
from runhere_runtime.tokens import Credentials


class Origins(Protocol):
    """The list of origins that may connect."""

    def now(self) -> frozenset[str]: ...

    def allow(self, origin: str) -> None: ...


@dataclass(frozen=True)
class Runtime:
    """One running runtime.

    Attributes:
        origin: Where browsers reach it: http://127.0.0.1:port or --public-url.
        inner_secret: Between gate and application only.
        waiting_kernel: Whether one kernel is started before anybody asks for it.
        kernel_packages: A folder that Python kernels find modules in, last of all.
        socket_folder: 0700; kernels' sockets and connection files. Removed at the end.
    """

    credentials: Credentials
    origins: Origins
    origin: str
    port: int
    root: Path
    journals: Journals
    inner_secret: str
    kernel_python: str | None
    kernel_packages: Path
    waiting_kernel: bool
    socket_folder: Path
    version: str
