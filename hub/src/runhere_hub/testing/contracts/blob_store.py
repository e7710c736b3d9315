"""What every blob store must do. Subclass it in a test module and give it a `store` fixture.

class TestDisk(BlobStoreContract):
@pytest.fixture
def store(self, tmp_path): return DiskBlobStore(tmp_path)
"""

import asyncio

import pytest

from runhere_hub.core.blobs import BlobStore, sha256_of
from runhere_hub.core.errors import BlobHashWrong, BlobMissing

DATA = b"\x00\xff" * 50_000
NAME = sha256_of(DATA)


class BlobStoreContract:
    """The tests; pytest finds them in subclasses whose names begin with `Test`."""

    async def test_what_was_put_comes_back(self, store: BlobStore) -> None:
        """Bytes of any kind, the empty ones too."""
        for data in (DATA, b""):
            await store.put(sha256_of(data), data)
            assert await store.has(sha256_of(data))
            assert await store.get(sha256_of(data)) == data

    async def test_putting_twice_is_putting_once(self, store: BlobStore) -> None:
        """At once, too."""
        await asyncio.gather(*(store.put(NAME, DATA) for _ in range(5)))
        await store.put(NAME, DATA)
        assert await store.get(NAME) == DATA

    async def test_bytes_under_a_wrong_name_are_refused(self, store: BlobStore) -> None:
        """And nothing is kept."""
        with pytest.raises(BlobHashWrong):
            await store.put(NAME, DATA + b"x")
        assert not await store.has(NAME)

    @pytest.mark.parametrize("name", [NAME, "", "..", "../" + "a" * 61, "A" * 64])
    async def test_what_is_not_there_is_missing(self, store: BlobStore, name: str) -> None:
        """Names that are none are missing too, never a path."""
        assert not await store.has(name)
        with pytest.raises(BlobMissing):
            await store.get(name)
        await store.delete(name)

    async def test_what_was_deleted_is_missing_and_can_be_put_again(self, store: BlobStore) -> None:
        """Others stay."""
        await store.put(NAME, DATA)
        await store.put(sha256_of(b"other"), b"other")
        await store.delete(NAME)
        await store.delete(NAME)
        assert not await store.has(NAME)
        assert await store.has(sha256_of(b"other"))
        await store.put(NAME, DATA)
        assert await store.get(NAME) == DATA
