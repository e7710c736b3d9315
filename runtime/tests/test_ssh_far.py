"""How the program on the other machine fails: with a code, a sentence, and nothing of its own left there."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from runhere_runtime.ssh import remote
from runhere_runtime.ssh.command import Way, words_of
from runhere_runtime.ssh.events import read_event
from runhere_runtime.ssh.payload import far_program, pack

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the other machine is never one of these")
WISH = {"port": 1, "version": "0.1.0", "needs": ["jupyter_server>=2.14,<3"]}


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The far program's own folder, not made yet."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "runhere-runtime"


def test_a_python_that_is_too_old_is_told_before_anything_is_asked(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(remote, "OLDEST", (sys.version_info[0], sys.version_info[1] + 1))
    with pytest.raises(remote.Failed, match="Name one with --python PATH") as failed:
        remote.install(WISH)
    assert failed.value.code == "python_too_old"
    assert remote.version_here() in failed.value.message
    assert capsys.readouterr().out == ""
    assert not home.exists()


def boot(path: Path, sent: bytes) -> list[dict[str, Any] | None]:
    """What is said to the near side by what ssh runs over there, with the programs of this folder only."""
    command = words_of(Way("me@gpu-box", 8888, 8888))[-1]
    ended = subprocess.run(
        ["/bin/sh", "-c", command], input=sent, capture_output=True, timeout=60, env={"PATH": str(path)}, check=False
    )
    return [read_event(line + b"\n") for line in ended.stdout.splitlines()]


def test_a_machine_without_a_python_says_so_and_one_with_it_runs_the_program(tmp_path: Path) -> None:
    for name in ("sh", "cat"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    program = b"print('RUNHERE ' + '{\"event\": \"gone\"}')\n"
    sent = f"{len(program)}\n".encode() + program
    assert boot(tmp_path, sent) == [{"event": "no_python"}]
    (tmp_path / "python3").symlink_to(sys.executable)
    assert boot(tmp_path, sent) == [{"event": "gone"}]


def test_what_pip_says_goes_with_the_failure(capsys: pytest.CaptureFixture[str]) -> None:
    said = "print('Collecting x'); print('looked here'); print('ERROR: No matching distribution'); exit(1)"
    with pytest.raises(remote.Failed) as failed:
        remote.tell_run([sys.executable, "-c", said], "install_failed", "pip could not install x.")
    assert failed.value.code == "install_failed"
    assert failed.value.message == "pip could not install x. It said: ERROR: No matching distribution"
    assert read_event(capsys.readouterr().out.encode()) == {"event": "progress", "text": "Collecting x"}
    remote.tell_run([sys.executable, "-c", "pass"], "install_failed", "pip could not install x.")


def archive_of(name: str) -> str:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as packed:
        member = tarfile.TarInfo(name)
        member.size = 1
        packed.addfile(member, io.BytesIO(b"x"))
    return base64.b64encode(held.getvalue()).decode()


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the environment over there has its packages; a package of ours is in it."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    monkeypatch.setattr(remote, "own_python", lambda: str(environment / "bin" / "python"))
    (found,) = environment.glob("lib/python*/site-packages")
    (found / "runhere").mkdir()
    (found / "runhere" / "old.py").touch()
    return found


@pytest.mark.parametrize(
    "archive",
    ["no base64", base64.b64encode(b"no archive").decode(), pack().archive[:40_000], archive_of("../outside.py"),
     archive_of("/tmp/outside.py"), archive_of("runhere/../../outside.py")],
    ids=["no base64", "no archive", "cut", "above", "from the root", "around"],
)  # fmt: skip
def test_damaged_packages_are_refused_and_what_was_there_stays(archive: str, packages: Path) -> None:
    with pytest.raises(remote.Failed, match="The packages that were sent are damaged") as failed:
        remote.unpack(archive)
    assert failed.value.code == "install_failed"
    assert [one.relative_to(packages).as_posix() for one in packages.rglob("*") if one.is_file()] == ["runhere/old.py"]
    assert not (packages.parent / "outside.py").exists()


def test_whole_packages_take_the_place_of_what_was_there(packages: Path) -> None:
    remote.unpack(pack().archive)
    assert not (packages / "runhere" / "old.py").exists()
    assert (packages / "runhere_runtime" / "ssh" / "remote.py").read_bytes() == far_program()


def test_a_folder_over_there_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "runhere-runtime").write_text("in the way")
    program = far_program()
    wish = {"port": 1, "address": "127.0.0.1", "hubs": [], "start": True, "stop": False, "needs": ["x"]}
    words = [
        {**wish, "version": "0", "digest": "", "root": None, "kernel_python": None},
        {"install": True, "archive": ""},
    ]
    sent = b"".join(json.dumps(one).encode() + b"\n" for one in words)
    ended = subprocess.run(
        [sys.executable, "-uc", "import sys; exec(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))"],
        input=f"{len(program)}\n".encode() + program + sent,
        capture_output=True,
        timeout=60,
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
        check=False,
    )
    told = [read_event(line + b"\n") for line in ended.stdout.splitlines()]
    failed = told[-1]
    assert failed is not None
    assert failed["event"] == "failed"
    assert failed["message"] == f"{tmp_path / 'runhere-runtime'} cannot be used over there: File exists."
    assert (tmp_path / "runhere-runtime").read_text() == "in the way"
