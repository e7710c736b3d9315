"""`runhere`: notebooks of a folder in the browser, with a runtime on this machine beside them.

    runhere [PATH] [--host H] [--port P] [--data DIR] [--no-browser] [--no-runtime]
    runhere login  [--data DIR]
    runhere serve  --config FILE
    runhere user   add|list|invite|reset|disable|enable|promote|demote [NAME] --config FILE
    runhere runtime list|stop [NAME] --config FILE
    runhere audit  --config FILE
    runhere export [--out DIR] [--without-outputs], backup FILE, restore FILE   [--data DIR | --config FILE]

Standard output gets exactly one line, the login link; everything else is on standard error. Exit codes: 0 stopped as
asked or handed on to a running hub, 1 something failed (one sentence says what), 2 the command was not understood.
Loads nothing heavy: the hub and the runtime are processes of their own (`cli/children.py`).
"""

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from urllib.parse import quote

from runhere_hub import __version__
from runhere_hub.cli import running, runtime_beside
from runhere_hub.cli.children import (
    ALREADY_RUNNING,
    Announced,
    Child,
    ChildFailed,
    announced,
    start_hub,
    start_runtime,
)
from runhere_hub.core.errors import FileMissing, FileUnreadable, Invalid, RunhereError
from runhere_hub.settings import Given, Settings, read

_HUB_READY_WITHIN_S = 30
_RUNTIME_READY_WITHIN_S = 20


class _Stopped(BaseException):
    """A signal asked the command line to end. Like KeyboardInterrupt no Exception, so that nothing keeps it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words[:1] == ["login"]:
            return _login(_login_parser().parse_args(words[1:]))
        if words[:1] in (["serve"], ["user"], ["audit"]):
            from runhere_hub.cli import team  # loads the hub, which no other command needs

            return team.run(words)
        if words[:1] == ["runtime"]:
            from runhere_hub.cli import runtimes

            return runtimes.run(words[1:])
        if words[:1] in (["export"], ["backup"], ["restore"]):
            from runhere_hub.cli import keeping  # loads the hub, too

            return keeping.run(words, _default_data_dir)
        return _start(_start_parser().parse_args(words))
    except ChildFailed as failed:
        return failed.exit_code or 1
    except RunhereError as error:
        print(f"runhere: {error.message}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, _Stopped):
        return 0


def _start_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runhere",
        description="Notebooks in one place; the code runs on your own machine.",
        epilog="runhere login prints a fresh login link for the hub that is running. "
        "runhere serve --config FILE serves several people; runhere user manages their accounts, "
        "runhere runtime shows and stops their hosted runtimes, runhere audit checks what they did. "
        "runhere export, backup and restore take out what the hub keeps, and put it back.",
    )
    parser.add_argument(
        "path", nargs="?", default=".", metavar="PATH", help="a folder, or a notebook (default: this folder)"
    )
    parser.add_argument("--host", help="loopback address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on; 0 takes a free one (default: 8800)")
    _add_data(parser)
    parser.add_argument("--no-browser", action="store_true", help="print the link and open nothing")
    parser.add_argument("--no-runtime", action="store_true", help="start no runtime on this machine")
    parser.add_argument("--version", action="version", version=f"runhere {__version__}")
    return parser


def _login_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runhere login", description="Print a fresh login link for the hub that is running."
    )
    _add_data(parser)
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DIR", help="where the hub keeps its data (default: this user's data folder)")


def _settings(arguments: argparse.Namespace) -> Settings:
    given = Given(host=getattr(arguments, "host", None), port=getattr(arguments, "port", None), data=arguments.data)
    return read(os.environ, given, default_data_dir=_default_data_dir, user_name="")


def _default_data_dir() -> Path:
    # Here, because only a start without --data needs it.
    from platformdirs import user_data_path

    return user_data_path("runhere", appauthor=False)


def _login(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    hub = running.alive(settings.data_dir)
    if hub is None:
        print(
            f"runhere: no hub is running with the data in {settings.data_dir}. Start one: runhere PATH", file=sys.stderr
        )
        return 1
    print(running.login_link(hub) + _runtime_part(runtime_beside.pairing(settings.data_dir, hub.origin)), flush=True)
    return 0


def _start(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    path = _readable(arguments.path)
    hub = running.alive(settings.data_dir)
    if hub is not None:
        return _hand_on(settings, hub, path, arguments)
    return _run(settings, path, arguments)


def _readable(text: str) -> Path:
    """The folder or notebook to open, absolute.

    Raises:
        FileMissing, FileUnreadable, Invalid: It cannot be opened; nothing was started.
    """
    path = Path(text).expanduser().absolute()
    try:
        exists = path.exists()
    except OSError as error:  # a folder above it may not be entered
        raise FileUnreadable(f"{path} may not be read by this account: {error.strerror}.") from error
    if not exists:
        raise FileMissing(f"There is no folder or notebook at {path}.")
    if path.is_file() and path.suffix.lower() != ".ipynb":
        raise Invalid(f"{path} is not a notebook (.ipynb). Give a notebook or a folder.")
    folder = path if path.is_dir() else path.parent
    if not os.access(folder, os.R_OK | os.X_OK) or not os.access(path, os.R_OK):
        raise FileUnreadable(f"{path} may not be read by this account.")
    return path


def _hand_on(settings: Settings, hub: running.Running, path: Path, arguments: argparse.Namespace) -> int:
    """Bind the path in the hub that runs already, and say where."""
    url = running.bind(hub, path) + _runtime_part(runtime_beside.pairing(settings.data_dir, hub.origin))
    print(f"Runhere runs already at {hub.origin}; {path} is there now.", file=sys.stderr)
    _show(url, settings.data_dir, opens_browser=not arguments.no_browser)
    return 0


def _run(settings: Settings, path: Path, arguments: argparse.Namespace) -> int:
    """Run hub and runtime until a signal comes or the hub ends."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)
    children: list[Child] = []
    runtime: Announced | None = None
    try:
        hub_child = start_hub(host=settings.host, port=settings.port, data_dir=settings.data_dir)
        children.append(hub_child)
        runtime_child = None
        if settings.port and not arguments.no_runtime:
            # Beside the hub, not after it: both take most of a second to load.
            runtime_child = _try_runtime(children, _origins(settings.host, settings.port), path)
        hub = _ready(hub_child, settings)
        if hub is None:
            other = _wait_for_other(settings)
            return _hand_on(settings, other, path, arguments)
        if runtime_child is None and not arguments.no_runtime:
            runtime_child = _try_runtime(children, _origins(settings.host, hub.port), path)
        url = running.bind(hub, path)
        runtime = _announced(runtime_child, hub) if runtime_child is not None else None
        if runtime is not None:
            runtime_beside.write(settings.data_dir, runtime)
        _show(url + _runtime_part(runtime), settings.data_dir, opens_browser=not arguments.no_browser)
        return _wait(hub_child, runtime_child)
    finally:
        _ignore_signals()
        if runtime is not None:
            runtime_beside.remove(settings.data_dir, runtime)
        for child in children:
            child.stop()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


def _ignore_signals() -> None:
    """While stopping, a second Ctrl-C must not leave a process behind."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _origins(host: str, port: int) -> list[str]:
    """Origins under which a browser may show the page of this hub; the printed one first."""
    shown = f"[{host}]" if ":" in host else host
    return list(dict.fromkeys(f"http://{name}:{port}" for name in (shown, "127.0.0.1", "localhost")))


def _try_runtime(children: list[Child], origins: list[str], path: Path) -> Child | None:
    try:
        child = start_runtime(hub_origins=origins, root=path if path.is_dir() else path.parent)
    except OSError as error:
        _no_runtime(str(error))
        return None
    children.append(child)
    return child


def _ready(child: Child, settings: Settings) -> running.Running | None:
    """The hub, once it listens; None when another hub holds the data folder.

    Raises:
        ChildFailed: It said why on standard error.
    """
    try:
        child.first_line(timeout_s=_HUB_READY_WITHIN_S)
    except ChildFailed as failed:
        if failed.exit_code == ALREADY_RUNNING:
            return None
        raise
    hub = running.read(settings.data_dir)
    if hub is None:
        raise ChildFailed("it left no hub.json", 1)
    return hub


def _wait_for_other(settings: Settings) -> running.Running:
    """The hub that was starting at the same moment."""
    deadline = time.monotonic() + _HUB_READY_WITHIN_S
    while time.monotonic() < deadline:
        hub = running.alive(settings.data_dir)
        if hub is not None:
            return hub
        time.sleep(0.1)
    raise running.HubSilent(f"Another hub holds the data folder {settings.data_dir} and does not answer.")


def _announced(child: Child, hub: running.Running) -> Announced | None:
    try:
        return announced(child.first_line(timeout_s=_RUNTIME_READY_WITHIN_S), hub_origin=hub.origin)
    except ChildFailed as failed:
        _no_runtime(failed.message)
        return None


def _no_runtime(why: str) -> None:
    print(
        f"runhere: no runtime was started on this machine ({why}). Notebooks open all the same; "
        "connect to another runtime in the page, or see: python -m runhere_runtime",
        file=sys.stderr,
    )


def _runtime_part(runtime: Announced | None) -> str:
    """The runtime's part of the link's fragment: browsers send fragments to nobody."""
    if runtime is None:
        return ""
    key, secret = ("pair", runtime.pair) if runtime.pair else ("token", runtime.token)
    return f"&rt={quote(runtime.origin, safe=':/')}&{key}={quote(secret or '', safe='')}"


def _show(url: str, data_dir: Path, *, opens_browser: bool) -> None:
    print(url, flush=True)
    print(
        "Open this link in a browser of this machine. It works once, for ten minutes; "
        f"`{_again(data_dir)}` prints another.",
        file=sys.stderr,
    )
    if opens_browser and _has_screen():
        # In a process of its own: browsers write on standard output, which belongs to the link.
        subprocess.Popen(
            [sys.executable, "-m", "webbrowser", url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _again(data_dir: Path) -> str:
    """The command for another link, to be typed as it stands: after `make run` neither PATH nor data are the usual."""
    words = [*_called(), "login"]
    if data_dir != _default_data_dir():
        words += ["--data", str(data_dir)]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def _called() -> list[str]:
    """How a shell calls this very program."""
    ours = shutil.which("runhere", path=str(Path(sys.executable).parent))
    if ours is None:
        return [sys.executable, "-m", "runhere_hub.cli.main"]
    found = shutil.which("runhere")
    return ["runhere"] if found is not None and os.path.samefile(found, ours) else [ours]


def _has_screen() -> bool:
    if sys.platform in ("win32", "darwin") or os.environ.get("BROWSER"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _wait(hub_child: Child, runtime_child: Child | None) -> int:
    """Until the hub ends by itself (1) or a signal comes (an exception)."""
    while hub_child.process.poll() is None:
        if runtime_child is not None and runtime_child.process.poll() is not None:
            print("runhere: the runtime on this machine has ended; notebooks stay open.", file=sys.stderr)
            runtime_child = None
        try:
            hub_child.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            continue
    print("runhere: the hub has ended.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
