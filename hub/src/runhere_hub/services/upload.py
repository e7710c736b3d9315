"""A file from the browser into a bound folder."""

import asyncio
from collections.abc import AsyncIterator

from runhere_hub.core import paths
from runhere_hub.core.access import Verb
from runhere_hub.core.drive import Entry, HubFolder
from runhere_hub.core.errors import Invalid, NotFound
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import FolderId
from runhere_hub.folders import places
from runhere_hub.services import hub_notebooks
from runhere_hub.services.drive import Drive, folder_for
from runhere_hub.services.notebooks import as_wished


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
    parts = paths.parse(path)
    wanted = paths.new_name(name)
    folder = await folder_for(drive, person, folder_id, Verb.EDIT, path)
    if isinstance(folder, HubFolder):
        return await _into_the_hub(drive, folder, parts, wanted, b"".join([chunk async for chunk in chunks]))
    directory = await asyncio.to_thread(places.existing_folder, folder.path, parts)
    data = b"".join([chunk async for chunk in chunks])

    def work() -> Entry:
        made = places.create(directory, wanted, data)
        entry = places.entry_of((*parts, made.name), made.stat())
        if entry is None:
            raise NotFound("The uploaded file is gone.")
        return entry

    return await asyncio.to_thread(work)


async def _into_the_hub(drive: Drive, folder: HubFolder, parts: tuple[str, ...], name: str, data: bytes) -> Entry:
    """Keep an uploaded notebook without a file; one that asks for no outputs is kept without them.

    Raises:
        Invalid: Not a notebook: the hub keeps nothing else.
        NotebookInvalid, NotebookNeedsUpgrade: Not one of format 4.
    """
    if not paths.is_notebook(name):
        raise Invalid("Only notebooks (.ipynb) can be kept here.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("This file is not UTF-8 text, so it is no notebook.") from error
    kept, at_home = await asyncio.to_thread(as_wished, text)
    new = hub_notebooks.New(
        folder,
        parts,
        name,
        kept,
        pattern="{stem} ({n}){suffix}",
        omit_outputs=at_home.everything,
    )
    row = await hub_notebooks.create(drive, new)
    path = row.path or name
    return Entry(path.rpartition("/")[2], path, "notebook", 0, row.changed_at or 0)
