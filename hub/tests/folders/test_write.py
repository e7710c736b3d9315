"""Writing a file whole: what is refused leaves the old text, what is killed leaves the old or the new one."""

import errno
import hashlib
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runhere_hub.core.errors import (
    DiskFull,
    FileChangedOutside,
    FileMissing,
    FileUnreadable,
    FolderReadOnly,
    Unavailable,
)
from runhere_hub.folders import write
from runhere_hub.folders.write import FileText, read_text, write_atomically


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "n.ipynb"
    path.write_text("old", encoding="utf-8")
    return path


def left_over(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.name != "n.ipynb")


def test_the_new_text_replaces_the_old_one(file: Path) -> None:
    done = write_atomically(file, "néw", expected_sha256=sha256("old"))
    found = read_text(file)
    assert found == FileText("néw", sha256("néw"), done.mtime_ns)
    assert done.sha256 == found.sha256
    assert left_over(file.parent) == []


def test_a_new_file_appears_whole_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    write_atomically(path, "first", expected_sha256=None)
    with pytest.raises(FileChangedOutside):
        write_atomically(path, "second", expected_sha256=None)
    assert path.read_text(encoding="utf-8") == "first"
    assert left_over(tmp_path) == []
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_a_file_that_was_changed_outside_is_left_alone(file: Path) -> None:
    file.write_text("theirs", encoding="utf-8")
    with pytest.raises(FileChangedOutside) as refused:
        write_atomically(file, "ours", expected_sha256=sha256("old"))
    assert refused.value.sha256 == sha256("theirs")
    assert file.read_text(encoding="utf-8") == "theirs"
    assert left_over(file.parent) == []


def test_the_target_is_hashed_again_right_before_the_rename(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program saves while our temporary file is being written."""
    sync = os.fsync

    def slow_sync(descriptor: int) -> None:
        file.write_text("theirs", encoding="utf-8")
        sync(descriptor)

    monkeypatch.setattr(write.os, "fsync", slow_sync)
    with pytest.raises(FileChangedOutside):
        write_atomically(file, "ours", expected_sha256=sha256("old"))
    assert file.read_text(encoding="utf-8") == "theirs"


def test_a_deleted_file_is_not_made_again(file: Path) -> None:
    file.unlink()
    with pytest.raises(FileMissing):
        write_atomically(file, "ours", expected_sha256=sha256("old"))
    assert list(file.parent.iterdir()) == []


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        write_atomically(tmp_path / "gone" / "n.ipynb", "x", expected_sha256=None)


def test_a_symbolic_link_stays_one_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "n.ipynb"
    target.write_text("old", encoding="utf-8")
    link = tmp_path / "link.ipynb"
    link.symlink_to(target)
    write_atomically(link, "new", expected_sha256=sha256("old"))
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"
    assert left_over(tmp_path) == ["link.ipynb", "real"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755])
def test_the_mode_is_kept(file: Path, mode: int) -> None:
    file.chmod(mode)
    write_atomically(file, "new", expected_sha256=sha256("old"))
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_write_protected_file_is_left_alone(file: Path) -> None:
    file.chmod(0o444)
    with pytest.raises(FolderReadOnly, match="write-protected"):
        write_atomically(file, "new", expected_sha256=sha256("old"))
    assert file.read_text(encoding="utf-8") == "old"
    file.chmod(0o644)
    write_atomically(file, "new", expected_sha256=sha256("old"))
    assert file.read_text(encoding="utf-8") == "new"


def as_nobody(script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python as a person without rights, where we are the superuser, whom permissions do not bind."""
    drop = "import os\nif os.geteuid() == 0:\n    os.setgid(65534); os.setuid(65534)\n"
    command = [sys.executable, "-c", "from runhere_hub.folders.write import *\n" + drop + script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


PROTECTED = """
import sys
from pathlib import Path
from runhere_hub.core.errors import FolderReadOnly
path = Path(sys.argv[1])
try:
    write_atomically(path, "new", expected_sha256=read_text(path).sha256)
    print("written")
except FolderReadOnly as error:
    print("read only:", error.code)
"""


def test_a_read_only_folder_is_told_and_the_file_stays(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    for parent in (tmp_path, *tmp_path.parents):
        if parent.name.startswith(("pytest-", "popen-", "test_")):
            parent.chmod(0o711)
    file = folder / "n.ipynb"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o666)
    folder.chmod(0o555)
    assert as_nobody(PROTECTED, str(file)).stdout == "read only: read_only\n"
    assert file.read_text(encoding="utf-8") == "old"
    folder.chmod(0o777)
    assert as_nobody(PROTECTED, str(file)).stdout == "written\n"
    assert file.read_text(encoding="utf-8") == "new"


def test_no_space_is_told_and_the_file_stays(file: Path) -> None:
    """A limit on the size of files: the system's write really fails half-way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(DiskFull):
            write_atomically(file, "x" * 100_000, expected_sha256=sha256("old"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert file.read_text(encoding="utf-8") == "old"
    assert left_over(file.parent) == []
    write_atomically(file, "x" * 100_000, expected_sha256=sha256("old"))


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EROFS, FolderReadOnly),
        (errno.EIO, Unavailable),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_what_the_disk_refuses_leaves_the_old_text(
    file: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, error: type[Unavailable]
) -> None:
    """Injected: a disk that fails at exactly this call cannot be had everywhere."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(write.os, call, refuse)
    with pytest.raises(error) as refused:
        write_atomically(file, "new", expected_sha256=sha256("old"))
    assert type(refused.value) is error
    assert file.read_text(encoding="utf-8") == "old"
    assert left_over(file.parent) == []


KILLED = """
import hashlib, os, sys
from pathlib import Path
from runhere_hub.folders.write import write_atomically
path, sizes = Path(sys.argv[1]), (200_000, 300_000)
expected = hashlib.sha256(path.read_bytes()).hexdigest()
print("ready", flush=True)
turn = 0
while True:
    turn += 1
    text = chr(97 + turn % 26) * sizes[turn % 2]
    expected = write_atomically(path, text, expected_sha256=expected).sha256
"""


@pytest.mark.parametrize("after_ms", [1, 5, 13, 29, 60])
def test_a_process_that_is_killed_leaves_one_whole_text(file: Path, after_ms: int) -> None:
    file.write_text("z" * 200_000, encoding="utf-8")
    with subprocess.Popen([sys.executable, "-c", KILLED, str(file)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(after_ms / 1000)  # the moment of the kill is the point of the test, not a wait
        process.kill()
    text = file.read_text(encoding="utf-8")
    assert len(set(text)) == 1
    assert len(text) in (200_000, 300_000)


def test_what_killed_processes_left_is_removed_after_an_hour(file: Path) -> None:
    old, fresh = file.parent / ".runhere-old.tmp", file.parent / ".runhere-fresh.tmp"
    old.touch()
    fresh.touch()
    two_hours_ago = time.time() - 7_200
    os.utime(old, (two_hours_ago, two_hours_ago))
    write_atomically(file, "new", expected_sha256=sha256("old"))
    assert left_over(file.parent) == [".runhere-fresh.tmp"]


def test_reading_keeps_line_ends_and_byte_order_mark(file: Path) -> None:
    file.write_bytes("\ufeffa\r\nb".encode())
    assert read_text(file).text == "\ufeffa\r\nb"


def test_reading_what_is_no_text_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    latin = tmp_path / "latin.ipynb"
    latin.write_bytes(b"caf\xe9")
    with pytest.raises(FileUnreadable, match="byte 3 is not"):
        read_text(latin)
    with pytest.raises(FileUnreadable):
        read_text(tmp_path)
    pipe = tmp_path / "pipe.ipynb"
    os.mkfifo(pipe)
    with pytest.raises(FileUnreadable, match="not a regular file"):
        read_text(pipe)
    with pytest.raises(FileMissing):
        read_text(tmp_path / "gone.ipynb")
    monkeypatch.setattr(write, "LARGEST_BYTES", 3)
    with pytest.raises(FileUnreadable, match="larger than"):
        read_text(latin)
