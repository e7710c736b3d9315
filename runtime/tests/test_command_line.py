"""What the subcommands say to a person at a terminal, as processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from live_runtime import HUB, free_port, make_certificate, start_runtime

from runhere_runtime.cli.main import _options, _parser
from runhere_runtime.places import Server


def command(*words: str, data: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `runhere-runtime` to its end, with a data folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "runhere_runtime", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        env={**os.environ, "RUNHERE_RUNTIME_DATA": str(data), **env},
    )


def test_allow_says_for_which_runtimes_it_counts_and_how_others_are_told(tmp_path: Path) -> None:
    ended = command("allow", HUB, data=tmp_path)
    assert ended.returncode == 0
    assert json.loads((tmp_path / "origins.json").read_text()) == {"origins": [HUB]}
    assert f"your runtimes on this machine ({socket.gethostname()})" in ended.stderr
    assert f"runhere-runtime ssh … --hub {HUB}" in ended.stderr
    assert f"docker exec NAME runhere-runtime allow {HUB}" in ended.stderr


@pytest.mark.parametrize("words", [("--port", "0"), ("allow", HUB), ("sessions",), ("doctor",)])
def test_a_data_folder_that_cannot_be_made_is_told_with_what_to_set(tmp_path: Path, words: tuple[str, ...]) -> None:
    file = tmp_path / "file"
    file.write_text("a file, and no folder")
    ended = command(*words, data=file / "data")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"The data folder {file / 'data'} cannot be used: Not a directory." in ended.stderr
    assert "RUNHERE_RUNTIME_DATA" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert file.read_text() == "a file, and no folder"


@pytest.mark.parametrize("in_the_way", ["servers", "journal"])
def test_a_data_folder_that_cannot_be_written_stops_the_start_and_leaves_nothing(
    tmp_path: Path, in_the_way: str
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / in_the_way).write_text("in the way")
    with tempfile.TemporaryDirectory(dir="/tmp") as sockets:  # a short name, or it is not used
        ended = command("--port", "0", "--root", str(tmp_path), data=data, XDG_RUNTIME_DIR=sockets)
        assert os.listdir(sockets) == []
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"The data folder {data} cannot be used: " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (data / in_the_way).read_text() == "in the way"


def test_allow_says_when_the_list_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "origins.json").mkdir()
    ended = command("allow", HUB, data=tmp_path)
    assert ended.returncode == 2
    assert f"The data folder {tmp_path} cannot be used: " in ended.stderr
    assert "may connect" not in ended.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["origins.json"]


@pytest.mark.parametrize(("told", "is_on"), [("1", True), ("0", False), ("", False)])
def test_what_a_container_cannot_be_told_by_option_it_is_told_by_setting(
    monkeypatch: pytest.MonkeyPatch, told: str, is_on: bool
) -> None:
    monkeypatch.setenv("RUNHERE_COLAB_COMPAT", told)
    monkeypatch.setenv("RUNHERE_WAITING_KERNEL", told)
    options = _options(_parser().parse_args([]))
    assert (options.colab_compat, options.waiting_kernel) == (is_on, is_on)


def test_a_runtime_with_a_certificate_at_an_address_of_its_own_is_reached_as_it_listens(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "IP:127.0.0.2")
    where = ("--ip", "127.0.0.2", "--certfile", str(certificate), "--keyfile", str(key))
    running = start_runtime(tmp_path, "--hub", HUB, *where)
    try:
        assert running.facts["origin"] == f"https://127.0.0.2:{running.port}"
        listed = command("sessions", data=running.data)
        assert (listed.returncode, listed.stderr.strip()) == (0, "No page is paired.")
        assert "There is no session 'x'" in command("revoke", "x", data=running.data).stderr
        looked = command("doctor", "--json", data=running.data, SSL_CERT_FILE=str(certificate))
        told = {one["topic"]: one["level"] for one in json.loads(looked.stdout)["findings"]}
        assert {topic: told[topic] for topic in ("port", "host", "token", "origin")} == dict.fromkeys(
            ("port", "host", "token", "origin"), "ok"
        )
        (tmp_path / "other").mkdir()
        other, _ = make_certificate(tmp_path / "other", "IP:127.0.0.2")
        certificate.write_text(other.read_text())
        refused = command("sessions", data=running.data)  # to whoever shows another one nothing is said
        assert refused.returncode == 1
        assert "does not answer" in refused.stderr
        certificate.unlink()
        assert "does not answer" in command("sessions", data=running.data).stderr
    finally:
        running.stop()


def test_a_runtime_that_browsers_reach_elsewhere_is_asked_here(tmp_path: Path) -> None:
    """As in a container whose port is published under another number."""
    port = free_port()
    where = ("--ip", "0.0.0.0", "--i-am-behind-a-proxy", "--port", str(port), "--public-url", "http://127.0.0.1:1")
    running = start_runtime(tmp_path, "--hub", HUB, *where)
    try:
        assert command("sessions", data=running.data).returncode == 0
        looked = json.loads(command("doctor", "--json", data=running.data).stdout)
        assert [one["level"] for one in looked["findings"] if one["topic"] == "port"] == ["ok"]
    finally:
        running.stop()


def test_a_runtime_is_dialled_where_it_listens_and_one_of_an_older_file_at_loopback() -> None:
    known = Server(1, 8888, "http://127.0.0.1:8888", "/", "t")
    assert (known.host, known.certificate) == ("127.0.0.1", None)
    assert replace(known, address="0.0.0.0").host == "127.0.0.1"
    assert replace(known, address="::").host == "::1"
    assert replace(known, address="192.168.1.5").host == "192.168.1.5"


KEPT_BELOW = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv, which takes rights away")
@pytest.mark.skipif(
    not KEPT_BELOW.exists() or int(KEPT_BELOW.read_text()) <= 80, reason="anybody may open port 80 on this machine"
)
def test_a_local_port_that_this_person_may_not_open_is_not_called_in_use(tmp_path: Path) -> None:
    """With `--via` in the place of ssh, so that it would show if anything was run."""
    as_anybody = ["setpriv", "--inh-caps=-all", "--bounding-set=-net_bind_service"] if os.geteuid() == 0 else []
    ran = tmp_path / "ran"
    ended = subprocess.run(
        [*as_anybody, sys.executable, "-m", "runhere_runtime", "ssh", "--local-port", "80", "--via", f"touch {ran}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert "You may not open port 80 on this machine" in ended.stderr
    assert "--local-port" in ended.stderr
    assert not ran.exists()
