"""Folders that the hub keeps: renamed, moved, trashed, with what is in them and who may read it. On both databases."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from runhere_hub.settings import AllowedFolder
from runhere_hub.testing.serving import notebook_json
from runhere_hub.testing.team import TeamHub, team_hub, team_settings

N, F = "/api/v1/notebooks", "/api/v1/folders"


@pytest.fixture
async def hub(tmp_path: Path, static: Path, team_database: str | None) -> AsyncIterator[TeamHub]:
    data, lab, other = tmp_path / "data", tmp_path / "lab", tmp_path / "other"
    for folder in (data, lab / "inner", other):
        folder.mkdir(parents=True)
    (lab / "inner" / "bound.ipynb").write_text(notebook_json("1"), encoding="utf-8")
    bound = (AllowedFolder(str(lab), "olga"),)
    cookies = {}
    async with team_hub(team_settings(data, static, database=team_database)) as first:
        for name in ("olga", "vera"):
            cookies[name] = dict((await first.join(name)).cookies)
    async with team_hub(team_settings(data, static, database=team_database, bound_folders=bound)) as running:
        for name, held in cookies.items():
            running.people[name] = await running.stranger()
            running.people[name].cookies.update(held)
        yield running


async def paths_in(hub: TeamHub, who: str, path: str = "") -> list[str]:
    folder = await hub.own_folder("olga")
    answer = await hub.people[who].get(f"{F}/{folder}/entries", params={"path": path})
    assert answer.status_code == 200, answer.text
    return [entry["path"] for entry in answer.json()["entries"]]


async def move(hub: TeamHub, who: str, path: str, to: str) -> Any:
    folder = await hub.own_folder("olga")
    return await hub.people[who].patch(f"{F}/{folder}/folders", json={"path": path, "to": to})


async def test_a_folder_moves_with_its_notebooks_its_folders_and_who_may_read_them(hub: TeamHub) -> None:
    olga, folder = hub.people["olga"], await hub.own_folder("olga")
    for path in ("a", "a/deep", "ab", "new"):
        assert (await olga.post(f"{F}/{folder}/folders", json={"path": path})).status_code == 201
    notebook, neighbour = await hub.notebook("olga", path="a/deep"), await hub.notebook("olga", path="ab")
    shared = await olga.put(f"{F}/{folder}/shares?path=a", json={"user_name": "vera", "role": "viewer"})
    assert shared.status_code == 200
    moved = await move(hub, "olga", "a", "new/b %_")
    assert (moved.status_code, moved.json()["path"]) == (200, "new/b %_"), moved.text
    assert await paths_in(hub, "olga") == ["ab", "new"]
    assert await paths_in(hub, "vera", "new/b %_") == ["new/b %_/deep"]
    seen = (await hub.people["vera"].get(f"{N}/{notebook['id']}")).json()
    assert (seen["path"], seen["role"]) == ("new/b %_/deep/Plots.ipynb", "viewer")
    assert (await olga.get(f"{N}/{neighbour['id']}")).json()["path"] == "ab/Plots.ipynb"
    assert (await hub.people["vera"].get(f"{N}/{neighbour['id']}")).status_code == 404


async def test_nothing_moves_over_something_into_itself_or_from_nowhere(hub: TeamHub) -> None:
    olga, folder = hub.people["olga"], await hub.own_folder("olga")
    for path in ("a", "b"):
        await olga.post(f"{F}/{folder}/folders", json={"path": path})
    await hub.notebook("olga", path="a")
    for path, to, status in (
        ("a", "b", 409),
        ("a", "a/inner", 422),
        ("a", "a", 422),
        ("", "c", 422),
        ("gone", "c", 404),
        ("a/Plots.ipynb", "c", 404),
        ("a", "../c", 422),
        ("a", "nowhere/..", 422),
    ):
        assert (await move(hub, "olga", path, to)).status_code == status, (path, to)
    assert await paths_in(hub, "olga") == ["a", "b"]
    assert await paths_in(hub, "olga", "a") == ["a/Plots.ipynb"]
    assert (await move(hub, "vera", "a", "c")).status_code == 404


async def test_a_trashed_folders_notebooks_come_back_one_by_one(hub: TeamHub) -> None:
    olga, folder = hub.people["olga"], await hub.own_folder("olga")
    for path in ("a", "a/deep"):
        await olga.post(f"{F}/{folder}/folders", json={"path": path})
    first, second = await hub.notebook("olga", path="a"), await hub.notebook("olga", path="a/deep")
    await olga.put(f"{F}/{folder}/shares?path=a", json={"user_name": "vera", "role": "editor"})
    refused = await hub.people["vera"].delete(f"{F}/{folder}/folders?path=a")
    assert refused.status_code == 403
    gone = await olga.delete(f"{F}/{folder}/folders?path=a")
    assert (gone.status_code, gone.json()) == (200, {"notebooks": 2})
    assert await paths_in(hub, "olga") == []
    trashed = {entry["id"] for entry in (await olga.get("/api/v1/trash")).json()["entries"]}
    assert trashed == {first["id"], second["id"]}
    assert (await olga.post(f"/api/v1/trash/{second['id']}/restore", json={})).status_code == 200
    assert await paths_in(hub, "olga", "a/deep") == ["a/deep/Plots.ipynb"]
    # A new folder of the name is not the shared one.
    assert (await hub.people["vera"].get(f"{N}/{second['id']}")).status_code == 404


async def bound_folder(hub: TeamHub) -> str:
    folders = (await hub.people["olga"].get("/api/v1/home")).json()["folders"]
    assert [folder["kind"] for folder in folders] == ["own", "bound"]
    return str(folders[1]["id"])


async def test_a_bound_folder_is_there_for_whom_the_administrator_names(hub: TeamHub) -> None:
    olga, vera = hub.people["olga"], hub.people["vera"]
    bound = await bound_folder(hub)
    assert [folder["kind"] for folder in (await vera.get("/api/v1/home")).json()["folders"]] == ["own"]
    entries = (await olga.get(f"{F}/{bound}/entries?path=inner")).json()["entries"]
    assert [entry["path"] for entry in entries] == ["inner/bound.ipynb"]
    assert (await vera.get(f"{F}/{bound}/entries?path=")).status_code == 404
    # Data that nobody sees here would go along.
    refused = await olga.delete(f"{F}/{bound}/folders?path=inner")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await olga.get(f"{F}/{bound}/entries?path=inner")).json()["entries"] == entries


async def test_a_directory_of_a_bound_folder_moves_with_everything_in_it(hub: TeamHub, tmp_path: Path) -> None:
    olga, vera = hub.people["olga"], hub.people["vera"]
    bound, lab = await bound_folder(hub), tmp_path / "lab"
    (lab / "inner" / "data.csv").write_text("1,2", encoding="utf-8")
    opened = await olga.post(f"{N}/open", json={"folder_id": bound, "path": "inner/bound.ipynb"})
    notebook = opened.json()["id"]
    await olga.put(f"{F}/{bound}/shares?path=inner", json={"user_name": "vera", "role": "editor"})
    assert (await olga.post(f"{F}/{bound}/folders", json={"path": "new"})).status_code == 201
    # Whoever may edit may not move; nobody else knows of it.
    assert (await vera.patch(f"{F}/{bound}/folders", json={"path": "inner", "to": "x"})).status_code == 403
    assert (lab / "inner").is_dir()
    moved = await olga.patch(f"{F}/{bound}/folders", json={"path": "inner", "to": "new/outer"})
    assert (moved.status_code, moved.json()["path"]) == (200, "new/outer"), moved.text
    assert sorted(path.name for path in (lab / "new" / "outer").iterdir()) == ["bound.ipynb", "data.csv"]
    assert not (lab / "inner").exists()
    seen = (await vera.get(f"{N}/{notebook}")).json()
    assert (seen["path"], seen["role"]) == ("new/outer/bound.ipynb", "editor")
    log = (await olga.get("/api/v1/account/log")).json()["entries"]
    assert log[0]["action"] == "folder_moved"
    assert str(lab) not in str(log) + moved.text


async def test_a_notebook_that_leaves_its_directory_is_written_down(hub: TeamHub) -> None:
    olga, bound = hub.people["olga"], await bound_folder(hub)
    notebook = (await olga.post(f"{N}/open", json={"folder_id": bound, "path": "inner/bound.ipynb"})).json()["id"]

    async def last() -> str:
        return str((await olga.get("/api/v1/account/log")).json()["entries"][0]["action"])

    before = await last()
    assert (await olga.patch(f"{N}/{notebook}", json={"name": "other"})).status_code == 200
    assert await last() == before != "notebook_moved"
    assert (await olga.patch(f"{N}/{notebook}", json={"path": ""})).status_code == 200
    assert await last() == "notebook_moved"


async def test_search_reads_nothing_behind_what_became_a_link(hub: TeamHub, tmp_path: Path) -> None:
    vera, bound, lab = hub.people["vera"], await bound_folder(hub), tmp_path / "lab"
    for folder in (lab / "inner", lab / "private", tmp_path / "other"):
        folder.mkdir(exist_ok=True)
        (folder / "found.ipynb").write_text(notebook_json("needle"), encoding="utf-8")
    await hub.people["olga"].put(f"{F}/{bound}/shares?path=inner", json={"user_name": "vera", "role": "viewer"})

    async def found(who: httpx.AsyncClient) -> list[str]:
        return [one["notebook"]["path"] for one in (await who.get("/api/v1/search?q=needle")).json()["results"]]

    assert await found(vera) == ["inner/found.ipynb"]
    (lab / "inner").rename(lab / "was")
    for target in (lab / "private", tmp_path / "other"):
        (lab / "inner").symlink_to(target)
        assert await found(vera) == []
        (lab / "inner").unlink()
    assert await found(hub.people["olga"]) == ["private/found.ipynb", "was/found.ipynb"]


async def test_a_bound_directory_moves_over_nothing_and_out_of_nothing(hub: TeamHub, tmp_path: Path) -> None:
    olga, bound, lab = hub.people["olga"], await bound_folder(hub), tmp_path / "lab"
    (lab / "empty").mkdir()
    (lab / "link").symlink_to(tmp_path / "other")
    (lab / "near").symlink_to(lab / "inner")
    for path, to, status in (
        ("inner", "empty", 409),  # rename(2) replaces an empty directory without a word
        ("inner", "inner/deep", 422),
        ("inner", "../other/x", 422),
        ("inner", "link/x", 404),
        ("inner", "nowhere/x", 404),
        ("link", "x", 404),
        ("near", "x", 404),
        ("gone", "x", 404),
        ("inner/bound.ipynb", "x", 404),
        ("", "x", 422),
    ):
        answer = await olga.patch(f"{F}/{bound}/folders", json={"path": path, "to": to})
        assert answer.status_code == status, (path, to, answer.text)
    assert sorted(path.name for path in lab.iterdir()) == ["empty", "inner", "link", "near"]
    assert list((tmp_path / "other").iterdir()) == []
    assert (lab / "inner" / "bound.ipynb").is_file()
