"""The command line: `runhere-runtime [options]`, `… allow ORIGIN`, `… sessions`, `… revoke ID`; far.py has the rest.

Standard output holds one line only (the link, or with --announce json one JSON object); everything else is on
standard error. Exit codes: 0 stopped as asked, 1 a subcommand failed, 2 refused to start.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runhere_runtime import __version__
from runhere_runtime.cli.allocator import give_back_what_is_free
from runhere_runtime.cli.far import add_doctor, add_ssh, read_origin, split_options
from runhere_runtime.cli.words import LAST_PORT, plain, whole_number
from runhere_runtime.errors import (
    NoRuntimeRunning,
    RuntimeAmbiguous,
    RuntimeFailure,
    RuntimeSilent,
    SessionUnknown,
    StartRefused,
)
from runhere_runtime.gate.rules import HOW_IN_COLAB
from runhere_runtime.launcher import Announcement, Options, redact_standard_error, serve, start_server
from runhere_runtime.places import Places, Server

ANSWER_WITHIN_S = 5


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    ours, for_ssh = split_options(list(sys.argv[1:] if argv is None else argv))
    arguments = _parser().parse_args(ours)
    arguments.typed, arguments.options = ours, for_ssh
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except StartRefused as refused:
        print(f"runhere-runtime: {plain(refused.message)}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read our lines has seen enough, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except RuntimeFailure as failure:
        print(f"runhere-runtime: {plain(failure.message)}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runhere-runtime", description="Run notebooks on this machine, from a Runhere page."
    )
    parser.add_argument("--version", action="version", version=__version__)
    _add_start_options(parser)
    parser.set_defaults(run=_start)
    commands = parser.add_subparsers(title="commands", metavar="")
    allow = commands.add_parser("allow", help="let a page connect, now and later: allow https://hub.example")
    allow.add_argument("origin")
    allow.set_defaults(run=_allow)
    sessions = commands.add_parser("sessions", help="list the pages that are paired")
    sessions.set_defaults(run=_sessions)
    revoke = commands.add_parser("revoke", help="end a session")
    revoke.add_argument("id")
    revoke.set_defaults(run=_revoke)
    add_ssh(commands)
    add_doctor(commands)
    for command in (sessions, revoke):
        command.add_argument(
            "--port",
            type=whole_number(1, LAST_PORT),
            dest="of_port",
            metavar="N",
            help="of the runtime, if several run",
        )
    return parser


def _add_start_options(parser: argparse.ArgumentParser) -> None:
    env = os.environ
    add = parser.add_argument
    add(
        "--port",
        type=whole_number(0, LAST_PORT),
        default=env.get("RUNHERE_PORT", "8888"),
        metavar="N",
        help="0 takes any free one (default: 8888)",
    )
    add("--hub", action="append", default=None, metavar="ORIGIN", help="a page that may connect; may be repeated")
    add("--root", default=env.get("RUNHERE_ROOT", "."), metavar="DIR", help="the folder of files (default: this one)")
    add("--public-url", default=env.get("RUNHERE_PUBLIC_URL"), metavar="URL", help="where browsers reach this runtime")
    add("--kernel-python", default=env.get("RUNHERE_KERNEL_PYTHON"), metavar="PATH", help="Python of the kernels")
    add("--ip", default="127.0.0.1", metavar="ADDRESS", help="listen here instead of on this machine only")
    add("--certfile", metavar="PATH", help="TLS certificate, for --ip")
    add("--keyfile", metavar="PATH", help="its key")
    add("--i-am-behind-a-proxy", action="store_true", help="allow --ip without TLS")
    add("--extension", action="append", default=[], metavar="NAME", help="load a Jupyter server extension (jupyterlab)")
    add(
        "--journal-mib",
        type=whole_number(1),
        default=env.get("RUNHERE_JOURNAL_MIB", "256"),
        metavar="N",
        help="most a kernel's journal holds (default: 256)",
    )
    add(
        "--waiting-kernel",
        action="store_true",
        default=env.get("RUNHERE_WAITING_KERNEL") == "1",
        help="keep one kernel started before it is asked for: the next notebook runs at once (about 60 MB)",
    )
    add(
        "--colab-compat",
        action="store_true",
        default=env.get("RUNHERE_COLAB_COMPAT") == "1",
        help="let notebooks import google.colab (files, output, userdata)",
    )
    add("--announce", choices=("link", "json"), default="link", help="what the one line on standard output is")
    add("--debug", action="store_true", help="log more")


def _start(arguments: argparse.Namespace) -> int:
    give_back_what_is_free()
    redact_standard_error()
    asyncio.set_event_loop(_new_loop())  # traitlets' start-up asks for one before it runs
    options = _options(arguments)
    places = Places.of_this_user()
    server, announcement = start_server(options, places)
    serve(server, announcement, places, started=lambda: announce(announcement, arguments.announce))
    return 0


def _new_loop() -> asyncio.AbstractEventLoop:
    """One that can watch the descriptors of ZMQ: on Windows the default one cannot."""
    return asyncio.SelectorEventLoop() if sys.platform == "win32" else asyncio.new_event_loop()


def _options(arguments: argparse.Namespace) -> Options:
    given = arguments.hub if arguments.hub is not None else os.environ.get("RUNHERE_HUB", "").split()
    return Options(
        port=arguments.port,
        hubs=tuple(dict.fromkeys(read_origin(hub) for hub in given)),
        root=Path(arguments.root).expanduser().resolve(),
        public_url=arguments.public_url,
        kernel_python=arguments.kernel_python,
        address=arguments.ip,
        certfile=arguments.certfile,
        keyfile=arguments.keyfile,
        behind_proxy=arguments.i_am_behind_a_proxy,
        extensions=tuple(arguments.extension),
        journal_bytes=arguments.journal_mib * 2**20,
        waiting_kernel=arguments.waiting_kernel,
        colab_compat=arguments.colab_compat,
        debug=arguments.debug,
    )


def announce(announcement: Announcement, form: str) -> None:
    """Say where we are: the line on standard output, and per hub a pairing link on standard error."""
    links = [f"{hub}/connect#rt={announcement.origin}&pair={code}" for hub, code in announcement.pairs]
    if form == "json":
        pairs = [{"hub": hub, "code": code} for hub, code in announcement.pairs]
        facts: dict[str, Any] = {
            "url": announcement.url,
            "origin": announcement.origin,
            "token": announcement.token,
            "pair": pairs[0]["code"] if pairs else None,
            "pairs": pairs,
            "root": announcement.root,
            "pid": os.getpid(),
        }
        print(json.dumps(facts), flush=True)
        return
    print(announcement.url, flush=True)
    for link in links:
        print(f"Connect with one click (once, within five minutes): {link}", file=sys.stderr, flush=True)
    if announcement.is_for_colab:
        print(HOW_IN_COLAB, file=sys.stderr, flush=True)


def _allow(arguments: argparse.Namespace) -> int:
    origin = read_origin(arguments.origin)
    Places.of_this_user().origin_list(()).allow(origin)
    print(
        f"{origin} may connect from now on to your runtimes on this machine ({socket.gethostname()}). Others have "
        f"lists of their own: for one that you reach through SSH give `runhere-runtime ssh … --hub {origin}` again, "
        f"for one in a container `docker exec NAME runhere-runtime allow {origin}`.",
        file=sys.stderr,
    )
    return 0


def _sessions(arguments: argparse.Namespace) -> int:
    server = _the_runtime(arguments.of_port)
    found = _ask(server, "GET", "/api/runhere/sessions")["sessions"]
    if not found:
        print("No page is paired.", file=sys.stderr)
    for session in found:
        used = datetime.fromtimestamp(session["used_at"] / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
        client = " ".join(session["client"].split()) or "-"  # what a page calls itself
        print(plain(f"{session['id']}  {session['origin']}  {client}  used {used}"))
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    server = _the_runtime(arguments.of_port)
    known = {session["id"] for session in _ask(server, "GET", "/api/runhere/sessions")["sessions"]}
    if arguments.id not in known:
        raise SessionUnknown(f"There is no session {arguments.id!r}. `runhere-runtime sessions` lists them.")
    _ask(server, "DELETE", f"/api/runhere/sessions/{arguments.id}")
    print(f"Session {arguments.id} has ended.", file=sys.stderr)
    return 0


def _the_runtime(port: int | None) -> Server:
    running = [s for s in Places.of_this_user().running() if port in (None, s.port)]
    if not running:
        raise NoRuntimeRunning("No runtime is running. Start one with `runhere-runtime`.")
    if len(running) > 1:
        ports = ", ".join(str(s.port) for s in running)
        raise RuntimeAmbiguous(f"Several runtimes run (ports {ports}). Choose one with --port.")
    return running[0]


def _ask(server: Server, method: str, path: str) -> dict[str, Any]:
    scheme = "https" if server.certificate else "http"
    host = f"[{server.host}]" if ":" in server.host else server.host
    request = urllib.request.Request(f"{scheme}://{host}:{server.port}{path}", method=method)
    request.add_header("Authorization", f"Bearer {server.token}")
    try:
        opener = _opener(server)
        with opener.open(request, timeout=ANSWER_WITHIN_S) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeSilent(_message_in(error.read()) or f"The runtime answered {error.code}.") from error
    except OSError as error:
        raise RuntimeSilent(f"The runtime on port {server.port} does not answer: {error}.") from error
    found = json.loads(body or b"{}")
    return found if isinstance(found, dict) else {}


_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
"""The first of a PEM file is the server's own; those of its issuers follow."""


def _opener(server: Server) -> urllib.request.OpenerDirector:
    """Through no proxy; over TLS to whoever shows the very certificate that this runtime was started with.

    Raises:
        OSError: The certificate is not there any more.
    """
    ours: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if server.certificate:
        import ssl  # here: it costs start-up time and is needed for a runtime with TLS

        shown = _CERTIFICATE.search(Path(server.certificate).read_text(encoding="ascii", errors="replace"))
        context = ssl.create_default_context(cadata=shown.group() if shown else "")
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False  # it may be good for the name that browsers use only
        ours.append(urllib.request.HTTPSHandler(context=context))
    return urllib.request.build_opener(*ours)


def _message_in(body: bytes) -> str | None:
    """The sentence of an error of ours; Jupyter's own may be pages."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    message = told.get("message") if isinstance(told, dict) else None
    return message if isinstance(message, str) else None
