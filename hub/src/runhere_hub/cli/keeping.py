"""`runhere export`, `runhere backup` and `runhere restore`: what a hub keeps, taken out of it and put back.

    runhere export  [--out DIR] [--without-outputs] [--data DIR | --config FILE]
    runhere backup  FILE [--data DIR | --config FILE]
    runhere restore FILE [--data DIR | --config FILE]

Standard output gets one line, where the result is; progress and everything else is on standard error.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from runhere_hub.blobs.disk import DiskBlobStore
from runhere_hub.cli import running
from runhere_hub.cli.hub_process import DataFolderTaken, hold
from runhere_hub.core.backup import DATABASE
from runhere_hub.core.errors import Conflict, FileMissing
from runhere_hub.rooms.export import Exported, export
from runhere_hub.services import backup
from runhere_hub.settings import Given, Settings, read, read_team
from runhere_hub.store.session import Database

_SAY_EVERY_S = 1.0


def run(words: Sequence[str], default_data_dir: Callable[[], Path]) -> int:
    """Run one of the three; its exit code.

    Raises:
        RunhereError: The message is for the person at the terminal.
    """
    arguments = _parser().parse_args(words)
    settings = _settings(arguments, default_data_dir)
    if arguments.verb == "export":
        return _export(settings, Path(arguments.out).absolute(), keeps_outputs=not arguments.without_outputs)
    file = Path(arguments.file).expanduser().absolute()
    return _backup(settings, file) if arguments.verb == "backup" else _restore(settings, file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="runhere")
    verbs = parser.add_subparsers(dest="verb", required=True)
    out = verbs.add_parser(
        "export", description="Write every notebook of the hub as an .ipynb, those in the trash apart."
    )
    out.add_argument(
        "--out", default="runhere-export", metavar="DIR", help="a new or empty folder (default: ./runhere-export)"
    )
    out.add_argument("--without-outputs", action="store_true", help="leave outputs and execution counts out")
    make = verbs.add_parser(
        "backup", description="Put everything that the hub keeps into one file. The hub may run meanwhile."
    )
    back = verbs.add_parser(
        "restore", description="Put a backup into a new or empty data folder (and an empty database)."
    )
    for one in (make, back):
        one.add_argument("file", metavar="FILE", help="the backup, a .tar.gz")
    for one in (out, make, back):
        where = one.add_mutually_exclusive_group()
        where.add_argument(
            "--data", metavar="DIR", help="where the hub keeps its data (default: this user's data folder)"
        )
        where.add_argument("--config", metavar="FILE", help="settings file of a hub for several people")
    return parser


def _settings(arguments: argparse.Namespace, default_data_dir: Callable[[], Path]) -> Settings:
    if arguments.config is not None:
        return read_team(os.environ, Path(arguments.config))
    return read(os.environ, Given(data=arguments.data), default_data_dir=default_data_dir, user_name="")


def _export(settings: Settings, target: Path, *, keeps_outputs: bool) -> int:
    if settings.database is None and not (settings.data_dir / DATABASE).is_file():
        raise FileMissing(
            f"There is no hub's data in {settings.data_dir}. Say where it is: --data DIR, or --config FILE."
        )
    say = _Progress()
    db = Database.open(settings.database_url)
    try:
        done: Exported = asyncio.run(
            export(
                db,
                DiskBlobStore(settings.blobs_dir),
                target,
                keeps_outputs=keeps_outputs,
                on_progress=lambda number, total: say("notebooks", number, total),
            )
        )
    finally:
        db.close()
    for trouble in done.troubles:
        print(f"runhere: {trouble}", file=sys.stderr)
    print(f"Exported notebooks: {done.count}.", file=sys.stderr)
    if done.count:
        print(target, flush=True)
    return 1 if done.troubles else 0


def _backup(settings: Settings, file: Path) -> int:
    now_ms = time.time_ns() // 1_000_000
    with _server(settings) as server:
        kept = backup.make(settings.data_dir, file, server=server, now_ms=now_ms, say=_Progress())
    if kept.lacking:
        print(
            f"runhere: {kept.lacking} parts of outputs were missing from {settings.blobs_dir} already; "
            "the backup has everything else.",
            file=sys.stderr,
        )
    print(
        f"{kept.files} files are in the backup, {file.stat().st_size} bytes. Keep it as safe as the hub: it holds "
        "every notebook of the hub, and its accounts. Bound folders are not in it.",
        file=sys.stderr,
    )
    print(file, flush=True)
    return 0


def _restore(settings: Settings, file: Path) -> int:
    data_dir = settings.data_dir
    hub = running.alive(data_dir)
    if hub is not None:
        raise DataFolderTaken(
            f"A hub is running on {data_dir} ({hub.origin}); nothing was changed. Stop it and move its folder away, or "
            "restore into a new one with --data DIR."
        )
    if not backup.is_free(data_dir):
        raise Conflict(
            f"{data_dir} is not an empty folder; nothing was changed. Restore into a new one with --data DIR, or move "
            "this one away first."
        )
    with _server(settings) as server:
        if server is not None:
            backup.require_empty(server)  # said before the whole archive is read
        backup.prove(file, say=_Progress())
        try:
            with hold(data_dir, is_shared=False):
                backup.restore(file, data_dir, server=server, say=_Progress())
        except DataFolderTaken as error:
            raise DataFolderTaken(
                f"{error.message} Stop it first, or restore into another folder with --data."
            ) from error
    where = "this folder" if server is None else "this folder and this database"
    print(f"The backup is restored. Start the hub on {where}.", file=sys.stderr)
    print(data_dir, flush=True)
    return 0


@contextmanager
def _server(settings: Settings) -> Iterator[Database | None]:
    """The database where it is not a file in the data folder; None where it is."""
    if settings.database is None or settings.database.startswith("sqlite"):
        yield None
        return
    server = Database.connect(settings.database)
    try:
        yield server
    finally:
        server.close()


class _Progress:
    """At most one line a second on standard error; nothing for what is quick."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._said >= _SAY_EVERY_S:
            self._said = now
            print(f"{what}: {done:,} of {total:,}", file=sys.stderr, flush=True)
