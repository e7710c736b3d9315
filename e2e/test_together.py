"""Two people's browsers on one notebook, a hub that dies, a file that changes outside: no acknowledged edit is lost."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect
from servers import Hub, wait_until
from steps import cell_count, kept_in_browser, open_notebook, read, saved, sign_in, source, text_cell, type_source


def notebook(*sources: str) -> str:
    """A small notebook of code cells a, b, c …"""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": chr(97 + index),
            "metadata": {},
            "outputs": [],
            "source": text.splitlines(True),
        }
        for index, text in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def opened(hub: Hub, context: BrowserContext, link: str, name: str) -> Page:
    page = context.new_page()
    sign_in(page, link)
    open_notebook(page, name)
    return page


def test_two_browsers_edit_live_and_see_each_other(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    (folder / "Pair.ipynb").write_text(notebook("first = 1", "second = 2"), encoding="utf-8")
    one = opened(hub, new_context(), hub.start(), "Pair")
    two = opened(hub, new_context(), hub.login_link(), "Pair")
    type_source(one, 1, "typed_by_one = 1")
    expect(source(two, 1)).to_have_text("typed_by_one = 1")
    type_source(two, 2, "typed_by_two = 2")
    expect(source(one, 2)).to_have_text("typed_by_two = 2")
    expect(one.locator(".cm-remote-caret").first).to_be_attached()  # the other's cursor stands in the cell
    saved(one)
    saved(two)
    source(one, 1).click()
    one.keyboard.press("Control+z")
    expect(source(one, 1)).not_to_have_text("typed_by_one = 1")
    expect(source(one, 2)).to_have_text("typed_by_two = 2")  # undo is one's own


def test_edits_while_the_hub_is_dead_come_back(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    file = folder / "Plug.ipynb"
    file.write_text(notebook("before = 0"), encoding="utf-8")
    context = new_context()
    page = opened(hub, context, hub.start(), "Plug")
    type_source(page, 1, "acknowledged = 1")
    saved(page)
    hub.kill()
    type_source(page, 1, "typed_while_dead = 2")
    kept_in_browser(page, 1, "typed_while_dead = 2")
    url = page.url
    page.close()  # the tab is closed with unsaved edits
    hub.start()
    again = context.new_page()
    again.goto(url)
    expect(source(again, 1)).to_have_text("typed_while_dead = 2")
    saved(again)
    wait_until(lambda: "typed_while_dead" in read(file), what="the edit in the file")


def test_a_change_on_disk_merges_into_the_open_page(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    file = folder / "Outside.ipynb"
    file.write_text(notebook("mine = 1", "theirs = 1", "last = 1"), encoding="utf-8")

    def git(*words: str) -> str:
        identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.invalid"]
        return subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "start")
    page = opened(hub, new_context(), hub.start(), "Outside")
    assert git("status", "--porcelain") == "", "opening writes nothing"
    type_source(page, 1, "mine = 2")
    saved(page)
    wait_until(lambda: "mine = 2" in read(file), what="the edit in the file")
    changed = [line for line in git("diff", "-U0").splitlines() if re.match(r"^[+-] ", line)]
    assert changed == ['-    "mine = 1"', '+    "mine = 2"'], changed

    file.write_text(read(file).replace("theirs = 1", "theirs = 2"), encoding="utf-8")
    expect(source(page, 2)).to_have_text("theirs = 2")
    expect(source(page, 1)).to_have_text("mine = 2")

    git("checkout", "--", "Outside.ipynb")
    expect(source(page, 1)).to_have_text("mine = 1")
    expect(source(page, 2)).to_have_text("theirs = 1")


def test_conflict_markers_stop_writing_until_fixed(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    file = folder / "Markers.ipynb"
    good = notebook("mine = 1", "other = 1")
    file.write_text(good, encoding="utf-8")
    page = opened(hub, new_context(), hub.start(), "Markers")
    broken = good.replace('"mine = 1"', '<<<<<<< HEAD\n    "mine = 1"\n=======\n    "mine = 9"\n>>>>>>> branch')
    file.write_text(broken, encoding="utf-8")
    expect(page.get_by_role("status").or_(page.get_by_role("alert")).filter(has_text="conflict").first).to_be_visible()
    type_source(page, 2, "other = 2")
    saved(page)  # the hub has it; the file is left alone
    page.wait_for_timeout(3000)  # longer than the two seconds within which a healthy file is written
    assert read(file) == broken
    file.write_text(good, encoding="utf-8")
    wait_until(lambda: "other = 2" in read(file), what="writing goes on once the file is whole")


def test_a_deleted_file_is_told_and_not_written_again(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    file = folder / "Gone.ipynb"
    file.write_text(notebook("here = 1"), encoding="utf-8")
    page = opened(hub, new_context(), hub.start(), "Gone")
    file.unlink()
    expect(
        page.get_by_role("status")
        .or_(page.get_by_role("alert"))
        .filter(has_text=re.compile("missing|gone|deleted"))
        .first
    ).to_be_visible()
    type_source(page, 1, "still = 1")
    saved(page)
    page.wait_for_timeout(3000)  # longer than the two seconds within which a healthy file is written
    assert not file.exists()


def test_cells_are_added_moved_and_deleted_with_undo(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    file = folder / "Cells.ipynb"
    file.write_text(notebook("one", "two", "three"), encoding="utf-8")
    page = opened(hub, new_context(), hub.start(), "Cells")
    page.keyboard.press("Escape")
    source(page, 1).click()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(source(page, 2)).to_have_text("")
    assert cell_count(page) == 4
    page.keyboard.press("d")
    page.keyboard.press("d")
    expect(source(page, 2)).to_have_text("two")
    page.keyboard.press("z")
    expect(source(page, 2)).to_have_text("")
    page.get_by_role("button", name="+ Text").first.click()
    expect(
        text_cell(page, 3).or_(text_cell(page, 2)).or_(text_cell(page, 1)).or_(text_cell(page, 5)).first
    ).to_be_visible()
    saved(page)
    wait_until(lambda: len(json.loads(read(file))["cells"]) == 5, what="five cells in the file")
