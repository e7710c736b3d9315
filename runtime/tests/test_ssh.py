"""`runhere-runtime ssh` between two hosts with a real sshd, and the far program as a process of its own."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import psutil
import pytest
from live_runtime import free_port
from needs_two_hosts import needs_two_hosts
from ssh_command import LOCAL_PORT, Command, bare_python, curl, token_of
from tiny_disk import TinyDisk
from two_hosts import ADDRESS, TwoHosts

from runhere_runtime import __version__
from runhere_runtime.ssh.payload import far_program, pack

HUB = "https://hub.test"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@needs_two_hosts
def test_a_cut_cable_loses_nothing_and_a_reboot_is_told(
    hosts: TwoHosts, ssh: Callable[..., Command], tmp_path: Path
) -> None:
    command = ssh(f"root@{ADDRESS}", "--start", "--hub", HUB, "--local-port", str(LOCAL_PORT))
    url = command.line()
    assert url.startswith(f"http://127.0.0.1:{LOCAL_PORT}/?token=rhrt_"), command.told.read_text()
    command.wait_for(f"{HUB}/connect#rt=http://127.0.0.1:{LOCAL_PORT}&pair=")
    info = json.loads(curl(hosts, f"http://127.0.0.1:{LOCAL_PORT}/api/runhere/info", token_of(url)))
    assert info["root_dir"] == str(hosts.home)
    stop = tmp_path / "stop"
    driver = Path(__file__).with_name("drive_far_run.py")
    running = subprocess.Popen(
        hosts.on_laptop(sys.executable, str(driver), str(LOCAL_PORT), token_of(url), str(stop)),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "running\n"
    hosts.cut()
    command.wait_for("is lost. Trying again")
    hosts.join()
    command.wait_for("again; its runtime went on meanwhile")
    stop.touch()
    found = json.loads(running.communicate(timeout=60)[0])
    assert found["cuts"] >= 1
    *lines, end = found["lines"]
    assert lines == [str(n) for n in range(len(lines))]
    assert end == f"end {len(lines)}"

    hosts.reboot()
    command.wait_for("was started anew: its variables are lost")
    again = command.line()
    assert token_of(again) not in ("", token_of(url))
    assert json.loads(curl(hosts, f"http://127.0.0.1:{LOCAL_PORT}/api/status", token_of(again)))["kernels"] == 0
    assert command.stop() == 0
    assert "goes on" in command.told.read_text()


@needs_two_hosts
def test_what_is_there_is_found_and_ended_on_request(hosts: TwoHosts, ssh: Callable[..., Command]) -> None:
    first = ssh(f"root@{ADDRESS}", "--local-port", "0")
    assert first.line().startswith("http://127.0.0.1:")  # the port is forwarded all the same
    listed = hosts.home / ".local/share/jupyter/runhere-runtime/origins.json"
    listed.unlink(missing_ok=True)  # kept there from what was started before
    first.wait_for("Nothing answers on port 8888 there. Add --start")
    second = ssh(f"root@{ADDRESS}", "--start")
    token = token_of(second.line())
    assert token
    second.wait_for("No page may connect to it yet")
    third = ssh(f"root@{ADDRESS}", "--local-port", "0", "--hub", HUB)
    assert token_of(third.line()) == token
    third.wait_for(f"{HUB}/connect#")
    stopping = ssh(f"root@{ADDRESS}", "--stop")  # while the second has the port on this machine
    assert stopping.process.wait(60) == 0
    assert "1 runtime(s) ended" in stopping.told.read_text()
    assert second.process.wait(60) == third.process.wait(60) == 1
    assert "has ended, and its variables with it" in second.told.read_text()


@needs_two_hosts
def test_a_jupyter_that_was_there_is_reached_with_its_token(hosts: TwoHosts, ssh: Callable[..., Command]) -> None:
    jupyter = subprocess.Popen(
        hosts.on_gpubox(
            *("env", f"HOME={hosts.home}", f"XDG_DATA_HOME={hosts.home}/.local/share", "JUPYTER_TOKEN="),
            *(
                sys.executable,
                "-m",
                "jupyter_server",
                "--allow-root",
                "--no-browser",
                "--port=8889",
                "--ServerApp.port_retries=0",
            ),
        ),
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 60
        runtime_dir = hosts.home / ".local" / "share" / "jupyter" / "runtime"
        while not list(runtime_dir.glob("jpserver-*.json")):
            assert time.monotonic() < end
        command = ssh(f"root@{ADDRESS}", "--remote-port", "8889", "--local-port", "19000")
        url = command.line()
        assert token_of(url), command.told.read_text()
        assert "a Jupyter server" in command.told.read_text()
        assert "kernels" in json.loads(curl(hosts, "http://127.0.0.1:19000/api/status", token_of(url)))
        other = ssh(f"root@{ADDRESS}", "--local-port", "0")
        other.wait_for("these ports do: 8889. Add --remote-port.")
    finally:
        for pid in subprocess.run(["ip", "netns", "pids", hosts.gpubox], capture_output=True, text=True).stdout.split():
            command_line = Path(f"/proc/{pid}/cmdline").read_bytes() if Path(f"/proc/{pid}").exists() else b""
            if b"jupyter_server" in command_line:
                os.kill(int(pid), signal.SIGTERM)
        jupyter.wait(30)


@needs_two_hosts
def test_unknown_and_changed_host_keys_end_it_before_anything_is_sent(
    hosts: TwoHosts, ssh: Callable[..., Command]
) -> None:
    known = hosts.folder / "known_hosts"
    trusted = known.read_text()
    logins = (hosts.folder / "sshd.log").read_text().count("Accepted publickey")
    try:
        known.write_text("")
        unknown = ssh(f"root@{ADDRESS}", "--local-port", "0")
        assert unknown.process.wait(60) == 1
        assert "You have never been on" in unknown.told.read_text()
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(hosts.folder / "other")], check=True)
        hosts.trust_host("other")
        changed = ssh(f"root@{ADDRESS}", "--local-port", "0")
        assert changed.process.wait(60) == 1
        assert "is not the one you trusted before (it shows SHA256:" in changed.told.read_text()
        assert unknown.line() == changed.line() == ""
        assert (hosts.folder / "sshd.log").read_text().count("Accepted publickey") == logins
    finally:
        known.write_text(trusted)


@needs_two_hosts
def test_a_login_that_is_refused_says_so(hosts: TwoHosts, ssh: Callable[..., Command]) -> None:
    without_key = [word for word in hosts.options if not word.endswith("/id") and word != "-i"]
    command = ssh(f"root@{ADDRESS}", "--local-port", "0", options=[*without_key, "-o", "BatchMode=yes"])
    assert command.process.wait(60) == 1
    assert "did not let you in" in command.told.read_text()


@needs_two_hosts
def test_a_taken_port_of_this_machine_is_told_before_ssh_starts(hosts: TwoHosts, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "runhere_runtime", "ssh", f"root@{ADDRESS}", "--local-port", str(port)],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert ended.returncode == 1
    assert f"Port {port} on this machine is in use" in ended.stderr
    assert "Connecting" not in ended.stderr


@pytest.mark.parametrize("destination", ["-oProxyCommand=touch {pwned}", "me@-oProxyCommand=touch {pwned}"])
def test_options_in_the_place_of_a_host_run_nothing(destination: str, tmp_path: Path) -> None:
    pwned = tmp_path / "pwned"
    words = [sys.executable, "-m", "runhere_runtime", "ssh", "--local-port", "0"]
    # The first looks like an option to argparse, too: `=` hands it over as the destination all the same.
    for spelled in ([destination.format(pwned=pwned)], ["--", destination.format(pwned=pwned)]):
        ended = subprocess.run([*words, *spelled], capture_output=True, text=True, timeout=60)
        assert ended.returncode != 0
        assert not pwned.exists()


HOSTILE = """
import json, sys, time
def say(event, **facts): print("RUNHERE " + json.dumps({"event": event, **facts}), flush=True)
print("\\x1b[2JWelcome", file=sys.stderr, flush=True)
print("x" * 3_000_000, file=sys.stderr, flush=True)
print("RUNHERE {", flush=True)
print("RUNHERE " + "[" * 200_000, flush=True)
say("hello", python="3.12\\x1b]0;owned\\x07", executable="/py", host="box\\nGo on? [y/N] y")
ready = dict(kind="companion", started=False, tls=False, base="/", root="/", listed=None)
say("ready", **ready, token="t#\\n&x=y", pairs=[{"hub": "https://hub.test", "code": "AB&rt=http://evil"}])
say("ready", **ready, token="t#\\n&x=\\ud800", pairs=[
    {"hub": "https://evil.test", "code": "CODE"}, {"hub": "https://hub.test", "code": "GOOD"}])
sys.stdin.buffer.read()
"""


def test_a_hostile_machine_opens_nothing_and_writes_nothing_into_the_terminal(tmp_path: Path) -> None:
    """Whoever has the machine has what runs there: its words are shown as text, its links are not followed."""
    program, opened, browser = tmp_path / "hostile.py", tmp_path / "opened", tmp_path / "browser"
    program.write_text(HOSTILE)
    browser.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n')
    browser.chmod(0o755)
    words = [sys.executable, "-m", "runhere_runtime", "ssh", "--via", f"{sys.executable} {program}"]
    with (tmp_path / "told").open("w") as stderr:
        process = subprocess.Popen(
            [*words, "--local-port", "0", "--hub", "https://hub.test"], stdin=subprocess.DEVNULL, stderr=stderr,
            stdout=subprocess.PIPE, text=True, env={**os.environ, "BROWSER": f"{browser} %s"},
        )  # fmt: skip
    command = Command(process, tmp_path / "told")
    try:
        line = command.line()
        command.wait_for("pair=GOOD")
        end = time.monotonic() + 20
        while not opened.exists():
            assert time.monotonic() < end
    finally:
        command.close()
    told = command.told.read_text()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=t%23%20%26x%3D%3F", line)
    assert opened.read_text().startswith("https://hub.test/connect#rt=http://127.0.0.1:")
    assert "evil" not in told + opened.read_text()
    assert not {one for one in told if not one.isprintable()} - {"\n"}
    assert "\nGo on?" not in told
    assert "Welcome" in told


# ---- the far program by itself ------------------------------------------------------------------------------


class Far:
    """The far program under a home folder of its own, as ssh would run it."""

    def __init__(self, home: Path, python: str, **env: str) -> None:
        program = far_program()
        boot = "import sys; exec(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))"
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("RUNHERE_", "JUPYTER_", "XDG_"))}
        self.process = subprocess.Popen(
            [python, "-uc", boot],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**clean, "HOME": str(home), **env},
        )
        self.write(f"{len(program)}\n".encode() + program)

    @property
    def _in(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    def write(self, data: bytes) -> None:
        self._in.write(data)
        self._in.flush()

    def tell(self, value: dict[str, Any]) -> None:
        self.write(json.dumps(value).encode() + b"\n")

    def hear(self, event: str) -> dict[str, Any]:
        """The next event of this kind; progress is passed over."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told = json.loads(line.removeprefix(b"RUNHERE "))
            if told["event"] == event:
                return dict(told)
            assert told["event"] in ("hello", "progress"), told
        raise AssertionError(f"ended before {event}")

    def close(self) -> None:
        self._in.close()
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()


def wish(**more: Any) -> dict[str, Any]:
    payload = pack()
    base = {"port": free_port(), "hubs": [], "start": True, "stop": False, "root": None, "kernel_python": None}
    base |= {"public_url": "http://127.0.0.1:1", "colab_compat": False, "address": "127.0.0.1"}
    known = {
        "public_url": "http://127.0.0.1:1",
        "version": __version__,
        "digest": payload.digest,
        "needs": list(payload.needs),
    }
    return {**base, **known, **more}


@pytest.mark.skipif(bare_python() is None, reason="no other Python of 3.11 or newer with venv is here")
def test_it_asks_installs_into_its_own_environment_and_starts(tmp_path: Path, wheels: Path) -> None:
    python = bare_python()
    assert python is not None
    asked = wish()
    far = Far(tmp_path, python, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels))
    far.tell(asked)
    missing = far.hear("missing")
    assert missing["home"] == str(tmp_path / ".local/share/runhere-runtime")
    assert not (tmp_path / ".local").exists()
    far.tell({"install": True, "archive": pack().archive})
    ready = far.hear("ready")
    assert ready["started"] is True
    far.close()
    again = Far(tmp_path, python)
    again.tell(asked)
    assert again.hear("ready")["token"] == ready["token"]
    again.close()
    stopping = Far(tmp_path, python)
    stopping.tell({**asked, "stop": True})
    assert stopping.hear("stopped")["count"] == 1
    stopping.close()


@pytest.mark.skipif(bare_python() is None, reason="no other Python of 3.11 or newer with venv is here")
def test_without_a_yes_nothing_is_installed(tmp_path: Path) -> None:
    python = bare_python()
    assert python is not None
    far = Far(tmp_path, python)
    far.tell(wish())
    far.hear("missing")
    far.tell({"install": False, "archive": ""})
    assert far.hear("failed")["code"] == "install_refused"
    far.close()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_over_there_is_told_and_with_room_the_same_command_works(tiny_disk: TinyDisk) -> None:
    """There is no room for the runtime's own words, either."""
    tiny_disk.fill()
    asked = wish(port=free_port())
    full = Far(tiny_disk.place, sys.executable)
    full.tell(asked)
    failed = full.hear("failed")
    assert failed["code"] == "start_failed"
    assert (
        f"The disk is full over there, where {tiny_disk.place}/.local/share/runhere-runtime lies" in failed["message"]
    )
    full.close()
    tiny_disk.make_room()
    roomy = Far(tiny_disk.place, sys.executable)
    roomy.tell(asked)
    assert roomy.hear("ready")["started"] is True
    roomy.close()
    stopping = Far(tiny_disk.place, sys.executable)
    stopping.tell({**asked, "stop": True})
    assert stopping.hear("stopped")["count"] == 1
    stopping.close()


def test_a_port_of_somebody_else_is_never_taken_over(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        far = Far(tmp_path, sys.executable)
        far.tell(wish(port=taken.getsockname()[1]))
        assert far.hear("failed")["code"] == "remote_port_taken"
        far.close()
    assert list(tmp_path.iterdir()) == []


def test_files_that_others_could_have_written_are_not_believed(tmp_path: Path) -> None:
    port = free_port()
    folder = tmp_path / ".local/share/jupyter/runhere-runtime/servers"
    folder.mkdir(parents=True)
    facts = {"pid": os.getpid(), "port": port, "origin": "", "root": "", "token": "rhrt_stolen"}
    forged = folder / "1.json"
    forged.write_text(json.dumps(facts))
    forged.chmod(0o644)
    far = Far(tmp_path, sys.executable)
    far.tell(wish(port=port, start=False))
    assert far.hear("nothing")["others"] == []
    far.close()
    forged.chmod(0o600)
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        server.listen()
        believing = Far(tmp_path, sys.executable)
        believing.tell(wish(port=port, start=False))
        assert believing.hear("ready")["token"] == "rhrt_stolen"
        believing.close()


def heard_of(home: Path, event: str, **more: Any) -> dict[str, Any]:
    far = Far(home, sys.executable)
    far.tell(wish(start=False, **more))
    told = far.hear(event)
    far.close()
    return told


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep no such table, and give no other loopback")
def test_a_port_on_another_address_is_found_and_one_of_another_machine_is_not_believed(tmp_path: Path) -> None:
    port = free_port()  # on 127.0.0.1, too, where another test's server could have the same number
    with socket.socket() as server:
        server.bind(("127.0.0.2", port))
        server.listen()
        assert heard_of(tmp_path, "elsewhere", port=port)["address"] == "127.0.0.2"
        assert heard_of(tmp_path, "nothing", port=port, address="127.0.0.2")["taken"] is True
        folder = tmp_path / ".local/share/jupyter/runtime"
        folder.mkdir(parents=True)
        facts = {"pid": os.getpid(), "port": port, "token": "jupyter", "root_dir": "/"}
        named = folder / "jpserver-1.json"
        named.touch(0o600)
        named.write_text(json.dumps({**facts, "hostname": "203.0.113.7"}))
        assert heard_of(tmp_path, "nothing", port=port, address="127.0.0.2")["taken"] is True
        named.write_text(json.dumps({**facts, "hostname": "127.0.0.2"}))
        assert heard_of(tmp_path, "elsewhere", port=port)["address"] == "127.0.0.2"
        assert heard_of(tmp_path, "ready", port=port, address="127.0.0.2")["token"] == "jupyter"
    assert heard_of(tmp_path, "elsewhere", port=port, address="127.0.0.2")["address"] == "127.0.0.1"
    assert heard_of(tmp_path, "nothing", port=port)["taken"] is False


def test_a_runtime_whose_port_nobody_listens_on_has_ended(tmp_path: Path) -> None:
    """After a reboot another process may have its number, and one that was killed may not be buried yet."""
    port = free_port()
    folder = tmp_path / ".local/share/jupyter/runhere-runtime/servers"
    folder.mkdir(parents=True)
    left = folder / "1.json"
    left.write_text(json.dumps({"pid": os.getpid(), "port": port, "origin": "", "root": "", "token": "rhrt_old"}))
    left.chmod(0o600)
    far = Far(tmp_path, sys.executable)
    far.tell(wish(port=port, colab_compat=True))
    started = far.hear("ready")
    assert started["started"] is True
    assert started["token"] != "rhrt_old"
    assert started["listed"] == []
    (pid,) = (facts["pid"] for facts in map(json.loads, (one.read_text() for one in folder.glob("*.json")))
              if facts["token"] == started["token"])  # fmt: skip
    assert "--colab-compat" in psutil.Process(pid).cmdline()
    far.close()
    older = Far(tmp_path, sys.executable)
    older.tell(wish(port=port, hubs=[HUB], version="0.0.1"))
    left_out = older.hear("ready")
    assert (left_out["token"], left_out["pairs"], left_out["listed"]) == (started["token"], [], [])
    older.close()
    same = Far(tmp_path, sys.executable)
    same.tell(wish(port=port, hubs=[HUB]))
    let_in = same.hear("ready")
    assert ([one["hub"] for one in let_in["pairs"]], let_in["listed"]) == ([HUB], [HUB])
    same.close()
    stopping = Far(tmp_path, sys.executable)
    stopping.tell(wish(port=port, stop=True))
    assert stopping.hear("stopped")["count"] == 1  # and not the process of these tests
    stopping.close()


def test_the_archive_holds_our_packages_and_nothing_else() -> None:
    payload = pack()
    assert payload.digest == pack().digest
    assert len(base64.b64decode(payload.archive)) < 500_000
    names = {re.split("[<>=]", one)[0].replace("_", "-") for one in payload.needs}
    assert names == {"jupyter-server", "ipykernel", "psutil", "nvidia-ml-py", "pybase64"}
