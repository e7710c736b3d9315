"""Files between the machine of the kernel and the person's browser."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from runhere._page import PageError, ask

PIECE_BYTES = 1 << 20
_CHOOSE_WITHIN_S = 600.0
_PIECE_WITHIN_S = 60.0


def upload(target_dir: str = ".") -> dict[str, bytes]:
    """Let the person choose files in the browser; they are written into `target_dir` (the cell's folder unless said).

    Returns:
        Name -> content, of what was written. Empty: the person chose nothing. A name that exists gets a number before
        its ending,
        as in `data (1).csv`: nothing is overwritten.

    Raises:
        PageError: The page could not; files that had come wholly are kept.
    """
    chosen = ask("runhere_upload", {"step": "choose"}, timeout_s=_CHOOSE_WITHIN_S)
    written: dict[str, bytes] = {}
    for index, one in enumerate(chosen["files"]):
        content = bytearray()
        while len(content) < one["size"]:
            wanted = {
                "step": "read",
                "upload": chosen["upload"],
                "file": index,
                "offset": len(content),
                "size": PIECE_BYTES,
            }
            piece = base64.b64decode(ask("runhere_upload", wanted, timeout_s=_PIECE_WITHIN_S)["data"])
            if not piece:
                raise PageError(f"{one['name']} could not be read to its end.")
            content += piece
        path = _unused(Path(target_dir) / os.path.basename(one["name"].replace("\\", "/")))
        path.write_bytes(content)
        written[path.name] = bytes(content)
    return written


def _unused(path: Path) -> Path:
    numbered = path
    number = 1
    while numbered.exists():
        numbered = path.with_name(f"{path.stem} ({number}){path.suffix}")
        number += 1
    return numbered


def download(filename: str) -> None:
    """Hand a file of this machine to the person's browser, which asks before it keeps it.

    Raises:
        FileNotFoundError: There is no such file.
        PageError: The page could not, or the person did not want it.
    """
    path = Path(filename)
    size = path.stat().st_size
    with path.open("rb") as file:
        started = ask(
            "runhere_download", {"step": "start", "name": path.name, "size": size}, timeout_s=_CHOOSE_WITHIN_S
        )
        while piece := file.read(PIECE_BYTES):
            data = base64.b64encode(piece).decode("ascii")
            ask(
                "runhere_download",
                {"step": "piece", "download": started["download"], "data": data},
                timeout_s=_PIECE_WITHIN_S,
            )
        ask("runhere_download", {"step": "end", "download": started["download"]}, timeout_s=_PIECE_WITHIN_S)
