"""What the near side of `runhere-runtime ssh` tells a person, and what it answers the far program.

In the place of ssh a program says what the far one would; with real machines it is tried in test_ssh.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import pty
import shlex
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from runhere_runtime.errors import FarFailure
from runhere_runtime.gate.rules import COLAB_ORIGIN
from runhere_runtime.ssh.command import Way
from runhere_runtime.ssh.forward import Voice, Wish, keep_forwarded

HUB = "https://hub.test"
FAR = """
import json, sys
program = sys.stdin.buffer.read(int(sys.stdin.buffer.readline()))
wish = sys.stdin.buffer.readline()
for event in json.loads(sys.argv[1]):
    print("RUNHERE " + json.dumps(event), flush=True)
    if event["event"] == "missing":
        with open(__file__ + ".answer", "wb") as file:
            file.write(sys.stdin.buffer.readline())
sys.stdin.buffer.read(1)
"""
GONE = {"event": "gone"}
READY = {
    "event": "ready",
    "kind": "companion",
    "started": False,
    "tls": False,
    "base": "/",
    "token": "t",
    "pairs": [],
    "root": "/",
    "listed": [],
}


@dataclass
class Heard:
    """What a person would have read: sentences, questions, and URLs on standard output."""

    agrees: bool = False
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def ask(self, question: str) -> bool:
        self.asked.append(question)
        return self.agrees

    @property
    def text(self) -> str:
        return "\n".join(self.told)


@pytest.fixture
def far(tmp_path: Path) -> Path:
    program = tmp_path / "far.py"
    program.write_text(FAR)
    return program


def meet(far: Path, *events: dict[str, Any], wish: Wish | None = None, agrees: bool = False) -> Heard:
    """Let the far program say the events, the last of which ends the connection for good."""
    heard = Heard(agrees)
    way = Way(None, remote_port=8888, local_port=0, via=(sys.executable, str(far), json.dumps(events), "box"))
    asked = replace(wish or Wish(way), way=way, open_browser=False)
    asyncio.run(keep_forwarded(asked, Voice(heard.told.append, heard.ask, heard.shown.append)))
    return heard


def test_without_a_hub_a_runtime_that_lists_none_is_told_with_the_command_that_mends_it(far: Path) -> None:
    typed = ("ssh", "me@gpu-box", "--start", "--root", "my files")
    wish = Wish(Way("me@gpu-box", 8888, 0, options=("-J", "me@gateway")), typed=typed)
    command = wish.again_with(HUB)
    assert command == f"runhere-runtime ssh me@gpu-box --start --root 'my files' --hub {HUB} -- -J me@gateway"
    heard = meet(far, READY, GONE, wish=wish)
    assert "No page may connect to it yet" in heard.text
    assert "runhere-runtime ssh me@gpu-box --start --root 'my files' --hub https://hub.example" in heard.text


@pytest.mark.parametrize(
    "ready", [{**READY, "listed": [HUB]}, {**READY, "listed": None}, {**READY, "kind": "jupyter", "listed": None}]
)
def test_where_a_page_is_listed_or_nobody_knows_nothing_is_said_of_it(far: Path, ready: dict[str, Any]) -> None:
    heard = meet(far, ready, GONE)
    assert "may connect" not in heard.text
    assert len(heard.shown) == 1


@pytest.mark.parametrize("listed", [[], ["https://other.test"], None])
def test_a_hub_that_could_not_be_let_in_is_told(far: Path, listed: list[str] | None) -> None:
    heard = meet(far, {**READY, "listed": listed}, GONE, wish=Wish(Way("x", 1, 1), hubs=(HUB,)))
    assert f"{HUB} may not connect" in heard.text
    assert f"`runhere-runtime allow {HUB}` over there" in heard.text


@pytest.mark.parametrize(
    ("hub", "more"),
    [
        (HUB, {"pairs": [{"hub": HUB, "code": "C"}], "listed": None}),
        (HUB, {"listed": [HUB]}),
        (COLAB_ORIGIN, {"listed": [COLAB_ORIGIN]}),
    ],
)
def test_a_hub_that_was_let_in_is_not_called_left_out(far: Path, hub: str, more: dict[str, Any]) -> None:
    heard = meet(far, {**READY, **more}, GONE, wish=Wish(Way("x", 1, 1), hubs=(hub,)))
    assert "may not connect" not in heard.text


@pytest.mark.parametrize(
    ("taken", "told", "untold"),
    [(True, "is in use by a program that is not among yours", "--start"), (False, "Add --start", "in use")],
)
def test_a_port_of_a_stranger_is_told_apart_from_one_where_nothing_is(
    far: Path, taken: bool, told: str, untold: str
) -> None:
    heard = meet(far, {"event": "nothing", "others": [], "taken": taken}, GONE)
    assert told in heard.text
    assert untold not in heard.text
    assert len(heard.shown) == 1  # the port is brought here all the same


MOVING = """
import json, sys
program = sys.stdin.buffer.read(int(sys.stdin.buffer.readline()))
wish = json.loads(sys.stdin.buffer.readline())
events = json.loads(sys.argv[1])
for event in events.get(wish["address"], events["else"]):
    print("RUNHERE " + json.dumps(event), flush=True)
sys.stdin.buffer.read(1)
"""


def meet_at(tmp_path: Path, events: dict[str, list[dict[str, Any]]]) -> Heard:
    """Let the far program say what belongs to the address that is dialled."""
    program, heard = tmp_path / "moving.py", Heard()
    program.write_text(MOVING)
    way = Way(None, remote_port=8888, local_port=0, via=(sys.executable, str(program), json.dumps(events), "box"))
    asyncio.run(keep_forwarded(Wish(way, open_browser=False), Voice(heard.told.append, heard.ask, heard.shown.append)))
    return heard


def elsewhere(address: str) -> dict[str, Any]:
    return {"event": "elsewhere", "address": address}


@pytest.mark.parametrize(("address", "is_open"), [("10.0.0.5", True), ("127.0.0.2", False), ("::1", False)])
def test_another_address_is_dialled_and_told_to_be_open_where_it_is(
    tmp_path: Path, address: str, is_open: bool
) -> None:
    found = meet_at(tmp_path, {"127.0.0.1": [elsewhere(address)], "else": [READY, GONE]})
    assert f"Port 8888 of box listens on {address}, not on 127.0.0.1" in found.text
    assert len(found.shown) == 1
    assert found.shown[0].startswith("http://127.0.0.1:")
    assert (f"open to others: whoever reaches {address}" in found.text) is is_open


def test_a_stranger_s_program_on_another_address_is_brought_with_both_warnings(tmp_path: Path) -> None:
    taken = {"event": "nothing", "others": [], "taken": True}
    found = meet_at(tmp_path, {"127.0.0.1": [elsewhere("10.0.0.5")], "else": [taken, GONE]})
    assert "not among yours" in found.text
    assert "open to others" in found.text


def test_a_machine_that_sends_from_address_to_address_is_left(tmp_path: Path) -> None:
    with pytest.raises(FarFailure, match=r"listened on 10\.0\.0\.5 a moment ago, and now on 10\.0\.0\.6"):
        meet_at(tmp_path, {"127.0.0.1": [elsewhere("10.0.0.5")], "else": [elsewhere("10.0.0.6")]})


def interrupted(far: Path, *events: dict[str, Any], after: str, start: bool = False) -> Heard:
    """Let the far program say the events and stay; Ctrl-C once the person has read `after`."""
    heard = Heard()
    way = Way(None, remote_port=8888, local_port=0, via=(sys.executable, str(far), json.dumps(events), "box"))

    async def until_ctrl_c() -> None:
        read = asyncio.Event()

        def tell(sentence: str) -> None:
            heard.told.append(sentence)
            if after in sentence:
                read.set()

        voice = Voice(tell, heard.ask, heard.shown.append)
        running = asyncio.create_task(keep_forwarded(Wish(way, start=start, open_browser=False), voice))
        await asyncio.wait_for(read.wait(), 30)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(until_ctrl_c())
    return heard


STARTING = (
    "Disconnected before a runtime on box was reached. If one was just being started, it goes on; "
    "`runhere-runtime ssh … --stop` ends it."
)
NOTHING = {"event": "nothing", "others": [], "taken": False}
HELLO = {"event": "hello", "python": "3.12.1", "executable": "/py", "host": "box"}


@pytest.mark.parametrize(
    ("event", "after", "start", "farewell"),
    [
        (READY, "Reached", True, "Disconnected. The runtime on box goes on; `runhere-runtime ssh … --stop` ends it."),
        (
            {**READY, "kind": "jupyter", "listed": None},
            "Reached",
            False,
            "Disconnected. The Jupyter server on box goes on.",
        ),
        (NOTHING, "all the same", False, "Disconnected from box."),
        (HELLO, "On box", False, "Disconnected from box."),
        (HELLO, "On box", True, STARTING),
    ],
)
def test_at_the_end_only_what_was_reached_is_said_to_go_on(
    far: Path, event: dict[str, Any], after: str, start: bool, farewell: str
) -> None:
    heard = interrupted(far, event, after=after, start=start)
    assert heard.told[-1] == farewell


NEEDS = ["runhere-runtime 0.1.0", "jupyter_server>=2.14,<3"]
MISSING = {"event": "missing", "home": "/home/me/.local/share/runhere-runtime", "will_install": NEEDS}
STOPPED = {"event": "stopped", "count": 0}


def answer_in(far: Path) -> dict[str, Any]:
    """What the far program was answered when something was missing."""
    return dict(json.loads(far.with_name("far.py.answer").read_text()))


@pytest.mark.parametrize("agrees", [True, False])
def test_what_will_be_installed_and_where_is_shown_and_nothing_is_sent_without_a_yes(far: Path, agrees: bool) -> None:
    heard = meet(far, MISSING, STOPPED, agrees=agrees)
    (question,) = heard.asked
    assert all(part in question for part in (*NEEDS, MISSING["home"] + "/venv", "nothing else is changed there"))
    answer = answer_in(far)
    assert (answer["install"], answer["archive"] != "") == (agrees, agrees)


def test_with_yes_nobody_is_asked(far: Path) -> None:
    heard = meet(far, MISSING, STOPPED, wish=Wish(Way("x", 1, 1), yes=True))
    assert heard.asked == []
    assert answer_in(far)["install"] is True


def at_a_terminal(far: Path, typed: bytes) -> tuple[int, str]:
    """(exit code, what was told) of the whole command, where somebody sits at the keyboard and types this."""
    keyboard, seat = pty.openpty()
    try:
        os.write(keyboard, typed)
        return as_a_command(far, stdin=seat)
    finally:
        os.close(keyboard)
        os.close(seat)


def as_a_command(far: Path, *, stdin: int) -> tuple[int, str]:
    via = shlex.join((sys.executable, str(far), json.dumps([MISSING, STOPPED])))
    words = [sys.executable, "-m", "runhere_runtime", "ssh", "--local-port", "0", "--via", via]
    ended = subprocess.run(words, stdin=stdin, capture_output=True, text=True, timeout=60)
    return ended.returncode, ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="has no such terminals")
@pytest.mark.parametrize(
    ("typed", "installs"), [(b"y\n", True), (b" YES \n", True), (b"n\n", False), (b"\n", False), (b"yeah\n", False)]
)
def test_only_a_typed_yes_is_one(far: Path, typed: bytes, installs: bool) -> None:
    code, told = at_a_terminal(far, typed)
    assert code == 0
    assert "Go on? [y/N] " in told
    assert answer_in(far)["install"] is installs


def test_where_nobody_sits_the_answer_is_no(far: Path) -> None:
    code, told = as_a_command(far, stdin=subprocess.DEVNULL)
    assert code == 0
    assert "no (there is nobody to ask; --yes agrees)" in told
    assert answer_in(far) == {"install": False, "archive": ""}
