"""Names and paths that people type, checked before any file is touched.

A path inside a bound folder is relative, parts joined by `/`. What this module lets through cannot leave the folder by
its spelling; symbolic links are checked against the disk by `folders.places`. Hidden names (a leading dot) are neither
listed nor reachable: that covers `.git`, `.ssh`, `.venv`, checkpoints and temporary files at once.
"""

import unicodedata

from runhere_hub.core.errors import Invalid

IGNORED_FOLDERS = frozenset({"node_modules", "__pycache__"})
NOTEBOOK_SUFFIX = ".ipynb"

_MAX_PART_BYTES = 255
_MAX_PATH_BYTES = 4096
# Windows opens devices under these names whatever the suffix; a folder shared between machines must not hold them.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in "123456789¹²³")})
_FORBIDDEN_IN_NEW = frozenset('<>:"|?*')


class BadPath(Invalid):
    """A path that cannot be inside a bound folder."""

    code = "bad_path"


class BadName(Invalid):
    """A name that no file may get."""

    code = "bad_name"


def is_shown(name: str) -> bool:
    """True for a directory entry that the hub lists and reaches."""
    return not name.startswith(".") and name not in IGNORED_FOLDERS and _is_plain(name)


def _is_plain(name: str) -> bool:
    if not name or "/" in name or "\\" in name:
        return False
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in name):
        return False
    return len(name.encode()) <= _MAX_PART_BYTES


def parse(path: str) -> tuple[str, ...]:
    """The parts of a path inside a bound folder; () is the folder itself.

    Raises:
        BadPath: Absolute, with `.`, `..`, empty, hidden or ignored parts, backslashes, control characters, or too long.
    """
    if path == "":
        return ()
    parts = tuple(path.split("/"))
    if not all(is_shown(part) for part in parts) or len(path.encode(errors="replace")) > _MAX_PATH_BYTES:
        raise BadPath("This path does not lie inside the folder.")
    return parts


def parse_notebook(path: str) -> tuple[str, ...]:
    """As `parse`, for the path of a notebook file."""
    parts = parse(path)
    if not parts or not is_notebook(parts[-1]):
        raise BadPath("This is not the path of a notebook (.ipynb).")
    return parts


def is_notebook(name: str) -> bool:
    """True for a file name that ends in `.ipynb` and has something before it."""
    return name.lower().endswith(NOTEBOOK_SUFFIX) and len(name) > len(NOTEBOOK_SUFFIX)


def new_name(name: str) -> str:
    """The file name that a name typed by a person becomes (NFC), unchanged where possible.

    Raises:
        BadName: Empty, hidden, too long, or with characters or device names that some system cannot store.
    """
    name = unicodedata.normalize("NFC", name.strip())
    if not is_shown(name):
        raise BadName("A name cannot be empty, begin with a dot, contain / or \\, or be longer than 255 bytes.")
    if _FORBIDDEN_IN_NEW & set(name) or name.endswith("."):
        raise BadName('A name cannot contain < > : " | ? * or end with a dot: not every system can store it.')
    if name.split(".")[0].rstrip().lower() in _DEVICES:
        raise BadName(f"{name!r} is the name of a device on Windows. Choose another name.")
    return name


def new_notebook_name(name: str) -> str:
    """As `new_name`, with `.ipynb` added where it is missing."""
    stripped = name.strip()
    return new_name(stripped if is_notebook(stripped) else f"{stripped}{NOTEBOOK_SUFFIX}")


def split_suffix(name: str) -> tuple[str, str]:
    """`("report", ".ipynb")`; a name without a dot has an empty suffix."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem else (name, "")
