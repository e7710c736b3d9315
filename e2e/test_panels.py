"""Panels beside the notebook (issue 5): the host with the table of contents, and terminals on the runtime's machine."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect
from servers import Jupyter, wait_until
from stage import Stage
from steps import connect, source

SCREEN = ".xterm-rows"


def put_headings(stage: Stage, name: str) -> None:
    """A notebook of two sections with twenty cells each."""
    cells: list[dict[str, object]] = []
    for section in ("First part", "Second part"):
        cells.append({"cell_type": "markdown", "id": f"h{len(cells)}", "metadata": {}, "source": f"# {section}\n\ntext"})
        cells += [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"c{len(cells)}x{n}",
                "metadata": {},
                "outputs": [],
                "source": "1\n2\n3",
            }
            for n in range(20)
        ]
    body = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (stage.hub.folder / f"{name}.ipynb").write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


def choose_panel(page: Page, name: str) -> Locator:
    """View ▸ the panel. The panel."""
    page.get_by_role("menuitem", name="View", exact=True).click()
    page.get_by_role("menuitemcheckbox", name=name).click()
    return page.get_by_role("region", name=name, exact=True)


def has_focus(locator: Locator) -> bool:
    return bool(locator.evaluate("(element) => element.contains(document.activeElement)"))


def test_a_panel_opens_beside_the_notebook_is_left_by_escape_and_is_there_again(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("panels")
    put_headings(stage, name)
    page = stage.open(person(), name)
    contents = choose_panel(page, "Table of contents")
    expect(contents.get_by_role("button", name="First part")).to_be_focused()
    contents.get_by_role("button", name="Second part").click()
    expect(page.get_by_role("group", name="Text cell 22", exact=True)).to_be_focused()
    expect(contents.get_by_role("button", name="Second part")).to_have_attribute("aria-current", "location")

    handle = page.get_by_role("separator", name="Resize pane")
    before = int(handle.get_attribute("aria-valuenow") or 0)
    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuenow", str(before + 16))
    page.reload()
    expect(contents.get_by_role("button", name="Second part")).to_be_visible()
    expect(handle).to_have_attribute("aria-valuenow", str(before + 16))
    assert not has_focus(contents)

    contents.get_by_role("button", name="First part").focus()
    # Letters that are commands of the notebook do nothing in a panel.
    page.keyboard.press("b")
    page.keyboard.press("Escape")
    expect(contents).to_have_count(0)
    expect(page.get_by_role("listitem").first).to_have_attribute("aria-setsize", "42")

    terminal = choose_panel(page, "Terminal")
    expect(terminal.get_by_text("Connect to a runtime first")).to_be_visible()
    terminal.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("dialog", name="Local connection settings")).to_be_visible()


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
    expect(screen).to_contain_text(f"{name}.txt")
    page.keyboard.press("Escape")
    expect(panel).to_be_visible()
    page.keyboard.press("q")

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
