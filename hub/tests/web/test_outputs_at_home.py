"""Outputs stay at home (architecture 10a, security 4.13): canaries in the real application, its database and disk."""

import base64
import contextlib
import gzip
import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc, Map, Text

from runhere_hub.core.yjs_bytes import sync_update
from runhere_hub.rooms.open_room import OpenRoom
from runhere_hub.testing.pages import Page
from runhere_hub.testing.serving import Hub
from runhere_hub.testing.small_hub import BOB, Seat, pump, settle

CANARY = "CANARY-4f1d9a"
DIGEST = "0" * 64
STREAM = {"output_type": "stream", "name": "stdout", "text": f"text {CANARY}\n"}
OUTPUTS: dict[str, dict[str, Any]] = {
    "text": STREAM,
    "html": {"output_type": "display_data", "data": {"text/html": f"<b>{CANARY}</b>"}, "metadata": {}},
    "image": {
        "output_type": "display_data",
        "data": {"image/png": base64.b64encode(CANARY.encode()).decode()},
        "metadata": {},
    },
    "traceback": {"output_type": "error", "ename": "E", "evalue": CANARY, "traceback": [f"\x1b[0;31m{CANARY}\x1b[0m"]},
    "widget": {
        "output_type": "display_data",
        "data": {"application/vnd.jupyter.widget-view+json": {"model_id": CANARY}},
        "metadata": {},
    },
    "file name": {"output_type": "stream", "name": "stdout", "text": f"saved /tmp/{CANARY}.csv\n"},
    "prompt": {"output_type": "stream", "name": "stdout", "text": f"password for {CANARY}: "},
    "large": {"output_type": "stream", "name": "stdout", "text": CANARY * 8_000},
}
TELLING = {"executionInfo": {"user": CANARY}, "outputId": CANARY}


def disguises(text: str = CANARY) -> list[bytes]:
    """The canary as it may lie somewhere."""
    plain = text.encode()
    framed = [b"x" * n + plain for n in range(3)]
    in_base64 = {base64.b64encode(one)[4:-4] for one in framed}
    return [plain, plain[::-1], text.encode("utf-16-le"), text.encode("utf-16-be"), plain.hex().encode(), *in_base64]


def hits(data: bytes) -> list[bytes]:
    found = [one for one in disguises() if one in data]
    at = data.find(b"\x1f\x8b\x08")
    while at >= 0:
        with contextlib.suppress(OSError, EOFError):
            found += hits(gzip.decompress(data[at:]))
        at = data.find(b"\x1f\x8b\x08", at + 1)
    return found


def where(root: Path) -> list[str]:
    """Files below a folder that hold the canary in any disguise."""
    while True:
        try:
            return [str(path) for path in sorted(root.rglob("*")) if path.is_file() and hits(path.read_bytes())]
        except FileNotFoundError:  # the hub writes a file by replacing it: what is there now is read
            continue


def rooms_of(hub: Hub) -> Any:
    return hub.app.gate._app.state.services.registry  # type: ignore[attr-defined]


async def room_of(hub: Hub, notebook_id: str) -> OpenRoom:
    found: OpenRoom = await rooms_of(hub).open(notebook_id)
    return found


def seat_in(room: OpenRoom, page: Page | None = None, **options: Any) -> Seat:
    seat = Seat(room, page or Page(), **options)
    pump(seat)
    return seat


def run(seat: Seat, run_id: str, *ops: Any, cell: str = "cell-0", count: int | None = 7) -> None:
    """Record a run as a page does that does not know better."""
    event = {"type": "started", "cell_id": cell, "source_digest": DIGEST, "runtime": None, "started_at": None}
    shown = [{"op": "output", "output": one} for one in ops]
    for n, one in enumerate(
        [event, {"type": "outputs", "ops": shown}, {"type": "status", "status": "ok", "execution_count": count}]
    ):
        seat.page.send_frame({"type": "run", "run_id": run_id, "epoch": 1, "n": n, "event": one})


def file_with_everything() -> str:
    cell = {
        "cell_type": "code",
        "execution_count": 7,
        "id": "cell-0",
        "metadata": {**TELLING, "tags": ["kept"]},
        "outputs": [
            {**one, "text": one["text"].splitlines(True)} if "text" in one else one for one in OUTPUTS.values()
        ],
        "source": ["print(1)"],
    }
    metadata = {"widgets": {"state": CANARY}, "kernelspec": {"name": "python3", "display_name": "P"}}
    return json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


async def switch(hub: Hub, notebook_id: str, omit: bool) -> dict[str, Any]:
    answer = await hub.client.put(f"/api/v1/notebooks/{notebook_id}/outputs", json={"omit": omit})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_n03_switching_on_purges_heads_runs_revisions_blobs_file_and_free_space(hub: Hub) -> None:
    file = hub.folder / "a.ipynb"
    file.write_text(file_with_everything())
    notebook = await hub.open("a.ipynb")
    seat = seat_in(await room_of(hub, notebook["id"]))
    value = json.dumps(CANARY * 8_000).encode()
    blob = f"/api/v1/notebooks/{notebook['id']}/blobs/{hashlib.sha256(value).hexdigest()}"
    assert (await hub.client.put(blob, content=value)).status_code == 204
    run(seat, "r1", STREAM)
    await settle(seat)
    await hub.client.post(f"/api/v1/notebooks/{notebook['id']}/revisions", json={"name": "with outputs"})
    run(seat, "r2", OUTPUTS["traceback"])
    await settle(seat)
    assert where(hub.data)
    assert where(hub.folder)
    before = (await hub.client.get(f"/api/v1/notebooks/{notebook['id']}/outputs")).json()
    assert before["omit"] is False
    assert before["may_store"] is True
    assert (before["runs"], before["revisions"]) == (3, 1)
    assert before["blobs"] >= 1
    assert before["blob_bytes"] > 64_000

    after = await switch(hub, notebook["id"], True)

    assert after == {"omit": True, "may_store": True, "runs": 0, "revisions": 0, "blobs": 0, "blob_bytes": 0}
    assert where(hub.data) == []
    assert where(hub.folder) == []
    assert (await hub.client.get(blob)).status_code == 404
    [cell] = json.loads(file.read_text())["cells"]
    assert (cell["outputs"], cell["execution_count"], cell["metadata"]) == ([], None, {"tags": ["kept"]})
    assert json.loads(file.read_text())["metadata"]["colab"] == {"private_outputs": True}
    assert cell["source"] == ["print(1)"]
    pump(seat)
    assert seat.page.take("omit_outputs") == [{"type": "omit_outputs", "omit": True, "cells": []}]


async def test_n01_what_comes_all_the_same_is_refused_and_lies_nowhere(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hub.write("a.ipynb", "print(1)")
    notebook = await hub.open("a.ipynb")
    await switch(hub, notebook["id"], True)
    room = await room_of(hub, notebook["id"])
    ada, bob = seat_in(room), seat_in(room, person=BOB, role="editor")
    for number, output in enumerate(OUTPUTS.values()):
        run(ada, f"r{number}", output)
    await settle(ada, bob)
    codes = [answer["code"] for answer in ada.page.take("run_refused")]
    assert codes[::2].count("outputs_omitted") == len(OUTPUTS) - 1
    assert codes[-2] == "too_large"
    ada.page.send_frame(
        {"type": "run", "run_id": "r0", "epoch": 1, "n": 1, "event": {"type": "status", "status": "ok"}}
    )
    await settle(ada, bob)
    assert ada.page.take("run_refused") == []
    assert room.room.runs.state.runs["r0"].status == "ok"
    assert not hits(json.dumps(bob.page.frames).encode())
    value = CANARY.encode()
    blob = f"/api/v1/notebooks/{notebook['id']}/blobs/{hashlib.sha256(value).hexdigest()}"
    refused = await hub.client.put(blob, content=value)
    assert (refused.status_code, refused.json()["code"]) == (422, "outputs_omitted")
    await hub.client.post(f"/api/v1/notebooks/{notebook['id']}/revisions", json={"name": "after"})
    copy = (await hub.client.post(f"/api/v1/notebooks/{notebook['id']}/duplicate", json={})).json()
    assert copy["omit_outputs"] is True or (await hub.open(copy["path"]))["omit_outputs"] is True
    for outputs in ("true", "false"):
        got = await hub.client.get(f"/api/v1/notebooks/{notebook['id']}/download", params={"outputs": outputs})
        assert not hits(got.content)
    await rooms_of(hub).close_room(notebook["id"])
    assert where(hub.data) == []
    assert where(hub.folder) == []
    assert not hits(caplog.text.encode())


@pytest.mark.parametrize("how", ["cell metadata", "notebook metadata", "cell member", "root", "new cell"])
async def test_n01_a_document_cannot_carry_what_stays_at_home(hub: Hub, how: str) -> None:
    hub.write("a.ipynb", "print(1)")
    notebook = await hub.open("a.ipynb")
    await switch(hub, notebook["id"], True)
    room = await room_of(hub, notebook["id"])
    rogue, bob = seat_in(room), seat_in(room, person=BOB, role="editor")
    doc: Doc[Any] = rogue.page.doc
    text = json.dumps({"seen": CANARY})

    def write() -> None:
        cell = rogue.page.cells["cell-0"]
        match how:
            case "cell metadata":
                cell["metadata"]["executionInfo"] = text
            case "notebook metadata":
                doc.get("metadata", type=Map)["widgets"] = text
            case "cell member":
                cell["outputs"] = text
            case "root":
                doc.get("outputs", type=Map)["cell-0"] = text
            case _:
                rogue.page.cells["new"] = Map({"type": "code", "position": "W", "metadata": Map({"outputId": text})})

    rogue.page.edit(write)
    pump(rogue)
    assert rogue.channel.closed_with is not None
    assert rogue.channel.closed_with[0] == 4403
    assert bob.channel.closed_with is None
    again = bob
    assert not hits(again.page.doc.get_update())
    again.page.edit(lambda: again.page.cells["cell-0"]["metadata"].__setitem__("tags", '["fine"]'))
    again.page.type("cell-0", 0, "# still here\n")
    await settle(again)
    assert again.channel.closed_with is None
    await rooms_of(hub).close_room(notebook["id"])
    assert where(hub.data) == []
    assert where(hub.folder) == []
    assert "still here" in (hub.folder / "a.ipynb").read_text()


async def test_outputs_that_arrive_in_a_bound_file_are_stripped_on_load(hub: Hub) -> None:
    file = hub.write("a.ipynb", "print(1)")
    notebook = await hub.open("a.ipynb")
    await switch(hub, notebook["id"], True)
    await rooms_of(hub).close_room(notebook["id"])
    file.write_text(file_with_everything())
    room = await room_of(hub, notebook["id"])
    await hub.client.get(f"/api/v1/notebooks/{notebook['id']}/download")
    assert not hits(room.doc.get_update())
    await rooms_of(hub).close_room(notebook["id"])
    assert where(hub.data) == []
    assert where(hub.folder) == []
    assert json.loads(file.read_text())["cells"][0]["source"] == ["print(1)"]


async def test_a_file_that_wishes_it_switches_on_and_neither_edit_file_nor_version_switches_off(hub: Hub) -> None:
    file = hub.folder / "a.ipynb"
    content = json.loads(file_with_everything())
    content["metadata"]["colab"] = {"private_outputs": True, "name": "kept"}
    file.write_text(json.dumps(content, indent=1))
    notebook = await hub.open("a.ipynb")
    assert notebook["omit_outputs"] is True
    seat = seat_in(await room_of(hub, notebook["id"]))
    assert where(hub.data) == []
    seat.page.edit(lambda: seat.page.doc.get("metadata", type=Map).__delitem__("colab"))
    await settle(seat)
    await rooms_of(hub).close_room(notebook["id"])
    assert json.loads(file.read_text())["metadata"]["colab"]["private_outputs"] is True
    content["metadata"].pop("colab")
    file.write_text(json.dumps(content, indent=1))
    assert (await hub.open("a.ipynb"))["omit_outputs"] is True
    await room_of(hub, notebook["id"])
    await rooms_of(hub).close_room(notebook["id"])
    assert where(hub.data) == []
    assert where(hub.folder) == []
    await switch(hub, notebook["id"], False)
    seat = seat_in(await room_of(hub, notebook["id"]))
    run(seat, "r1", STREAM)
    await settle(seat)
    await hub.client.get(f"/api/v1/notebooks/{notebook['id']}/download")
    written = json.loads(file.read_text())
    assert written["cells"][0]["outputs"]
    assert "private_outputs" not in json.dumps(written)


async def test_a_sync_frame_of_a_page_that_left_is_not_needed_to_purge(hub: Hub) -> None:
    """What a page deleted from the document before does not lie in the log either."""
    hub.write("a.ipynb", "print(1)")
    notebook = await hub.open("a.ipynb")
    seat = seat_in(await room_of(hub, notebook["id"]))
    entry = json.dumps({"seen": CANARY})
    seat.page.edit(lambda: seat.page.cells["cell-0"]["metadata"].__setitem__("executionInfo", entry))
    await settle(seat)
    assert where(hub.data)
    seat.room.room.receive(seat.member, sync_update(b"\x00\x00"))
    await switch(hub, notebook["id"], True)
    assert where(hub.data) == []


# --- one cell --------------------------------------------------------------------------------------------------------


PUBLIC = {"output_type": "stream", "name": "stdout", "text": "for everybody\n"}


def file_of_two() -> str:
    """A notebook of which only the first cell holds the canary, in every way."""
    content = json.loads(file_with_everything())
    content["cells"].append(
        {"cell_type": "code", "execution_count": 8, "id": "cell-1", "metadata": {}, "outputs": [PUBLIC], "source": []}
    )
    return json.dumps(content, indent=1) + "\n"


async def switch_cell(hub: Hub, notebook_id: str, omit: bool, cell: str = "cell-0") -> dict[str, Any]:
    answer = await hub.client.put(f"/api/v1/notebooks/{notebook_id}/outputs", json={"omit": omit, "cell_id": cell})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_n03_switching_one_cell_on_purges_that_cell_everywhere_and_no_other(hub: Hub) -> None:
    file = hub.folder / "a.ipynb"
    file.write_text(file_of_two())
    notebook = await hub.open("a.ipynb")
    of_it = f"/api/v1/notebooks/{notebook['id']}"
    seat = seat_in(await room_of(hub, notebook["id"]))
    value = json.dumps(CANARY * 8_000).encode()
    sha256 = hashlib.sha256(value).hexdigest()
    assert (await hub.client.put(f"{of_it}/blobs/{sha256}", content=value)).status_code == 204
    large = {"$blob": sha256, "size_bytes": len(value)}
    run(seat, "r1", STREAM, {"output_type": "display_data", "data": {"text/plain": large}, "metadata": {}})
    run(seat, "r2", PUBLIC, cell="cell-1")
    await settle(seat)
    version = (await hub.client.post(f"{of_it}/revisions", json={"name": "with outputs"})).json()["id"]

    async def shown_then() -> list[str]:
        answer = await hub.client.get(f"{of_it}/revisions/{version}/outputs")
        return [cell["cell_id"] for cell in answer.json()["cells"]]

    assert await shown_then() == ["cell-0", "cell-1"]
    assert where(hub.data)
    assert where(hub.folder)
    before = (await hub.client.get(f"{of_it}/outputs", params={"cell": "cell-0"})).json()
    assert (before["omit"], before["runs"], before["revisions"], before["blobs"]) == (False, 2, 1, 1)

    after = await switch_cell(hub, notebook["id"], True)

    assert after == {"omit": True, "may_store": True, "runs": 0, "revisions": 0, "blobs": 0, "blob_bytes": 0}
    assert where(hub.data) == []
    assert where(hub.folder) == []
    first, second = json.loads(file.read_text())["cells"]
    assert (first["outputs"], first["execution_count"]) == ([], None)
    assert first["metadata"] == {"tags": ["kept"], "runhere": {"private_outputs": True}}
    assert [output["text"] for output in second["outputs"]] == ["for everybody\n"]
    whole = (await hub.client.get(f"{of_it}/outputs")).json()
    assert (whole["omit"], whole["revisions"]) == (False, 1)
    assert await shown_then() == ["cell-1"]
    pump(seat)
    assert seat.page.take("omit_outputs") == [{"type": "omit_outputs", "omit": False, "cells": ["cell-0"]}]


async def test_n01_of_that_cell_outputs_are_refused_in_every_way_and_of_others_taken(hub: Hub) -> None:
    file = hub.folder / "a.ipynb"
    file.write_text(file_of_two())
    notebook = await hub.open("a.ipynb")
    await switch_cell(hub, notebook["id"], True)
    room = await room_of(hub, notebook["id"])
    ada, bob = seat_in(room), seat_in(room, person=BOB, role="editor")
    for number, output in enumerate(OUTPUTS.values()):
        run(ada, f"r{number}", output)
    run(ada, "public", PUBLIC, cell="cell-1")
    await settle(ada, bob)
    codes = [answer["code"] for answer in ada.page.take("run_refused") if answer["run_id"] != "public"]
    assert codes[::2].count("outputs_omitted") == len(OUTPUTS) - 1
    assert room.room.runs.state.runs["public"].folded.outputs == (PUBLIC,)
    value = CANARY.encode()
    blob = f"/api/v1/notebooks/{notebook['id']}/blobs/{hashlib.sha256(value).hexdigest()}"
    for asked in ({}, {"cell": "cell-0"}):
        refused = await hub.client.put(blob, content=value, params=asked)
        assert (refused.status_code, refused.json()["code"]) == (422, "outputs_omitted")
    fine = f"/api/v1/notebooks/{notebook['id']}/blobs/{hashlib.sha256(b'1').hexdigest()}"
    assert (await hub.client.put(fine, content=b"1", params={"cell": "cell-1"})).status_code == 204
    bob.page.edit(lambda: bob.page.cells["cell-1"]["metadata"].__setitem__("executionInfo", '"fine"'))
    await settle(ada, bob)
    assert bob.channel.closed_with is None
    ada.page.edit(lambda: ada.page.cells["cell-0"]["metadata"].__setitem__("executionInfo", json.dumps(CANARY)))
    pump(ada)
    assert ada.channel.closed_with is not None
    assert ada.channel.closed_with[0] == 4403
    assert not hits(json.dumps(bob.page.frames).encode())
    await rooms_of(hub).close_room(notebook["id"])
    assert where(hub.data) == []
    assert where(hub.folder) == []


async def test_a_copied_cell_inherits_it_and_the_record_outlives_its_mark_and_the_room(hub: Hub) -> None:
    file = hub.write("a.ipynb", "print(1)")
    notebook = await hub.open("a.ipynb")
    await switch_cell(hub, notebook["id"], True)
    seat = seat_in(await room_of(hub, notebook["id"]))
    mark = json.dumps({"private_outputs": True})

    def copy_and_unmark() -> None:
        made = {"type": "code", "position": "W", "source": Text("print(2)"), "metadata": Map({"runhere": mark})}
        seat.page.cells["copy"] = Map(made)
        del seat.page.cells["cell-0"]["metadata"]["runhere"]

    seat.page.edit(copy_and_unmark)
    await settle(seat)
    assert seat.page.take("omit_outputs")[-1]["cells"] == ["cell-0", "copy"]
    await rooms_of(hub).close_room(notebook["id"])
    marks = [cell["metadata"].get("runhere") for cell in json.loads(file.read_text())["cells"]]
    assert marks == [{"private_outputs": True}] * 2
    seat = seat_in(await room_of(hub, notebook["id"]))
    assert seat.page.take("hello")[0]["private_cells"] == ["cell-0", "copy"]
    run(seat, "r1", STREAM)
    run(seat, "r2", STREAM, cell="copy")
    await settle(seat)
    refused = [one["run_id"] for one in seat.page.take("run_refused") if one["code"] == "outputs_omitted"]
    assert set(refused) == {"r1", "r2"}
    await switch_cell(hub, notebook["id"], False)
    run(seat, "r3", PUBLIC)
    await settle(seat)
    await hub.client.get(f"/api/v1/notebooks/{notebook['id']}/download")
    first, second = json.loads(file.read_text())["cells"]
    assert (first["metadata"], second["metadata"]) == ({}, {"runhere": {"private_outputs": True}})
    assert first["outputs"]
    assert where(hub.data) == []


async def test_a_file_that_marks_a_cell_is_read_without_its_outputs(hub: Hub) -> None:
    content = json.loads(file_of_two())
    content["cells"][0]["metadata"]["runhere"] = {"private_outputs": True}
    file = hub.folder / "a.ipynb"
    file.write_text(json.dumps(content, indent=1))
    notebook = await hub.open("a.ipynb")
    room = await room_of(hub, notebook["id"])
    assert room.room.about.at_home.cells == {"cell-0"}
    assert where(hub.data) == []
    await rooms_of(hub).close_room(notebook["id"])
    file.write_text(json.dumps(content, indent=1))  # another program brings them again, without the mark
    del content["cells"][0]["metadata"]["runhere"]
    file.write_text(json.dumps(content, indent=1))
    await room_of(hub, notebook["id"])
    await hub.client.get(f"/api/v1/notebooks/{notebook['id']}/download")
    await rooms_of(hub).close_room(notebook["id"])
    assert where(hub.data) == []
    assert where(hub.folder) == []
    first, second = json.loads(file.read_text())["cells"]
    assert first["metadata"]["runhere"] == {"private_outputs": True}
    assert second["outputs"]


# --- new notebooks ---------------------------------------------------------------------------------------------------


async def test_new_notebooks_begin_as_their_maker_or_else_the_hub_has_it(hub: Hub) -> None:
    async def made() -> bool:
        answer = await hub.client.post("/api/v1/notebooks", json={"folder_id": hub.folder_id, "path": ""})
        assert answer.status_code == 201, answer.text
        found: bool = answer.json()["omit_outputs"]
        return found

    assert (await hub.client.get("/api/v1/new-notebooks")).json() == {"omit": None, "hub_omits": False}
    assert await made() is False
    assert (await hub.client.put("/api/v1/new-notebooks", json={"omit": True})).json()["omit"] is True
    assert await made() is True
    files = [json.loads(file.read_text())["metadata"] for file in sorted(hub.folder.glob("Untitled*.ipynb"))]
    assert sorted(len(metadata) for metadata in files) == [0, 1]
    await hub.client.put("/api/v1/new-notebooks", json={"omit": None})
    assert await made() is False
