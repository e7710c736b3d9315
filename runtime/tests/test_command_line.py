"""What the subcommands say to a person at a terminal, as processes of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from live_runtime import HUB

from runhere_runtime.cli.main import _options, _parser


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
