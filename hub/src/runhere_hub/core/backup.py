"""What is in a backup: names, and the list of digests that closes it. Rules only: `folders/archive.py` does it.

hub.db   blobs/ab/abcdef…   trash/NOTEBOOK/name.ipynb   manifest.json (last: an archive that was cut off has none)
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from runhere_hub.core.errors import BackupBroken

DATABASE = "hub.db"
MANIFEST = "manifest.json"
_FORMAT = "runhere-backup"
_VERSION = 1
_BLOB = re.compile(r"blobs/([0-9a-f]{2})/\1[0-9a-f]{62}")


@dataclass(frozen=True)
class Digest:
    """Of one file: SHA-256 in hex, and how long it is."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        data_dir: The data folder that it was made of, absolute: rows of trashed notebooks name their file by it.
        made_at: Milliseconds since 1970 (UTC).
    """

    data_dir: str
    made_at: int
    files: Mapping[str, Digest]


def may_hold(name: str) -> bool:
    """True for a name that a backup has: never one that leads elsewhere."""
    if name == DATABASE or _BLOB.fullmatch(name):
        return True
    top, *rest = name.split("/")
    return top == "trash" and len(rest) == 2 and all(_is_plain(part) for part in rest)


def _is_plain(part: str) -> bool:
    return part not in ("", ".", "..") and not any(sign in part for sign in ("\\", "\0"))


def as_json(manifest: Manifest) -> bytes:
    """The last file of a backup."""
    files = {name: asdict(digest) for name, digest in sorted(manifest.files.items())}
    said = {"format": _FORMAT, "version": _VERSION, "data_dir": manifest.data_dir, "made_at": manifest.made_at}
    return json.dumps({**said, "files": files}, indent=1).encode()


def from_json(data: bytes) -> Manifest:
    """What the last file says.

    Raises:
        BackupBroken: It is no list of this program, or of a newer one.
    """
    try:
        said = json.loads(data)
        is_ours, version = said["format"] == _FORMAT, int(said["version"])
        files = {str(name): Digest(str(one["sha256"]), int(one["size_bytes"])) for name, one in said["files"].items()}
        manifest = Manifest(str(said["data_dir"]), int(said["made_at"]), files)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupBroken("its list of files cannot be read") from error
    if not is_ours:
        raise BackupBroken("it was not made by runhere backup")
    if version > _VERSION:
        raise BackupBroken("it was made by a newer Runhere: install that one first")
    return manifest


def compare(manifest: Manifest, found: Mapping[str, Digest]) -> None:
    """Return when an archive holds what its list says.

    Raises:
        BackupBroken: Something is missing, is too much, or has other content.
    """
    missing = sorted(manifest.files.keys() - found.keys())
    if missing or DATABASE not in found:
        raise BackupBroken(f"{(missing or [DATABASE])[0]} is missing from it")
    for name, digest in found.items():
        if manifest.files.get(name) != digest:
            raise BackupBroken(f"{name} is not what was put into it")
