"""What a person types and presses while a part of the page is still being fetched, as from a slow hub."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, Route, expect
from stage import Stage
from steps import MAIN_MODIFIER, choose_panel, expect_cells, next_picture, on_cell, open_notebook, source


class HeldParts:
    """Scripts of the page that do not arrive before they are let through."""

    def __init__(self, context: BrowserContext) -> None:
        self._waiting: dict[str, list[Route]] = {}
        self._held: set[str] = set()
        context.route(re.compile(r"/assets/[\w-]+\.js$"), self._arrive)

    def hold(self, *names: str) -> None:
        """By the names of their files, without what the build adds."""
        self._held.update(names)

    def let_through(self, name: str) -> None:
        self._held.remove(name)
        for route in self._waiting.pop(name, []):
            route.continue_()

    def _arrive(self, route: Route) -> None:
        name = next((one for one in self._held if f"/{one}-" in route.request.url), None)
        if name is None:
            route.continue_()
        else:
            self._waiting.setdefault(name, []).append(route)


def held_text(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Loading…", exact=True)


def test_keys_wait_for_the_part_they_are_meant_for_and_never_reach_the_notebook(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("Late")
    stage.put(name, "one", "added", "three")
    context = person()
    parts = HeldParts(context)
    page = stage.home(context)
    parts.hold("find-bar", "page-dialogs", "menu-bar-popover", "connect-dialogs", "contents-panel")
    open_notebook(page, name)

    # Find: "dd" would delete the cell.
    on_cell(page, 1)
    page.keyboard.press(f"{MAIN_MODIFIER}+f")
    page.keyboard.type("dd")
    page.keyboard.press("Enter")
    expect_cells(page, 3)
    expect(held_text(page)).to_have_value("dd")
    parts.let_through("find-bar")
    find = page.get_by_role("search").get_by_role("textbox", name="Find", exact=True)
    expect(find).to_be_focused()
    expect(find).to_have_value("dd")
    expect(page.get_by_role("status").filter(has_text="1 of 1")).to_be_visible()
    expect_cells(page, 3)
    page.keyboard.press("Escape")
    expect(find).to_have_count(0)

    # The palette: who goes on elsewhere is not called back.
    page.keyboard.press(f"{MAIN_MODIFIER}+Shift+p")
    page.keyboard.type("dd")
    expect(held_text(page)).to_have_value("dd")
    source(page, 2).click()
    expect(held_text(page)).to_have_count(0)
    with page.expect_response(re.compile("/page-dialogs-")):
        parts.let_through("page-dialogs")
    next_picture(page)
    page.keyboard.press("End")
    page.keyboard.type("!")
    expect(source(page, 2)).to_have_text("added!")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press(f"{MAIN_MODIFIER}+Shift+p")
    expect(page.get_by_role("combobox", name="Command palette")).to_be_focused()
    page.keyboard.press("Escape")

    # A menu: pressed once more because nothing came, it comes all the same.
    for _ in range(2):
        page.get_by_role("menuitem", name="File", exact=True).click()
    expect(held_text(page)).to_be_focused()
    parts.let_through("menu-bar-popover")
    expect(page.get_by_role("menuitem", name="New notebook")).to_be_visible()
    page.keyboard.press("Escape")

    # A panel has the focus while it comes, and takes none from who is elsewhere by then.
    panel = choose_panel(page, "Table of contents")
    expect(panel).to_be_focused()
    page.keyboard.type("dd")
    expect_cells(page, 3)
    source(page, 3).click()
    parts.let_through("contents-panel")
    expect(panel.get_by_text("No headings", exact=False)).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.type("!")
    expect(source(page, 3)).to_have_text("three!")
    panel.get_by_role("button", name="Close panel").click()

    # A dialog behind a button, on which letters are a cell's commands.
    page.get_by_role("button", name="Connect", exact=True).click()
    page.keyboard.type("http://added.example")
    parts.let_through("connect-dialogs")
    address = page.get_by_role("dialog").get_by_role("textbox", name="Backend URL")
    expect(address).to_have_value("http://added.example")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect_cells(page, 3)
