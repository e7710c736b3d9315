"""Large values of one notebook's outputs: put into the blob store, and taken out again (SPEC 4.5)."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

from runhere_hub.core import outputs as output_rules
from runhere_hub.core.blobs import BlobStore, sha256_of
from runhere_hub.core.errors import Unavailable
from runhere_hub.core.notebook import Json, Output
from runhere_hub.core.run_frames import is_too_large
from runhere_hub.services import rooms as room_service
from runhere_hub.store.session import Database

_log = logging.getLogger(__name__)

_MISSING = "[This part of the output is missing from the hub's store.]"


@dataclass(frozen=True)
class Resolved:
    """An output as a file has it.

    Attributes:
        is_whole: False: a value is missing from the store; a text that says so stands in its place.
        is_stored: A value of it is in the store.
    """

    output: Output
    is_whole: bool
    is_stored: bool


class OutputBlobs:
    """Between outputs as a file has them and outputs as runs keep them."""

    def __init__(self, db: Database, blobs: BlobStore, clock: Callable[[], int], notebook_id: str) -> None:
        self._db = db
        self._blobs = blobs
        self._clock = clock
        self._notebook_id = notebook_id

    async def stored(self, output: Output) -> Output:
        """The output with its large values in the store.

        Raises:
            DiskFull, Unavailable: Some value could not be kept.
        """
        made = dict(output_rules.normalise(output))
        if "text" in made:
            made["text"] = await self._put(made["text"])
        data = made.get("data")
        if isinstance(data, dict):
            made["data"] = {mime: await self._put(value) for mime, value in data.items()}
        return made

    async def resolved(self, output: Output) -> Resolved:
        """The output as a file has it: values back in, display id dropped."""
        whole, is_stored = True, False

        async def get(value: Json) -> Json:
            nonlocal whole, is_stored
            is_stored = True
            found = await self._get(value)
            whole = whole and found is not None
            return _MISSING if found is None else found

        made = dict(output_rules.for_file(output))
        if _is_blob(made.get("text")):
            made["text"] = await get(made["text"])
        data = made.get("data")
        if isinstance(data, dict):
            made["data"] = {mime: await get(value) if _is_blob(value) else value for mime, value in data.items()}
        return Resolved(made, whole, is_stored)

    async def _put(self, value: Json) -> Json:
        if not is_too_large(value):
            return value
        data = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
        name = sha256_of(data)
        await self._blobs.put(name, data)
        await room_service.record_blob(self._db, self._notebook_id, name, size_bytes=len(data), now_ms=self._clock())
        return {"$blob": name, "size_bytes": len(data)}

    async def _get(self, value: Json) -> Json:
        """What the blob holds (never null: a blob is longer than 64 KiB); None: this notebook does not have it.

        A page, or a file, may name any hash: of what the store has for other notebooks nothing is given out.
        """
        if not isinstance(value, dict) or not _is_blob(value):
            return value
        name = str(value["$blob"])
        try:
            if not await room_service.has_blob(self._db, self._notebook_id, name):
                _log.warning("An output of notebook %s names a blob that is not its own", self._notebook_id)
                return None
            data = await self._blobs.get(name)
            found: Json = json.loads(data.decode("utf-8", "surrogatepass"))
        except (Unavailable, ValueError) as error:
            _log.warning("An output of notebook %s is missing: %s", self._notebook_id, error)
            return None
        return found


def _is_blob(value: Json) -> bool:
    return isinstance(value, dict) and isinstance(value.get("$blob"), str)
