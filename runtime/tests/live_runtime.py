"""A real runtime as a process, spoken to over real sockets. What the tests of this folder share."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

HUB = "https://hub.test"
EVIL = "https://evil.test"
START_S = 30


_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
_turns = itertools.count(secrets.randbelow(1_500))


def free_port() -> int:
    """A port that was free a moment ago.

    None of those that the system hands out itself, and each worker's its own: a connection or another test had it
    before a slow server took it.
    """
    while True:
        port = 20_000 + _worker * 1_500 + next(_turns) % 1_500
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """A runtime process."""

    process: subprocess.Popen[bytes]
    port: int
    token: str
    code: str | None
    data: Path
    log: Path
    root: Path
    sockets: Path
    facts: dict[str, Any] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """One request with exactly these headers (and Host, unless given)."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            given = dict(headers or {})
            connection.putrequest(method, path, skip_host="Host" in given, skip_accept_encoding=True)
            if body is not None:
                given.setdefault("Content-Length", str(len(body)))
            for name, value in given.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            found = connection.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        finally:
            connection.close()

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def kernel_ids(self) -> set[str]:
        return {kernel["id"] for kernel in self.ask("GET", "/api/kernels", headers=self.auth).json()}

    def start_kernel(self) -> str:
        made = self.ask("POST", "/api/kernels", headers=self.auth, body=b"{}")
        assert made.status == 201, made
        return str(made.json()["id"])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_runtime(
    folder: Path, *extra: str, env: dict[str, str] | None = None, start: tuple[str, ...] = ("-m", "runhere_runtime")
) -> Running:
    """Start one and wait for its line. `start`: what Python is told to run."""
    root, data = folder / "root", folder / "data"
    root.mkdir(parents=True, exist_ok=True)
    log = folder / "stderr"
    command = [sys.executable, *start, "--announce", "json", "--root", str(root)]
    if "--port" not in extra:
        command += ["--port", "0"]
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            [*command, *extra],
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, "RUNHERE_RUNTIME_DATA": str(data), **(env or {})},
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    process.stdout.close()
    if not line:
        process.wait(START_S)
        raise AssertionError(log.read_text())
    facts = json.loads(line)
    port = int(facts["origin"].rpartition(":")[2])
    (file,) = [f for f in (data / "servers").glob("*.json") if json.loads(f.read_text())["pid"] == process.pid]
    assert file
    return Running(
        process, port, facts["token"], facts["pair"], data, log, root, Path(facts.get("sockets") or "/"), facts
    )


def make_certificate(folder: Path, names: str) -> tuple[Path, Path]:
    """A new certificate that nobody trusts unasked, and its key. `names` as OpenSSL writes them: `DNS:localhost`."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed here")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    made = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    named = ("-subj", "/CN=localhost", "-addext", f"subjectAltName={names}")
    words = ["openssl", "req", *made, *named, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    return certificate, key
