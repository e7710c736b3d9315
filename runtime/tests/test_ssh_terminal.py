"""`runhere-runtime ssh` as a person meets it at a terminal: what ssh and the command ask there, with a real sshd."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from needs_two_hosts import needs_two_hosts
from ssh_command import LOCAL_PORT, Command, bare_python, curl, token_of
from two_hosts import ADDRESS, TwoHosts

DESTINATION = f"root@{ADDRESS}"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), needs_two_hosts]


class Terminal:
    """The command with a terminal of its own, where ssh asks too. `screen` is all that was shown."""

    def __init__(self, words: list[str]) -> None:
        self.screen = ""
        self._pid, self._seat = pty.fork()
        if self._pid == 0:
            os.execvp(words[0], words)

    def read_until(self, words: str, limit_s: float = 90) -> None:
        end = time.monotonic() + limit_s
        while words not in self.screen:
            assert time.monotonic() < end, self.screen
            assert self._read(), f"it ended without {words!r}: {self.screen}"

    def type(self, text: str) -> None:
        os.write(self._seat, text.encode())

    def end(self, limit_s: float = 60) -> int:
        """Read on until it ends; its exit code."""
        end = time.monotonic() + limit_s
        while self._read():
            assert time.monotonic() < end, self.screen
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGINT)
            self.end()
        os.close(self._seat)

    def _read(self) -> bool:
        """A little more of what is shown; False when there will be nothing more."""
        if select.select([self._seat], [], [], 0.2)[0]:
            try:
                shown = os.read(self._seat, 65536)
            except OSError:  # as Linux tells that the last program at this terminal has ended
                return False
            self.screen += shown.decode("utf-8", "replace").replace("\r\n", "\n")
            return bool(shown)
        return True


@pytest.fixture
def terminal(hosts: TwoHosts) -> Iterator[Callable[..., Terminal]]:
    """Type the command on the laptop."""
    opened: list[Terminal] = []

    def type_command(*words: str, options: list[str] | None = None) -> Terminal:
        behind = ["--", *(hosts.options if options is None else options)]
        ours = [sys.executable, "-m", "runhere_runtime", "ssh", DESTINATION, "--no-browser", *words, *behind]
        opened.append(Terminal(hosts.on_laptop(*ours)))
        return opened[-1]

    yield type_command
    for one in opened:
        one.close()


def logins(hosts: TwoHosts) -> int:
    return (hosts.folder / "sshd.log").read_text().count("Accepted publickey")


@pytest.fixture
def nobody_known(hosts: TwoHosts) -> Iterator[Path]:
    """The laptop has never been on gpubox."""
    known = hosts.folder / "known_hosts"
    trusted = known.read_text()
    known.write_text("")
    yield known
    known.write_text(trusted)


def test_an_unknown_machine_is_shown_with_its_fingerprint_and_asked_about(
    hosts: TwoHosts, terminal: Callable[..., Terminal], nobody_known: Path
) -> None:
    listed = subprocess.run(["ssh-keygen", "-lf", hosts.folder / "host_key.pub"], capture_output=True, text=True)
    fingerprint = listed.stdout.split()[1]
    before = logins(hosts)
    declined = terminal("--local-port", "0")
    declined.read_until("Are you sure you want to continue connecting")
    assert fingerprint in declined.screen
    declined.type("no\n")
    assert declined.end() == 1
    assert "You have never been on" in declined.screen
    assert (nobody_known.read_text(), logins(hosts)) == ("", before), "nothing was sent"
    agreed = terminal("--local-port", "0", "--python", sys.executable)
    agreed.read_until("Are you sure you want to continue connecting")
    agreed.type("yes\n")
    agreed.read_until("Nothing answers on port 8888 there. Add --start")
    agreed.read_until("\nhttp://127.0.0.1:")
    agreed.type("\x03")
    assert agreed.end() == 0
    assert f"Disconnected from {DESTINATION}." in agreed.screen
    assert ADDRESS in nobody_known.read_text()


def test_a_key_with_a_passphrase_asks_for_it_once_at_the_terminal(
    hosts: TwoHosts, terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    """One ssh carries everything, so a person proves once who they are."""
    key = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", str(key)], check=True)
    allowed = hosts.folder / "authorized_keys"
    allowed.write_text(allowed.read_text() + key.with_suffix(".pub").read_text())
    options = [str(key) if word == str(hosts.folder / "id") else word for word in hosts.options]
    command = terminal("--local-port", "0", "--python", sys.executable, options=options)
    command.read_until("Enter passphrase for key")
    command.type("open sesame\n")
    command.read_until("\nhttp://127.0.0.1:")
    assert command.screen.count("Enter passphrase") == 1
    assert "open sesame" not in command.screen


@pytest.mark.skipif(bare_python() is None, reason="no other Python of 3.11 or newer with venv is here")
@pytest.mark.timeout(400)  # the packages may have to be fetched first
def test_what_will_be_installed_is_asked_at_the_terminal_and_done_after_a_yes_only(
    hosts: TwoHosts, terminal: Callable[..., Terminal], ssh: Callable[..., Command], wheels: Path
) -> None:
    settings = hosts.home / ".config/pip/pip.conf"  # gpubox has no network but the cable
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[global]\nno-index = true\nfind-links = {wheels}\n")
    python, ours = str(bare_python()), hosts.home / ".local/share/runhere-runtime"
    words = ("--start", "--hub", "https://hub.test", "--local-port", str(LOCAL_PORT), "--python", python)
    declined = terminal(*words)
    declined.read_until("Go on? [y/N] ")
    assert f"{ours}/venv" in declined.screen
    assert "jupyter-server" in declined.screen
    declined.type("\n")
    assert declined.end() == 1
    assert "Nothing was installed." in declined.screen
    assert not ours.exists()
    agreed = terminal(*words)
    agreed.read_until("Go on? [y/N] ")
    agreed.type("y\n")
    agreed.read_until("https://hub.test/connect#rt=http://127.0.0.1:", limit_s=200)
    (url,) = [line for line in agreed.screen.splitlines() if line.startswith(f"http://127.0.0.1:{LOCAL_PORT}/?token=")]
    assert '"kernels": 0' in curl(hosts, f"http://127.0.0.1:{LOCAL_PORT}/api/status", token_of(url))
    agreed.type("\x03")
    assert agreed.end() == 0
    again = ssh(f"root@{ADDRESS}", "--local-port", str(LOCAL_PORT), python=python)
    assert again.line() == url, "it went on, and is found"


def test_a_machine_that_lets_no_port_through_is_told_before_a_page_finds_out(
    hosts: TwoHosts, ssh: Callable[..., Command]
) -> None:
    hosts.stop_sshd()
    hosts.start_sshd(forwarding="no")
    try:
        command = ssh(DESTINATION, "--start", "--local-port", str(LOCAL_PORT))
        assert command.process.wait(90) == 1
        assert (
            f"{DESTINATION} lets no port through: its sshd forbids it (AllowTcpForwarding" in command.told.read_text()
        )
        assert command.line() == ""
    finally:
        hosts.stop_sshd()
        hosts.start_sshd()
    allowed = ssh(DESTINATION, "--local-port", str(LOCAL_PORT))
    assert token_of(allowed.line()), "the runtime that was started went on"


def test_a_machine_whose_sshd_is_away_is_told_with_the_words_of_ssh(
    hosts: TwoHosts, ssh: Callable[..., Command]
) -> None:
    hosts.stop_sshd()
    try:
        command = ssh(DESTINATION, "--local-port", "0")
        assert command.process.wait(60) == 1
        assert f"{DESTINATION} cannot be reached: ssh: connect to host" in command.told.read_text()
        nameless = ssh("me@no-such-host.invalid", "--local-port", "0")
        assert nameless.process.wait(60) == 1
        assert "me@no-such-host.invalid cannot be reached: ssh: Could not resolve" in nameless.told.read_text()
    finally:
        hosts.start_sshd()


def test_a_port_of_somebody_else_over_there_is_told_and_not_taken_over(
    hosts: TwoHosts, ssh: Callable[..., Command]
) -> None:
    served = hosts.folder / "served"
    served.mkdir()
    stranger = subprocess.Popen(
        hosts.on_gpubox(sys.executable, "-m", "http.server", "8893", "--bind", "127.0.0.1", "-d", str(served)),
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 30
        while subprocess.run(
            hosts.on_gpubox("curl", "-s", "-m", "5", "http://127.0.0.1:8893/"), capture_output=True
        ).returncode:
            assert time.monotonic() < end
        words = (DESTINATION, "--remote-port", "8893", "--local-port", str(LOCAL_PORT))
        shown = ssh(*words)
        assert shown.line() == f"http://127.0.0.1:{LOCAL_PORT}/"
        shown.wait_for("Port 8893 there is in use by a program that is not among yours")
        shown.stop()
        started = ssh(*words, "--start")
        assert started.process.wait(60) == 1
        assert "Somebody else's program has port 8893" in started.told.read_text()
        assert stranger.poll() is None
    finally:
        stranger.terminate()
        stranger.wait(30)
