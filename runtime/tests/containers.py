"""A container engine for the tests: podman with storage of its own, and networks inside a namespace of their own.

Needs root. Images of the base systems come from Debian's packages, under the name that the Containerfile asks for, so
that
nothing is pulled from a registry of images. Built images stay in the cache folder; a second run builds nothing anew.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

CACHE = Path.home() / ".cache" / "runhere-tests" / "containers"
REPOSITORY = Path(__file__).resolve().parents[2]
BASE = "localhost/python:3.11-slim"
IMAGE = "localhost/runhere-runtime:test"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_BASE_PACKAGES = "ca-certificates,python3,python3-venv,python3-pip,python-is-python3"
_CONFIG = """[containers]
default_ulimits = ["nofile=4096:8192", "nproc=4096:8192"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
"""


def why_not() -> str | None:
    """Why no container can be had here; None: one can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "building and running containers here needs root"
    missing = [one for one in ("podman", "runc", "debootstrap", "ip", "nsenter", "iptables") if not shutil.which(one)]
    return f"needs {', '.join(missing)}" if missing else None


def podman(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    """One command of the engine, with our storage."""
    return subprocess.run(podman_words(*words), text=True, capture_output=True, env=environment(), **options)  # type: ignore[call-overload,no-any-return]  # options of run


def podman_words(*words: str) -> list[str]:
    places = ["--root", str(CACHE / "storage"), "--runroot", str(CACHE / "run"), "--storage-driver", "overlay"]
    return ["podman", *places, *words]


def environment() -> dict[str, str]:
    CACHE.mkdir(parents=True, exist_ok=True)
    config = CACHE / "containers.conf"
    config.write_text(_CONFIG)
    return {**os.environ, "CONTAINERS_CONF": str(config)}


def build_image() -> str:
    """The image of deploy/runtime/Containerfile, made from this checkout. Returns its name."""
    _make_base()
    pip = CACHE / "pip.conf"
    pip.write_text(f"[global]\ncert = {CERTIFICATES}\ndisable-pip-version-check = true\n")
    built = podman(
        *("build", "--format", "docker", "--pull=never", "--network", "host", "-t", IMAGE),
        *("-v", f"{CERTIFICATES}:{CERTIFICATES}:ro", "-v", f"{pip}:/etc/pip.conf:ro"),
        *("-f", str(REPOSITORY / "deploy/runtime/Containerfile"), str(REPOSITORY)),
    )
    assert built.returncode == 0, built.stderr[-4000:]
    return IMAGE


def _make_base() -> None:
    if podman("image", "exists", BASE).returncode == 0:
        return
    root = CACHE / "rootfs"
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={_BASE_PACKAGES}", "bookworm", str(root)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    for marker in root.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        marker.unlink()
    archive = CACHE / "base.tar"
    subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)
    shutil.rmtree(root)
    assert podman("import", "-q", str(archive), BASE).returncode == 0
    archive.unlink()


@dataclass
class Containers:
    """Containers whose ports are published inside a network namespace of their own. `close` ends them all."""

    namespace: str

    def __post_init__(self) -> None:
        subprocess.run(["ip", "netns", "add", self.namespace], check=True)
        subprocess.run(["ip", "-n", self.namespace, "link", "set", "lo", "up"], check=True)
        self._ids: list[str] = []

    def inside(self, *words: str) -> list[str]:
        """A command in the namespace. (Not `ip netns exec`: it remounts /sys and hides the cgroups from runc.)"""
        return ["nsenter", f"--net=/run/netns/{self.namespace}", *words]

    def run(self, *words: str) -> str:
        """Start a container of the image; returns its id."""
        command = self.inside(*podman_words("run", "-d", "--init", *words))
        started = subprocess.run(command, text=True, capture_output=True, env=environment(), check=False)
        assert started.returncode == 0, started.stderr
        self._ids.append(started.stdout.strip())
        return self._ids[-1]

    def within(self, container: str, *words: str) -> subprocess.CompletedProcess[str]:
        """A command in a running container."""
        command = self.inside(*podman_words("exec", container, *words))
        return subprocess.run(command, text=True, capture_output=True, env=environment(), check=False)

    def logs(self, container: str) -> str:
        """What it printed on standard output."""
        return podman("logs", container).stdout

    def stop(self, container: str) -> None:
        command = self.inside(*podman_words("rm", "-f", "-t", "5", container))
        subprocess.run(command, capture_output=True, env=environment(), check=False)
        self._ids.remove(container)

    def close(self) -> None:
        for container in list(self._ids):
            self.stop(container)
        subprocess.run(["ip", "netns", "del", self.namespace], check=False)


def start_relay(words: list[str]) -> subprocess.Popen[str]:
    """A running relay.py that listens already; `words` end with its two addresses."""
    relay = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert relay.stdout is not None
    assert relay.stdout.readline() == "listening\n"
    return relay


@contextlib.contextmanager
def published_here(inside: Callable[..., list[str]], inside_port: int, port: int, folder: Path) -> Iterator[None]:
    """While this lasts, 127.0.0.1:`port` of this machine is 127.0.0.1:`inside_port` of a namespace.

    Args:
        inside: Makes of a command one that runs in the namespace.
        folder: For the socket that joins the two.
    """
    script, joint = str(Path(__file__).with_name("relay.py")), str(folder / "relay.sock")
    far = start_relay(inside(sys.executable, script, f"unix:{joint}", f"tcp:{inside_port}"))
    near = start_relay([sys.executable, script, f"tcp:{port}", f"unix:{joint}"])
    try:
        yield
    finally:
        for one in (near, far):
            one.terminate()
            one.communicate(timeout=10)
