"""`runhere-runtime ssh DEST` and `… doctor [URL]`: the words of the command line, and how a person is spoken to."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from dataclasses import asdict, replace

from runhere_runtime.cli.words import LAST_PORT, plain, whole_number
from runhere_runtime.doctor.look import Address, look_around, look_at_server, read_url
from runhere_runtime.doctor.rules import findings, worst
from runhere_runtime.errors import OriginInvalid
from runhere_runtime.gate.rules import normalise_origin
from runhere_runtime.places import Places
from runhere_runtime.ssh.command import Way, read_via
from runhere_runtime.ssh.forward import Voice, Wish, keep_forwarded

_EPILOG = """What stands after `--` goes to ssh itself.

examples:
  runhere-runtime ssh me@gpu-box --start --hub https://hub.example
  runhere-runtime ssh me@gpu-box --remote-port 9999 --local-port 8889
  runhere-runtime ssh --via 'gcloud compute ssh --zone us-central1-a gpu-box --' --start --hub https://hub.example
  runhere-runtime ssh me@inside --start --hub https://hub.example -- -J me@gateway -i ~/.ssh/lab
"""


def add_ssh(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand `ssh`."""
    parser = commands.add_parser(
        "ssh",
        help="reach a runtime on another machine: ssh user@gpu-box --start",
        description="Reach a runtime on another machine through the system's own OpenSSH, and stay connected.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("destination", nargs="?", help="user@host, or a name of your ssh configuration")
    port = whole_number(1, LAST_PORT)
    add("--remote-port", type=port, default=8888, metavar="N", help="port over there (default: 8888)")
    add(
        "--local-port",
        type=whole_number(0, LAST_PORT),
        metavar="N",
        help="port on this machine (default: the same; 0: any free one)",
    )
    add(
        "--start",
        action="store_true",
        help="start a runtime there if none of yours has the port; asks before it installs",
    )
    add("--stop", action="store_true", help="end your runtime on that port, and its kernels")
    add("--yes", action="store_true", help="install without asking")
    add("--python", metavar="PATH", help="Python over there (default: the newest on its PATH)")
    add(
        "--kernel-python",
        metavar="PATH",
        help="Python of the kernels over there, with ipykernel (default: as --python)",
    )
    add("--root", metavar="DIR", help="folder of files over there (default: the home folder)")
    add("--colab-compat", action="store_true", help="with --start: let notebooks there import google.colab")
    add(
        "--hub",
        action="append",
        default=None,
        metavar="ORIGIN",
        help="a page that may connect; it is opened. May be repeated",
    )
    add("--via", metavar="COMMAND", help="another program that runs ssh with what follows, in place of a destination")
    add("--no-browser", action="store_true", help="print the link and open nothing")
    parser.set_defaults(run=_ssh)


def split_options(argv: list[str]) -> tuple[list[str], list[str]]:
    """What is ours, and what stands behind the first `--` of `ssh …`: words for ssh itself, which argparse would mix
    up.
    """
    if not argv or argv[0] != "ssh" or "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _ssh(arguments: argparse.Namespace) -> int:
    hubs = arguments.hub if arguments.hub is not None else os.environ.get("RUNHERE_HUB", "").split()
    local = arguments.remote_port if arguments.local_port is None else arguments.local_port
    way = Way(
        destination=arguments.destination,
        remote_port=arguments.remote_port,
        local_port=local,
        via=read_via(arguments.via) if arguments.via is not None else (),
        options=tuple(arguments.options),
        remote_python=arguments.python,
    )
    wish = Wish(
        way=way,
        start=arguments.start,
        stop=arguments.stop,
        yes=arguments.yes,
        hubs=tuple(dict.fromkeys(read_origin(hub) for hub in hubs)),
        root=arguments.root,
        kernel_python=arguments.kernel_python,
        colab_compat=arguments.colab_compat,
        open_browser=not arguments.no_browser,
        typed=tuple(arguments.typed),
    )
    try:
        return asyncio.run(keep_forwarded(wish, Voice(tell=_tell, ask=_ask, show=_show)))
    except KeyboardInterrupt:
        return 0


def read_origin(text: str) -> str:
    """An origin as a person typed it.

    Raises:
        OriginInvalid: It is none.
    """
    origin = normalise_origin(text)
    if origin is None:
        raise OriginInvalid(f"{text!r} is no origin. Write it as https://hub.example or http://127.0.0.1:8800.")
    return origin


def _tell(sentence: str) -> None:
    print(plain(sentence), file=sys.stderr, flush=True)


def _show(url: str) -> None:
    print(url, flush=True)


def _ask(question: str) -> bool:
    """Yes only when a person typed it: no terminal means no."""
    print(f"{plain(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    if not sys.stdin or not sys.stdin.isatty():
        print("no (there is nobody to ask; --yes agrees)", file=sys.stderr, flush=True)
        return False
    # While a loop runs, Ctrl-C only cancels its task, which waits here.
    cancels = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return sys.stdin.readline().strip().lower() in ("y", "yes")
    finally:
        signal.signal(signal.SIGINT, cancels)


def add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand `doctor`."""
    parser = commands.add_parser(
        "doctor",
        help="say what is wrong with a runtime, and what to do",
        description=(
            "Look at a runtime as a page would, and at this machine. Changes nothing. Exit code 1: a problem was found."
        ),
    )
    parser.add_argument("url", nargs="?", help="what the runtime printed (default: your runtime that runs here)")
    parser.add_argument(
        "--hub", action="append", default=None, metavar="ORIGIN", help="a page that should connect; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=_doctor)


_SIGNS = {"ok": "✓", "note": "·", "warning": "!", "problem": "✗"}


def _doctor(arguments: argparse.Namespace) -> int:
    places = Places.of_this_user()
    given = arguments.hub if arguments.hub is not None else os.environ.get("RUNHERE_HUB", "").split()
    hubs = tuple(dict.fromkeys(read_origin(hub) for hub in given))
    kept = tuple(sorted(places.origin_list(()).now()))
    address = read_url(arguments.url) if arguments.url else _running_here(places)
    server = look_at_server(address, hubs, kept=kept) if address else None
    told = findings(look_around(server, places.data))
    if arguments.json:
        print(json.dumps({"worst": worst(told), "findings": [asdict(one) for one in told]}))
    else:
        for one in told:
            remedy = f"\n    → {one.remedy}" if one.remedy else ""
            print(plain(f"{_SIGNS[one.level]} {one.topic}: {one.text}{remedy}"))
    return 1 if worst(told) == "problem" else 0


def _running_here(places: Places) -> Address | None:
    """The newest of this user, by the name that browsers use where that leads here."""
    newest = max(places.running(), key=lambda server: server.pid, default=None)
    if newest is None:
        return None
    browsers = read_url(newest.origin)
    if browsers.port == newest.port:
        return replace(browsers, token=newest.token)
    return Address(newest.host, newest.port, "/", newest.token, tls=newest.certificate is not None)
