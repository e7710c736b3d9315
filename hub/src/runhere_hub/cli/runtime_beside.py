"""The runtime that the command line started beside the hub, as a later command line finds it: `runtime.json`.

Written and read by the command line only: the hub never opens it (ADR 1, ADR 15). It holds the runtime's own token and
has mode 0600. Standard library only.
"""

import contextlib
import json
import os
import urllib.request
from dataclasses import replace
from pathlib import Path

from runhere_hub.cli.children import Announced

FILE_NAME = "runtime.json"
_ANSWER_WITHIN_S = 5


def write(data_dir: Path, runtime: Announced) -> None:
    """Say where the runtime is. A folder that takes no file costs later links their runtime, no more."""
    temporary = data_dir / f".{FILE_NAME}.{os.getpid()}"
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"origin": runtime.origin, "token": runtime.token}, file)
        os.replace(temporary, data_dir / FILE_NAME)


def remove(data_dir: Path, runtime: Announced) -> None:
    """Take the file away, unless another command line wrote it since."""
    found = _read(data_dir)
    if found is not None and found.token == runtime.token:
        (data_dir / FILE_NAME).unlink(missing_ok=True)


def pairing(data_dir: Path, hub_origin: str) -> Announced | None:
    """The running runtime with a fresh one-time code for pages of `hub_origin`; None when none answers."""
    runtime = _read(data_dir)
    if runtime is None:
        return None
    request = urllib.request.Request(
        f"{runtime.origin}/api/runhere/pairings",
        method="POST",
        data=json.dumps({"origin": hub_origin}).encode(),
        headers={"Authorization": f"Bearer {runtime.token}", "Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_ANSWER_WITHIN_S) as answer:
            code = json.loads(answer.read())["code"]
    except (OSError, ValueError, KeyError, TypeError):  # gone, or another program on its port
        return None
    return replace(runtime, pair=str(code), token=None)


def _read(data_dir: Path) -> Announced | None:
    try:
        said = json.loads((data_dir / FILE_NAME).read_text(encoding="utf-8"))
        return Announced(origin=str(said["origin"]), pair=None, token=str(said["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
