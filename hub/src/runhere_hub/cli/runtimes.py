"""`runhere runtime`: everybody's hosted runtimes, asked of the hub that runs on this machine.

runhere runtime list        --config FILE
runhere runtime stop NAME   --config FILE
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from runhere_hub.cli import running
from runhere_hub.cli.running import Running
from runhere_hub.cli.team_file import add_config
from runhere_hub.core.errors import Unavailable
from runhere_hub.settings import read_team


class NoHubRuns(Unavailable):
    """There is nobody to ask."""

    code = "no_hub_runs"


def run(words: Sequence[str]) -> int:
    """Run `runtime …`; its exit code.

    Raises:
        RunhereError: The message is for the person at the terminal.
    """
    arguments = _parser().parse_args(words)
    data = read_team(os.environ, Path(arguments.config)).data_dir
    hub = running.alive(data)
    if hub is None:
        raise NoHubRuns(f"No hub runs on the data folder {data}; its hosted runtimes end with it.")
    return _VERBS[arguments.verb](hub, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="runhere runtime", description="Everybody's hosted runtimes.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|stop")
    listing = verbs.add_parser("list", help="print who has one, since when, and what goes on in it")
    stopping = verbs.add_parser("stop", help="end somebody's runtime and every kernel in it; their files stay")
    stopping.add_argument("name", metavar="NAME", help="user name")
    for one in (listing, stopping):
        add_config(one)
    return parser


def _list(hub: Running, _arguments: argparse.Namespace) -> int:
    found = running.runtimes(hub)
    if not found:
        print("Nobody has a hosted runtime now.", file=sys.stderr)
    for one in found:
        print("\t".join(line(one)))
    return 0


def line(one: dict[str, object]) -> list[str]:
    """User name, name, state, since when, what goes on, when last used, memory; `-`: nobody knows."""
    busy = {True: "busy", False: "idle"}.get(one["is_busy"], "-")  # type: ignore[call-overload]  # None is asked for too
    memory = f"{one['memory_bytes'] / 2**20:.0f} MiB" if isinstance(one["memory_bytes"], int) else "-"
    return [
        *(str(one["user_name"]), str(one["name"]), str(one["state"])),
        *(_when(one["since"]), busy, _when(one["used_at"]), memory),
    ]


def _when(at_ms: object) -> str:
    if not isinstance(at_ms, int):
        return "-"
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _stop(hub: Running, arguments: argparse.Namespace) -> int:
    if running.stop_runtime(hub, arguments.name):
        print(f"The runtime of {arguments.name} was stopped; their files are there still.", file=sys.stderr)
    else:
        print(f"{arguments.name} has no hosted runtime.", file=sys.stderr)
    return 0


_VERBS: dict[str, Callable[[Running, argparse.Namespace], int]] = {"list": _list, "stop": _stop}
