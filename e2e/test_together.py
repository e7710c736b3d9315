"""Two people's browsers on one notebook, a hub that dies, a file that changes outside: no acknowledged edit is lost."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, expect
from servers import Hub, wait_until
from stage import Stage
from steps import (
    delete_cell,
    expect_cells,
    kept_in_browser,
    notebook_text,
    on_cell,
    opened,
    read,
    saved,
    source,
    text_cell,
    type_source,
)


def test_two_browsers_edit_live_and_see_each_other(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("Pair")
    stage.put(name, "first = 1", "second = 2")
    one, two = stage.open(person(), name), stage.open(person(), name)
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


def test_a_menu_that_is_open_follows_what_another_does(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("menus")
    stage.put(name, "first = 1", "second = 2")
    one = stage.open(person(), name)
    on_cell(one, 1)
    one.get_by_role("menuitem", name="View", exact=True).click()
    hide = one.get_by_role("menuitem", name="Show or hide output", exact=True)
    expect(hide).to_be_enabled()
    two = stage.open(person(), name)  # now: in Firefox only the page that came last has the focus
    on_cell(two, 1)
    two.keyboard.press("m")
    expect(hide).to_be_disabled()
    two.keyboard.press("y")
    expect(hide).to_be_enabled()


def test_edits_while_the_hub_is_dead_come_back(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    file = folder / "Plug.ipynb"
    file.write_text(notebook_text("before = 0"), encoding="utf-8")
    context = new_context()
    page = opened(context, hub.start(), "Plug")
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
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("Outside")
    file = stage.put(name, "mine = 1", "theirs = 1", "last = 1")

    def git(*words: str) -> str:
        identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.invalid"]
        words = ("git", *identity, *words)
        return subprocess.run(words, cwd=stage.hub.folder, check=True, capture_output=True, text=True).stdout

    git("init", "-q")
    git("add", file.name)
    git("commit", "-qm", "start")
    page = stage.open(person(), name)
    assert git("status", "--porcelain", file.name) == "", "opening writes nothing"
    type_source(page, 1, "mine = 2")
    saved(page)
    wait_until(lambda: "mine = 2" in read(file), what="the edit in the file")
    changed = [line for line in git("diff", "-U0", file.name).splitlines() if re.match(r"^[+-] ", line)]
    assert changed == ['-    "mine = 1"', '+    "mine = 2"'], changed

    file.write_text(read(file).replace("theirs = 1", "theirs = 2"), encoding="utf-8")
    expect(source(page, 2)).to_have_text("theirs = 2")
    expect(source(page, 1)).to_have_text("mine = 2")

    git("checkout", "--", file.name)
    expect(source(page, 1)).to_have_text("mine = 1")
    expect(source(page, 2)).to_have_text("theirs = 1")


def test_a_file_with_conflict_markers_and_one_that_is_gone_are_told_and_left_alone(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    names = [unique("Markers"), unique("Gone"), unique("Whole")]
    marked, gone, whole = (stage.put(name, "mine = 1", "other = 1") for name in names)
    good, context = read(marked), person()
    told = [stage.open(context, name) for name in names]
    broken = good.replace('"mine = 1"', '<<<<<<< HEAD\n    "mine = 1"\n=======\n    "mine = 9"\n>>>>>>> branch')
    marked.write_text(broken, encoding="utf-8")
    gone.unlink()
    for page, words in zip(told, ("conflict", "missing|gone|deleted"), strict=False):
        notice = page.get_by_role("status").or_(page.get_by_role("alert")).filter(has_text=re.compile(words))
        expect(notice.first).to_be_visible()
    for page in told:
        type_source(page, 2, "other = 2")
        saved(page)  # the hub has it
    # What was typed last is in its file: by then the others would have been, and are left alone.
    wait_until(lambda: "other = 2" in read(whole), what="the edit in the whole file")
    assert read(marked) == broken
    assert not gone.exists()
    marked.write_text(good, encoding="utf-8")
    wait_until(lambda: "other = 2" in read(marked), what="writing goes on once the file is whole")


def test_cells_are_added_moved_and_deleted_with_undo(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("Cells")
    file = stage.put(name, "one", "two", "three")
    page = stage.open(person(), name)
    page.keyboard.press("Escape")
    source(page, 1).click()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(source(page, 2)).to_have_text("")
    expect_cells(page, 4)
    delete_cell(page, left=3)
    expect(source(page, 2)).to_have_text("two")
    page.keyboard.press("z")
    expect(source(page, 2)).to_have_text("")
    page.get_by_role("button", name="+ Text").first.click()
    expect(
        text_cell(page, 3).or_(text_cell(page, 2)).or_(text_cell(page, 1)).or_(text_cell(page, 5)).first
    ).to_be_visible()
    saved(page)
    wait_until(lambda: len(json.loads(read(file))["cells"]) == 5, what="five cells in the file")
