"""A phone: fingers instead of a mouse. In Chromium, whose driver has fingers that rest and that scroll."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Locator, Page, expect
from stage import Stage
from steps import code_cell, next_picture, row, source, text_cell


class Finger:
    def __init__(self, page: Page) -> None:
        self.page = page
        self._driver: CDPSession = page.context.new_cdp_session(page)

    def rest(self, part: Locator, *, until: Locator) -> None:
        """Lifted once that is there: a page that is slow notices late that a finger rests."""
        self._put(*self._middle(part))
        expect(until).to_be_visible()
        self._lift()

    def swipe_up(self, part: Locator, by: int) -> None:
        x, y = self._middle(part)
        self._put(x, y)
        for step in range(1, 11):
            self._send("touchMove", (x, y - by * step / 10))
            next_picture(self.page)
        self._lift()

    def tap(self, part: Locator) -> None:
        """Where it is drawn, whatever lies above it."""
        self._put(*self._middle(part))
        self._lift()

    def _middle(self, part: Locator) -> tuple[float, float]:
        box = part.bounding_box()
        assert box
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def _put(self, x: float, y: float) -> None:
        self._send("touchStart", (x, y))

    def _lift(self) -> None:
        self._send("touchEnd")

    def _send(self, kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y} for x, y in points]
        self._driver.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})


@pytest.fixture
def phone(
    stage: Stage, person: Callable[[], BrowserContext], new_context: Callable[..., BrowserContext]
) -> BrowserContext:
    small = {"width": 360, "height": 740}
    return new_context(storage_state=person().storage_state(), viewport=small, has_touch=True, is_mobile=True)


@pytest.mark.parametrize("browser_name", ["chromium"])
def test_a_finger_opens_menus_scrolls_and_selects(
    stage: Stage, phone: BrowserContext, unique: Callable[[str], str]
) -> None:
    name = unique("hand")
    file = stage.put(name, *(f"print({number})" for number in range(30)))
    content = json.loads(file.read_text(encoding="utf-8"))
    content["cells"][3] = {"cell_type": "markdown", "id": "c4", "metadata": {}, "source": "Text to read\n\nand more"}
    file.write_text(json.dumps(content), encoding="utf-8")
    page = stage.home(phone)
    finger = Finger(page)

    menu = page.get_by_role("menu", name=re.compile(re.escape(name)))
    finger.rest(row(page, name), until=menu)
    expect(menu.get_by_role("menuitem", name="Rename…")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    finger.tap(row(page, name))
    first, text = code_cell(page, 1), text_cell(page, 4)
    expect(text).to_be_visible()
    expect(first).to_have_attribute("data-mode", "command")

    # What closes a menu does nothing else.
    page.get_by_role("menuitem", name="File", exact=True).tap()
    expect(page.get_by_role("menu", name="File")).to_be_visible()
    finger.tap(source(page, 8))
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(first).to_have_attribute("data-mode", "command")

    # What scrolls selects nothing, a tap does.
    before = text.bounding_box()
    finger.swipe_up(text, by=90)
    assert text.bounding_box() != before
    expect(first).to_have_attribute("data-mode", "command")
    finger.tap(text)
    expect(text).to_have_attribute("data-mode", "command")
    finger.tap(source(page, 8))
    expect(code_cell(page, 8)).to_have_attribute("data-mode", "edit")
