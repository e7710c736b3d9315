"""Large output values of a notebook: kept once under their hash, reachable only through a notebook that has them."""

from collections.abc import Callable
from dataclasses import dataclass

from runhere_hub.core.blobs import BlobStore
from runhere_hub.core.errors import NotFound, OutputsOmitted
from runhere_hub.core.ids import NotebookId
from runhere_hub.store import blobs, notebooks
from runhere_hub.store.session import Database


@dataclass(frozen=True)
class Blobs:
    """What putting and getting blobs needs."""

    db: Database
    store: BlobStore
    now_ms: Callable[[], int]


async def put(kept: Blobs, notebook_id: NotebookId, sha256: str, data: bytes, *, cell_id: str | None = None) -> None:
    """Keep bytes for a notebook; when this returns they survive a power cut.

    Args:
        cell_id: The cell whose output they are of. Where some cells' outputs stay at home it must be told.

    Raises:
        OutputsOmitted: These outputs stay at home; nothing was kept.
        BlobHashWrong: The bytes have another hash; nothing was kept.
        DiskFull: Nothing was kept.
    """
    row = await kept.db.read(lambda conn: notebooks.get(conn, notebook_id))
    if row is not None and row.omit_outputs:
        raise OutputsOmitted("Outputs of this notebook stay at home. Nothing was kept.")
    if row is not None and row.private_cells and (cell_id is None or cell_id in row.private_cells):
        raise OutputsOmitted("Outputs of this cell stay at home. Nothing was kept.")
    await kept.store.put(sha256, data)
    now_ms, size = kept.now_ms(), len(data)
    await kept.db.write(lambda conn: blobs.record(conn, notebook_id, sha256, size_bytes=size, now_ms=now_ms))


async def get(kept: Blobs, notebook_id: NotebookId, sha256: str) -> bytes:
    """Bytes that this notebook has.

    Raises:
        NotFound: It has none under this hash, whatever other notebooks have.
        BlobMissing: It has, but the store lost them.
    """
    if not await kept.db.read(lambda conn: blobs.is_recorded(conn, notebook_id, sha256)):
        raise NotFound("This notebook has no such output.")
    return await kept.store.get(sha256)
