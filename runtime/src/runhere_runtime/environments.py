"""Python environments on this machine whose kernels nobody registered: the active one, those beside the notebooks,
conda's, pyenv's, virtualenvwrapper's, and the system's Python.

Looks at folders only and starts nothing, so that listing kernels stays quick. An environment without ipykernel is found
as well: a person is told the line that puts it there.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["venv", "uv", "conda", "pyenv", "system"]

KERNEL_PREFIX = "environment-"
_BESIDE_NOTEBOOKS = (".venv", "venv", "env")
_CONDA_HOMES = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba")


@dataclass(frozen=True)
class Environment:
    """One environment.

    Attributes:
        prefix: Its folder, as it was found: links are not followed, because a venv's Python is one.
        python: Its interpreter.
        name: What people call it: `analysis` for `~/envs/analysis` and for `~/analysis/.venv`.
        has_kernel: Whether ipykernel is installed in it.
    """

    prefix: Path
    python: Path
    kind: Kind
    name: str
    has_kernel: bool

    @property
    def kernel_name(self) -> str:
        """Name of its kernelspec: the same for the same folder, valid as Jupyter wants it."""
        words = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") or "python"
        return f"{KERNEL_PREFIX}{words}-{hashlib.sha256(str(self.prefix).encode()).hexdigest()[:6]}"

    @property
    def display_name(self) -> str:
        return f"Python ({self.name})"

    @property
    def install_line(self) -> str:
        """What puts a kernel into it, for a terminal of this machine."""
        quote = shlex.quote if os.name == "posix" else lambda text: f'"{text}"'
        if self.kind == "conda":
            return f"conda install --prefix {quote(str(self.prefix))} ipykernel"
        if self.kind == "uv":
            return f"uv pip install --python {quote(str(self.python))} ipykernel"
        return f"{quote(str(self.python))} -m pip install ipykernel"

    @property
    def variables(self) -> dict[str, str]:
        """What activating it would set, as far as a kernel and its `!pip` notice. Its scripts are not run."""
        folders = [self.prefix / "bin"] if os.name == "posix" else [self.prefix / "Scripts", self.prefix]
        path = os.pathsep.join([*map(str, folders), "${PATH}"])
        if self.kind in ("venv", "uv"):
            return {"PATH": path, "VIRTUAL_ENV": str(self.prefix)}
        return {"PATH": path, "CONDA_PREFIX": str(self.prefix)} if self.kind == "conda" else {}


def find_environments(*, root: Path, home: Path, variables: Mapping[str, str]) -> tuple[Environment, ...]:
    """Every environment but the one that this runtime runs in, in the order in which people would look for them.

    `root` is the folder of the notebooks. A folder that cannot be read has none.
    """
    found: dict[Path, Environment] = {}
    for kind, prefix in _candidates(root, home, variables):
        known = found.get(prefix)
        if known is None and prefix != Path(sys.prefix) and (made := _environment(kind, prefix)) is not None:
            found[prefix] = made
    # The system's Python belongs to the system: nobody is told to install into it.
    return tuple(one for one in found.values() if one.has_kernel or one.kind != "system")


def _candidates(root: Path, home: Path, variables: Mapping[str, str]) -> Iterator[tuple[Kind, Path]]:
    if active := variables.get("VIRTUAL_ENV"):
        yield "venv", Path(active)
    if conda := variables.get("CONDA_PREFIX"):
        yield "conda", Path(conda)
    for folder in (root, *root.parents[:1]):
        yield from (("venv", folder / name) for name in _BESIDE_NOTEBOOKS)
    for folder in (Path(variables.get("WORKON_HOME") or home / ".virtualenvs"), home / ".local/share/virtualenvs"):
        yield from (("venv", prefix) for prefix in _folders_in(folder))
    yield from (("conda", prefix) for prefix in _conda(home, variables))
    pyenv = Path(variables.get("PYENV_ROOT") or home / ".pyenv")
    modern = (prefix for prefix in _folders_in(pyenv / "versions") if not prefix.name.startswith("2."))
    yield from (("pyenv", prefix) for prefix in modern)
    if os.name == "posix":
        yield "system", Path("/usr")


def _conda(home: Path, variables: Mapping[str, str]) -> Iterator[Path]:
    """What conda wrote down itself, then what lies in its usual places."""
    try:
        lines = (home / ".conda/environments.txt").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    yield from (Path(line.strip()) for line in lines if line.strip())
    executable = variables.get("CONDA_EXE")
    homes = [Path(executable).parent.parent] if executable else []
    mamba = variables.get("MAMBA_ROOT_PREFIX")
    homes += [Path(mamba)] if mamba else []
    for place in (*homes, *(home / name for name in _CONDA_HOMES)):
        yield place
        yield from _folders_in(place / "envs")


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return []


def _environment(kind: Kind, prefix: Path) -> Environment | None:
    """The environment in a folder, if there is one of this kind."""
    try:
        if kind == "venv":
            settings = (prefix / "pyvenv.cfg").read_text(encoding="utf-8")
            kind = "uv" if re.search(r"^uv\s*=", settings, re.MULTILINE) else "venv"
        elif kind == "conda" and not (prefix / "conda-meta").is_dir():
            return None
        python = next((path for path in _pythons(kind, prefix) if path.is_file()), None)
        if python is None:
            return None
        has_kernel = any((folder / "ipykernel").is_dir() for folder in _package_folders(kind, prefix))
    except (OSError, UnicodeDecodeError):
        return None
    return Environment(prefix, python, kind, _name(kind, prefix), has_kernel)


def _pythons(kind: Kind, prefix: Path) -> tuple[Path, ...]:
    if os.name == "posix":
        return (prefix / "bin/python3",) if kind == "system" else (prefix / "bin/python", prefix / "bin/python3")
    return (prefix / "python.exe",) if kind in ("conda", "pyenv") else (prefix / "Scripts/python.exe",)


def _package_folders(kind: Kind, prefix: Path) -> Iterator[Path]:
    if os.name != "posix":
        yield prefix / "Lib/site-packages"
        return
    yield from prefix.glob("lib/python3*/site-packages")
    if kind == "system":  # as Debian has it
        yield prefix / "lib/python3/dist-packages"
        yield from Path("/usr/local").glob("lib/python3*/dist-packages")


def _name(kind: Kind, prefix: Path) -> str:
    if kind == "system":
        return "system"
    return prefix.parent.name or prefix.name if prefix.name in _BESIDE_NOTEBOOKS else prefix.name
