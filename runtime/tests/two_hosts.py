"""Two hosts on one machine: `laptop` and `gpubox`, network namespaces joined by a cable, with a real sshd on gpubox.

Needs root, `ip` and `sshd`. Nothing of it is seen from outside the namespaces; `close` ends every process in them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
ADDRESS = "10.77.0.2"
PORT = 2222
_CONFIG = """ListenAddress {address}
Port {port}
HostKey {folder}/host_key
PidFile {folder}/sshd.pid
AuthorizedKeysFile {folder}/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
AllowTcpForwarding {forwarding}
SetEnv HOME={home} XDG_DATA_HOME={home}/.local/share PATH={path}
"""


def why_not() -> str | None:
    """Why two hosts cannot be had here; None: they can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip") or not Path(SSHD).exists() or not shutil.which("ssh"):
        return "needs iproute2, openssh-server and openssh-client"
    made = subprocess.run(["ip", "netns", "add", f"rht{os.getpid()}"], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "del", f"rht{os.getpid()}"], capture_output=True, check=False)
    return None if made.returncode == 0 else "this kernel gives no network namespaces"


@dataclass
class TwoHosts:
    """`home` is gpubox's home folder; `path` its PATH."""

    path: str
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="rh-hosts-")))

    def __post_init__(self) -> None:
        number = os.getpid() % 30000
        self.laptop, self.gpubox = f"rhl{number}", f"rhg{number}"
        self._near, self._far = f"rhv{number}a", f"rhv{number}b"
        self.home = self.folder / "home"
        self.home.mkdir()
        for namespace in (self.laptop, self.gpubox):
            _ip("netns", "add", namespace)
            _ip("-n", namespace, "link", "set", "lo", "up")
        _ip(
            "link",
            "add",
            self._near,
            "netns",
            self.laptop,
            "type",
            "veth",
            "peer",
            "name",
            self._far,
            "netns",
            self.gpubox,
        )
        _ip("-n", self.laptop, "addr", "add", "10.77.0.1/24", "dev", self._near)
        _ip("-n", self.gpubox, "addr", "add", f"{ADDRESS}/24", "dev", self._far)
        _ip("-n", self.laptop, "link", "set", self._near, "up")
        _ip("-n", self.gpubox, "link", "set", self._far, "up")
        _make_key(self.folder / "host_key")
        _make_key(self.folder / "id")
        shutil.copy(self.folder / "id.pub", self.folder / "authorized_keys")
        self.trust_host()
        self.start_sshd()

    @property
    def options(self) -> list[str]:
        """Words for ssh: this test's key and known hosts, nobody's own configuration."""
        return [
            *("-F", "/dev/null", "-i", str(self.folder / "id"), "-p", str(PORT)),
            *("-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={self.folder}/known_hosts"),
            *("-o", "GlobalKnownHostsFile=/dev/null"),
        ]

    def trust_host(self, key: str = "host_key") -> None:
        """Write known_hosts, as if a person had compared the fingerprint."""
        kind, public = (self.folder / f"{key}.pub").read_text().split()[:2]
        (self.folder / "known_hosts").write_text(f"[{ADDRESS}]:{PORT} {kind} {public}\n")

    def start_sshd(self, *, forwarding: str = "local") -> None:
        Path("/run/sshd").mkdir(exist_ok=True)
        config = _CONFIG.format(
            address=ADDRESS, port=PORT, folder=self.folder, home=self.home, path=self.path, forwarding=forwarding
        )
        (self.folder / "sshd_config").write_text(config)
        with (self.folder / "sshd.log").open("ab") as log:
            self.sshd = subprocess.Popen(
                ["ip", "netns", "exec", self.gpubox, SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")],
                stderr=log,
            )
        limit = time.monotonic() + 20
        while subprocess.run(
            self.on_laptop("ssh", *self.options, f"root@{ADDRESS}", "true"), capture_output=True
        ).returncode:
            assert time.monotonic() < limit, (self.folder / "sshd.log").read_text()

    def stop_sshd(self) -> None:
        self.sshd.terminate()
        self.sshd.wait()

    def on_laptop(self, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self.laptop, *words]

    def on_gpubox(self, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self.gpubox, *words]

    def cut(self) -> None:
        """Pull the cable: packets go nowhere, and nobody is told."""
        _ip("-n", self.gpubox, "link", "set", self._far, "down")

    def join(self) -> None:
        _ip("-n", self.gpubox, "link", "set", self._far, "up")

    def reboot(self) -> None:
        """Every process of gpubox ends; then its sshd is there again."""
        _kill_all(self.gpubox)
        self.sshd.wait()
        self.start_sshd()

    def close(self) -> None:
        for namespace in (self.laptop, self.gpubox):
            _kill_all(namespace)
            subprocess.run(["ip", "netns", "del", namespace], check=False)
        self.sshd.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _kill_all(namespace: str) -> None:
    listed = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False).stdout
    for pid in map(int, listed.split()):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _make_key(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
