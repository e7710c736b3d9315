"""Two browsers on one notebook at once: cursors, undo that is one's own, cells that move under the other's hands."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from servers import wait_until
from stage import Stage
from steps import MAIN_MODIFIER, code_cell, saved, source, sources_in

KEYS = "abcdefghijklmnopqrstuvwxyz0123456789"

# Types into what has the focus, a key each 40 ms, while the other browser does something else.
TYPE_ON = """keys => { window.typedAll = false; let at = 0; const timer = setInterval(() => {
  document.execCommand('insertText', false, keys[at]); at += 1;
  if (at === keys.length) { clearInterval(timer); window.typedAll = true; } }, 40); }"""


@pytest.fixture
def pair(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> Callable[..., tuple[Path, Page, Page]]:
    """A notebook with these cells, open in two browsers."""

    def make(*sources: str) -> tuple[Path, Page, Page]:
        name = unique("Pair")
        file = stage.put(name, *sources)
        one, two = (stage.open(person(), name) for _ in range(2))
        return file, one, two

    return make


def turn_to(page: Page) -> None:
    """Work in this window now. Firefox tells a window behind another one nothing of its focus."""
    page.bring_to_front()


def type_at_end(page: Page, position: int, text: str) -> None:
    turn_to(page)
    source(page, position).click()
    page.keyboard.press(f"{MAIN_MODIFIER}+End")
    page.keyboard.insert_text(text)  # at once: typed slowly, it would be several things to undo


def test_each_sees_where_the_other_is(pair: Callable[..., tuple[Path, Page, Page]]) -> None:
    _, one, two = pair("first = 1", "second = 2")
    expect(one.get_by_label("Also here:").first).to_be_visible()
    source(two, 2).click()
    caret = code_cell(one, 2).locator(".cm-remote-caret")  # drawn only, so it has no accessible name
    expect(caret).to_be_attached()
    expect(code_cell(one, 1).locator(".cm-remote-caret")).to_have_count(0)
    two.keyboard.press(f"{MAIN_MODIFIER}+a")
    expect(code_cell(one, 2).locator(".cm-remote-selection").first).to_be_attached()
    source(two, 1).click()
    expect(caret).to_have_count(0)
    two.close()
    expect(one.get_by_label("Also here:")).to_have_count(0)
    expect(code_cell(one, 1).locator(".cm-remote-caret")).to_have_count(0)


def test_undo_takes_back_only_what_i_typed(pair: Callable[..., tuple[Path, Page, Page]]) -> None:
    file, one, two = pair("base")
    type_at_end(one, 1, "_mine")
    expect(source(two, 1)).to_have_text("base_mine")
    type_at_end(two, 1, "_theirs")
    expect(source(one, 1)).to_have_text("base_mine_theirs")
    turn_to(one)
    source(one, 1).click()
    one.keyboard.press(f"{MAIN_MODIFIER}+z")
    for page in (one, two):
        expect(source(page, 1)).to_have_text("base_theirs")
    one.keyboard.press(f"{MAIN_MODIFIER}+Shift+Z")
    for page in (one, two):
        expect(source(page, 1)).to_have_text("base_mine_theirs")
    source(two, 1).click()
    two.keyboard.press(f"{MAIN_MODIFIER}+z")
    for page in (one, two):
        expect(source(page, 1)).to_have_text("base_mine")
    saved(one)
    wait_until(lambda: sources_in(file) == ["base_mine"], what="the file as both see it")


def test_a_cell_moves_while_the_other_types_in_it(pair: Callable[..., tuple[Path, Page, Page]]) -> None:
    file, one, two = pair("alpha", "beta", "gamma")
    type_at_end(two, 2, "_")
    expect(source(one, 2)).to_have_text("beta_")
    turn_to(one)
    source(one, 2).click()
    one.keyboard.press("Escape")
    two.evaluate(TYPE_ON, KEYS)
    one.keyboard.press("Alt+ArrowUp")
    expect(source(one, 2)).to_have_text("alpha")
    one.keyboard.press("Alt+ArrowDown")
    one.keyboard.press("Alt+ArrowDown")
    expect(source(one, 2)).to_have_text("gamma")
    wait_until(lambda: two.evaluate("window.typedAll"), what="the last key")
    for page in (one, two):
        expect(source(page, 3)).to_have_text(f"beta_{KEYS}")
        saved(page)
    wait_until(lambda: sources_in(file) == ["alpha", "gamma", f"beta_{KEYS}"], what="every key in the file")


def test_a_cell_is_split_while_the_other_types_in_it(pair: Callable[..., tuple[Path, Page, Page]]) -> None:
    file, one, two = pair("top\nbottom", "last")
    type_at_end(two, 1, "_")
    expect(source(one, 1)).to_contain_text("bottom_")
    turn_to(one)
    source(one, 1).click()
    one.keyboard.press(f"{MAIN_MODIFIER}+Home")
    one.keyboard.press("End")
    two.evaluate(TYPE_ON, KEYS)
    one.keyboard.press("Control+Shift+Minus")
    expect(source(one, 3)).to_have_text("last")
    wait_until(lambda: two.evaluate("window.typedAll"), what="the last key")
    for page in (one, two):
        saved(page)
    wait_until(lambda: all(key in "".join(sources_in(file)) for key in KEYS), what="every key in the file")
    assert sources_in(file)[0].startswith("top")
    assert len(sources_in(file)) == 3
    assert sorted("".join(sources_in(file)).replace("\n", "")) == sorted(f"topbottom_{KEYS}last")


def test_cells_are_merged_while_the_other_types_in_the_first(pair: Callable[..., tuple[Path, Page, Page]]) -> None:
    file, one, two = pair("first", "second", "last")
    type_at_end(two, 1, "_")
    expect(source(one, 1)).to_have_text("first_")
    turn_to(one)
    source(one, 1).click()
    one.keyboard.press("Escape")
    two.evaluate(TYPE_ON, KEYS)
    one.keyboard.press("Shift+m")
    expect(source(one, 2)).to_have_text("last")
    wait_until(lambda: two.evaluate("window.typedAll"), what="the last key")
    for page in (one, two):
        expect(source(page, 1)).to_contain_text("second")
        saved(page)
    wait_until(lambda: all(key in sources_in(file)[0] for key in KEYS), what="every key in the file")
    assert sorted(sources_in(file)[0].replace("\n", "")) == sorted(f"first_{KEYS}second")
