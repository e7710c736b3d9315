"""One kernel that waits: started before anybody asks, so that the next start of its kind takes milliseconds.

    nothing ── rest ──> starting ──> waiting ── a start of the same kind ──> settled and handed out ── rest ──> …
                                        └── another kind is asked for, its environment changed, the end ──> shut down

It is handed out once and never taken back, and nobody's code has run in it: no state can pass from one person, or
one notebook, to another. Only ipykernel can be told where it is after its start, so only it ever waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SESSION_NAME = "JPY_SESSION_NAME"

_SETTLE = """
def settle():
    import glob, os, sys
    shell = get_ipython()
    profile = getattr(getattr(shell, "profile_dir", None), "location", None)
    seen = [path for path in sys.path if path]
    if profile:
        seen += [*glob.glob(os.path.join(profile, "*.py")), *glob.glob(os.path.join(profile, "startup", "*"))]
    for path in seen:
        if os.path.exists(path) and os.stat(path).st_mtime > {started_at!r}:
            raise RuntimeError("changed since the start: " + path)
    os.chdir({folder!r})
    shell.starting_dir = os.getcwd()
    shell.user_ns["_dh"][:] = [os.getcwd()]
    os.environ.pop({variable!r}, None)
    if {session!r} is not None:
        os.environ[{variable!r}] = {session!r}
settle()
"""


@dataclass(frozen=True)
class Kind:
    """What must be the same for a waiting kernel to stand in for a fresh one.

    Attributes:
        spec: The kernelspec as JSON: command, environment, folder.
        environment: What the kernel inherits, but for the name of its session.
    """

    name: str
    spec: str
    environment: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Waiting:
    """A kernel that waits. `started_at`: seconds since 1970, before its process was started."""

    kernel_id: str
    kind: Kind
    started_at: float


def kind_of(name: str, spec: str, environment: Mapping[str, str]) -> Kind:
    rest = {key: value for key, value in environment.items() if key != SESSION_NAME}
    return Kind(name, spec, tuple(sorted(rest.items())))


def settling_code(*, folder: str, session_name: str | None, started_at: float) -> str:
    """What a waiting kernel runs before it is handed out, without a trace in its names or its history.

    It goes to its folder and takes its session's name. It fails when a folder of packages, or a start-up file of
    IPython's, changed after it was started: a fresh kernel would see what this one does not.
    """
    code = _SETTLE.format(folder=folder, session=session_name, variable=SESSION_NAME, started_at=started_at)
    return f"exec({code!r}, {{'get_ipython': get_ipython}})"
