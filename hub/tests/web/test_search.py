"""Search by name and text over the files of bound folders."""

import json
import os
from pathlib import Path

from runhere_hub.services import search, session
from runhere_hub.testing.serving import Hub, notebook_json


async def found(hub: Hub, q: str, **more: int) -> dict[str, object]:
    answer = await hub.client.get("/api/v1/search", params={"q": q, **more})
    assert answer.status_code == 200, answer.text
    result: dict[str, object] = answer.json()
    return result


async def test_names_and_sources_are_found_without_regard_to_case(hub: Hub) -> None:
    hub.write("Pandas intro.ipynb", "x = 1")
    hub.write("sub/other.ipynb", "import numpy", "import PANDAS as pd")
    hub.write("none.ipynb", "nothing")
    opened = await hub.open("sub/other.ipynb")
    assert await found(hub, "pandas") == {
        "results": [
            {
                "notebook": {
                    "id": None,
                    "folder_id": hub.folder_id,
                    "path": "Pandas intro.ipynb",
                    "name": "Pandas intro",
                },
                "matches": [{"cell_id": None, "kind": "name", "snippet": "Pandas intro"}],
            },
            {
                "notebook": {
                    "id": opened["id"],
                    "folder_id": hub.folder_id,
                    "path": "sub/other.ipynb",
                    "name": "other",
                },
                "matches": [{"cell_id": "cell-1", "kind": "source", "snippet": "import PANDAS as pd"}],
            },
        ],
        "is_complete": True,
        "unreadable": 0,
    }


async def test_hidden_folders_and_files_outside_are_not_searched(hub: Hub) -> None:
    hub.write(".git/secret.ipynb", "needle")
    hub.write("node_modules/secret.ipynb", "needle")
    hub.write(".ipynb_checkpoints/secret.ipynb", "needle")
    (hub.folder.parent / "secret.ipynb").write_text(notebook_json("needle"))
    (hub.folder / "link.ipynb").symlink_to(hub.folder.parent / "secret.ipynb")
    (hub.folder / "up").symlink_to(hub.folder.parent)
    assert (await found(hub, "needle"))["results"] == []
    hub.write("seen.ipynb", "needle")
    assert len(list((await found(hub, "needle"))["results"])) == 1  # type: ignore[call-overload]  # JSON


async def test_files_that_cannot_be_read_are_skipped_and_counted(hub: Hub) -> None:
    hub.write("good.ipynb", "needle")
    (hub.folder / "broken.ipynb").write_text('{"cells": [needle')
    (hub.folder / "binary.ipynb").write_bytes(b"\xff\xfe needle")
    (hub.folder / "deep.ipynb").write_text('{"cells": ' + "[" * 100_000 + '"needle"')
    os.mkfifo(hub.folder / "pipe.ipynb")
    answer = await found(hub, "needle")
    assert [r["notebook"]["name"] for r in answer["results"]] == ["good"]  # type: ignore[attr-defined]  # JSON
    assert answer["unreadable"] == 4


async def test_a_file_reached_twice_is_found_once(hub: Hub) -> None:
    hub.write("sub/a.ipynb", "needle")
    await hub.control("bind", path=str(hub.folder / "sub"))
    (hub.folder / "link.ipynb").symlink_to("sub/a.ipynb")
    assert len(json.loads(json.dumps((await found(hub, "needle"))["results"]))) == 1


async def test_the_limit_and_the_time_are_kept_and_told(hub: Hub) -> None:
    for n in range(5):
        hub.write(f"{n}.ipynb", "needle")
    answer = await found(hub, "needle", limit=3)
    assert len(json.loads(json.dumps(answer["results"]))) == 3
    assert answer["is_complete"] is False
    services = hub.app.gate._app.state.services  # type: ignore[attr-defined]  # the composed objects
    owner = await session.owner(services.sign_in)
    rushed = await search.search(services.drive, owner, "needle", limit=50, longest_s=0.0)
    assert (rushed.results, rushed.is_complete) == ((), False)


async def test_a_folder_that_is_gone_does_not_stop_the_search(hub: Hub, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    await hub.control("bind", path=str(other))
    other.rmdir()
    hub.write("a.ipynb", "needle")
    answer = await found(hub, "needle")
    assert len(json.loads(json.dumps(answer["results"]))) == 1
    assert answer["unreadable"] == 1
