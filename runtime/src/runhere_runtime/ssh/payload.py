"""Our own packages as one archive, so that a machine without them gets the very version that runs here."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import io
import re
import tarfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import runhere
import runhere_protocol
import runhere_runtime

_OURS = "runhere"


@dataclass(frozen=True)
class Payload:
    """What is sent to a machine that lacks us.

    Attributes:
        archive: Base64 of a .tar.gz with the packages' folders.
        digest: Hex SHA-256 of the files; the far side keeps it, to see that it has the same.
        needs: What pip installs beside them.
    """

    archive: str
    digest: str
    needs: tuple[str, ...]


def pack() -> Payload:
    """The packages that run here, as they are now."""
    found = sorted(_sources(), key=lambda pair: pair[0])
    digest = hashlib.sha256()
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as packed:
        for name, content in found:
            digest.update(f"{name}\n{len(content)}\n".encode() + content)
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            packed.addfile(member, io.BytesIO(content))
    return Payload(base64.b64encode(held.getvalue()).decode("ascii"), digest.hexdigest(), _needs())


def far_program() -> bytes:
    """The text of `remote.py`."""
    return (files("runhere_runtime.ssh") / "remote.py").read_bytes()


def _sources() -> list[tuple[str, bytes]]:
    found = []
    for package in (runhere, runhere_protocol, runhere_runtime):
        assert package.__file__ is not None
        folder = Path(package.__file__).parent
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                found.append((f"{folder.name}/{path.relative_to(folder).as_posix()}", path.read_bytes()))
    return found


def _needs() -> tuple[str, ...]:
    wanted = importlib.metadata.requires("runhere-runtime") or []
    foreign = (one for one in wanted if not one.startswith(_OURS) and "extra ==" not in one)
    return tuple(re.sub(r"\s+", "", one.split(";")[0]) for one in foreign)
