"""What the doctor says: its rules as a table, then with real servers."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from live_runtime import HUB, Running, free_port, make_certificate, start_runtime

from runhere_runtime.doctor.look import Address, read_url
from runhere_runtime.doctor.rules import Facts, OriginAnswer, ServerFacts, SpecFacts, ToldOfItself, findings, worst
from runhere_runtime.errors import UrlInvalid

PYTHON = SpecFacts("python3", "Python 3", "python", program_exists=True, python="/usr/bin/python3", has_ipykernel=True)
NO_IPYKERNEL, GONE = replace(PYTHON, has_ipykernel=False), replace(PYTHON, program_exists=False)
SERVER = ServerFacts(
    "127.0.0.1",
    8888,
    "jupyter",
    version="2.21.1",
    token_given=True,
    token_status=200,
    forged_host_status=403,
    origins=(OriginAnswer(HUB, preflight=True, let_in=True),),
    stranger_let_in=False,
    kernels=("Python 3",),
)
UNLISTED = (OriginAnswer(HUB, preflight=False, let_in=False),)
WELL = Facts(SERVER, "desk", (PYTHON,), (("jupyter-server", "2.21.1"),), "/usr/bin/python3", (), None, 1 << 40, "/data")


def test_all_is_well() -> None:
    assert worst(findings(WELL)) == "note"
    topics = {"port", "host", "token", "origin", "machine", "versions", "kernels", "gpu", "browsers"}
    assert {one.topic for one in findings(WELL)} == topics


@pytest.mark.parametrize(
    ("server", "topic", "level", "remedy"),
    [
        (replace(SERVER, answers="nothing", refused="Connection refused"), "port", "problem", "--port 8888"),
        (replace(SERVER, answers="tls"), "port", "problem", "https://127.0.0.1:8888"),
        (replace(SERVER, answers="untrusted", refused="self-signed certificate"), "port", "problem", "through SSH"),
        (replace(SERVER, answers="not_http"), "port", "problem", "right port"),
        (replace(SERVER, answers="other_http"), "port", "problem", "right port"),
        (replace(SERVER, token_status=403), "token", "problem", "newest URL"),
        (replace(SERVER, token_given=False), "token", "note", "whole URL"),
        (replace(SERVER, forged_host_status=200), "host", "warning", "allow_remote_access"),
        (replace(SERVER, version="1.24.0"), "versions", "warning", "upgrade"),
        (replace(SERVER, stranger_let_in=True), "origin", "warning", "refuses unlisted"),
        (replace(SERVER, origins=()), "origin", "note", "--hub"),
        (replace(SERVER, kernels=()), "kernels", "problem", "where the server runs"),
        (SERVER, "machine", "note", "typed there"),
        (replace(SERVER, origins=UNLISTED), "origin", "problem", f"allow_origin={HUB}"),
        (replace(SERVER, origins=(OriginAnswer(HUB, False, True),)), "origin", "warning", f"allow_origin={HUB}"),
        (replace(SERVER, answers="companion", origins=UNLISTED), "origin", "problem", f"allow {HUB}"),
        (replace(SERVER, origins=(OriginAnswer("http://hub.lan", True, True),)), "browsers", "warning", "https"),
    ],
)
def test_each_trouble_of_a_server_has_its_remedy(server: ServerFacts, topic: str, level: str, remedy: str) -> None:
    told = findings(replace(WELL, server=server))
    assert any(one.topic == topic and one.level == level and remedy in one.remedy for one in told), told


@pytest.mark.parametrize(
    ("facts", "topic", "level", "remedy"),
    [
        (replace(WELL, specs=()), "kernels", "problem", "pip install ipykernel"),
        (replace(WELL, specs=(NO_IPYKERNEL,)), "kernels", "problem", "/usr/bin/python3 -m pip install ipykernel"),
        (replace(WELL, specs=(GONE,)), "kernels", "problem", "kernelspec remove python3"),
        (replace(WELL, versions=(("ipykernel", None),)), "versions", "problem", "pip install ipykernel"),
        (replace(WELL, gpu_trouble="couldn't communicate with the driver"), "gpu", "warning", "--gpus=all"),
        (replace(WELL, gpus=("NVIDIA T4, 15360 MiB, 550.1",)), "gpu", "ok", ""),
        (replace(WELL, disk_free_bytes=10), "disk", "warning", "room"),
        (replace(WELL, server=None), "port", "note", "--hub ORIGIN"),
    ],
)
def test_each_trouble_of_a_machine_has_its_remedy(facts: Facts, topic: str, level: str, remedy: str) -> None:
    told = findings(facts)
    assert any(one.topic == topic and one.level == level and remedy in one.remedy for one in told), told


COMPANION = replace(SERVER, answers="companion", told=ToldOfItself("desk", "1.0", "3.13.1"))
BROKEN = replace(
    WELL, specs=(NO_IPYKERNEL,), versions=(("ipykernel", None),), gpu_trouble="no driver", disk_free_bytes=1
)


def test_of_a_runtime_elsewhere_this_machine_is_no_matter() -> None:
    here = findings(replace(BROKEN, server=COMPANION))
    assert worst(here) == "problem"
    assert "machine" not in {one.topic for one in here}
    far = findings(replace(BROKEN, server=replace(COMPANION, told=ToldOfItself("box", "1.0", "3.13.1"))))
    assert worst(far) == "note"
    assert {one.topic for one in far} == {"port", "host", "token", "origin", "kernels", "machine", "browsers"}
    (place,) = [one for one in far if one.topic == "machine"]
    assert "box" in place.text
    assert "desk" in place.text
    assert "1.0 answers" in far[0].text
    assert "Python 3.13.1" in far[0].text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8888", Address("127.0.0.1", 8888, "/", None)),
        ("localhost:8889", Address("localhost", 8889, "/", None)),
        ("http://127.0.0.1:9000/?token=abc", Address("127.0.0.1", 9000, "/", "abc")),
        ("http://localhost:8888/tree?token=abc", Address("localhost", 8888, "/", "abc")),
        ("http://localhost:8888/base/lab?token=abc", Address("localhost", 8888, "/base/", "abc")),
        ("https://box:8443/?token=abc", Address("box", 8443, "/", "abc", tls=True)),
    ],
)
def test_what_a_person_pastes_is_read(text: str, address: Address) -> None:
    assert read_url(text) == address


@pytest.mark.parametrize(
    "text",
    [
        *("ftp://x", "http://", "http://u:p@127.0.0.1", "http://127.0.0.1:99999", "", "http://[::1", "javascript:x"),
        *("http://127.0.0.1/é", "http://127.0.0.1/a b", "http://127.0.0.1/?token=a%0d%0aHost:x", "8888/?token=ü"),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UrlInvalid):
        read_url(text)


def doctor(tmp_path: Path, *words: str, **environment: str) -> tuple[int, list[dict[str, Any]]]:
    command = [sys.executable, "-m", "runhere_runtime", "doctor", "--json", *words]
    env = {**os.environ, "RUNHERE_RUNTIME_DATA": str(tmp_path / "data"), **environment}
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False)
    assert ended.stderr == ""
    return ended.returncode, json.loads(ended.stdout)["findings"]


def levels(told: list[dict[str, Any]], topic: str) -> list[str]:
    return [one["level"] for one in told if one["topic"] == topic]


def test_a_companion_passes_every_question(runtime: Running, tmp_path: Path) -> None:
    code, told = doctor(tmp_path, f"http://127.0.0.1:{runtime.port}/?token={runtime.token}", "--hub", HUB)
    assert code == 0
    for topic in ("port", "host", "token", "origin", "kernels"):
        assert set(levels(told, topic)) == {"ok"}, told
    assert "machine" not in {one["topic"] for one in told}, "it runs here"
    assert runtime.token not in json.dumps(told)
    assert "asked to connect" not in runtime.log.read_text(), "nobody is told to let the doctor's stranger in"


def test_without_a_hub_the_pages_that_the_runtime_lists_are_tried(runtime: Running, tmp_path: Path) -> None:
    code, told = doctor(tmp_path, f"http://127.0.0.1:{runtime.port}/?token={runtime.token}")
    assert code == 0
    assert [one["text"] for one in told if one["topic"] == "origin" and HUB in one["text"]]
    browsers = " ".join(one["text"] for one in told if one["topic"] == "browsers")
    assert all(name in browsers for name in ("Chrome", "Edge", "Firefox", f"Safari keeps {HUB}"))


def test_what_the_runtime_itself_lists_goes_before_what_is_kept_for_later_ones(
    runtime: Running, jupyter: tuple[int, str], tmp_path: Path
) -> None:
    kept = "https://kept.test"
    env = {**os.environ, "RUNHERE_RUNTIME_DATA": str(tmp_path / "data")}
    allowed = [sys.executable, "-m", "runhere_runtime", "allow", kept]
    subprocess.run(allowed, env=env, check=True, capture_output=True, timeout=60)
    _, told = doctor(tmp_path, f"http://127.0.0.1:{runtime.port}/?token={runtime.token}")
    (origin,) = [one["text"] for one in told if one["topic"] == "origin"]
    assert HUB in origin
    port, token = jupyter
    _, told = doctor(tmp_path, f"http://127.0.0.1:{port}/?token={token}")
    assert any(kept in one["text"] for one in told if one["topic"] == "origin"), "it says nothing of its list"


def test_a_companion_that_lists_another_site_says_the_line(runtime: Running, tmp_path: Path) -> None:
    other = "https://other.test"
    code, told = doctor(tmp_path, f"http://127.0.0.1:{runtime.port}/?token={runtime.token}", "--hub", other)
    assert code == 1
    (found,) = [one for one in told if one["topic"] == "origin"]
    assert (found["level"], found["remedy"]) == ("problem", f"runhere-runtime allow {other}")
    assert f"give that command again with --hub {other}" in found["text"]
    assert "docker exec NAME" in found["text"]


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """A stock server without any flag: (port, token)."""
    folder, token = tmp_path_factory.mktemp("stock"), "stock-token"
    port = free_port()
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"]
    env = {**os.environ, "JUPYTER_TOKEN": token, "JUPYTER_RUNTIME_DIR": str(folder)}
    server = subprocess.Popen([*command, "--ServerApp.port_retries=0"], cwd=folder, env=env, stderr=subprocess.PIPE)
    assert server.stderr is not None
    for line in server.stderr:
        if b"is running at" in line:
            break
    threading.Thread(target=server.stderr.read, daemon=True).start()
    yield port, token
    server.terminate()
    server.wait(30)
    server.stderr.close()


def test_a_stock_server_without_flags_is_understood(jupyter: tuple[int, str], tmp_path: Path) -> None:
    port, token = jupyter
    code, told = doctor(tmp_path, f"http://127.0.0.1:{port}/tree?token={token}", "--hub", HUB)
    assert code == 0
    assert levels(told, "token") == ["ok"]
    assert levels(told, "host") == ["ok"]
    assert levels(told, "origin") == ["warning", "warning"]
    assert any(one["text"].startswith("The server offers: Python 3") for one in told if one["topic"] == "kernels")
    assert levels(told, "machine") == ["note"]
    code, told = doctor(tmp_path, f"http://127.0.0.1:{port}/?token=old", "--hub", HUB)
    assert code == 1
    assert levels(told, "token") == ["problem"]


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    """A companion over https, and its certificate, good for "localhost" only, which nobody trusts unasked."""
    folder = tmp_path_factory.mktemp("encrypted")
    certificate, key = make_certificate(folder, "DNS:localhost")
    running = start_runtime(folder, "--hub", HUB, "--certfile", str(certificate), "--keyfile", str(key))
    yield running, certificate
    running.stop()


def test_a_companion_over_https_passes_where_its_certificate_is_trusted(
    encrypted: tuple[Running, Path], tmp_path: Path
) -> None:
    running, certificate = encrypted
    url = f"https://localhost:{running.port}/?token={running.token}"
    code, told = doctor(tmp_path, url, "--hub", HUB, SSL_CERT_FILE=str(certificate))
    assert code == 0, told
    for topic in ("port", "host", "token", "origin", "kernels"):
        assert set(levels(told, topic)) == {"ok"}, told


@pytest.mark.parametrize(
    ("url", "is_trusted", "says"),
    [
        ("https://localhost:{port}/?token={token}", False, "certificate"),
        ("https://127.0.0.1:{port}/?token={token}", True, "certificate"),
        ("http://localhost:{port}/?token={token}", True, "speaks TLS"),
    ],
    ids=["a certificate of nobody's", "another name's", "asked without TLS"],
)
def test_a_companion_over_https_is_told_plainly_what_keeps_a_browser_out(
    url: str, is_trusted: bool, says: str, encrypted: tuple[Running, Path], tmp_path: Path
) -> None:
    running, certificate = encrypted
    trusted = {"SSL_CERT_FILE": str(certificate)} if is_trusted else {}
    code, told = doctor(tmp_path, url.format(port=running.port, token=running.token), "--hub", HUB, **trusted)
    assert code == 1
    (found,) = [one for one in told if one["topic"] == "port"]
    assert found["level"] == "problem"
    assert says in found["text"]
    assert levels(told, "token") == []


def test_what_is_no_runtime_is_named_and_gets_no_token(tmp_path: Path) -> None:
    heard: list[str] = []

    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(f"{self.path} {self.headers}")
            self.send_error(404)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        code, told = doctor(tmp_path, f"http://127.0.0.1:{server.server_port}/?token=secret-of-another")
    finally:
        server.shutdown()
        server.server_close()
    assert code == 1
    assert levels(told, "port") == ["problem"]
    assert heard
    assert "secret-of-another" not in "".join(heard)


def test_nothing_there_is_said_plainly(tmp_path: Path) -> None:
    code, told = doctor(tmp_path, str(free_port()))
    assert code == 1
    assert "Nothing listens" in told[0]["text"]


class Hostile:
    """Answers every request with one stretch of bytes; `drips` sends it again and again, and never ends."""

    def __init__(self, said: bytes, *, drips: bool = False) -> None:
        self.said, self.drips = said, drips
        self.heard: list[bytes] = []
        self._ended = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(peer,), daemon=True).start()

    def _answer(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            self.heard.append(peer.recv(65536))
            peer.sendall(self.said)
            while self.drips and not self._ended.wait(0.05):
                peer.sendall(self.said)

    def close(self) -> None:
        self._ended.set()
        self._socket.close()


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


ESCAPES = "2.0\x1b]0;owned\x07\x1b[2J\r\u202e\n\u2713 token: The token is accepted."


@pytest.mark.parametrize(
    ("said", "drips", "topic_level"),
    [
        (answer(json.dumps({"version": ESCAPES + "x" * 500_000}).encode()), False, "ok"),
        (answer(b"[" * 900_000), False, "problem"),
        (answer(b"x" * 3_000_000), False, "problem"),
        (answer(b"", "Location: http://127.0.0.1:9/", status="302 Found"), False, "problem"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", True, "problem"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n", False, "problem"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 5000 + b"\r\n", False, "problem"),
        (b"\x1b[2J\x00\xff", True, "problem"),
    ],
    ids=["escapes", "nesting", "size", "redirect", "continue", "long line", "many lines", "noise"],
)
def test_a_hostile_server_is_told_plainly_and_soon(said: bytes, drips: bool, topic_level: str, tmp_path: Path) -> None:
    hostile = Hostile(said, drips=drips)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "runhere_runtime", "doctor", f"http://127.0.0.1:{hostile.port}/"],
            capture_output=True, text=True, timeout=50, check=False,
            env={**os.environ, "RUNHERE_RUNTIME_DATA": str(tmp_path / "data"), "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
    finally:
        hostile.close()
    assert ended.stderr == ""
    assert ended.returncode == (1 if topic_level == "problem" else 0)
    assert ended.stdout[0] == ("\u2717" if topic_level == "problem" else "\u2713")
    assert not {one for one in ended.stdout if not one.isprintable()} - {"\n"}
    assert max(map(len, ended.stdout.splitlines())) < 400
    assert not [line for line in ended.stdout.splitlines() if line.startswith("\u2713 token")]


def test_a_hostile_list_of_pages_is_not_followed(tmp_path: Path) -> None:
    """It could make the doctor ask for ever, or put lines of its own into a request."""
    pages = ["https://a\r\nX: y", "https://b\x1b", *(f"https://n{number}.test" for number in range(1000))]
    hostile = Hostile(answer(json.dumps({"version": "2", "origins": pages, "name": "runhere-runtime"}).encode()))
    try:
        code, told = doctor(tmp_path, f"http://127.0.0.1:{hostile.port}/?token=t")
    finally:
        hostile.close()
    assert code in (0, 1)
    assert len({one["text"] for one in told if one["topic"] == "origin" and ".test" in one["text"]}) == 20
    assert not [one for one in hostile.heard if b"X: y" in one or b"\x1b" in one]
