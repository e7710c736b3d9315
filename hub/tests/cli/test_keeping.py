"""`runhere export`, `backup` and `restore`: of a hub that is typed into, and of archives that are not whole."""

import asyncio
import errno
import hashlib
import io
import json
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from runhere_hub.cli import keeping
from runhere_hub.cli.hub_process import DataFolderTaken, hold
from runhere_hub.core import backup, ipynb
from runhere_hub.core.backup import Digest, Manifest
from runhere_hub.core.drive import NotebookRow
from runhere_hub.core.errors import BackupBroken, Conflict, DatabaseUnavailable, DiskFull, FileMissing
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import NotebookId, PersonId
from runhere_hub.core.notebook import Notebook
from runhere_hub.store import audit, file_bases, folders, notebooks, people, tables
from runhere_hub.store.backup import copy_sqlite, require_empty
from runhere_hub.store.file_bases import FileBase
from runhere_hub.store.session import Connection, Database
from runhere_hub.testing.pages import Page
from runhere_hub.testing.processes import SignedIn, Started, run, sign_in
from runhere_hub.testing.room_clients import Line
from runhere_hub.testing.serving import notebook_json
from runhere_hub.testing.team import everything_stored

Start = Callable[..., Started]
LARGE = "a line of output\n" * 8000
"""Above 64 KiB: the hub keeps it as a blob."""


def with_output(source: str) -> str:
    """A notebook of one cell that printed much."""
    content = json.loads(notebook_json(source))
    content["cells"][0] |= {
        "execution_count": 3,
        "outputs": [{"name": "stdout", "output_type": "stream", "text": LARGE.splitlines(keepends=True)}],
    }
    return json.dumps(content, indent=1) + "\n"


def started_hub(start: Start, work: Path, data: Path, **variables: str) -> SignedIn:
    return sign_in(start(work, "--port", "0", "--no-browser", "--no-runtime", "--data", data, **variables))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def where(request: pytest.FixtureRequest) -> tuple[dict[str, str], dict[str, str]]:
    """Environment that says where the database is, of a hub and of the one that it is restored as."""
    if request.param == "sqlite":
        return {}, {}
    names = ("empty_postgres", "another_postgres")
    one, other = (str(request.getfixturevalue(name)) for name in names)
    return {"RUNHERE_DATABASE_URL": one}, {"RUNHERE_DATABASE_URL": other}


def opened(hub: SignedIn, name: str) -> str:
    [folder] = hub.ask("GET", "/api/v1/home")[1]["folders"]
    body = {"folder_id": folder["id"], "path": name, "accept": "as_is"}
    status, answer = hub.ask("POST", "/api/v1/notebooks/open", body)
    assert status == 200, answer
    return str(answer["id"])


async def line(hub: SignedIn, page: Page, notebook_id: str) -> Line:
    url = f"ws{hub.origin.removeprefix('http')}/api/v1/notebooks/{notebook_id}/room"
    made = await Line.open(page, url, {"Cookie": hub.cookie, "Origin": hub.origin})
    await made.until(lambda: page.synced and "cell-0" in page.cells)
    return made


def notebook_at(file: Path) -> Notebook:
    return ipynb.parse(file.read_text(encoding="utf-8")).notebook


def command(*words: str | Path) -> int:
    """One of the commands in this process."""

    def no_default() -> Path:
        raise AssertionError("the test said where the data is")

    return keeping.run([str(word) for word in words], no_default)


@pytest.mark.timeout(170)
async def test_a_backup_of_a_hub_that_is_typed_into_is_restored_elsewhere_and_opens(
    start: Start, home: Path, work: Path, tmp_path: Path, where: tuple[dict[str, str], dict[str, str]]
) -> None:
    here, there = where
    data, file, elsewhere = tmp_path / "data", tmp_path / "backup.tar.gz", tmp_path / "elsewhere"
    (work / "a.ipynb").write_text(with_output("start"), encoding="utf-8")
    (work / "gone.ipynb").write_text(notebook_json("trashed"), encoding="utf-8")
    hub = started_hub(start, work, data, **here)
    assert hub.ask("DELETE", f"/api/v1/notebooks/{opened(hub, 'gone.ipynb')}")[0] == 204
    page = Page()
    writing = await line(hub, page, opened(hub, "a.ipynb"))
    page.type("cell-0", 0, "acknowledged ")
    await writing.until(lambda: page.all_saved)

    typed = 0
    making = asyncio.create_task(asyncio.to_thread(run, home, "backup", file, "--data", data, **here))
    while not making.done():  # somebody types all the while
        page.type("cell-0", 0, f"{typed},")
        typed += 1
        await asyncio.wait([making], timeout=0.02)
    made = await making
    assert made.returncode == 0, made.stderr
    assert made.stdout == f"{file}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert typed > 1
    await writing.until(lambda: page.all_saved)  # and none of it was refused

    again = await asyncio.to_thread(run, home, "backup", file, "--data", data, **here)  # nothing is overwritten
    assert again.returncode == 1
    assert "nothing is overwritten" in again.stderr
    over = await asyncio.to_thread(run, home, "restore", file, "--data", data, **here)
    assert over.returncode == 1
    assert "A hub is running" in over.stderr
    page.type("cell-0", 0, "still here ")
    await writing.until(lambda: page.all_saved)
    await writing.close()
    assert hub.started.stop() == 0
    over = await asyncio.to_thread(run, home, "restore", file, "--data", data, **here)  # not running, but not empty
    assert over.returncode == 1
    assert "is not an empty folder" in over.stderr

    if here:
        over = await asyncio.to_thread(run, home, "restore", file, "--data", elsewhere, **here)
        assert over.returncode == 1
        assert "is not empty; nothing was changed" in over.stderr
        assert not elsewhere.exists()
    back = await asyncio.to_thread(run, home, "restore", file, "--data", elsewhere, **there)
    assert back.returncode == 0, back.stderr
    assert back.stdout == f"{elsewhere}\n"
    for path in (work / "a.ipynb", data):  # what opens now comes from the backup alone
        path.rename(path.with_name(f"{path.name}.away"))
    (work / "a.ipynb").write_text(with_output("start"), encoding="utf-8")
    hub = started_hub(start, work, elsewhere, **there)
    witness = Page()
    reading = await line(hub, witness, opened(hub, "a.ipynb"))
    assert "acknowledged" in witness.text("cell-0")
    await reading.close()
    [trashed] = hub.ask("GET", "/api/v1/trash")[1]["entries"]
    assert hub.ask("POST", f"/api/v1/trash/{trashed['id']}/restore")[0] == 200
    assert notebook_at(work / "gone.ipynb").cells[0].source == "trashed"


@pytest.mark.timeout(170)
async def test_a_hub_that_runs_is_exported_with_what_was_just_typed_and_whole_outputs(
    start: Start, home: Path, work: Path, tmp_path: Path
) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    (work / "sub").mkdir()
    (work / "sub" / "a.ipynb").write_text(with_output("start"), encoding="utf-8")
    (work / "gone.ipynb").write_text(notebook_json("trashed"), encoding="utf-8")
    hub = started_hub(start, work, data)
    assert hub.ask("DELETE", f"/api/v1/notebooks/{opened(hub, 'gone.ipynb')}")[0] == 204
    page = Page()
    writing = await line(hub, page, opened(hub, "sub/a.ipynb"))
    page.type("cell-0", 0, "just typed ")
    await writing.until(lambda: page.all_saved)

    done = await asyncio.to_thread(run, home, "export", "--out", out, "--data", data)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{out}\n"
    assert [str(path.relative_to(out)) for path in out.rglob("*.ipynb")] == ["work/sub/a.ipynb"]
    [cell] = notebook_at(out / "work" / "sub" / "a.ipynb").cells
    assert (cell.source, cell.execution_count) == ("just typed start", 3)
    assert cell.outputs == notebook_at(work / "sub" / "a.ipynb").cells[0].outputs

    second = await asyncio.to_thread(
        run, home, "export", "--out", tmp_path / "bare", "--without-outputs", "--data", data
    )
    assert second.returncode == 0, second.stderr
    [cell] = notebook_at(tmp_path / "bare" / "work" / "sub" / "a.ipynb").cells
    assert (cell.source, cell.execution_count, cell.outputs) == ("just typed start", None, ())

    before = (out / "work" / "sub" / "a.ipynb").read_bytes()
    refused = await asyncio.to_thread(run, home, "export", "--out", out, "--data", data)
    assert refused.returncode == 1
    assert "is not an empty folder" in refused.stderr
    assert len([path for path in out.rglob("*") if path.is_file()]) == 1
    assert (out / "work" / "sub" / "a.ipynb").read_bytes() == before
    await writing.close()


# --- without a hub process -----------------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two people, each with a notebook of the same name that the hub keeps itself."""
    folder = tmp_path / "hub-data"
    folder.mkdir()
    db = Database.open(f"sqlite:///{folder / 'hub.db'}")

    def work(conn: Connection) -> None:
        for number in (1, 2):
            person = Person(PersonId(f"person{number}"), "Ada/Lovelace", "#000000")
            people.add(conn, person, now=number)
            own = folders.own(conn, person.id, new_id=f"folder{number}", now=number)
            row = NotebookRow(NotebookId(f"{number}" * 32), person.id, own.id, "x.ipynb", False, None, None, None)
            notebooks.add(conn, row, now=number)
            text = notebook_json(f"of {number}")
            file_bases.save(conn, row.id, FileBase(text, hashlib.sha256(text.encode()).hexdigest(), 0))

    db.write_now(work)
    db.close()
    blob = b"x" * 70_000
    name = hashlib.sha256(blob).hexdigest()
    (folder / "blobs" / name[:2]).mkdir(parents=True)
    (folder / "blobs" / name[:2] / name).write_bytes(blob)
    return folder


def test_notebooks_without_a_file_are_exported_by_person_and_names_never_meet(data: Path, tmp_path: Path) -> None:
    assert command("export", "--out", tmp_path / "out", "--data", data) == 0
    found = {
        str(path.relative_to(tmp_path / "out")): notebook_at(path).cells[0].source
        for path in (tmp_path / "out").rglob("*.ipynb")
    }
    assert found == {"Ada_Lovelace/x.ipynb": "of 1", "Ada_Lovelace (2)/x.ipynb": "of 2"}


def test_a_folder_without_data_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    for words in (("export", "--out", tmp_path / "out"), ("backup", tmp_path / "file")):
        with pytest.raises(FileMissing, match="There is no hub's data"):
            command(*words, "--data", tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def rebuilt(archive: Path, change: Callable[[dict[str, bytes]], object]) -> None:
    """The archive with other members."""
    with tarfile.open(archive) as tar:
        members = {one.name: (tar.extractfile(one) or io.BytesIO()).read() for one in tar}
    change(members)
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def cut(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-2000])


def flip(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    # Not one bit alone: that can fall into what fills up the last block of a file, which nobody reads.
    for at in range(len(content) // 2, len(content) // 2 + 64):
        content[at] ^= 0x10
    archive.write_bytes(content)


def no_archive(archive: Path) -> None:
    archive.write_bytes(b"PK\x03\x04 something else")


def no_list(archive: Path) -> None:
    rebuilt(archive, lambda members: members.pop("manifest.json"))


def other_content(archive: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        name = next(name for name in members if name.startswith("blobs/"))
        members[name] = b"y" * len(members[name])

    rebuilt(archive, change)


def one_less(archive: Path) -> None:
    rebuilt(archive, lambda members: members.pop(next(name for name in members if name.startswith("blobs/"))))


def leads_out(archive: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        said = json.loads(members.pop("manifest.json"))
        members["trash/../../evil"] = b"evil"
        said["files"]["trash/../../evil"] = {"sha256": hashlib.sha256(b"evil").hexdigest(), "size_bytes": 4}
        members["manifest.json"] = json.dumps(said).encode()

    rebuilt(archive, change)


def newer(archive: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | {"version": 99}).encode()

    rebuilt(archive, change)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (cut, "its end is missing"),
        (flip, ""),
        (no_archive, "it is no archive of runhere backup"),
        (no_list, "its end is missing"),
        (other_content, "is not what was put into it"),
        (one_less, "is missing from it"),
        (leads_out, "which no backup has"),
        (newer, "newer Runhere"),
    ],
)
def test_a_broken_archive_is_refused_with_a_sentence_and_changes_nothing(
    data: Path, tmp_path: Path, spoil: Callable[[Path], None], why: str
) -> None:
    file, target = tmp_path / "backup.tar.gz", tmp_path / "target"
    assert command("backup", file, "--data", data) == 0
    assert command("restore", file, "--data", tmp_path / "twin") == 0  # whole as it is
    spoil(file)
    with pytest.raises(BackupBroken, match="cannot be restored") as refused:
        command("restore", file, "--data", target)
    assert why in refused.value.message
    assert str(file) in refused.value.message
    assert not target.exists()
    assert not (tmp_path / "evil").exists()


def test_a_restored_folder_holds_what_was_backed_up_and_no_more(data: Path, tmp_path: Path) -> None:
    file, target = tmp_path / "backup.tar.gz", tmp_path / "target"
    target.mkdir()
    assert command("backup", file, "--data", data) == 0
    assert command("restore", file, "--data", target) == 0
    held = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    blobs = {str(path.relative_to(data)) for path in (data / "blobs").rglob("*") if path.is_file()}
    assert held == {"hub.db", "hub.lock", *blobs}
    assert all((target / name).read_bytes() == (data / name).read_bytes() for name in blobs)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    with sqlite3.connect(target / "hub.db") as restored:
        assert restored.execute("SELECT count(*) FROM notebooks").fetchone() == (2,)


def test_a_restore_never_goes_into_a_folder_with_something_in_it(data: Path, tmp_path: Path) -> None:
    file, target = tmp_path / "backup.tar.gz", tmp_path / "target"
    target.mkdir()
    (target / "mine.txt").write_text("mine")
    assert command("backup", file, "--data", data) == 0
    with pytest.raises(Conflict, match="is not an empty folder"):
        command("restore", file, "--data", target)
    assert [path.name for path in target.iterdir()] == ["mine.txt"]


def test_a_blob_that_was_missing_already_is_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(data / "hub.db") as database:
        database.execute("INSERT INTO blobs VALUES (?, ?, 70000, 0)", ("1" * 32, "f" * 64))
    assert command("backup", tmp_path / "backup.tar.gz", "--data", data) == 0
    assert "1 parts of outputs were missing" in capsys.readouterr().err


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def use(monkeypatch: pytest.MonkeyPatch, url: str | None) -> None:
    """Where the commands that follow find the database; None: in the data folder."""
    if url is None:
        monkeypatch.delenv("RUNHERE_DATABASE_URL", raising=False)
    else:
        monkeypatch.setenv("RUNHERE_DATABASE_URL", url)


def rows(url: str) -> list[str]:
    return sorted(everything_stored(url).splitlines())


def is_empty(url: str) -> bool:
    db = Database.connect(url)
    try:
        require_empty(db)
    except Conflict:
        return False
    finally:
        db.close()
    return True


@pytest.mark.postgres
def test_an_archive_goes_from_one_kind_of_database_into_the_other_and_back_with_every_row(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_postgres: str
) -> None:
    db = Database.open(f"sqlite:///{data / 'hub.db'}")

    def rows_of_every_kind(conn: Connection) -> None:
        for number in range(450):  # more than are copied at once
            audit.record(conn, number, "something", by=None, number=number)
        conn.execute(insert(tables.snapshots).values(notebook_id="1" * 32, seq=1, data=bytes(range(256)) * 4000))
        conn.execute(insert(tables.accounts).values(person_id="person1", user_name="ada", is_admin=True, created_at=1))
        conn.execute(insert(tables.accounts).values(person_id="person2", user_name="bob", is_admin=False, created_at=1))

    db.write_now(rows_of_every_kind)
    db.close()
    before = rows(f"sqlite:///{data / 'hub.db'}")
    first, second = tmp_path / "first.tar.gz", tmp_path / "second.tar.gz"
    on_server, back = tmp_path / "on-server", tmp_path / "back"

    use(monkeypatch, None)
    assert command("backup", first, "--data", data) == 0
    use(monkeypatch, empty_postgres)
    assert command("restore", first, "--data", on_server) == 0
    assert not (on_server / "hub.db").exists()
    assert rows(empty_postgres) == before

    server = Database.open(empty_postgres)  # it goes on with numbers that nobody has
    server.write_now(lambda conn: audit.record(conn, 1000, "afterwards", by=None))
    assert server.write_now(audit.first_broken) is None
    assert server.write_now(audit.last) == 451
    server.close()
    after = rows(empty_postgres)

    assert command("backup", second, "--data", on_server) == 0
    use(monkeypatch, None)
    assert command("restore", second, "--data", back) == 0
    assert rows(f"sqlite:///{back / 'hub.db'}") == after
    assert [path.relative_to(back) for path in (back / "blobs").rglob("*")] == [
        path.relative_to(data) for path in (data / "blobs").rglob("*")
    ]


@pytest.mark.postgres
@pytest.mark.parametrize("spoil", [cut, other_content])
def test_a_broken_archive_leaves_the_server_empty(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_postgres: str, spoil: Callable[[Path], None]
) -> None:
    file, target = tmp_path / "backup.tar.gz", tmp_path / "target"
    assert command("backup", file, "--data", data) == 0
    spoil(file)
    use(monkeypatch, empty_postgres)
    with pytest.raises(BackupBroken, match="cannot be restored"):
        command("restore", file, "--data", target)
    assert not target.exists()
    assert is_empty(empty_postgres)


@pytest.mark.postgres
def test_a_restore_that_fails_at_the_end_leaves_folder_and_server_as_they_were(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_postgres: str
) -> None:
    file, target = tmp_path / "backup.tar.gz", tmp_path / "target"
    assert command("backup", file, "--data", data) == 0
    use(monkeypatch, empty_postgres)
    db = Database.connect(empty_postgres)
    db.write_now(lambda conn: conn.execute(text("CREATE TABLE mine (a int)")))
    with pytest.raises(Conflict, match="is not empty; nothing was changed"):
        command("restore", file, "--data", target)
    assert not target.exists()

    db.write_now(lambda conn: conn.execute(text("DROP TABLE mine")))
    db.close()
    moving = Path.rename

    def full(self: Path, to: Path) -> Path:
        if to == target / "blobs":
            moving(self, to)
            raise OSError(errno.ENOSPC, "No space left on device")
        return moving(self, to)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", full)
        with pytest.raises(DiskFull):
            command("restore", file, "--data", target)
    assert [path.name for path in target.iterdir()] == ["hub.lock"]
    assert is_empty(empty_postgres)
    assert command("restore", file, "--data", target) == 0
    assert not is_empty(empty_postgres)


@pytest.mark.postgres
def test_a_database_that_no_hub_used_or_that_does_not_answer_is_told_without_its_password(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_postgres: str
) -> None:
    file = tmp_path / "backup.tar.gz"
    use(monkeypatch, empty_postgres)
    with pytest.raises(FileMissing, match="There is no hub's data in the database"):
        command("backup", file, "--data", data)
    assert is_empty(empty_postgres)
    use(monkeypatch, f"postgresql://user:secret@/database?host={tmp_path}")
    for verb in ("backup", "restore"):
        with pytest.raises(DatabaseUnavailable) as refused:
            command(verb, file, "--data", data if verb == "backup" else tmp_path / "new")
        assert "secret" not in refused.value.message
    assert not file.exists()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("hub.db", True),
        (f"blobs/ab/ab{'0' * 62}", True),
        (f"blobs/cd/ab{'0' * 62}", False),
        ("trash/id/ノート.ipynb", True),
        ("trash/id/..", False),
        ("trash/a/b/c", False),
        ("/etc/passwd", False),
        ("hub.json", False),
        ("trash/id/a\\b", False),
    ],
)
def test_what_a_backup_may_hold(name: str, may: bool) -> None:
    assert backup.may_hold(name) is may


def test_a_list_says_what_it_was_made_of() -> None:
    manifest = Manifest("/data", 5, {"hub.db": Digest("a" * 64, 3)})
    assert backup.from_json(backup.as_json(manifest)) == manifest


def test_a_folder_that_a_hub_holds_is_refused_even_while_it_only_starts(data: Path, tmp_path: Path) -> None:
    file, target = tmp_path / "backup.tar.gz", tmp_path / "target"
    assert command("backup", file, "--data", data) == 0
    with hold(target, is_shared=False), pytest.raises(DataFolderTaken, match="Stop it first"):
        command("restore", file, "--data", target)
    assert [path.name for path in target.iterdir()] == ["hub.lock"]
    assert command("restore", file, "--data", target) == 0  # and once it let go


def test_a_copy_is_of_one_moment_though_the_hub_commits_at_every_step(tmp_path: Path) -> None:
    live, copy = tmp_path / "live.db", tmp_path / "copy.db"
    hub = sqlite3.connect(live, isolation_level=None)
    hub.execute("PRAGMA journal_mode=WAL")
    hub.execute("CREATE TABLE rows (data BLOB)")
    hub.executemany("INSERT INTO rows VALUES (zeroblob(?))", [(100_000,)] * 200)
    steps = []

    def commits_meanwhile(done: int, total: int) -> None:
        steps.append(done)
        hub.execute("INSERT INTO rows VALUES (zeroblob(5000))")
        assert len(steps) < 100, "the copy begins anew at every commit"
        assert done <= total

    copy_sqlite(live, copy, commits_meanwhile)
    assert len(steps) > 3
    assert steps == sorted(steps)
    with sqlite3.connect(copy) as made:
        assert made.execute("SELECT count(*) FROM rows").fetchone() == (200,)
    assert hub.execute("SELECT count(*) FROM rows").fetchone() == (200 + len(steps),)
    hub.close()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("copy")] == ["copy.db"]
