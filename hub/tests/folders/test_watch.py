"""Watching a folder: what is told, what is not, and when it is polled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from runhere_hub.core.errors import FileMissing
from runhere_hub.folders.watch import is_notebook, network_type, watch

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
server:/home /home/anna nfs4 rw 0 0
//nas/share /mnt/my\\040share cifs rw 0 0
host:/ /home/anna/far fuse.sshfs rw 0 0
/dev/sdb1 /home/anna/usb ext4 rw 0 0
"""


@pytest.mark.fast
@pytest.mark.parametrize(
    ("folder", "found"),
    [
        ("/data", None),
        ("/tmp/x", None),
        ("/home/anna", "nfs4"),
        ("/home/anna/notebooks", "nfs4"),
        ("/home/annabel", None),
        ("/home/anna/far/away", "fuse.sshfs"),
        ("/home/anna/usb/n", None),
        ("/mnt/my share/n", "cifs"),
    ],
)
def test_network_drives_are_known_by_their_mounts(folder: str, found: str | None) -> None:
    assert network_type(MOUNTS, Path(folder)) == found


@pytest.mark.fast
@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/f/a.ipynb", True),
        ("/f/deep/er/a.ipynb", True),
        ("/f/a.txt", False),
        ("/g/a.ipynb", False),
        ("/f/.git/a.ipynb", False),
        ("/f/x/node_modules/y/a.ipynb", False),
        ("/f/.venv/a.ipynb", False),
        ("/f/x/.ipynb_checkpoints/a.ipynb", False),
    ],
)
def test_only_notebooks_outside_of_machinery_are_told(path: str, wanted: bool) -> None:
    assert is_notebook(Path("/f"), Path(path)) is wanted


async def until(changes: AsyncIterator[frozenset[Path]], wanted: Path) -> set[Path]:
    """All that is told until this file is."""
    told: set[Path] = set()
    while wanted not in told:
        told |= await anext(changes)
    return told


@pytest.mark.parametrize("polled", [False, True])
async def test_changes_are_told_and_ignored_folders_are_not(tmp_path: Path, polled: bool) -> None:
    root = tmp_path.resolve()
    (root / ".git").mkdir()
    (root / "sub").mkdir()
    changed, ignored, last = root / "sub" / "a.ipynb", root / ".git" / "b.ipynb", root / "c.ipynb"
    async with aclosing(watch(root, polled=polled)) as changes, asyncio.timeout(20):
        waiting = asyncio.ensure_future(until(changes, changed))
        turn = 0
        while not waiting.done():  # it is not told when the watching has begun: write until it is seen
            turn += 1
            ignored.write_text(str(turn))
            changed.write_text(str(turn))
            await asyncio.wait({waiting}, timeout=0.3)
        told = await waiting
        changed.unlink()
        told |= await until(changes, changed)
        last.write_text("x")
        told |= await until(changes, last)
    assert told == {changed, last}


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="gone"):
        await anext(watch(tmp_path / "gone"))
