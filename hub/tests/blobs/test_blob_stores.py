"""The blob stores keep their contract, and the folder its files."""

import resource
import signal
from pathlib import Path

import pytest

from runhere_hub.blobs.disk import DiskBlobStore
from runhere_hub.blobs.memory import MemoryBlobStore
from runhere_hub.core.blobs import BlobStore
from runhere_hub.core.errors import BlobMissing, DiskFull, Unavailable
from runhere_hub.testing.contracts.blob_store import DATA, NAME, BlobStoreContract


class TestMemory(BlobStoreContract):
    @pytest.fixture
    def store(self) -> BlobStore:
        return MemoryBlobStore()


class TestDisk(BlobStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> BlobStore:
        return DiskBlobStore(tmp_path / "blobs")


async def test_blobs_outlive_the_store(tmp_path: Path) -> None:
    await DiskBlobStore(tmp_path).put(NAME, DATA)
    assert await DiskBlobStore(tmp_path).get(NAME) == DATA
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()] == [f"{NAME[:2]}/{NAME}"]


async def test_a_damaged_file_is_missing_until_it_is_put_again(tmp_path: Path) -> None:
    store = DiskBlobStore(tmp_path)
    await store.put(NAME, DATA)
    (tmp_path / NAME[:2] / NAME).write_bytes(DATA[:-1] + b"x")
    with pytest.raises(BlobMissing, match="damaged"):
        await store.get(NAME)
    await store.put(NAME, DATA)
    assert await store.get(NAME) == DATA


async def test_a_full_disk_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    store = DiskBlobStore(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(DATA) // 2, hard))
    try:
        with pytest.raises(DiskFull, match="Free some space"):
            await store.put(NAME, DATA)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    await store.put(NAME, DATA)
    assert await store.get(NAME) == DATA


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="cannot be stored"):
        await DiskBlobStore(tmp_path / "blobs").put(NAME, DATA)
