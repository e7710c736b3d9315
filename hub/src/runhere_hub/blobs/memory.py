"""Blobs in memory: for tests, and for a hub that is to forget."""

from runhere_hub.core.blobs import sha256_of
from runhere_hub.core.errors import BlobHashWrong, BlobMissing


class MemoryBlobStore:
    """A `BlobStore` that ends with the process."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    async def put(self, sha256: str, data: bytes) -> None:
        """See `BlobStore`."""
        if sha256_of(data) != sha256:
            raise BlobHashWrong("The bytes do not have this hash.", sha256=sha256)
        self._blobs[sha256] = data

    async def get(self, sha256: str) -> bytes:
        """See `BlobStore`."""
        try:
            return self._blobs[sha256]
        except KeyError:
            raise BlobMissing("There is no such blob.", sha256=sha256) from None

    async def has(self, sha256: str) -> bool:
        """See `BlobStore`."""
        return sha256 in self._blobs

    async def delete(self, sha256: str) -> None:
        """See `BlobStore`."""
        self._blobs.pop(sha256, None)
