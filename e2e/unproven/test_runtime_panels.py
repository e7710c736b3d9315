"""Terminals and files of the runtime's machine (issue 5), as a person uses them."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect
from servers import Jupyter, wait_until
from stage import Stage
from steps import connect, source

SCREEN = ".xterm-rows"


def choose_panel(page: Page, name: str) -> Locator:
    """View ▸ the panel. The panel."""
    page.get_by_role("menuitem", name="View", exact=True).click()
    page.get_by_role("menuitemcheckbox", name=name).click()
    return page.get_by_role("region", name=name, exact=True)


def test_terminals_of_the_runtime_full_screen_programs_and_coming_back_after_a_reload(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("shell")
    stage.put(name, "1")
    page = stage.open(person(), name)
    connect(page, stock.pasted)
    panel = choose_panel(page, "Terminal")
    # Terminals are the server's, and this one's server is shared with other stories: only ours is looked at.
    start = panel.get_by_role("button", name="New terminal")
    expect(start).to_be_visible()
    start.click()
    tab = panel.get_by_role("tab", selected=True)
    expect(tab).to_be_visible()
    label = tab.inner_text()
    screen = panel.locator(SCREEN).last
    wait_until(lambda: "#" in screen.inner_text() or "$" in screen.inner_text(), what="a prompt")
    page.keyboard.type("printf 'sum-%s \\033[38;2;255;100;0m\\346\\227\\245\\346\\234\\254\\033[0m\\n' $((6*7))\n")
    expect(screen).to_contain_text("sum-42")
    expect(screen).to_contain_text("日本")
    colour = screen.locator("span", has_text="日").last.evaluate("(span) => getComputedStyle(span).color")
    red, _, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    assert red > blue + 80, colour

    (stock.root / f"{name}.txt").write_text("one line\n" * 500, encoding="utf-8")
    page.keyboard.type(f"less '{name}.txt'\n")
    expect(screen).to_contain_text("one line")
    page.keyboard.press("q")
    expect(screen).to_contain_text("sum-42")
    # Escape is the program's, not the panel's.
    page.keyboard.type("cat -v\n")
    page.keyboard.press("Escape")
    expect(screen).to_contain_text("^[")
    expect(panel).to_be_visible()
    page.keyboard.press("Control+c")

    page.keyboard.press("Shift+Escape")
    expect(tab).to_be_focused()
    page.reload()
    expect(panel.get_by_role("tab", name=label, exact=True)).to_have_attribute("aria-selected", "true")
    expect(screen).to_contain_text("sum-42")
    # What the terminal answered long ago is not answered again: nothing was typed into the shell.
    panel.locator(SCREEN).last.click()
    page.keyboard.type("echo still-$((40+2))\n")
    expect(screen).to_contain_text("still-42")

    panel.get_by_role("button", name="Terminal actions").click()
    page.get_by_role("menuitem", name="End terminal…").click()
    page.get_by_role("alertdialog").get_by_role("button", name="End terminal").click()
    expect(panel.get_by_role("tab", name=label, exact=True)).to_have_count(0)
    expect(source(page, 1)).to_have_text("1")


def test_files_of_the_runtime_are_uploaded_edited_without_losing_others_changes_and_downloaded(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("files")
    stage.put(name, "1")
    folder = stock.root / f"{name} 日本"
    folder.mkdir()
    (folder / "rain.csv").write_text('day,mm\n1,"2,5"\n', encoding="utf-8")
    (folder / "note.txt").write_text("first\n", encoding="utf-8")
    page = stage.open(person(), name)
    connect(page, stock.pasted)
    panel = choose_panel(page, "Files")
    panel.get_by_role("row", name=folder.name, exact=True).click()
    panel.get_by_role("row", name="rain.csv").click()
    expect(page.get_by_role("dialog").get_by_role("cell", name="2,5")).to_be_visible()
    page.keyboard.press("Escape")

    panel.get_by_role("row", name="note.txt").click()
    text = page.get_by_role("textbox", name="Text of note.txt")
    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("mine")
    (folder / "note.txt").write_text("theirs, and longer\n", encoding="utf-8")
    page.keyboard.press("Control+s")
    question = page.get_by_role("alertdialog", name="note.txt was changed meanwhile")
    expect(question).to_be_visible()
    assert (folder / "note.txt").read_text(encoding="utf-8") == "theirs, and longer\n"
    question.get_by_role("button", name="Save mine").click()
    wait_until(lambda: (folder / "note.txt").read_text(encoding="utf-8") == "first\nmine", what="my text")
    expect(page.get_by_role("dialog", name="note.txt").get_by_text("Saved", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    content = bytes(range(256)) * 16_000
    panel.get_by_role("button", name=f"Actions for {folder.name}").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("menuitem", name="Upload…").click()
    chooser.value.set_files([{"name": "big é.bin", "mimeType": "", "buffer": content}])
    expect(panel.get_by_role("row", name="big é.bin", exact=True)).to_be_visible(timeout=40_000)
    assert (folder / "big é.bin").read_bytes() == content
    panel.get_by_role("button", name="Actions for big é.bin").click()
    with page.expect_download() as fetched:
        page.get_by_role("menuitem", name="Download", exact=True).click()
    assert Path(fetched.value.path()).read_bytes() == content

    panel.get_by_role("button", name="Actions for big é.bin").click()
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(panel.get_by_role("row", name="big é.bin", exact=True)).to_have_count(0)
    assert not (folder / "big é.bin").exists()
