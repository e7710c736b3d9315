"""What becomes of a person's words, and of ssh's. The same is tried with real machines in test_ssh.py."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from dataclasses import replace

import pytest

from runhere_runtime.cli.far import split_options
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
from runhere_runtime.ssh.command import (
    Way,
    by_itself,
    check_way,
    failure_of,
    may_come_back,
    plain_command,
    read_via,
    words_of,
)
from runhere_runtime.ssh.events import read_event
from runhere_runtime.ssh.forward import LONGEST_PAUSE_S, pause_s

pytestmark = pytest.mark.fast

WAY = Way("me@gpu-box", remote_port=8888, local_port=9000)


@pytest.mark.parametrize(
    "destination", ["me@gpu-box", "gpu-box", "a.b_c-1@10.0.0.7", "gpu.example.com", "me@::1", "[fe80::1]"]
)
def test_destinations_are_taken(destination: str) -> None:
    check_way(replace(WAY, destination=destination))


@pytest.mark.parametrize(
    "destination",
    [
        "-oProxyCommand=touch /tmp/pwn",
        "me@-oProxyCommand=x",
        "a;b",
        "a b",
        "a\nb",
        "a`b`",
        "$(x)",
        "",
        "-",
        "me@",
        "@host",
        "a|b",
    ],
)
def test_destinations_that_could_be_something_else_are_refused(destination: str) -> None:
    with pytest.raises(DestinationRefused):
        check_way(replace(WAY, destination=destination))


@pytest.mark.parametrize(
    "options",
    [
        ("-oStrictHostKeyChecking=no",),
        ("-o", "StrictHostKeyChecking=no"),
        ("-o", "stricthostkeychecking off"),
        ("-o", "UserKnownHostsFile=/dev/null"),
        ("-g",),
        ("-oGatewayPorts=yes",),
        ("-o", '"StrictHostKeyChecking" "no"'),
        ("-o", "StrictHostKeyChecking\t=\tno"),
        ("-o", r"StrictHostKeyChecking=n\o"),
        ("-oStrictHostKeyChecking=false",),
        ("-vo", "StrictHostKeyChecking=no"),
        ("-o", "UserKnownHostsFile=none"),
        ("-o", "NoHostAuthenticationForLocalhost=yes"),
        ("-vg",),
        ("-L", "0.0.0.0:9001:127.0.0.1:9001"),
        ("-L*:9001:127.0.0.1:9001",),
        ("-L", ":9001:127.0.0.1:9001"),
        ("-D", "[::]:1080"),
        ("-o", "LocalForward=*:9001 127.0.0.1:9001"),
    ],
)
def test_options_that_weaken_the_way_are_refused(options: tuple[str, ...]) -> None:
    with pytest.raises(SshOptionRefused, match="would let others reach"):
        check_way(replace(WAY, options=options))


@pytest.mark.parametrize(
    "options", [("-A",), ("-vA",), ("-o", "ForwardAgent=yes"), ("-oForwardAgent yes",), ("-o", "forwardagent=$SOCK")]
)
def test_an_agent_is_not_forwarded(options: tuple[str, ...]) -> None:
    with pytest.raises(SshOptionRefused, match="could use your keys"):
        check_way(replace(WAY, options=options))
    check_way(replace(WAY, options=("-o", "ForwardAgent=no")))


@pytest.mark.skipif(shutil.which("ssh") is None, reason="no ssh on this machine")
@pytest.mark.parametrize("earlier", [("-A",), ("-oForwardAgent=yes",)])
def test_no_configuration_forwards_an_agent_either(earlier: tuple[str, ...]) -> None:
    """ssh itself says what it would do. What a person's configuration or --via says comes earlier, or counts less."""
    forwarding = ["ssh", *earlier, "-G", "gpu-box"]
    assert "forwardagent yes" in subprocess.run(forwarding, capture_output=True, text=True, check=True).stdout
    words = words_of(replace(WAY, options=(*earlier, "-G")))[:-1]
    assert "forwardagent no" in subprocess.run(words, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "via",
    [
        "gcloud compute ssh box --strict-host-key-checking=no --",
        "gcloud compute ssh box --ssh-flag='-o StrictHostKeyChecking=no' --",
        "wrapped-ssh -o ForwardAgent=yes box",
        "wrapped-ssh -oUserKnownHostsFile=/dev/null box",
    ],
)
def test_another_program_is_not_told_to_weaken_the_way(via: str) -> None:
    with pytest.raises(SshOptionRefused, match="in --via is not handed on"):
        check_way(replace(WAY, destination=None, via=read_via(via)))
    check_way(replace(WAY, destination=None, via=read_via("gcloud compute ssh box --strict-host-key-checking=yes --")))


@pytest.mark.parametrize(
    "options",
    [("another-host",), ("-v", "another-host"), ("-v", "--", "another-host"), ("-i", "key", "ls"), ("-",), ("--yes",)],
)
def test_a_word_that_ssh_would_take_for_the_machine_or_a_command_is_refused(options: tuple[str, ...]) -> None:
    with pytest.raises(SshOptionRefused, match="is no option of ssh"):
        check_way(replace(WAY, options=options))


@pytest.mark.parametrize(
    "options", [("-N",), ("-f",), ("-vN",), ("-n",), ("-W", "a:1"), ("-O", "exit"), ("-o", "ExitOnForwardFailure no")]
)
def test_an_option_that_would_leave_this_command_waiting_is_refused(options: tuple[str, ...]) -> None:
    with pytest.raises(SshOptionRefused, match="its own connection"):
        check_way(replace(WAY, options=options))


def test_an_option_without_its_word_is_refused() -> None:
    with pytest.raises(SshOptionRefused, match="-i of ssh needs a word"):
        check_way(replace(WAY, options=("-4", "-i")))


def test_options_in_every_way_of_writing_are_handed_on() -> None:
    options = ("-4vC", "-i", "-odd-name", "-p2222", "-L", "6006:localhost:6006", "-L/tmp/s:localhost:1", "-a")
    check_way(replace(WAY, options=options))
    assert words_of(replace(WAY, options=options))[1 : 1 + len(options)] == list(options)


def test_a_machine_named_twice_is_refused() -> None:
    with pytest.raises(DestinationRefused, match="in one of them only"):
        check_way(replace(WAY, via=("gcloud", "compute", "ssh", "box", "--")))


def test_other_options_and_a_python_are_handed_on() -> None:
    way = replace(
        WAY, options=("-J", "me@gateway", "-o", "StrictHostKeyChecking=ask"), remote_python="~/miniconda3/bin/python"
    )
    check_way(way)
    assert words_of(way)[:5] == ["ssh", "-J", "me@gateway", "-o", "StrictHostKeyChecking=ask"]
    assert "~/miniconda3/bin/python" in words_of(way)[-1]


@pytest.mark.parametrize("python", ["python; rm -rf /", "a'b", "$(x)", "py thon", ""])
def test_a_python_that_a_shell_would_read_otherwise_is_refused(python: str) -> None:
    with pytest.raises(DestinationRefused):
        check_way(replace(WAY, remote_python=python))


def test_the_command_forwards_loopback_to_loopback_and_ends_when_it_cannot() -> None:
    words = words_of(WAY)
    assert words[words.index("-L") + 1] == "127.0.0.1:9000:127.0.0.1:8888"
    assert "ExitOnForwardFailure=yes" in words
    assert words[-3:-1] == ["--", "me@gpu-box"]
    assert not any("StrictHostKeyChecking" in word for word in words)


@pytest.mark.parametrize(("address", "far"), [("10.0.0.5", "10.0.0.5"), ("fd00::5", "[fd00::5]")])
def test_the_forward_leads_where_the_port_listens_and_begins_on_this_machine_only(address: str, far: str) -> None:
    way = replace(WAY, remote_address=address)
    words = words_of(way)
    assert words[words.index("-L") + 1] == f"127.0.0.1:9000:{far}:8888"
    assert f"-L 127.0.0.1:9000:{far}:8888" in plain_command(way).replace("'", "")


def test_another_program_may_run_ssh() -> None:
    via = read_via("gcloud compute ssh --zone us-central1-a 'gpu box' --")
    words = words_of(replace(WAY, destination=None, via=via))
    assert words[:7] == ["gcloud", "compute", "ssh", "--zone", "us-central1-a", "gpu box", "--"]
    assert words[7] == "-T"
    assert replace(WAY, destination=None, via=via).name == "gpu box"


@pytest.mark.parametrize(
    "via", ["gcloud compute ssh me@gpu-box --zone=eu --", "gcloud compute ssh --zone eu me@gpu-box --"]
)
def test_the_other_machine_is_called_by_its_name_and_not_by_an_option(via: str) -> None:
    assert replace(WAY, destination=None, via=read_via(via)).name == "me@gpu-box"


@pytest.mark.parametrize("via", ["", "   ", "gcloud 'x"])
def test_a_via_that_cannot_be_read_is_refused(via: str) -> None:
    with pytest.raises(SshOptionRefused):
        read_via(via)


def test_what_stands_after_two_dashes_is_for_ssh() -> None:
    assert split_options(["ssh", "a@b", "--start", "--", "-i", "key"]) == (["ssh", "a@b", "--start"], ["-i", "key"])
    assert split_options(["--port", "1"]) == (["--port", "1"], [])


def test_the_plain_command_is_shown_to_those_who_would_rather_type_it() -> None:
    assert plain_command(WAY) == "ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:9000:127.0.0.1:8888 me@gpu-box"


def test_a_command_to_be_typed_goes_the_same_way() -> None:
    options = ("-J", "me@gateway", "-i", "my key")
    assert by_itself(replace(WAY, options=options)) == "ssh -J me@gateway -i 'my key' me@gpu-box"
    assert " -J me@gateway -i 'my key' -N " in plain_command(replace(WAY, options=options))
    front = replace(WAY, destination=None, via=("gcloud", "compute", "ssh", "gpu-box", "--"))
    assert by_itself(front) == "gcloud compute ssh gpu-box"
    assert by_itself(replace(front, options=("-v",))) == "gcloud compute ssh gpu-box -- -v"
    assert plain_command(front).startswith("gcloud compute ssh gpu-box -- -N -o ExitOnForwardFailure=yes -L ")
    for said in ("Host key verification failed.", "Permission denied (publickey)."):
        assert (
            f"`{by_itself(replace(WAY, options=options))}`" in failure_of(said, replace(WAY, options=options)).message
        )


CHANGED = """@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
The fingerprint for the ED25519 key sent by the remote host is
SHA256:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ.
Host key verification failed."""


@pytest.mark.parametrize(
    ("said", "kind", "part"),
    [
        (CHANGED, HostKeyRefused, "SHA256:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"),
        ("Host key verification failed.", HostKeyRefused, "never been"),
        ("bind [127.0.0.1]:9000: Address already in use", LocalPortTaken, "9000 on this machine is in use"),
        (
            "bind [127.0.0.1]:9000: Permission denied\ncannot listen to port: 9000",
            LocalPortForbidden,
            "may not open port",
        ),
        # of a forward of the person's own
        ("bind [127.0.0.1]:80: Permission denied\ncannot listen to port: 80", SshFailure, "cannot listen to port: 80"),
        ("bind [127.0.0.1]:81: Address already in use", SshFailure, "[127.0.0.1]:81: Address already in use"),
        ("me@gpu-box: Permission denied (publickey).", SshLoginRefused, "let you in"),
        ("ssh: Could not resolve hostname gpu-box: Name or service not known", SshUnreachable, "Could not resolve"),
        ("ssh: connect to host gpu-box port 22: Connection refused", SshUnreachable, "refused"),
        ("", SshFailure, "without a word"),
    ],
)
def test_what_ssh_says_becomes_a_sentence(said: str, kind: type[SshFailure], part: str) -> None:
    failure = failure_of(said, WAY)
    assert type(failure) is kind
    assert part in failure.message


def test_only_what_may_mend_itself_is_tried_again() -> None:
    away = (SshUnreachable("x"), SshFailure("x"))
    for_good = (HostKeyRefused("x"), SshLoginRefused("x"), ForwardForbidden("x"), FarFailure("c", "x"))
    assert all(may_come_back(failure) for failure in away)
    assert not any(may_come_back(failure) for failure in for_good)


def test_pauses_grow_and_have_an_end() -> None:
    dice = random.Random(1)
    pauses = [pause_s(failures, dice) for failures in (1, 2, 3, 4, 50)]
    assert pauses == sorted(pauses)
    assert 0.75 <= pauses[0] <= 1.25
    assert pauses[-1] <= LONGEST_PAUSE_S * 1.25


def told(event: str, **facts: object) -> bytes:
    return b"RUNHERE " + json.dumps({"event": event, **facts}).encode() + b"\n"


READY = {
    "kind": "companion",
    "started": True,
    "tls": False,
    "base": "/",
    "token": "t",
    "pairs": [{"hub": "https://h", "code": "A-b"}],
    "root": "/",
    "listed": ["https://h"],
}


def test_what_the_far_program_says_is_taken_and_nothing_beside_it() -> None:
    assert read_event(told("ready", **READY, more=1)) == {"event": "ready", **READY}
    assert read_event(told("elsewhere", address="10.0.0.5")) == {"event": "elsewhere", "address": "10.0.0.5"}
    assert read_event(told("elsewhere", address="fd00::5")) == {"event": "elsewhere", "address": "fd00::5"}
    assert read_event(told("progress", text="a\r\nRUNHERE x")) == {"event": "progress", "text": "a  RUNHERE x"}


@pytest.mark.parametrize(
    "line",
    [
        b"Welcome\n",
        b"RUNHERE not json\n",
        b"RUNHERE " + b"[" * 100_000,
        b"RUNHERE []\n",
        told("unheard of"),
        told("hello"),
        told("stopped", count="many"),
        told("nothing", others=["x"], taken=False),
        told("elsewhere", address="gpu-box"),
        told("elsewhere", address="10.0.0.5:22 -o x"),
        told("elsewhere", address="0.0.0.0"),
        told("elsewhere", address="fe80::1%eth0"),
        told("elsewhere", address=167772165),
        told("missing", home="/", will_install="all"),
        told("ready", **{**READY, "token": None}),
        told("ready", **{**READY, "listed": "all"}),
        told("ready", **{**READY, "tls": "yes"}),
        told("ready", **{**READY, "base": "/#"}),
        told("ready", **{**READY, "base": "//x y/"}),
        told("ready", **{**READY, "base": "@evil/"}),
        told("ready", **{**READY, "pairs": [{"hub": "https://h", "code": "x&rt=http://evil"}]}),
    ],
)
def test_a_line_of_another_shape_is_noise(line: bytes) -> None:
    assert read_event(line) is None
