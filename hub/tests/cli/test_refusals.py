"""What keeps `runhere` from starting: one clear sentence, an exit code, and nothing damaged."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runhere_hub.testing.processes import Started, run, sign_in

Start = Callable[..., Started]


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """One sentence with these words on standard error, nothing on standard output."""
    assert done.returncode not in (0, None)
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stderr.startswith("runhere: ")
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stderr


def digests(folder: Path) -> dict[str, str]:
    """Every file below a folder with its hash."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_a_taken_port_names_it_and_another(start: Start, home: Path, work: Path, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused(run(home, work, "--port", str(port), "--no-browser", "--data", tmp_path / "data"), str(port), "--port")
    started = start(work, "--port", str(port), "--no-browser", "--no-runtime", "--data", tmp_path / "data")
    assert started.link()[2] == str(port)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com", "::", "127.0.0.1.example.com"])
def test_only_loopback_is_listened_on(home: Path, work: Path, tmp_path: Path, host: str) -> None:
    refused(run(home, work, "--host", host, "--no-browser", "--data", tmp_path / "data"), host, "this machine only")
    assert not (tmp_path / "data").exists()


def test_localhost_is_loopback(start: Start, work: Path, tmp_path: Path) -> None:
    started = start(
        work, "--host", "localhost", "--port", "0", "--no-browser", "--no-runtime", "--data", tmp_path / "data"
    )
    assert "http://localhost:" in started.out.get(timeout=40)


def test_a_missing_folder_and_a_file_that_is_no_notebook(home: Path, work: Path, tmp_path: Path) -> None:
    (work / "a.txt").write_text("x")
    data = tmp_path / "data"
    refused(run(home, work / "none", "--no-browser", "--data", data), "There is no folder or notebook", "none")
    refused(run(home, work / "a.txt", "--no-browser", "--data", data), "a.txt", "is not a notebook")
    assert not data.exists()


def test_an_unreadable_folder(work: Path, tmp_path: Path) -> None:
    """Root may read everything, so root runs this as nobody."""
    code = (
        "import os, sys\n"
        "from runhere_hub.cli.main import main\n"
        "import locale, gettext, argparse; argparse.ArgumentParser().parse_args([])\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        f"sys.exit(main([{str(work)!r}, '--no-browser', '--data', {str(tmp_path / 'data')!r}]))"
    )
    for parent in (tmp_path, *tmp_path.parents[:3]):
        parent.chmod(parent.stat().st_mode | 0o055)
    work.chmod(0)
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=40, check=False)
    finally:
        work.chmod(0o700)
    refused(done, "may not be read")
    assert not (tmp_path / "data").exists()


def test_a_damaged_database_is_told_and_left_as_it_is(start: Start, home: Path, work: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    started = start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", data)
    started.link()
    assert started.stop() == 0
    good = (data / "hub.db").read_bytes()
    for damaged in (b"this is no database" * 100, good[:4096] + os.urandom(len(good) - 8192) + good[-4096:]):
        (data / "hub.db").write_bytes(damaged)
        done = run(home, work, "--port", "0", "--no-browser", "--no-runtime", "--data", data)
        refused(done, "damaged", str(data / "hub.db"))
        assert (data / "hub.db").read_bytes() == damaged
    (data / "hub.db").write_bytes(good)
    again = start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", data)
    assert sign_in(again).ask("GET", "/api/v1/home")[0] == 200


def test_a_data_folder_that_is_a_file(home: Path, work: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("mine")
    refused(run(home, work, "--no-browser", "--no-runtime", "--data", tmp_path / "data"), str(tmp_path / "data"))
    assert (tmp_path / "data").read_text() == "mine"


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 KiB."""
    mounted = tmp_path / "tiny"
    mounted.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", mounted], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting is not allowed here")
    yield mounted
    subprocess.run(["umount", "-l", mounted], check=True)


def test_a_full_disk_at_the_start(start: Start, home: Path, work: Path, tiny_disk: Path) -> None:
    data = tiny_disk / "data"
    fill = tiny_disk / "fill"
    fill.write_bytes(b"x" * 390 * 1024)
    refused(run(home, work, "--port", "0", "--no-browser", "--no-runtime", "--data", data), "full")
    fill.unlink()
    started = start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", data)
    assert sign_in(started).ask("GET", "/api/v1/home")[0] == 200


def test_a_read_only_data_folder(home: Path, work: Path, tiny_disk: Path) -> None:
    (tiny_disk / "mine").write_text("mine")
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    refused(
        run(home, work, "--no-browser", "--no-runtime", "--data", tiny_disk / "data"), str(tiny_disk / "data"), "--data"
    )
    assert digests(tiny_disk).keys() == {"mine"}


@pytest.mark.parametrize("words", [["--port", "abc"], ["--nonsense"], ["a", "b"]])
def test_words_that_are_not_understood_end_with_2(home: Path, words: list[str]) -> None:
    done = run(home, *words)
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    "variable", [{"RUNHERE_PORT": "many"}, {"RUNHERE_HOST": "0.0.0.0"}, {"RUNHERE_LOG_LEVEL": "loud"}]
)
def test_settings_from_the_environment_are_checked_too(
    home: Path, work: Path, tmp_path: Path, variable: dict[str, str]
) -> None:
    done = run(home, work, "--no-browser", "--data", tmp_path / "data", **variable)
    refused(done, next(iter(variable.values())))


def test_a_command_of_later_is_absent_not_pretended(home: Path, tmp_path: Path) -> None:
    """It is taken for a folder; one of that name is missing here."""
    done = run(home, "doctor", "--no-browser", "--data", tmp_path / "data")
    refused(done, "There is no folder or notebook")


def test_a_signal_while_starting_leaves_nothing(start: Start, work: Path, tmp_path: Path) -> None:
    started = start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", tmp_path / "data")
    assert started.stop(signal.SIGTERM) in (0, -signal.SIGTERM)
    again = start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", tmp_path / "data")
    assert sign_in(again).ask("GET", "/api/v1/home")[0] == 200
