"""Keeps a runtime of another machine within reach of this one.

    connect ─▶ look, ask, install, start ─▶ ready ──cut──▶ wait ─▶ connect …      until Ctrl-C, or until trying again
    is of no use

Standard output holds one line: the runtime's URL on this machine. It is printed again only when it changed (the far
runtime
started anew). Everything else is told on standard error through `tell`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import shlex
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from runhere_runtime import __version__
from runhere_runtime.errors import FarFailure, LocalPortForbidden, LocalPortTaken, SshFailure
from runhere_runtime.gate.rules import COLAB_ORIGIN, HOW_IN_COLAB
from runhere_runtime.ssh.command import (
    FORBIDDEN_THERE,
    USUAL_ADDRESS,
    Way,
    check_way,
    failure_of,
    forward_forbidden,
    may_come_back,
    plain_command,
    words_of,
)
from runhere_runtime.ssh.door import Door, door_of, is_let_through
from runhere_runtime.ssh.payload import Payload, far_program, pack
from runhere_runtime.ssh.talk import Talk

LONGEST_PAUSE_S = 30.0
SAYS_WITHIN_S = 2.0


@dataclass(frozen=True)
class Wish:
    """What the person asked for.

    Attributes:
        start: Start a runtime over there where none of theirs has the port.
        stop: End it instead.
        yes: Install without asking.
        hubs: Pages that may connect; each gets a link that connects with one click.
        root: Folder over there; None: the home folder.
        typed: What the person typed of this command, without what is for ssh itself.
    """

    way: Way
    start: bool = False
    stop: bool = False
    yes: bool = False
    hubs: tuple[str, ...] = ()
    root: str | None = None
    kernel_python: str | None = None
    colab_compat: bool = False
    open_browser: bool = True
    typed: tuple[str, ...] = ("ssh", "…")

    def again_with(self, hub: str) -> str:
        """The same command with a page that may connect, to be typed."""
        behind = ("--", *self.way.options) if self.way.options else ()
        return shlex.join(("runhere-runtime", *self.typed, "--hub", hub, *behind))


@dataclass(frozen=True)
class Voice:
    """How a person is spoken to: `tell` a sentence, `ask` for yes or no, `show` the URL on standard output."""

    tell: Callable[[str], None]
    ask: Callable[[str], bool]
    show: Callable[[str], None]


def pause_s(failures: int, dice: random.Random) -> float:
    """How long to wait before try number `failures` + 1: doubling from one second, with a jitter of a quarter."""
    return min(LONGEST_PAUSE_S, 2.0 ** min(failures - 1, 8)) * dice.uniform(0.75, 1.25)


def free_local_port(wanted: int) -> int:
    """The port itself, or any free one for 0.

    Raises:
        LocalPortTaken, LocalPortForbidden: Somebody listens there, or this person may not; nothing was run.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except PermissionError as error:
            raise LocalPortForbidden(wanted) from error
        except OSError as error:
            raise LocalPortTaken(wanted) from error
        return int(probe.getsockname()[1])


async def keep_forwarded(wish: Wish, voice: Voice) -> int:
    """Connect and stay connected; returns an exit code when the person or the far side ended it.

    Raises:
        SshFailure: Before the runtime was reached once, or when trying again is of no use. Nothing is left running
        here.
    """
    check_way(wish.way)
    # What only ends a runtime shows no port here; the wanted one is most likely that of the connection to end.
    wanted = 0 if wish.stop else wish.way.local_port
    wish = replace(wish, way=replace(wish.way, local_port=free_local_port(wanted)))
    keeper = _Keeper(wish, voice, pack())
    try:
        return await _connect_again_and_again(keeper, wish, voice)
    except (asyncio.CancelledError, KeyboardInterrupt):
        voice.tell(keeper.farewell)
        raise


async def _connect_again_and_again(keeper: _Keeper, wish: Wish, voice: Voice) -> int:
    failures = 0
    while True:
        try:
            if (code := await keeper.one_connection()) is not None:
                return code
            failures = 1
        except SshFailure as failure:
            if not keeper.was_ready or not may_come_back(failure):
                raise
            failures += 1
            voice.tell(failure.message)
        pause = pause_s(failures, random.SystemRandom())
        voice.tell(f"The connection to {wish.way.name} is lost. Trying again in {pause:.0f} s (Ctrl-C ends).")
        await asyncio.sleep(pause)


class _Elsewhere(Exception):
    """The port listens on another address of the far machine than the one that is dialled."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class _Keeper:
    def __init__(self, wish: Wish, voice: Voice, payload: Payload) -> None:
        self._wish = wish
        self._voice = voice
        self._payload = payload
        self._shown: str | None = None
        self._reached: str | None = None

    @property
    def was_ready(self) -> bool:
        return self._shown is not None

    @property
    def farewell(self) -> str:
        """What to say when the person ends it: what goes on without them."""
        name = self._wish.way.name
        if self._reached == "companion":
            return f"Disconnected. The runtime on {name} goes on; `runhere-runtime ssh … --stop` ends it."
        if self._reached is not None:
            return f"Disconnected. The Jupyter server on {name} goes on."
        if self._wish.start:
            return (
                f"Disconnected before a runtime on {name} was reached. If one was just being started, it goes on; "
                "`runhere-runtime ssh … --stop` ends it."
            )
        return f"Disconnected from {name}."

    async def one_connection(self) -> int | None:
        """One ssh from its start to its end, or two: the port may listen on another address than was dialled.

        None: it was cut after it had been of use.

        Raises:
            SshFailure: It ended before that, or the far program refused.
        """
        try:
            return await self._one_talk()
        except _Elsewhere as elsewhere:
            self._go_to(elsewhere.address)
        try:
            return await self._one_talk()
        except _Elsewhere as elsewhere:
            way = self._wish.way
            raise FarFailure(
                "address_unsteady",
                f"Port {way.remote_port} of {way.name} listened on {way.remote_address} a moment ago, and now on "
                f"{elsewhere.address}. Wait until its server is up, then give the same command again.",
            ) from elsewhere

    async def _one_talk(self) -> int | None:
        way = self._wish.way
        self._voice.tell(f"Connecting to {way.name} …")
        talk = await Talk.open(words_of(way), self._voice.tell)
        try:
            await talk.send_program(far_program(), self._far_wish())
            ready = False
            while (event := await talk.next()) is not None:
                if event["event"] == "elsewhere":
                    raise _Elsewhere(event["address"])
                code = await self._on(event, talk)
                if code is not None:
                    return code
                ready = ready or event["event"] in ("ready", "nothing", "no_python")
            if not ready:
                raise failure_of(talk.said, way)
            return None
        finally:
            await talk.close()

    def _far_wish(self) -> dict[str, Any]:
        wish = self._wish
        return {
            "port": wish.way.remote_port,
            "address": wish.way.remote_address,
            "hubs": list(wish.hubs),
            "start": wish.start,
            "stop": wish.stop,
            "root": wish.root,
            "kernel_python": wish.kernel_python,
            "colab_compat": wish.colab_compat,
            "public_url": self._plain_origin,
            "version": __version__,
            "digest": self._payload.digest,
            "needs": list(self._payload.needs),
        }

    @property
    def _plain_origin(self) -> str:
        return f"http://127.0.0.1:{self._wish.way.local_port}"

    async def _door(self, *, tls: bool | None) -> Door:
        """How a browser of this machine comes to the forwarded port. None: nobody knows whether TLS is spoken there."""
        if tls is False:
            return Door(self._plain_origin)
        port = self._wish.way.local_port
        found = await asyncio.to_thread(door_of, port)
        return found or Door(f"https://127.0.0.1:{port}" if tls else self._plain_origin)

    async def _on(self, event: dict[str, Any], talk: Talk) -> int | None:
        """Act on one word of the far program; an exit code when it was the last."""
        tell = self._voice.tell
        match event["event"]:
            case "hello":
                tell(f"On {event['host']}: Python {event['python']} ({event['executable']})")
            case "progress":
                tell(f"  {event['text']}")
            case "missing":
                await talk.answer(self._answer_to_missing(event))
            case "ready":
                await self._see_that_ports_are_let_through(talk)
                self._on_ready(event, await self._door(tls=event["tls"]))
            case "nothing" | "no_python":
                self._on_nothing(event, await self._door(tls=None if event.get("taken") else False))
            case "stopped":
                tell(f"{event['count']} runtime(s) ended on {self._wish.way.name}.")
                return 0
            case "failed":
                raise FarFailure(str(event["code"]), str(event["message"]))
            case "gone":
                tell(
                    f"The runtime on {self._wish.way.name} has ended, and its variables with it. The "
                    "same command starts another."
                )
                return 1
        return None

    def _go_to(self, address: str) -> None:
        """Forward to another address of that machine from now on."""
        way = self._wish.way
        self._voice.tell(f"Port {way.remote_port} of {way.name} listens on {address}, not on {way.remote_address}.")
        self._wish = replace(self._wish, way=replace(way, remote_address=address))

    def _tell_that_it_is_open(self) -> None:
        """Of a server that others reach without this command, by an address that is not the machine's alone."""
        way = self._wish.way
        if way.remote_address == USUAL_ADDRESS or ipaddress.ip_address(way.remote_address).is_loopback:
            return
        self._voice.tell(
            f"It is open to others: whoever reaches {way.remote_address} comes to it without ssh, and only its token, "
            f"if it has one, is in their way. For you alone, start it over there with --ip={USUAL_ADDRESS}."
        )

    async def _see_that_ports_are_let_through(self, talk: Talk) -> None:
        """Else the page would be the first to find out, and could not know why.

        Raises:
            ForwardForbidden: The connection is of no use.
        """
        if await asyncio.to_thread(is_let_through, self._wish.way.local_port):
            return
        if await talk.has_said(FORBIDDEN_THERE, within_s=SAYS_WITHIN_S):
            raise forward_forbidden(self._wish.way)

    def _answer_to_missing(self, event: dict[str, Any]) -> dict[str, Any]:
        listed = "\n".join(f"    {one}" for one in event["will_install"])
        question = (
            f"{self._wish.way.name} has no runhere-runtime {__version__}. This would be installed "
            f"into {event['home']}/venv, an "
            f"environment of its own; nothing else is changed there:\n{listed}\nGo on?"
        )
        agreed = self._wish.yes or self._voice.ask(question)
        return {"install": agreed, "archive": self._payload.archive if agreed else ""}

    def _on_ready(self, event: dict[str, Any], door: Door) -> None:
        self._reached = event["kind"]
        token = quote(event["token"], safe="", errors="replace")
        url = f"{door.origin}{event['base']}" + (f"?token={token}" if token else "")
        kind = (
            "runhere-runtime"
            if event["kind"] == "companion"
            else "a Jupyter server (plain: outputs of a cut cable can be lost)"
        )
        if url == self._shown:
            self._voice.tell(f"Connected to {self._wish.way.name} again; its runtime went on meanwhile.")
            return
        if self._shown is not None:
            self._voice.tell(
                f"The runtime on {self._wish.way.name} was started anew: its variables are lost. "
                "Connect with the new URL."
            )
        self._shown = url
        self._voice.tell(
            f"Reached {kind} on {self._wish.way.name}; its files: {event['root'] or 'unknown'}. "
            "Ctrl-C ends the connection, not the runtime."
        )
        self._tell_that_it_is_open()
        if door.untrusted:
            self._tell_untrusted(door.untrusted)
        self._voice.show(url)
        # A link of another site than was asked for would open whatever the other machine likes.
        asked = [hub for hub in self._wish.hubs if hub != COLAB_ORIGIN]
        for pair in (one for one in event["pairs"] if one["hub"] in asked):
            self._offer(f"{pair['hub']}/connect#rt={door.origin}&pair={pair['code']}")
        if COLAB_ORIGIN in self._wish.hubs:
            self._voice.tell(HOW_IN_COLAB)
        if event["kind"] == "companion":
            self._tell_who_is_left_out(event["listed"], {one["hub"] for one in event["pairs"]})

    def _tell_untrusted(self, against: str) -> None:
        self._voice.tell(
            "It serves https, and its certificate is not trusted here for 127.0.0.1 or localhost "
            f"({against}): browsers refuse it, unless they were told to trust it. SSH encrypts the way already: start "
            "it over there without a certificate (a runtime of ours: this command with --stop, then with --start), or "
            "with one for 127.0.0.1 that this machine trusts."
        )

    def _tell_who_is_left_out(self, listed: list[str] | None, paired: set[str]) -> None:
        """Without this word a person would learn from the page only that something is not allowed."""
        name, hubs = self._wish.way.name, self._wish.hubs
        if not hubs and listed == []:
            self._voice.tell(
                "No page may connect to it yet: its list is empty. End this with Ctrl-C and name your hub: "
                f"{self._wish.again_with('https://hub.example')}"
            )
        for hub in (one for one in hubs if one not in paired and one not in (listed or ())):
            self._voice.tell(
                f"{hub} may not connect: the runtime on {name} was started by hand or by another version, so its list "
                f"was left as it is. Run `runhere-runtime allow {hub}` over there, in the environment that it was "
                "started from, and give this command again; or end it with --stop and start another with --start."
            )

    def _offer(self, link: str) -> None:
        self._voice.tell(f"Connect with one click (once, within five minutes): {link}")
        if self._wish.open_browser:
            webbrowser.open(link)

    def _on_nothing(self, event: dict[str, Any], door: Door) -> None:
        way = self._wish.way
        self._shown = self._shown or door.origin
        if event["event"] == "no_python":
            self._voice.tell(
                f"{way.name} has no Python on its PATH, so nothing can be looked up or started there "
                "(--python names one)."
            )
        elif event["others"]:
            ports = ", ".join(map(str, event["others"]))
            self._voice.tell(
                f"Nothing of yours has port {way.remote_port} there, but these ports do: {ports}. Add --remote-port."
            )
        elif event["taken"]:
            self._voice.tell(
                f"Port {way.remote_port} there is in use by a program that is not among yours: no runtime and no "
                "Jupyter server of your account. Paste a token only if you know whose it is; --remote-port names "
                "another."
            )
        else:
            self._voice.tell(
                f"Nothing answers on port {way.remote_port} there. Add --start to start a runtime, or "
                "start a Jupyter there."
            )
        self._voice.tell(
            f"Port {way.remote_port} of {way.name} is reached at {door.origin} all the same; paste "
            "that with the token that the server "
            f"printed. (By hand: {plain_command(way)})"
        )
        if event.get("taken"):
            self._tell_that_it_is_open()
        if door.untrusted:
            self._tell_untrusted(door.untrusted)
        self._voice.show(f"{door.origin}/")
