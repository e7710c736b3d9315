"""Panels beside the notebook (issue 5): the host with the table of contents."""

import json
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, expect
from stage import Stage
from steps import choose_panel


def put_headings(stage: Stage, name: str) -> None:
    """A notebook of two sections with twenty cells each."""
    cells: list[dict[str, object]] = []
    for section in ("First part", "Second part"):
        cells.append(
            {"cell_type": "markdown", "id": f"h{len(cells)}", "metadata": {}, "source": f"# {section}\n\ntext"}
        )
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
