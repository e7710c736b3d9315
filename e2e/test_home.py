"""Home: a person's notebooks, found and put in order. Every change is looked for on the disk, too."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect
from servers import Hub, wait_until
from steps import barriers, row, sign_in


def notebook(*sources: str, nbformat: int = 4) -> str:
    """A notebook file with code cells."""
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": [text]}
        for text in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": nbformat, "nbformat_minor": 4}, indent=1)


def choose(page: Page, name: str, action: str) -> None:
    """An item of a row's menu."""
    row(page, name).get_by_role("button", name=f"Actions for {name}").click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def dialog(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("dialog", name=name)


def test_home_shows_folders_as_a_tree_with_other_files_dimmed(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "Inner.ipynb").write_text(notebook("1"), encoding="utf-8")
    (folder / "Outer.ipynb").write_text(notebook("2"), encoding="utf-8")
    (folder / "data.csv").write_text("a,b", encoding="utf-8")
    (folder / ".ipynb_checkpoints").mkdir()
    link = hub.start()
    page = new_context().new_page()
    sign_in(page, link)
    expect(row(page, "Outer")).to_be_visible()
    expect(row(page, "data.csv")).to_be_visible()
    expect(row(page, ".ipynb_checkpoints")).to_have_count(0)
    expect(row(page, "Inner")).to_have_count(0)
    # By keyboard alone: the row has the focus, Right opens it, Down goes in, Enter opens the notebook.
    row(page, "deep").focus()
    page.keyboard.press("ArrowRight")
    expect(row(page, "Inner")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(row(page, "Inner")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/n/[0-9a-f]{32}$"))
    expect(page.get_by_role("textbox", name="Notebook name")).to_have_value("Inner")
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("region", name="Recent").get_by_role("link", name=re.compile("Inner"))).to_be_visible()


def test_rename_duplicate_move_trash_and_back(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    (folder / "Sales.ipynb").write_text(notebook("print('sales')"), encoding="utf-8")
    (folder / "Taken.ipynb").write_text(notebook("1"), encoding="utf-8")
    (folder / "archive").mkdir()
    before = (folder / "Sales.ipynb").read_bytes()
    link = hub.start()
    page = new_context().new_page()
    sign_in(page, link)

    choose(page, "Sales", "Rename…")
    asked = dialog(page, "Rename notebook")
    asked.get_by_role("textbox", name="Name").fill("Taken")
    asked.get_by_role("button", name="Rename").click()
    expect(asked.get_by_text(re.compile("Taken|already", re.I)).first).to_be_visible()
    assert (folder / "Sales.ipynb").read_bytes() == before  # refused: nothing happened
    asked.get_by_role("textbox", name="Name").fill("Sales 2026")
    asked.get_by_role("button", name="Rename").click()
    expect(row(page, "Sales 2026")).to_be_visible()
    assert (folder / "Sales 2026.ipynb").read_bytes() == before
    assert not (folder / "Sales.ipynb").exists()

    choose(page, "Sales 2026", "Duplicate")
    wait_until(lambda: len(list(folder.glob("*.ipynb"))) == 3, what="a third file")

    choose(page, "Sales 2026", "Move to…")
    asked = dialog(page, re.compile("Move"))
    asked.get_by_role("row", name="archive").click()
    asked.get_by_role("button", name="Move here").click()
    expect(asked).to_have_count(0)
    assert (folder / "archive" / "Sales 2026.ipynb").read_bytes() == before

    choose(page, "Taken", "Move to trash")
    expect(row(page, "Taken")).to_have_count(0)
    assert not (folder / "Taken.ipynb").exists()
    page.get_by_role("button", name="Trash", exact=True).click()
    asked = dialog(page, "Trash")
    asked.get_by_role("button", name="Put back").click()
    expect(asked.get_by_text("The trash is empty.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row(page, "Taken")).to_be_visible()
    assert (folder / "Taken.ipynb").exists()


def test_upload_search_and_download(
    hub: Hub, folder: Path, tmp_path: Path, new_context: Callable[..., BrowserContext]
) -> None:
    (folder / "One.ipynb").write_text(notebook("needle = 1"), encoding="utf-8")
    (folder / "Two.ipynb").write_text(notebook("hay"), encoding="utf-8")
    upload = tmp_path / "From outside.ipynb"
    upload.write_text(notebook("another needle"), encoding="utf-8")
    wrong = tmp_path / "table.csv"
    wrong.write_text("a,b", encoding="utf-8")
    link = hub.start()
    page = new_context().new_page()
    sign_in(page, link)
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Upload").click()
    chosen.value.set_files([str(upload), str(wrong)])
    expect(row(page, "From outside")).to_be_visible()
    expect(page.get_by_text(re.compile("“table.csv” is not a notebook"))).to_be_visible()
    assert (folder / "From outside.ipynb").read_bytes() == upload.read_bytes()
    assert not (folder / "table.csv").exists()

    page.get_by_role("searchbox", name="Search notebooks").fill("needle")
    results = page.get_by_role("region", name="Search results")
    expect(results.get_by_role("status")).to_contain_text("2 notebooks found")
    expect(results.get_by_role("button", name=re.compile("^Two"))).to_have_count(0)
    page.get_by_role("searchbox", name="Search notebooks").press("Escape")

    with page.expect_download() as saved:
        choose(page, "One", "Download")
    assert json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))["cells"][0]["source"] == ["needle = 1"]


def test_old_and_broken_files_are_opened_only_as_the_person_decides(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    broken = folder / "Broken.ipynb"
    broken.write_text(notebook("print('kept')")[:-30], encoding="utf-8")
    before = broken.read_bytes()
    link = hub.start()
    page = new_context().new_page()
    sign_in(page, link)
    row(page, "Broken").click()
    asked = dialog(page, "This file cannot be opened as it is")
    expect(asked).to_contain_text(re.compile("line|Where"))
    asked.get_by_role("button", name=re.compile("Cancel|Close")).last.click()
    expect(asked).to_have_count(0)
    assert broken.read_bytes() == before
    assert [file.name for file in folder.iterdir() if not file.name.startswith(".")] == ["Broken.ipynb"]


def test_signed_out_says_how_to_get_a_link_and_a_used_link_is_refused(
    hub: Hub, new_context: Callable[..., BrowserContext]
) -> None:
    link = hub.start()
    first = new_context().new_page()
    sign_in(first, link)
    assert "#" not in first.url
    second = new_context().new_page()
    second.goto(link)
    expect(second.get_by_role("heading", name="This link does not sign you in")).to_be_visible()
    expect(second.get_by_text("runhere login")).to_be_visible()
    assert "#" not in second.url
    # The first browser goes on.
    first.reload()
    expect(first.get_by_role("button", name="New notebook")).to_be_visible()


def test_home_has_no_barrier_that_a_program_can_find(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    (folder / "One.ipynb").write_text(notebook("1"), encoding="utf-8")
    link = hub.start()
    for options in ({"color_scheme": "light"}, {"color_scheme": "dark", "locale": "ja-JP"}):
        page = new_context(**options, viewport={"width": 400, "height": 800}).new_page()
        page.goto(hub.login_link())
        expect(page.get_by_role("treegrid")).to_be_visible()
        assert barriers(page.locator("html")) == []
    assert link
