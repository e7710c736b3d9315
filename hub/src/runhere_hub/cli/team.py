"""`runhere serve`, `runhere user` and `runhere audit`: a hub for several people, from a settings file.

    runhere serve --config runhere.toml
    runhere user add NAME | invite [NAME] [--admin] | list | reset NAME | disable NAME | enable NAME   --config …
    runhere user promote NAME | demote NAME   --config …
    runhere audit --config …

`user` and `audit` work on the database itself, whether the hub runs or not; a hub that runs follows within seconds.
Links are printed on standard output, one line; everything else is on standard error.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from runhere_hub.app import team_accounts
from runhere_hub.cli.hub_process import serve_team
from runhere_hub.cli.team_file import add_config
from runhere_hub.core.errors import Invalid
from runhere_hub.services import accounts
from runhere_hub.services.accounts import Accounts
from runhere_hub.settings import Settings, Team, read_team
from runhere_hub.store.session import Database


def run(words: Sequence[str]) -> int:
    """Run `serve …`, `user …` or `audit …`; its exit code.

    Raises:
        RunhereError: The message is for the person at the terminal.
    """
    if words[0] == "serve":
        return serve_team(_settings(_serve_parser().parse_args(words[1:])))
    if words[0] == "audit":
        return _with_accounts(_audit_parser().parse_args(words[1:]), _audit)
    return _user(_user_parser().parse_args(words[1:]))


def _settings(arguments: argparse.Namespace) -> Settings:
    return read_team(os.environ, Path(arguments.config))


def _serve_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="runhere serve", description="Serve several people.")
    add_config(parser)
    return parser


def _audit_parser() -> argparse.ArgumentParser:
    what = "Say whether the audit log is as it was written: 0 if it is, 1 and the first line that is not if not."
    parser = argparse.ArgumentParser(prog="runhere audit", description=what)
    add_config(parser)
    return parser


def _user_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="runhere user", description="Accounts of a hub for several people.")
    verbs = parser.add_subparsers(
        dest="verb", required=True, metavar="add|list|invite|reset|disable|enable|promote|demote"
    )
    for verb, what in (
        ("add", "invite somebody under this user name, and print the link with which they set their password"),
        ("reset", "take a password away, end every session, and print the link that sets a new one"),
        ("disable", "let this account in no more; open pages are cut within seconds"),
        ("enable", "let it in again"),
        ("promote", "make this account an administrator"),
        ("demote", "an administrator no more; the last one stays"),
    ):
        one = verbs.add_parser(verb, help=what, description=what)
        one.add_argument("name", metavar="NAME", help="user name")
        add_config(one)
        if verb == "add":
            one.add_argument("--admin", action="store_true", help="an administrator")
    invite = verbs.add_parser("invite", help="print a link by which somebody makes an account, once, within seven days")
    invite.add_argument("name", nargs="?", metavar="NAME", help="user name (default: they choose)")
    invite.add_argument("--admin", action="store_true", help="an administrator")
    add_config(invite)
    add_config(verbs.add_parser("list", help="print every account"))
    return parser


def _user(arguments: argparse.Namespace) -> int:
    return _with_accounts(arguments, _VERBS[arguments.verb])


def _with_accounts(arguments: argparse.Namespace, work: "Work") -> int:
    settings = _settings(arguments)
    if settings.team is None:
        raise Invalid("This settings file is not of a hub for several people.")
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    db = Database.open(settings.database_url)
    try:
        return asyncio.run(work(team_accounts(settings.team, db), settings.team, arguments))
    finally:
        db.close()


async def _invite(around: Accounts, team: Team, arguments: argparse.Namespace) -> int:
    code = await accounts.invite(around, by=None, user_name=arguments.name, is_admin=arguments.admin)
    return _print_link(team, code, "It works once, for seven days.")


async def _reset(around: Accounts, team: Team, arguments: argparse.Namespace) -> int:
    code = await accounts.reset(around, by=None, user_name=arguments.name)
    return _print_link(team, code, "The old password is gone and every session ended. It works once, for a day.")


def _print_link(team: Team, code: str, words: str) -> int:
    print(f"Give this link to the person, and to nobody else. {words}", file=sys.stderr)
    print(f"{team.public_origin}/join#code={code}", flush=True)
    return 0


async def _list(around: Accounts, _team: Team, _arguments: argparse.Namespace) -> int:
    found = await accounts.every(around)
    if not found:
        print("There are no accounts yet. `runhere user invite --admin` prints a link for the first.", file=sys.stderr)
    for one in found:
        notes = [
            *(["administrator"] if one.is_admin else []),
            *(["disabled"] if one.disabled_at is not None else []),
            *(["no password"] if one.password_hash is None else []),
        ]
        print(f"{one.user_name}\t{one.person.name}\t{', '.join(notes)}")
    return 0


async def _disable(around: Accounts, _team: Team, arguments: argparse.Namespace) -> int:
    await accounts.set_disabled(around, by=None, user_name=arguments.name, disabled=True)
    print(f"{arguments.name} may not sign in any more; open pages are cut within seconds.", file=sys.stderr)
    return 0


async def _enable(around: Accounts, _team: Team, arguments: argparse.Namespace) -> int:
    await accounts.set_disabled(around, by=None, user_name=arguments.name, disabled=False)
    print(f"{arguments.name} may sign in again.", file=sys.stderr)
    return 0


async def _promote(around: Accounts, _team: Team, arguments: argparse.Namespace) -> int:
    is_new = await accounts.set_admin(around, by=None, user_name=arguments.name, is_admin=True)
    print(f"{arguments.name} is an administrator{'' if is_new else ' already'}.", file=sys.stderr)
    return 0


async def _demote(around: Accounts, _team: Team, arguments: argparse.Namespace) -> int:
    was = await accounts.set_admin(around, by=None, user_name=arguments.name, is_admin=False)
    print(f"{arguments.name} is {'no administrator any more' if was else 'no administrator'}.", file=sys.stderr)
    return 0


async def _audit(around: Accounts, _team: Team, _arguments: argparse.Namespace) -> int:
    lines, broken = await accounts.whole_log(around)
    if broken is None:
        print(f"The audit log is whole: {lines} lines, each as it was written.")
        return 0
    print(
        f"The audit log was changed: line {broken} is not what was written, or the one before it is missing.",
        file=sys.stderr,
    )
    return 1


Work = Callable[[Accounts, Team, argparse.Namespace], Coroutine[Any, Any, int]]

_VERBS: dict[str, Work] = {
    "add": _invite,
    "invite": _invite,
    "reset": _reset,
    "list": _list,
    "disable": _disable,
    "enable": _enable,
    "promote": _promote,
    "demote": _demote,
}
