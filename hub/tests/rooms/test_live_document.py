"""The document of a room, read again and again while people edit it."""

import asyncio
from functools import partial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Map

from runhere_hub.core.merge import merge
from runhere_hub.core.notebook import Cell, CellId, Notebook
from runhere_hub.doc import edits, notebook_doc, schema
from runhere_hub.doc.log import replay
from runhere_hub.rooms.live_document import LiveDocument
from runhere_hub.testing import strategies

pytestmark = pytest.mark.fast

BASE = Notebook(4, 5, {"k": 1}, tuple(Cell(CellId(f"c{number}"), "code", f"{number}") for number in range(8)))


def live(notebook: Notebook) -> LiveDocument:
    return LiveDocument(replay([notebook_doc.create(notebook, random=Random(1)).get_update()]), {})


@settings(max_examples=100)
@given(st.data())
def test_what_is_read_again_is_what_the_document_says(data: st.DataObject) -> None:
    document = live(data.draw(strategies.notebooks()))

    async def look() -> None:
        for _ in range(4):
            ours = notebook_doc.read(document.doc)
            assert await document.read() == ours
            change = merge(ours, ours, data.draw(strategies.edited(ours)))
            document.edit(partial(notebook_doc.apply_merge, merge=change, random=Random(2), now=5), None)
        assert await document.read() == notebook_doc.read(document.doc)

    asyncio.run(look())


async def test_only_cells_that_changed_are_read_again() -> None:
    document = live(BASE)
    before = await document.read()

    def work(doc: schema.NotebookYDoc) -> None:
        cell = schema.cells(doc)["c3"]
        assert isinstance(cell, Map)
        edits.set_text(cell["source"], "3!")  # type: ignore[arg-type]

    document.edit(work, None)
    after = await document.read()
    assert [cell.source for cell in after.cells] == ["0", "1", "2", "3!", "4", "5", "6", "7"]
    assert [new is old for new, old in zip(after.cells, before.cells, strict=True)] == [True] * 3 + [False] + [True] * 4


async def test_what_changes_while_others_read_is_read_by_the_next() -> None:
    document = live(BASE)
    await document.read()

    def delete(name: str) -> None:
        document.edit(lambda doc: schema.cells(doc)[name].__setitem__("deleted", 1.0), None)  # type: ignore[attr-defined]

    delete("c1")
    first = asyncio.ensure_future(document.read())
    await asyncio.sleep(0)
    delete("c2")
    second = asyncio.ensure_future(document.read())
    await asyncio.sleep(0)
    delete("c0")
    read = [len((await one).cells) for one in (first, second)]
    assert [*read, len((await document.read()).cells)] == [7, 6, 5]


async def test_a_cell_that_no_client_of_ours_wrote_is_left_out_each_time() -> None:
    document = live(BASE)
    await document.read()
    document.edit(lambda doc: doc.get("cells", type=Map).__setitem__("c4", "text"), None)
    assert [cell.id for cell in (await document.read()).cells] == ["c0", "c1", "c2", "c3", "c5", "c6", "c7"]
    document.edit(lambda doc: doc.get("cells", type=Map).__delitem__("c5"), None)
    assert [cell.id for cell in (await document.read()).cells] == ["c0", "c1", "c2", "c3", "c6", "c7"]
