"""A notebook's file on a disk that the hub does not reach: its page carries the text there and back (ADR 0037).

The page tells what the file says and what it said when it last had it in its hands; the hub merges what others changed
there into the room, as it does with a bound file, and says what is to be written. It learns neither path nor machine.
"""

import asyncio
import hashlib
from dataclasses import dataclass, replace

from runhere_hub.core import ipynb, private_outputs
from runhere_hub.core.errors import OutputsOmitted
from runhere_hub.core.merge import merge, open_conflicts
from runhere_hub.core.merge.align import adopt_ids
from runhere_hub.core.notebook import Notebook
from runhere_hub.rooms.open_room import OpenRoom
from runhere_hub.rooms.showing import Shown


@dataclass(frozen=True)
class Exchanged:
    """What is to stand in the file.

    Attributes:
        text: The whole file; what says the same as before keeps its bytes. The text that came, if nothing is to change.
        conflicts: Cells that stand twice since a merge.
        metadata_kept: Metadata was changed on both sides in different ways; ours was kept.
    """

    text: str
    conflicts: int
    metadata_kept: bool


async def exchange(room: OpenRoom, file: str, base: str | None) -> Exchanged:
    """Merge what changed in a file into the room. Returns when that is durable.

    Args:
        file: What the file says now.
        base: What it said when it was read or written last. The same as `file`: nobody changed it, only what is to be
            written is asked. None: nothing is known; both are kept wherever they differ.

    Raises:
        NotebookInvalid, NotebookNeedsUpgrade: One of the texts is no notebook of format 4; nothing was merged.
        OutputsOmitted: The text holds outputs that stay at home; nothing was merged.
        Unavailable: The merge could not be saved; asking again gives the same.
    """
    if base is not None and _was_handed_out_after(room, file, base):
        base = file
    parsed = await asyncio.to_thread(ipynb.parse, file)
    known = parsed if base == file else await asyncio.to_thread(ipynb.parse, base) if base is not None else None
    ours = (await room.shown()).notebook
    before = replace(ours, cells=(), metadata={})
    if known is not None:
        before = await asyncio.to_thread(adopt_ids, ours, known.notebook, unsure=known.made_ids)
    taken = [cell.id for cell in ours.cells]
    like = before if before.cells else ours
    theirs = await asyncio.to_thread(adopt_ids, like, parsed.notebook, unsure=parsed.made_ids, taken=taken)
    at_home = room.room.about.at_home
    if any(at_home.keeps(cell.id) and cell.outputs for cell in theirs.cells):
        raise OutputsOmitted("Outputs of this notebook, or of this cell, stay at home: the hub does not take them.")
    is_metadata_kept = False
    if base != file:
        wished = private_outputs.wished(theirs)
        if wished.without(at_home):
            await room.keep_outputs_home(wished)
        kept = private_outputs.stored(theirs, room.room.about.at_home)
        result = await asyncio.to_thread(merge, before, ours, kept)
        is_metadata_kept = any(conflict.kind == "metadata" for conflict in result.conflicts)
        await room.take_merge(result)
    filed = _as_filed(await room.shown(), theirs)
    text = await asyncio.to_thread(ipynb.render_over, filed, parsed)
    if text != file:
        room.handed_out.append(_digest(text))
    return Exchanged(text, len(open_conflicts(filed)), is_metadata_kept)


def _was_handed_out_after(room: OpenRoom, file: str, base: str) -> bool:
    """Whether another browser has written the file since: what it says then comes from this document.

    A text that was handed out *before* the base is one that somebody went back to, so it is merged as any other.
    """
    told = list(room.handed_out)
    later, earlier = _digest(file), _digest(base)
    return later in told and earlier in told and _last(told, later) > _last(told, earlier)


def _last(told: list[str], digest: str) -> int:
    return len(told) - 1 - told[::-1].index(digest)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _as_filed(shown: Shown, theirs: Notebook) -> Notebook:
    """The notebook for the file: it keeps what it has where a part of an output is missing from the hub's store."""
    if not shown.lacking:
        return shown.notebook
    there = {cell.id: cell for cell in theirs.cells if cell.type == "code"}
    cells = [
        replace(cell, outputs=there[cell.id].outputs, execution_count=there[cell.id].execution_count)
        if cell.id in shown.lacking and cell.id in there
        else cell
        for cell in shown.notebook.cells
    ]
    return replace(shown.notebook, cells=tuple(cells))
