"""A file from the browser into a bound folder."""

import asyncio
from collections.abc import AsyncIterator

from runhere_hub.core import paths
from runhere_hub.core.access import Verb
from runhere_hub.core.drive import Entry
from runhere_hub.core.errors import NotFound
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import FolderId
from runhere_hub.folders import places
from runhere_hub.services.drive import Drive, folder_for


async def upload(
    drive: Drive, person: Person, folder_id: FolderId, *, path: str, name: str, chunks: AsyncIterator[bytes]
) -> Entry:
    """Keep a file under its name, or `name (2)` and so on where that is taken. Nothing is left of a broken upload.

    Args:
        drive: Surroundings.
        person: Who uploads.
        folder_id: The bound folder.
        path: Directory in it.
        name: Wanted name.
        chunks: The bytes; the edge limits how many.
    """
    folder = await folder_for(drive, person, folder_id, Verb.EDIT)
    parts = paths.parse(path)
    wanted = paths.new_name(name)
    directory = await asyncio.to_thread(places.existing_folder, folder.path, parts)
    data = b"".join([chunk async for chunk in chunks])

    def work() -> Entry:
        made = places.create(directory, wanted, data)
        entry = places.entry_of((*parts, made.name), made.stat())
        if entry is None:
            raise NotFound("The uploaded file is gone.")
        return entry

    return await asyncio.to_thread(work)
