"""The words of the ssh command, and the meaning of what ssh says. Pure: nothing is run here.

What a person types is never handed to a shell: every word is one argument, and a destination that ssh could read as
an option is
refused. Host-key checks are the system's own and are never weakened.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from runhere_runtime.errors import (
    DestinationRefused,
    FarFailure,
    ForwardForbidden,
    HostKeyRefused,
    LocalPortForbidden,
    LocalPortTaken,
    SshFailure,
    SshLoginRefused,
    SshOptionRefused,
    SshUnreachable,
)

ALIVE_EVERY_S = 5
ALIVE_TRIES = 3
CONNECT_WITHIN_S = 20
"""A cable that was cut is noticed after about ALIVE_EVERY_S × ALIVE_TRIES."""

USUAL_ADDRESS = "127.0.0.1"
"""Where a server over there listens that only that machine can reach."""

# Read by the other machine's login shell, whichever that is: no quote, no exclamation mark and no line end inside the
# quotes.
_BOOT = (
    'sh -c \'for p in {pythons}; do if command -v "$p" >/dev/null 2>&1; then exec "$p" -uc '
    '"import sys; exec(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))"; fi; done; '
    'printf "%s\\n" "RUNHERE {{\\"event\\":\\"no_python\\"}}"; exec cat >/dev/null\''
)
_PYTHONS = "python3.13 python3.12 python3.11 python3 python"
_REMOTE_PATH = re.compile(r"[A-Za-z0-9_./~+-]+")
_DESTINATION = re.compile(
    r"(?:[A-Za-z0-9_][A-Za-z0-9._+-]*@)?(?:[A-Za-z0-9_][A-Za-z0-9._-]*|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?)"
)
# ssh's own options by letter: those that take a word, and those that do not.
_WITH_WORD = frozenset("bBcDeEFIiJlLmoOpPQRSwW")
_ALONE = frozenset("1246aACfgGkKMnNqsTtvVxXYy")
# Of these the forward, the conversation with the far program or the end of the connection depend on this command.
_OURS = frozenset("fGMnNOQsVW")
_OUR_KEYWORDS = frozenset(
    (
        *("clearallforwardings", "exitonforwardfailure", "forkafterauthentication"),
        *("remotecommand", "sessiontype", "stdinnull"),
    )
)
_WEAKENS = re.compile(
    r"stricthostkeychecking (?:no|off|false)|gatewayports (?:yes|true|clientspecified)|"
    r"userknownhostsfile (?:/dev/null|none)|nohostauthenticationforlocalhost (?:yes|true)"
)
_VIA_WEAKENS = re.compile(
    r"strict-?host-?key-?checking[ =](?:no|off|false)\b|userknownhostsfile[ =](?:/dev/null|none)|forwardagent[ =]yes",
    re.IGNORECASE,
)
"""Also as gcloud spells it. The rest of another program's words is its own."""
_OPEN_TO_OTHERS = re.compile(r"(?:(?:\*|0\.0\.0\.0|\[?::\]?)[:/]|:).*")
"""A forward whose near end is every address of this machine."""


@dataclass(frozen=True)
class Way:
    """How to reach the other machine.

    Attributes:
        destination: `user@host`, or an alias of the person's ssh configuration; None when `via` names it.
        via: Words of another program that runs ssh with what follows, such as `gcloud compute ssh NAME --`.
        options: Words for ssh that the person gave after `--`.
        remote_python: Python over there; None: the newest that is on its PATH.
        remote_address: Where the port listens over there: an address of that machine.
    """

    destination: str | None
    remote_port: int
    local_port: int
    via: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    remote_python: str | None = None
    remote_address: str = USUAL_ADDRESS

    @property
    def forward(self) -> str:
        """The forward in ssh's own words."""
        far = f"[{self.remote_address}]" if ":" in self.remote_address else self.remote_address
        return f"127.0.0.1:{self.local_port}:{far}:{self.remote_port}"

    @property
    def name(self) -> str:
        """What to call the other machine."""
        return self.destination or next((w for w in reversed(self.via) if not w.startswith("-")), "the other machine")


def check_way(way: Way) -> None:
    """Refuse what ssh could understand as something else than it says.

    Raises:
        DestinationRefused, SshOptionRefused: Nothing was run.
    """
    if way.destination is None and not way.via:
        raise DestinationRefused("Name the other machine: runhere-runtime ssh user@host")
    if way.destination is not None and way.via:
        raise DestinationRefused(f"--via stands in place of {way.destination}: name the machine in one of them only.")
    if way.destination is not None and not _DESTINATION.fullmatch(way.destination):
        raise DestinationRefused(
            f"{way.destination!r} is no destination such as user@gpu-box or a name of your ssh configuration. "
            "Options for ssh go after `--`."
        )
    if way.remote_python is not None and not _REMOTE_PATH.fullmatch(way.remote_python):
        raise DestinationRefused(
            f"{way.remote_python!r} is no path of a Python. Give one such as /opt/conda/bin/python."
        )
    if weakens := _VIA_WEAKENS.search(" ".join(way.via)):
        raise SshOptionRefused(
            f"{weakens.group()} in --via is not handed on: a stranger's machine could pass for yours, or use your keys."
        )
    for letter, word in _letters(way.options):
        _check_option(letter, word)


def _letters(options: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The options as ssh reads them, one letter at a time: several may stand in one word, the last with its own word.

    Raises:
        SshOptionRefused: A word that ssh would take for a machine or a command, or an option that it does not have.
    """
    words = iter(options)
    for word in words:
        if not word.startswith("-") or word in ("-", "--"):
            raise SshOptionRefused(f"{word!r} is no option of ssh. The other machine is named before `--`.")
        for at, letter in enumerate(word[1:], start=1):
            if letter in _WITH_WORD:
                value = word[at + 1 :] or next(words, None)
                if value is None:
                    raise SshOptionRefused(f"-{letter} of ssh needs a word after it.")
                yield letter, value
                break
            if letter not in _ALONE:
                raise SshOptionRefused(f"{word!r} is no option of ssh.")
            yield letter, ""


def _check_option(letter: str, value: str) -> None:
    shown = f"-{letter} {value}".strip()
    keyword, told = "", value
    if letter == "o":
        # ssh takes quotes and backslashes out of what it reads, wherever they stand.
        keyword, _, told = re.sub(r"[\s=]+", " ", re.sub(r"[\"'\\]", "", value)).strip().lower().partition(" ")
    is_forward = letter in ("L", "D") or keyword in ("localforward", "dynamicforward")
    if letter == "A" or (keyword == "forwardagent" and told != "no"):
        raise SshOptionRefused(
            f"{shown} is not handed on: with your agent forwarded, others on that machine could use your keys. To pass "
            "through a gateway use -J."
        )
    if letter == "g" or _WEAKENS.fullmatch(f"{keyword} {told}") or (is_forward and _OPEN_TO_OTHERS.fullmatch(told)):
        raise SshOptionRefused(
            f"{shown} is not handed on: it would let others reach the runtime, or a stranger's machine pass for yours."
        )
    if letter in _OURS or keyword in _OUR_KEYWORDS:
        raise SshOptionRefused(
            f"{shown} is not handed on: this command needs its own connection with a program at the other end. "
            "Leave it out, or run ssh by yourself."
        )


def words_of(way: Way) -> list[str]:
    """The whole command, one argument a word."""
    pythons = way.remote_python or _PYTHONS
    fixed = [
        "-T",
        "-a",  # the last word on agent forwarding, whatever configuration and --via say
        *("-o", "ExitOnForwardFailure=yes"),
        *("-o", f"ServerAliveInterval={ALIVE_EVERY_S}"),
        *("-o", f"ServerAliveCountMax={ALIVE_TRIES}"),
        *("-o", f"ConnectTimeout={CONNECT_WITHIN_S}"),
        # A shared connection would keep the forwarded port when ours ends, and hang with the shared one.
        *("-o", "ControlPath=none"),
        *("-L", way.forward),
    ]
    boot = _BOOT.format(pythons=pythons)
    if way.via:
        return [*way.via, *way.options, *fixed, boot]
    assert way.destination is not None
    return ["ssh", *way.options, *fixed, "--", way.destination, boot]


def read_via(text: str) -> tuple[str, ...]:
    """The words of `--via`.

    Raises:
        SshOptionRefused: It is empty or its quotes do not match.
    """
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise SshOptionRefused(f"--via {text!r} cannot be read: {error}.") from error
    if not words:
        raise SshOptionRefused("--via needs a command, such as 'gcloud compute ssh --zone ZONE NAME --'.")
    return words


def plain_command(way: Way) -> str:
    """The same forward with ssh alone, for a person who would rather type it."""
    return _typed(way, "-N", "-o", "ExitOnForwardFailure=yes", "-L", way.forward)


def by_itself(way: Way) -> str:
    """The way to the other machine and nothing more, as a person types it."""
    return _typed(way)


def _typed(way: Way, *more: str) -> str:
    words = (*way.options, *more)
    if way.destination is not None:
        return shlex.join(("ssh", *words, way.destination))
    is_bare = not words and way.via[-1] == "--"  # which names no machine: it parts gcloud's words from those for ssh
    return shlex.join((*(way.via[:-1] if is_bare else way.via), *words))


_CHANGED = re.compile(r"REMOTE HOST IDENTIFICATION HAS CHANGED|Offending .* key in")
_KEY_REFUSED = re.compile(r"Host key verification failed|No .* host key is known for")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/=]{20,}")
_LOCAL_FORBIDDEN = re.compile(r"bind.*?:(\d+): Permission denied", re.I)
_LOCAL_TAKEN = re.compile(r"bind.*?:(\d+): Address already in use|cannot listen to port: (\d+)", re.I)
_LOGIN = re.compile(r"Permission denied \(|Too many authentication failures|Connection closed by authenticating user")
_AWAY = re.compile(
    r"Could not resolve hostname|Connection refused|Connection timed out|No route to host|"
    r"Network is unreachable|Operation timed out",
    re.I,
)


FORBIDDEN_THERE = "administratively prohibited"
"""Said by ssh when somebody dials the forwarded port of a machine whose sshd lets none through."""


def forward_forbidden(way: Way) -> ForwardForbidden:
    """That, as an error with what to do."""
    return ForwardForbidden(
        f"{way.name} lets no port through: its sshd forbids it (AllowTcpForwarding or PermitOpen in its sshd_config, "
        "or a restriction of your key). Only its administrator can change that. A runtime that was started there goes "
        "on; the same command with --stop ends it."
    )


def failure_of(said: str, way: Way) -> SshFailure:
    """What an ssh that ended before it was of use has to tell, as an error with what to do.

    Args:
        said: Its standard error.
    """
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "ssh ended without a word")
    if _CHANGED.search(said):
        shown = _FINGERPRINT.search(said)
        return HostKeyRefused(
            f"The key of {way.name} is not the one you trusted before"
            f"{f' (it shows {shown.group()})' if shown else ''}. Either the machine was installed "
            "anew, or somebody stands between you and it. Ask its administrator for the fingerprint; only if it "
            "matches, remove the old key: ssh names its file and line above, and on some systems the `ssh-keygen -R` "
            "line that does it. Then try again. Nothing was sent."
        )
    if _KEY_REFUSED.search(said):
        return HostKeyRefused(
            f"You have never been on {way.name}, or did not accept its key. Connect once with "
            f"`{by_itself(way)}`, compare the fingerprint, and try again."
        )
    if _is_ours(_LOCAL_FORBIDDEN.search(said), way):
        return LocalPortForbidden(way.local_port)
    if _is_ours(_LOCAL_TAKEN.search(said), way):
        return LocalPortTaken(way.local_port)
    if _LOGIN.search(said):
        return SshLoginRefused(f"{way.name} did not let you in: {last} Try `{by_itself(way)}` by itself first.")
    if _AWAY.search(said):
        return SshUnreachable(f"{way.name} cannot be reached: {last}")
    return SshFailure(f"ssh to {way.name} ended: {last}")


def _is_ours(about: re.Match[str] | None, way: Way) -> bool:
    """Whether ssh speaks of the port that this command forwards: the person's own options may name others."""
    return about is not None and str(way.local_port) in about.groups()


def may_come_back(failure: SshFailure) -> bool:
    """Whether trying again makes sense: a machine that is away may return, a wrong key does not become right."""
    return not isinstance(failure, HostKeyRefused | SshLoginRefused | ForwardForbidden | FarFailure)
