"""Home, folders and notebooks as files, through the real application on real files."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from runhere_hub.testing.serving import Hub, notebook_json

# Spelled so that a careless join would leave the folder, or reach what is hidden in it.
BAD_PATHS = [
    "/".join(["x" * 200] * 20),
    "..",
    "../secret.ipynb",
    "a/../../secret.ipynb",
    "/etc/passwd",
    "/secret.ipynb",
    "//secret.ipynb",
    "./a.ipynb",
    "a//b.ipynb",
    "a\\b.ipynb",
    "..\\secret.ipynb",
    "C:\\secret.ipynb",
    "\\\\host\\share\\x.ipynb",
    "a\u0000.ipynb",
    "a\n.ipynb",
    ".ssh/x.ipynb",
    ".git/x.ipynb",
    "a/.venv/x.ipynb",
    "node_modules/x.ipynb",
    "....//secret.ipynb",
    "x" * 300 + ".ipynb",
    "../work2/x.ipynb",
]
BAD_NAMES = [
    "..",
    ".",
    "",
    ".hidden",
    "a/b",
    "../x",
    "a\\b",
    "a\u0000b",
    "con",
    "NUL.ipynb",
    "a:b",
    "a*b",
    "x" * 256,
    "a\nb",
]


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder with its text."""
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def outside(hub: Hub) -> Path:
    """Things beside and around the folder that nobody may reach."""
    root = hub.folder.parent
    (root / "secret.ipynb").write_text(notebook_json("secret"))
    (root / "work2").mkdir()
    (root / "work2" / "x.ipynb").write_text(notebook_json("secret"))
    hub.write("a.ipynb", "1")
    hub.write("a/b.ipynb", "2")
    for hidden in (".ssh", ".git", "a/.venv", "node_modules"):
        (hub.folder / hidden).mkdir()
        (hub.folder / hidden / "x.ipynb").write_text(notebook_json("secret"))
    (hub.folder / "out").symlink_to(root / "work2")
    (hub.folder / "out.ipynb").symlink_to(root / "secret.ipynb")
    (hub.folder / "loop").symlink_to("loop")
    return root


LINKS_OUT = ["out", "out/x.ipynb", "out.ipynb", "loop", "loop/x.ipynb"]


@pytest.mark.parametrize("path", [*BAD_PATHS, *LINKS_OUT])
async def test_no_verb_leaves_the_folder(hub: Hub, outside: Path, path: str) -> None:
    good = await hub.open("a.ipynb")
    before = tree(outside / "work"), tree(outside / "work2"), (outside / "secret.ipynb").read_text()
    folder, notebook = f"/api/v1/folders/{hub.folder_id}", f"/api/v1/notebooks/{good['id']}"
    where = {"folder_id": hub.folder_id, "path": path}
    directory = path.rpartition("/")[0] + "/.." if path in ("out.ipynb", "loop") else path
    answers = [
        await hub.client.get(f"{folder}/entries", params={"path": path}),
        await hub.client.post("/api/v1/notebooks/open", json=where),
        await hub.client.post("/api/v1/notebooks/open", json=where | {"accept": "salvage"}),
        await hub.client.post("/api/v1/notebooks/identify", json=where),
        await hub.client.post("/api/v1/notebooks", json=where),
        await hub.client.post(f"{folder}/folders", json={"path": path + "/new"}),
        await hub.client.post(f"{folder}/upload", params={"path": path, "name": "up.txt"}, content=b"x"),
        await hub.client.patch(notebook, json={"path": directory}),
    ]
    assert {answer.status_code for answer in answers} <= {404, 422}, [a.text for a in answers]
    assert all("secret" not in answer.text.replace("secret.ipynb", "") for answer in answers)
    assert (tree(outside / "work"), tree(outside / "work2"), (outside / "secret.ipynb").read_text()) == before


@pytest.mark.parametrize("name", BAD_NAMES)
async def test_no_name_leaves_the_folder_or_cannot_be_stored(hub: Hub, outside: Path, name: str) -> None:
    good = await hub.open("a.ipynb")
    before = tree(outside / "work"), tree(outside / "work2")
    folder = f"/api/v1/folders/{hub.folder_id}"
    answers = [
        await hub.client.post("/api/v1/notebooks", json={"folder_id": hub.folder_id, "path": "", "name": name}),
        await hub.client.patch(f"/api/v1/notebooks/{good['id']}", json={"name": name}),
        await hub.client.post(f"{folder}/upload", params={"path": "", "name": name}, content=b"x"),
        await hub.client.post(f"{folder}/folders", json={"path": f"no such folder/{name}"}),
    ]
    assert {answer.status_code for answer in answers} <= {404, 422}, [a.text for a in answers]
    assert (tree(outside / "work"), tree(outside / "work2")) == before


@pytest.mark.parametrize(
    ("directory", "name"),
    [("", "plain"), ("ünïcode ノート", "ノート"), ("a b", "c (d) [e] {f} 'g' & h"), ("%2e%2e", "~")],
)
async def test_ordinary_and_odd_names_work_with_every_verb(hub: Hub, directory: str, name: str) -> None:
    folder = f"/api/v1/folders/{hub.folder_id}"
    if directory:
        assert (await hub.client.post(f"{folder}/folders", json={"path": directory})).status_code == 201
    where = {"folder_id": hub.folder_id, "path": directory}
    made = (await hub.client.post("/api/v1/notebooks", json=where | {"name": name})).json()
    assert made["name"] == name
    assert (hub.folder / directory / f"{name}.ipynb").is_file()
    assert (await hub.open(made["path"]))["id"] == made["id"]
    renamed = await hub.client.patch(f"/api/v1/notebooks/{made['id']}", json={"name": name + "2"})
    assert renamed.json()["name"] == name + "2"
    upload = await hub.client.post(f"{folder}/upload", params={"path": directory, "name": name}, content=b"\x00\xff")
    assert upload.status_code == 201
    assert (hub.folder / directory / name).read_bytes() == b"\x00\xff"
    entries = (await hub.client.get(f"{folder}/entries", params={"path": directory})).json()["entries"]
    assert [e["name"] for e in entries] == sorted([name, f"{name}2.ipynb"], key=str.casefold)
    download = await hub.client.get(f"/api/v1/notebooks/{made['id']}/download")
    assert download.content == (hub.folder / directory / f"{name}2.ipynb").read_bytes()


async def test_home_shows_folders_and_what_was_opened_last_first(hub: Hub) -> None:
    for name in ("a.ipynb", "b.ipynb"):
        hub.write(name, "1")
    first = await hub.open("a.ipynb")
    second = await hub.open("b.ipynb")
    home = (await hub.client.get("/api/v1/home")).json()
    bound = {"id": hub.folder_id, "name": "work", "path": str(hub.folder), "state": "ok", "message": None}
    assert home["folders"] == [{**bound, "kind": "bound", "root": "", "role": "owner", "owner": None}]
    assert {n["id"] for n in home["recent"]} == {first["id"], second["id"]}
    (hub.folder / "a.ipynb").unlink()
    assert [n["id"] for n in (await hub.client.get("/api/v1/home")).json()["recent"]] == [second["id"]]


async def test_what_was_just_made_is_recent_and_a_copy_only_once_it_is_opened(hub: Hub) -> None:
    made = (await hub.client.post("/api/v1/notebooks", json={"folder_id": hub.folder_id, "path": ""})).json()
    copy = (await hub.client.post(f"/api/v1/notebooks/{made['id']}/duplicate")).json()
    assert [n["id"] for n in (await hub.client.get("/api/v1/home")).json()["recent"]] == [made["id"]]
    await hub.open(copy["path"])
    recent = (await hub.client.get("/api/v1/home")).json()["recent"]
    assert {n["id"] for n in recent} == {made["id"], copy["id"]}


async def test_a_folder_that_is_gone_is_told_and_the_rest_goes_on(hub: Hub) -> None:
    hub.folder.rename(hub.folder.with_name("elsewhere"))
    (folder,) = (await hub.client.get("/api/v1/home")).json()["folders"]
    assert folder["state"] == "missing"
    assert "is not there" in folder["message"]
    answer = await hub.client.get(f"/api/v1/folders/{hub.folder_id}/entries")
    assert (answer.status_code, answer.json()["code"]) == (503, "missing")


async def test_entries_are_one_level_folders_first_and_say_what_they_are(hub: Hub, outside: Path) -> None:
    (hub.folder / "data.csv").write_text("1,2")
    os.mkfifo(hub.folder / "pipe")
    (hub.folder / "inside.ipynb").symlink_to("a.ipynb")
    answer = await hub.client.get(f"/api/v1/folders/{hub.folder_id}/entries")
    assert [(e["name"], e["path"], e["kind"]) for e in answer.json()["entries"]] == [
        ("a", "a", "folder"),
        ("a.ipynb", "a.ipynb", "notebook"),
        ("data.csv", "data.csv", "file"),
        ("inside.ipynb", "inside.ipynb", "notebook"),
    ]


async def test_opening_reads_and_writes_nothing(hub: Hub) -> None:
    file = hub.write("a.ipynb", "x = 1")
    before = file.stat()
    found = await hub.open("a.ipynb")
    after = file.stat()
    assert (after.st_mtime_ns, after.st_ino, after.st_size) == (before.st_mtime_ns, before.st_ino, before.st_size)
    assert list(hub.folder.iterdir()) == [file]
    assert found == {
        "id": found["id"],
        "folder_id": hub.folder_id,
        "path": "a.ipynb",
        "name": "a",
        "folder_path": str(hub.folder),
        "size_bytes": before.st_size,
        "modified_at": before.st_mtime_ns // 10**6,
        "opened_at": found["opened_at"],
        "omit_outputs": False,
        "role": "owner",
        "owner": None,
    }


async def test_one_file_is_one_notebook_however_it_is_reached(hub: Hub) -> None:
    hub.write("sub/a.ipynb", "1")
    (hub.folder / "link.ipynb").symlink_to("sub/a.ipynb")
    inner = (await hub.control("bind", path=str(hub.folder / "sub"))).json()["folder"]["id"]
    direct = await hub.open("sub/a.ipynb")
    assert (await hub.open("link.ipynb"))["id"] == direct["id"]
    body = {"folder_id": inner, "path": "a.ipynb"}
    assert (await hub.client.post("/api/v1/notebooks/open", json=body)).json()["id"] == direct["id"]


async def test_new_notebooks_are_numbered_and_a_taken_name_is_told(hub: Hub) -> None:
    body = {"folder_id": hub.folder_id, "path": ""}
    names = [(await hub.client.post("/api/v1/notebooks", json=body)).json()["name"] for _ in range(3)]
    assert names == ["Untitled", "Untitled 2", "Untitled 3"]
    content = json.loads((hub.folder / "Untitled.ipynb").read_text())
    assert [c["cell_type"] for c in content["cells"]] == ["code"]
    before = tree(hub.folder)
    answer = await hub.client.post("/api/v1/notebooks", json=body | {"name": "Untitled"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert tree(hub.folder) == before


async def test_uploads_never_overwrite(hub: Hub) -> None:
    (hub.folder / "n.ipynb").write_text("mine")
    where = {"path": "", "name": "n.ipynb"}
    url = f"/api/v1/folders/{hub.folder_id}/upload"
    names = [(await hub.client.post(url, params=where, content=b"theirs")).json()["name"] for _ in range(2)]
    assert names == ["n (2).ipynb", "n (3).ipynb"]
    assert tree(hub.folder) == {"n.ipynb": "mine", "n (2).ipynb": "theirs", "n (3).ipynb": "theirs"}


async def test_an_upload_over_50_mib_leaves_nothing(hub: Hub) -> None:
    url = f"/api/v1/folders/{hub.folder_id}/upload"

    async def chunks():
        for _ in range(51):
            yield b"x" * 2**20

    answer = await hub.client.post(url, params={"path": "", "name": "big"}, content=chunks())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert tree(hub.folder) == {}
    assert (await hub.client.post(url, params={"path": "", "name": "fits"}, content=b"x" * 2**20)).status_code == 201


async def test_renaming_and_moving_keeps_the_id_and_never_overwrites(hub: Hub) -> None:
    hub.write("a.ipynb", "mine")
    hub.write("b.ipynb", "theirs")
    (hub.folder / "sub").mkdir()
    notebook = await hub.open("a.ipynb")
    url = f"/api/v1/notebooks/{notebook['id']}"
    before = tree(hub.folder)
    answer = await hub.client.patch(url, json={"name": "b"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert tree(hub.folder) == before
    moved = (await hub.client.patch(url, json={"path": "sub", "name": "b"})).json()
    assert (moved["id"], moved["path"]) == (notebook["id"], "sub/b.ipynb")
    assert tree(hub.folder) == {"b.ipynb": before["b.ipynb"], "sub/b.ipynb": before["a.ipynb"]}
    assert (await hub.client.get(url)).json()["path"] == "sub/b.ipynb"


async def test_a_notebook_moves_to_another_bound_folder(hub: Hub, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    other_id = (await hub.control("bind", path=str(other))).json()["folder"]["id"]
    text = hub.write("sub/a.ipynb", "1").read_text()
    notebook = await hub.open("sub/a.ipynb")
    moved = (await hub.client.patch(f"/api/v1/notebooks/{notebook['id']}", json={"folder_id": other_id})).json()
    assert (moved["id"], moved["folder_id"], moved["path"]) == (notebook["id"], other_id, "a.ipynb")
    assert tree(other) == {"a.ipynb": text}
    assert tree(hub.folder) == {}


async def test_a_copy_lies_beside_and_is_another_notebook(hub: Hub) -> None:
    text = hub.write("a.ipynb", "1").read_text()
    notebook = await hub.open("a.ipynb")
    url = f"/api/v1/notebooks/{notebook['id']}/duplicate"
    copies = [(await hub.client.post(url)).json() for _ in range(2)]
    assert [c["name"] for c in copies] == ["a (copy)", "a (copy) (2)"]
    assert len({notebook["id"], *(c["id"] for c in copies)}) == 3
    assert set(tree(hub.folder).values()) == {text}


async def test_to_the_trash_and_back_never_overwrites(hub: Hub) -> None:
    text = hub.write("sub/a.ipynb", "mine").read_text()
    notebook = await hub.open("sub/a.ipynb")
    url = f"/api/v1/notebooks/{notebook['id']}"
    assert (await hub.client.delete(url)).status_code == 204
    assert tree(hub.folder) == {}
    assert (await hub.client.get(url)).status_code == 404
    (entry,) = (await hub.client.get("/api/v1/trash")).json()["entries"]
    assert (entry["id"], entry["name"], entry["path"]) == (notebook["id"], "a", "sub/a.ipynb")
    other = hub.write("sub/a.ipynb", "theirs").read_text()
    newer = await hub.open("sub/a.ipynb")
    assert newer["id"] != notebook["id"]
    restored = (await hub.client.post(f"/api/v1/trash/{notebook['id']}/restore")).json()
    assert (restored["id"], restored["path"]) == (notebook["id"], "sub/a (2).ipynb")
    assert tree(hub.folder) == {"sub/a.ipynb": other, "sub/a (2).ipynb": text}
    assert (await hub.client.get("/api/v1/trash")).json() == {"entries": []}
    assert not any((hub.data / "trash").iterdir())


async def test_restoring_makes_the_directory_that_was_there(hub: Hub) -> None:
    hub.write("sub/deep/a.ipynb", "1")
    notebook = await hub.open("sub/deep/a.ipynb")
    await hub.client.delete(f"/api/v1/notebooks/{notebook['id']}")
    (hub.folder / "sub" / "deep").rmdir()
    (hub.folder / "sub").rmdir()
    restored = await hub.client.post(f"/api/v1/trash/{notebook['id']}/restore")
    assert restored.json()["path"] == "sub/deep/a.ipynb"
    assert (hub.folder / "sub" / "deep" / "a.ipynb").is_file()


async def test_restoring_into_a_folder_that_is_gone_is_told_and_keeps_the_file(hub: Hub) -> None:
    hub.write("a.ipynb", "1")
    notebook = await hub.open("a.ipynb")
    await hub.client.delete(f"/api/v1/notebooks/{notebook['id']}")
    hub.folder.rmdir()
    answer = await hub.client.post(f"/api/v1/trash/{notebook['id']}/restore")
    assert (answer.status_code, answer.json()["code"]) == (503, "missing")
    hub.folder.mkdir()
    assert (await hub.client.post(f"/api/v1/trash/{notebook['id']}/restore")).status_code == 200


async def test_deleting_from_the_trash_is_for_good(hub: Hub) -> None:
    hub.write("a.ipynb", "1")
    notebook = await hub.open("a.ipynb")
    gone = f"/api/v1/trash/{notebook['id']}"
    assert (await hub.client.delete(gone)).status_code == 404
    assert (hub.folder / "a.ipynb").is_file()
    await hub.client.delete(f"/api/v1/notebooks/{notebook['id']}")
    assert (await hub.client.delete(gone)).status_code == 204
    assert (await hub.client.get("/api/v1/trash")).json() == {"entries": []}
    assert (await hub.client.post(f"{gone}/restore")).status_code == 404
    assert not any((hub.data / "trash").iterdir())


async def test_a_notebook_whose_file_was_deleted_opens_and_downloads_if_the_hub_read_it(hub: Hub) -> None:
    text = hub.write("read.ipynb", "kept = 1").read_text()
    hub.write("unread.ipynb", "2")
    read, unread = [(await hub.open(name))["id"] for name in ("read.ipynb", "unread.ipynb")]
    named = await hub.client.post(f"/api/v1/notebooks/{read}/revisions", json={"name": "kept"})
    assert named.status_code == 201  # its room is open
    for name in ("read.ipynb", "unread.ipynb"):
        (hub.folder / name).unlink()
    answer = await hub.client.get(f"/api/v1/notebooks/{read}/download")
    assert answer.status_code == 200, answer.text
    assert answer.json()["cells"][0]["source"] == json.loads(text)["cells"][0]["source"]
    shown = await hub.client.get(f"/api/v1/notebooks/{read}")
    assert (shown.status_code, shown.json()["path"]) == (200, "read.ipynb")
    for url in (f"/api/v1/notebooks/{unread}", f"/api/v1/notebooks/{unread}/download"):
        refused = await hub.client.get(url)
        assert (refused.status_code, refused.json()["code"]) == (503, "missing")
    assert list(hub.folder.iterdir()) == []  # asking wrote nothing


async def test_a_download_is_the_file_and_without_outputs_only_they_are_gone(hub: Hub) -> None:
    content = json.loads(notebook_json("print(1)"))
    content["cells"][0]["outputs"] = [{"name": "stdout", "output_type": "stream", "text": ["CANARY\n"]}]
    content["cells"][0]["execution_count"] = 7
    content["cells"][0]["metadata"] = {"mine": 1}
    text = json.dumps(content, indent=1) + "\n"
    (hub.folder / "a.ipynb").write_text(text)
    notebook = await hub.open("a.ipynb")
    url = f"/api/v1/notebooks/{notebook['id']}/download"
    whole = await hub.client.get(url)
    assert whole.text == text
    assert whole.headers["content-disposition"] == "attachment; filename*=UTF-8''a.ipynb"
    bare = (await hub.client.get(url, params={"outputs": "false"})).json()
    content["cells"][0] |= {"outputs": [], "execution_count": None}
    assert bare == content
    assert (hub.folder / "a.ipynb").read_text() == text


async def test_a_file_that_is_no_notebook_says_where_and_can_be_salvaged_as_a_copy(hub: Hub) -> None:
    text = notebook_json("x = 1", "y = 2")[:-40]
    (hub.folder / "a.ipynb").write_text(text)
    body = {"folder_id": hub.folder_id, "path": "a.ipynb"}
    answer = await hub.client.post("/api/v1/notebooks/open", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "notebook_invalid")
    assert answer.json()["details"]["salvageable"] is True
    assert {"place", "reason", "line", "column"} <= set(answer.json()["details"])
    assert tree(hub.folder) == {"a.ipynb": text}
    salvaged = (await hub.client.post("/api/v1/notebooks/open", json=body | {"accept": "salvage"})).json()
    assert salvaged["name"] == "a (recovered)"
    assert (hub.folder / "a.ipynb").read_text() == text
    assert json.loads((hub.folder / "a (recovered).ipynb").read_text())["nbformat"] == 4


async def test_a_file_that_cannot_be_opened_can_be_renamed_and_trashed(hub: Hub) -> None:
    (hub.folder / "a.ipynb").write_text("no notebook")
    body = {"folder_id": hub.folder_id, "path": "a.ipynb"}
    notebook = (await hub.client.post("/api/v1/notebooks/identify", json=body)).json()
    renamed = await hub.client.patch(f"/api/v1/notebooks/{notebook['id']}", json={"name": "broken"})
    assert renamed.json()["path"] == "broken.ipynb"
    assert (await hub.client.delete(f"/api/v1/notebooks/{notebook['id']}")).status_code == 204
    assert tree(hub.folder) == {}


async def test_old_formats_are_upgraded_only_on_request(hub: Hub) -> None:
    old = {
        "metadata": {"name": "x"},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [
            {
                "cells": [
                    {
                        "cell_type": "code",
                        "collapsed": False,
                        "input": "print 1",
                        "language": "python",
                        "metadata": {},
                        "outputs": [],
                    }
                ]
            }
        ],
    }
    (hub.folder / "old.ipynb").write_text(json.dumps(old))
    body = {"folder_id": hub.folder_id, "path": "old.ipynb"}
    answer = await hub.client.post("/api/v1/notebooks/open", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "notebook_needs_upgrade")
    assert answer.json()["details"] == {"nbformat": 3}
    assert json.loads((hub.folder / "old.ipynb").read_text()) == old
    assert (await hub.client.post("/api/v1/notebooks/open", json=body | {"accept": "upgrade"})).status_code == 200
    assert json.loads((hub.folder / "old.ipynb").read_text())["nbformat"] == 4


async def test_private_outputs_in_a_file_switch_omitting_on_for_good(hub: Hub) -> None:
    file = hub.folder / "a.ipynb"
    file.write_text(notebook_json("1", colab={"private_outputs": True}))
    assert (await hub.open("a.ipynb"))["omit_outputs"] is True
    file.write_text(notebook_json("1"))
    assert (await hub.open("a.ipynb"))["omit_outputs"] is True


async def test_blobs_are_checked_and_reachable_only_through_their_notebook(hub: Hub) -> None:
    hub.write("a.ipynb", "1")
    hub.write("b.ipynb", "1")
    mine, other = await hub.open("a.ipynb"), await hub.open("b.ipynb")
    data = b"<script>large value</script>"
    name = hashlib.sha256(data).hexdigest()
    url = f"/api/v1/notebooks/{mine['id']}/blobs/{name}"
    wrong = await hub.client.put(url, content=data + b"!")
    assert 400 <= wrong.status_code < 500
    assert (await hub.client.get(url)).status_code == 404
    assert (await hub.client.put(url, content=data)).status_code == 204
    answer = await hub.client.get(url)
    assert answer.content == data
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"
    assert "immutable" in answer.headers["cache-control"]
    assert (await hub.client.get(f"/api/v1/notebooks/{other['id']}/blobs/{name}")).status_code == 404
    assert (await hub.stranger.get(url)).status_code == 401


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take a right away and still clean up")
async def test_a_read_only_folder_refuses_changes_with_a_sentence(hub: Hub) -> None:
    """Root ignores permissions, so the file system itself is made read-only where that is possible."""
    hub.write("a.ipynb", "1")
    notebook = await hub.open("a.ipynb")
    mounted = subprocess.run(["mount", "--bind", str(hub.folder), str(hub.folder)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(hub.folder)], check=True)
        before = tree(hub.folder)
        answers = [
            await hub.client.post("/api/v1/notebooks", json={"folder_id": hub.folder_id, "path": ""}),
            await hub.client.patch(f"/api/v1/notebooks/{notebook['id']}", json={"name": "b"}),
            await hub.client.delete(f"/api/v1/notebooks/{notebook['id']}"),
            await hub.client.post(f"/api/v1/folders/{hub.folder_id}/upload", params={"name": "x"}, content=b"x"),
        ]
        assert [(a.status_code, a.json()["code"]) for a in answers] == [(503, "read_only")] * 4
        assert tree(hub.folder) == before
        assert (await hub.client.get(f"/api/v1/notebooks/{notebook['id']}")).status_code == 200
    finally:
        subprocess.run(["umount", str(hub.folder)], check=True)


async def test_a_file_that_changed_since_it_was_opened_is_read_again(hub: Hub) -> None:
    file = hub.write("a.ipynb", "x = 1")
    good = file.read_text()
    where = {"folder_id": hub.folder_id, "path": "a.ipynb"}
    assert (await hub.client.post("/api/v1/notebooks/open", json=where)).status_code == 200
    assert (await hub.client.post("/api/v1/notebooks/open", json=where)).status_code == 200
    file.write_text("{" + good[1:].replace("cells", "sells"))  # as long as before
    refused = await hub.client.post("/api/v1/notebooks/open", json=where)
    assert refused.json()["code"] == "notebook_invalid"
    file.write_text(good)
    assert (await hub.client.post("/api/v1/notebooks/open", json=where)).status_code == 200
