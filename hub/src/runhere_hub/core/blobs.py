"""The port for large values: bytes under their SHA-256, kept outside the database."""

import hashlib
from typing import Protocol


class BlobStore(Protocol):
    """Keeps bytes under the SHA-256 of themselves. Any method may be called at any time, also twice at once.

    The contract is `runhere_hub.testing.contracts.blob_store`.
    """

    async def put(self, sha256: str, data: bytes) -> None:
        """Keep these bytes; when this returns they survive a power cut. Again with the same bytes: nothing happens.

        Raises:
            BlobHashWrong: The bytes have another hash; nothing was kept.
            DiskFull: Nothing was kept.
        """
        ...

    async def get(self, sha256: str) -> bytes:
        """The bytes.

        Raises:
            BlobMissing: There are none under this hash, or they are damaged.
        """
        ...

    async def has(self, sha256: str) -> bool:
        """True when `get` would find something."""
        ...

    async def delete(self, sha256: str) -> None:
        """Forget the bytes; nothing happens when there are none."""
        ...


def sha256_of(data: bytes) -> str:
    """The name of a blob: SHA-256 in lower-case hex."""
    return hashlib.sha256(data).hexdigest()
