"""What another program or person of this machine finds: tokens, sessions, sockets, ports (R13 to R17, R22)."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from live_runtime import EVIL, HUB, Running, free_port, start_runtime
from raw_http import handshake, is_served

from runhere_runtime.tokens import challenge_mac, token_key

LINUX = sys.platform.startswith("linux")


def test_r13_pairing(fresh: Running) -> None:
    assert fresh.code is not None
    body = json.dumps({"code": fresh.code, "client_name": "Firefox\x1b[2J"}).encode()
    wrong = fresh.ask("POST", "/api/runhere/pair", headers={"Origin": EVIL}, body=body)
    assert wrong.status == 403
    sessions = fresh.ask("GET", "/api/runhere/sessions", headers=fresh.auth).json()["sessions"]
    assert sessions == []
    answer = fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == HUB
    token = answer.json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert fresh.ask("GET", "/api/status", headers={**bearer, "Origin": HUB}).status == 200
    assert fresh.ask("GET", "/api/status", headers={**bearer, "Origin": EVIL}).status == 403
    assert fresh.ask("GET", "/api/status", headers=bearer).status == 401
    assert fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body).status == 410
    assert "Paired https://hub.test as 'Firefox" in fresh.log.read_text()
    assert "\x1b" not in fresh.log.read_text()
    # a paired page may not mint pairings, the owner may
    asked = json.dumps({"origin": HUB}).encode()
    assert fresh.ask("POST", "/api/runhere/pairings", headers={**bearer, "Origin": HUB}, body=asked).status == 403
    again = fresh.ask("POST", "/api/runhere/pairings", headers=fresh.auth, body=asked)
    code = again.json()["code"]
    body = json.dumps({"code": code}).encode()
    assert fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body).status == 200


def test_r13_five_wrong_codes_void_the_open_one(fresh: Running) -> None:
    def redeem(code: str) -> int:
        body = json.dumps({"code": code}).encode()
        return fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body).status

    assert fresh.code is not None
    assert [redeem("0000-0000-0000-0000") for _ in range(5)] == [403] * 5
    assert redeem(fresh.code) == 403


def test_r14_r15_no_token_in_logs_processes_kernels_or_readable_files(tmp_path: Path) -> None:
    fresh = start_runtime(tmp_path, "--hub", HUB, "--debug", env={"JUPYTER_TOKEN": "canary-env-token"})
    try:
        token = fresh.token
        bad = "rhrt_" + "b" * 43
        kernel = fresh.start_kernel()
        paired, browser = open_sessions(fresh)
        for value in (token, bad, paired, browser):
            for path in ("/api/status", "/no/such", "/api/kernels/nope", "/api/contents/none", "/files/none", "/lab"):
                fresh.ask("GET", f"{path}?token={value}")
                fresh.ask("GET", f"{path}?x=1", headers={"Authorization": f"token {value}", "Referer": f"http://x/?token={value}",
                                                       "User-Agent": f"agent {value}"})  # fmt: skip
                fresh.ask("POST", path, headers={"Authorization": f"Bearer {value}"}, body=f'{{"a": "{value}"'.encode())
            fresh.ask(
                "POST",
                "/api/kernels",
                headers={"Authorization": f"Bearer {value}"},
                body=f'{{"name":["{value}"]}}'.encode(),
            )
            handshake(fresh, f"/api/kernels/{kernel}/channels?token={value}&session_id={value}")
            handshake(fresh, f"/api/kernels/{kernel}/channels", Sec_WebSocket_Protocol=f"runhere.token.{value}, x")
            handshake(fresh, f"/api/kernels/nope/channels?token={value}")
        assert fresh.ask("GET", "/api/status", headers=fresh.auth).status == 200
        log = fresh.log.read_text()
        assert len(log) > 2000, "debug logging is off, so this test sees nothing"
        for value in (token, bad, paired, browser):
            assert value not in log
        assert "inner_secret" not in log
        if LINUX:
            kernels = children(fresh.process.pid)
            assert kernels
            assert b"canary-env-token" not in b"".join(map(told_by, kernels))
            told = told_by(fresh.process.pid) + b"".join(map(told_by, kernels))
            assert not [value for value in (token, paired, browser) if value.encode() in told]
        for value in (paired, browser):
            assert holders(fresh.data, value) == []
        assert [f.parent.name for f in holders(fresh.data, token)] == ["servers"]
        open_to_others = [path for path in (fresh.data, *fresh.data.rglob("*")) if path.stat().st_mode & 0o077]
        assert open_to_others == [] or os.name != "posix"
    finally:
        fresh.stop()
    assert holders(fresh.data, fresh.token) == []


def open_sessions(runtime: Running) -> tuple[str, str]:
    """The tokens of a paired page and of a browser on the landing page, both used."""
    redeemed = json.dumps({"code": runtime.code, "client_name": runtime.token}).encode()
    paired = runtime.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=redeemed).json()["token"]
    navigating = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}
    cookie = runtime.ask("GET", f"/?token={runtime.token}", headers=navigating).headers["set-cookie"].partition(";")[0]
    assert runtime.ask("GET", "/no/such", headers={"Cookie": cookie}).status == 404
    return paired, cookie.partition("=")[2]


def told_by(pid: int) -> bytes:
    """What every process of this person may read of another: its command line and its environment."""
    return Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()


def holders(folder: Path, secret: str) -> list[Path]:
    """Files that hold it."""
    return [file for file in folder.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()]


def children(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(folder.name))
    return found


@pytest.mark.skipif(os.name != "posix", reason="ipc sockets and modes are POSIX")
def test_r14_kernel_sockets_lie_in_a_private_folder(fresh: Running) -> None:
    fresh.start_kernel()
    (kernel,) = children(fresh.process.pid)
    command = Path(f"/proc/{kernel}/cmdline").read_bytes().split(b"\0")
    file = Path(command[command.index(b"-f") + 1].decode())
    info = json.loads(file.read_text())
    assert info["transport"] == "ipc"
    assert stat.S_IMODE(file.parent.stat().st_mode) & 0o777 == 0o700
    assert Path(info["ip"]).parent == file.parent
    fresh.stop()
    assert not file.parent.exists()


def test_r17_an_impostor_cannot_answer_the_challenge(fresh: Running) -> None:
    body = json.dumps({"code": fresh.code, "client_name": "t"}).encode()
    nonce, host = "n" * 24, f"127.0.0.1:{fresh.port}"
    first = fresh.ask("GET", f"/api/runhere/challenge?nonce={nonce}", headers={"Origin": HUB})
    assert fresh.code is not None
    assert first.json()["mac"] == challenge_mac(token_key(fresh.code), nonce=nonce, host=host)
    paired = fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body).json()
    path = f"/api/runhere/challenge?nonce={nonce}&session_id={paired['session_id']}"
    proof = fresh.ask("GET", path, headers={"Origin": HUB})
    expected = challenge_mac(token_key(paired["token"]), nonce=nonce, host=host)
    assert proof.json() == {"mac": expected}
    assert fresh.ask("GET", path, headers={"Origin": EVIL}).status == 403
    unknown = fresh.ask("GET", f"/api/runhere/challenge?nonce={nonce}&session_id=abc", headers={"Origin": HUB})
    assert unknown.status == 404
    assert fresh.ask("GET", "/api/runhere/challenge?nonce=short", headers={"Origin": HUB}).status == 400


def test_r17_a_page_stays_paired_over_a_restart_on_the_same_port(tmp_path: Path) -> None:
    port = free_port()
    first = start_runtime(tmp_path, "--hub", HUB, "--port", str(port))
    body = json.dumps({"code": first.code, "client_name": "t"}).encode()
    token = first.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body).json()["token"]
    first.stop()
    second = start_runtime(tmp_path, "--hub", HUB, "--port", str(port))
    try:
        bearer = {"Authorization": f"Bearer {token}", "Origin": HUB}
        assert second.ask("GET", "/api/status", headers=bearer).status == 200
        assert second.ask("GET", "/api/status", headers={"Authorization": f"Bearer {first.token}"}).status == 401
    finally:
        second.stop()


def listening(pid: int) -> set[str]:
    """Addresses on which the process listens (Linux)."""
    inodes = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(fd))
        except FileNotFoundError:
            continue  # closed since it was listed, so nobody listens on it
        if found:
            inodes.add(found.group(1))
    hosts = set()
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                hosts.add(fields[1].partition(":")[0])
    return hosts


@pytest.mark.skipif(not LINUX, reason="reads /proc/net")
def test_r22_only_loopback_is_listened_on(runtime: Running) -> None:
    runtime.start_kernel()
    assert listening(runtime.process.pid) <= {"0100007F", "00000000000000000000000001000000"}
    assert "0100007F" in listening(runtime.process.pid)


def run_command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runhere_runtime", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "RUNHERE_RUNTIME_DATA": str(folder)},
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--ip", "0.0.0.0", "--port", "0"], "--certfile"),
        (["--ip", "192.0.2.1", "--port", "0"], "--certfile"),
        (["--root", "/no/such/folder"], "--root"),
        (["--hub", "hub.example"], "is no origin"),
        (["--hub", "http://[::1"], "is no origin"),
        (["--public-url", "nonsense"], "--public-url"),
        (["--public-url", "http://[::1"], "--public-url"),
        (["--public-url", "http://127.0.0.1:9000/#x"], "--public-url"),
        (["--public-url", "http://127.0.0.1:9000?x"], "--public-url"),
        (["--public-url", 'http://127.0.0.1:9000/"><script>'], "--public-url"),
        (["--public-url", "javascript:alert(1)"], "--public-url"),
        (["--certfile", "/no/cert.pem", "--port", "0"], "--certfile"),
        (["--port", "99999"], "from 0 to 65535"),
        (["--port", "-1"], "from 0 to 65535"),
        (["--journal-mib", "0"], "of at least 1"),
        (["ssh", "me@there", "--local-port", "99999"], "from 0 to 65535"),
        (["ssh", "me@there", "--remote-port", "0"], "from 1 to 65535"),
        (["--kernel-python", "/no/python"], "--kernel-python"),
    ],
)
def test_r22_what_cannot_be_safe_or_cannot_work_is_refused_in_a_sentence(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    ended = run_command(tmp_path, *arguments)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_r22_a_setting_of_the_environment_is_read_like_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNHERE_PORT", "eighty")
    ended = run_command(tmp_path, "--root", "/no/such/folder")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "'eighty' is no whole number from 0 to 65535" in ended.stderr
    monkeypatch.setenv("RUNHERE_PORT", "0")
    assert "--root" in run_command(tmp_path, "--root", "/no/such/folder").stderr


def test_r16_a_taken_port_is_said_and_never_replaced_by_another(tmp_path: Path) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        ended = run_command(tmp_path, "--port", str(port))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert f"Port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


AS_NOBODY = """
import encodings.idna, os, socket, sys, urllib.error, urllib.request
os.setgroups([]); os.setgid(65534); os.setuid(65534)
def attempt(act):
    try:
        act()
        print("done")
    except urllib.error.HTTPError as refused:
        print(refused.code)
    except OSError as error:
        print(type(error).__name__)
url, *paths = sys.argv[1:]
for path in paths:
    attempt(lambda: open(path))
attempt(lambda: socket.socket(socket.AF_UNIX).connect(paths[-1]))
attempt(lambda: urllib.request.urlopen(url))
"""


@pytest.mark.skipif(not LINUX or os.getuid() != 0, reason="becomes another user")
def test_r16_another_user_of_the_machine_gets_nowhere() -> None:
    """… though nothing above our own folders keeps them out."""
    with tempfile.TemporaryDirectory() as open_folder:
        Path(open_folder).chmod(0o755)
        runtime = start_runtime(Path(open_folder), "--hub", HUB)
        try:
            runtime.start_kernel()
            (kernel,) = children(runtime.process.pid)
            command = Path(f"/proc/{kernel}/cmdline").read_bytes().split(b"\0")
            connection = command[command.index(b"-f") + 1].decode()
            (server,) = (runtime.data / "servers").glob("*.json")
            deadline = time.monotonic() + 30
            while not (sockets := list(Path(connection).parent.glob("*-1"))):  # until the kernel listens
                assert is_served(runtime)
                assert time.monotonic() < deadline
            url = f"http://127.0.0.1:{runtime.port}/api/status"
            asked = [sys.executable, "-c", AS_NOBODY, url, str(server), connection, str(sockets[0])]
            told = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)
            assert told.stdout.split() == ["PermissionError"] * 4 + ["401"], told.stderr
            assert runtime.ask("GET", "/api/status", headers=runtime.auth).status == 200
        finally:
            runtime.stop()


def test_allow_sessions_and_revoke_from_the_command_line(fresh: Running) -> None:
    other = "https://other.test"
    given = {**fresh.auth, "Origin": other}
    assert fresh.ask("GET", "/api/status", headers=given).status == 403
    assert run_command(fresh.data, "allow", other + "/").returncode == 0
    assert fresh.ask("GET", "/api/status", headers=given).status == 200
    assert "No page is paired" in run_command(fresh.data, "sessions").stderr
    body = json.dumps({"code": fresh.code, "client_name": "Firefox\x1b[2J\n1"}).encode()
    paired = fresh.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=body).json()
    listed = run_command(fresh.data, "sessions")
    assert paired["session_id"] in listed.stdout
    assert f"{HUB}  Firefox\ufffd[2J 1  used " in listed.stdout
    bearer = {"Authorization": f"Bearer {paired['token']}", "Origin": HUB}
    assert fresh.ask("GET", "/api/status", headers=bearer).status == 200
    assert run_command(fresh.data, "revoke", paired["session_id"]).returncode == 0
    assert fresh.ask("GET", "/api/status", headers=bearer).status == 401
    for name in ("abcdef", "no such/../id?"):
        unknown = run_command(fresh.data, "revoke", name)
        assert (unknown.returncode, unknown.stdout) == (1, "")
        assert unknown.stderr.startswith("runhere-runtime: There is no session ")
    fresh.stop()
    assert "No runtime is running" in run_command(fresh.data, "sessions").stderr


def test_the_link_is_the_only_line_on_standard_output(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "runhere_runtime", "--port", "0", "--hub", HUB, "--root", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "RUNHERE_RUNTIME_DATA": str(tmp_path / "d")},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    process.terminate()
    rest, errors = process.communicate(timeout=40)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=rhrt_[A-Za-z0-9_-]{43}\n", line)
    assert rest == ""
    assert re.search(r"https://hub\.test/connect#rt=http://127\.0\.0\.1:\d+&pair=[0-9A-Z-]{19}", errors)
    assert process.returncode == 0
