"""How a notebook gets from the database, or from its file, into a room. One loader makes the document: this one."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace

from runhere_hub.core import private_outputs
from runhere_hub.core import runs as run_rules
from runhere_hub.core.notebook import Cell, CellId, Notebook, Output
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.core.run_records import RunsState
from runhere_hub.core.runs import Circumstances, Imported
from runhere_hub.doc import lost_cells, notebook_doc
from runhere_hub.doc.lost_cells import Stood
from runhere_hub.rooms.open_room import Surroundings
from runhere_hub.rooms.output_blobs import OutputBlobs
from runhere_hub.rooms.showing import ShownOutputs
from runhere_hub.services import private_outputs as outputs_service
from runhere_hub.services import revisions as revision_service
from runhere_hub.services import rooms as room_service
from runhere_hub.services.private_outputs import bare_base
from runhere_hub.services.rooms import Batch, LoadedRoom
from runhere_hub.store.file_bases import FileBase
from runhere_hub.store.session import Database


@dataclass(frozen=True)
class Seeded:
    """What a notebook's document begins as.

    Attributes:
        base: The file that it was read from.
    """

    notebook: Notebook
    base: FileBase | None = None


Seed = Callable[[str], Awaitable[Seeded | None]]

_REVISIONS_ASKED = 100

EMPTY = Notebook(nbformat=4, nbformat_minor=5, metadata={}, cells=())


async def load(around: Surroundings, notebook_id: str, seed: Seed) -> LoadedRoom:
    """The notebook as stored. One without a document gets it now: outputs, and the file read, in one transaction.

    (A document without its outputs would clear those of the file; a base that is not the document's would undo in the
    file what others did to it in between.)

    Raises:
        NotFound: There is no such notebook, or it lies in the trash.
        Unavailable: It cannot be read or stored now; nothing was kept.
    """
    loaded = await room_service.load(around.db, notebook_id)
    if loaded.updates:
        return loaded
    seeded = await seed(notebook_id) or Seeded(EMPTY)
    at_home = loaded.at_home | private_outputs.wished(seeded.notebook)
    if at_home:
        await outputs_service.mark(around.db, notebook_id, at_home, omit=True)
        loaded = replace(loaded, at_home=at_home)
        seeded = await asyncio.to_thread(_bare, seeded, at_home)
    first = await _first_batch(around, loaded, seeded.notebook)
    done = await room_service.begin(around.db, notebook_id, first, base=seeded.base, process=around.process)
    if done is None:
        return await room_service.load(around.db, notebook_id)
    [(_, document)] = first.updates
    return replace(
        loaded,
        seq=done.seq,
        updates=(document,),
        log_count=1,
        log_bytes=0,
        runs=RunsState({run.run_id: run for run in first.runs}, first.heads),
        made_from=seeded.base,
    )


async def last_stood(db: Database, loaded: LoadedRoom, lost: Collection[CellId]) -> Mapping[CellId, Stood]:
    """Where these cells stood before they lost it: as the log says, else the newest revisions that know.

    Raises:
        Unavailable: The revisions cannot be read now.
    """
    found = dict(await asyncio.to_thread(lost_cells.last_stood, loaded.updates, lost))
    for info in (await revision_service.list_revisions(db, loaded.notebook_id))[:_REVISIONS_ASKED]:
        asked = [cell_id for cell_id, stood in found.items() if not stood.is_whole]
        if not asked:
            break
        revision = await revision_service.get(db, info.id)
        earlier = await asyncio.to_thread(lost_cells.last_stood, [revision.document], asked)
        found |= {cell_id: found[cell_id].or_else(earlier[cell_id]) for cell_id in asked}
    return found


def _bare(seeded: Seeded, at_home: AtHome) -> Seeded:
    base = bare_base(seeded.base, at_home) if seeded.base is not None else None
    return Seeded(private_outputs.stored(seeded.notebook, at_home), base)


async def _first_batch(around: Surroundings, loaded: LoadedRoom, notebook: Notebook) -> Batch:
    # Beside the loop: with thousands of cells it takes a good part of a second.
    document = await asyncio.to_thread(lambda: notebook_doc.create(notebook, random=around.random).get_update())
    if loaded.at_home.everything:
        return Batch(updates=((None, document),))
    blobs = OutputBlobs(around.db, around.blobs, around.clock, loaded.notebook_id)
    found = {
        cell_id: Imported(around.new_id(), count, await _all_stored(blobs, outputs))
        for cell_id, (count, outputs) in shown_by(notebook.cells).items()
    }
    at = Circumstances(now_ms=around.clock(), new_run_id=around.new_id(), seq=loaded.seq)
    state = run_rules.import_runs(RunsState(), found, at).state
    return Batch(updates=((None, document),), runs=tuple(state.runs.values()), heads=state.heads)


async def _all_stored(blobs: OutputBlobs, outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    return tuple([await blobs.stored(output) for output in outputs])


def shown_by(cells: tuple[Cell, ...]) -> dict[CellId, ShownOutputs]:
    """Counts and outputs of code cells that show anything."""
    return {
        cell.id: (cell.execution_count, cell.outputs)
        for cell in cells
        if cell.type == "code" and (cell.outputs or cell.execution_count is not None)
    }
