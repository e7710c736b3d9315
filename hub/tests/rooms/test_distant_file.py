"""A file on a disk that the hub does not reach (ADR 0037): its page carries the text there and back."""

import json
from difflib import ndiff
from typing import Any

import pytest

from runhere_hub.core.errors import NotebookInvalid, OutputsOmitted
from runhere_hub.core.notebook import CellId, Output
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.rooms.distant_file import exchange
from runhere_hub.testing.small_hub import Hub, Seat, pump

STREAM: Output = {"output_type": "stream", "name": "stdout", "text": "seen\n"}


def file_of(*sources: str, indent: int = 3, **more: Any) -> str:
    """A notebook as some other program writes it: with its own indent, and with what we do not know."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{n}",
            "metadata": {"theirs": n},
            "outputs": [],
            "source": [source],
        }
        for n, source in enumerate(sources)
    ]
    content = {"cells": cells, "metadata": {"strange": {"kept": [1, 2]}}, "nbformat": 4, "nbformat_minor": 5, **more}
    return json.dumps(content, indent=indent) + "\n"


async def opened(hub: Hub, text: str) -> Seat:
    """A page of the notebook that was made from this file."""
    seat = await hub.seat()
    await exchange(seat.room, text, None)
    pump(seat)
    return seat


async def test_what_is_typed_here_goes_into_the_file_and_the_rest_keeps_its_bytes(hub: Hub) -> None:
    file = file_of("one = 1", "two = 2")
    seat = await opened(hub, file)
    assert (await exchange(seat.room, file, file)).text == file  # nothing was changed
    seat.page.edit(lambda: seat.page.source("c1").insert(7, "2"))
    await seat.room.set_outputs({CellId("c0"): (3, (STREAM,))})
    pump(seat)
    told = await exchange(seat.room, file, file)
    expected = json.loads(file)
    expected["cells"][1]["source"] = ["two = 22"]
    expected["cells"][0] |= {"execution_count": 3, "outputs": [{**STREAM, "text": ["seen\n"]}]}
    assert json.loads(told.text) == expected
    gone = [line[2:] for line in ndiff(file.splitlines(), told.text.splitlines()) if line.startswith("- ")]
    assert gone == ['         "execution_count": null,', '         "outputs": [],', '            "two = 2"']
    assert (told.conflicts, told.metadata_kept) == (0, False)


async def test_what_others_change_in_the_file_is_merged_with_what_is_typed_here(hub: Hub) -> None:
    base = file_of("one = 1", "two = 2")
    seat = await opened(hub, base)
    seat.page.edit(lambda: seat.page.source("c1").insert(7, "2"))
    pump(seat)
    theirs = file_of("one = 11", "two = 2", "three = 3")
    told = await exchange(seat.room, theirs, base)
    assert json.loads(told.text) == json.loads(file_of("one = 11", "two = 22", "three = 3"))
    assert told.conflicts == 0
    assert (await exchange(seat.room, told.text, theirs)).text == told.text
    pump(seat)
    assert str(seat.page.source("c0")) == "one = 11"


async def test_both_versions_are_kept_where_both_changed_one_line(hub: Hub) -> None:
    base = file_of("x = 1")
    seat = await opened(hub, base)
    seat.page.edit(lambda: seat.page.source("c0").insert(5, " + here"))
    pump(seat)
    told = await exchange(seat.room, file_of("y = 2 + there"), base)
    assert told.conflicts == 1
    assert [cell["source"] for cell in json.loads(told.text)["cells"]] == [["x = 1 + here"], ["y = 2 + there"]]


async def test_a_file_keeps_its_outputs_where_the_hub_has_lost_a_part(hub: Hub) -> None:
    large: Output = {"output_type": "stream", "name": "stdout", "text": "x" * 100_000}
    base = json.loads(file_of("x = 1"))
    base["cells"][0] |= {"execution_count": 4, "outputs": [large]}
    seat = await opened(hub, file_of("x = 1"))
    text = (await exchange(seat.room, json.dumps(base), file_of("x = 1"))).text
    assert json.loads(text) == base
    for sha256 in list(hub.blobs._blobs):
        await hub.blobs.delete(sha256)
    assert json.loads((await exchange(seat.room, text, text)).text)["cells"][0]["outputs"] == [large]


async def test_a_text_that_another_browser_was_given_is_not_taken_for_a_change_of_others(hub: Hub) -> None:
    base = file_of("x = 1")
    seat = await opened(hub, base)
    one = seat.page.source("c0")
    seat.page.edit(lambda: one.insert(5, "2"))
    pump(seat)
    first = (await exchange(seat.room, base, base)).text
    seat.page.edit(lambda: one.clear())
    seat.page.edit(lambda: one.insert(0, "y = 3"))
    pump(seat)
    second = (await exchange(seat.room, first, first)).text
    seat.page.edit(lambda: one.clear())
    seat.page.edit(lambda: one.insert(0, "z = 4"))
    pump(seat)
    # The other browser wrote `second`; this one had `first` in its hands last.
    told = await exchange(seat.room, second, first)
    assert [cell["source"] for cell in json.loads(told.text)["cells"]] == [["z = 4"]]
    # Somebody who goes back to an older text changes the file.
    back = await exchange(seat.room, first, told.text)
    assert [cell["source"] for cell in json.loads(back.text)["cells"]] == [["x = 12"]]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"nbformat": 4}', "<<<<<<< HEAD\n{}"])
async def test_what_is_no_notebook_is_refused_and_changes_nothing(hub: Hub, text: str) -> None:
    base = file_of("x = 1")
    seat = await opened(hub, base)
    with pytest.raises(NotebookInvalid):
        await exchange(seat.room, text, base)
    assert (await exchange(seat.room, base, base)).text == base


async def test_outputs_that_stay_at_home_are_refused_and_asked_for_by_the_file_itself(hub: Hub) -> None:
    base = file_of("x = 1")
    seat = await opened(hub, base)
    marked = file_of("x = 1", metadata={"colab": {"private_outputs": True}})
    await exchange(seat.room, marked, base)
    assert seat.room.room.about.at_home == AtHome(everything=True)
    with_outputs = json.loads(marked)
    with_outputs["cells"][0]["outputs"] = [STREAM]
    text = json.dumps(with_outputs)
    for known in (text, marked):
        with pytest.raises(OutputsOmitted):
            await exchange(seat.room, text, known)
    assert [cell.outputs for cell in (await seat.room.notebook()).cells] == [()]
    bare = (await exchange(seat.room, marked, marked)).text
    assert [cell["outputs"] for cell in json.loads(bare)["cells"]] == [[]]
