"""Trust before running on my machine (issue 8): what asks, what does not, and what must never run anything.

Hub and companion as `runhere` starts them. Whether code ran is seen on the disk: each cell makes a file of its own.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, Route, expect
from servers import Hub, wait_until
from steps import (
    DEAF_MS,
    code_cell,
    connected,
    notebook_text,
    opened,
    output,
    ran,
    review,
    run_cell,
    runtime_menu,
    saved,
    source,
    type_source,
)


def leaves(mark: str) -> str:
    return f"open('{mark}', 'w').close()\nprint('{mark}')"


SOURCES = [leaves(mark) for mark in ("one", "two", "three")]
SYNTHETIC = """() => {
  for (const button of document.querySelectorAll('button[aria-label="Run cell"]')) button.click();
  const cell = document.querySelector('[data-cell-id]');
  for (const type of ['keydown', 'keyup'])
    (document.activeElement ?? cell).dispatchEvent(
      new KeyboardEvent(type, { key: 'Enter', code: 'Enter', ctrlKey: true, bubbles: true, cancelable: true }));
}"""
COVER = """() => {
  const cover = document.createElement('div');
  cover.id = 'cover';
  document.querySelector('[role=dialog]').append(cover); // what lies outside of it is inert
  for (const [name, value] of [['position', 'fixed'], ['inset', '0'], ['width', '100vw'], ['height', '100vh'],
                               ['opacity', '0.01'], ['margin', '0'], ['border', '0'], ['z-index', '2147483647']])
    cover.style.setProperty(name, value);
}"""


def listed(page: Page) -> Locator:
    """The cells that the question shows."""
    return review(page).get_by_role("listitem").filter(has=page.locator("pre"))


def answer(page: Page, name: str) -> None:
    review(page).get_by_role("button", name=name).click()
    expect(review(page)).to_have_count(0)


def test_code_from_a_file_is_reviewed_once_and_nothing_else_runs_it(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    hub.words = ()
    file = folder / "Rain.ipynb"
    file.write_text(notebook_text(*SOURCES), encoding="utf-8")

    def made() -> set[str]:
        return {path.name for path in folder.iterdir() if path.suffix == ""}

    page = opened(new_context(answers_reviews=False), hub.start(), "Rain")
    connected(page)
    page.goto(f"{page.url}?run=all#run=all")  # no address runs anything
    connected(page)
    expect(code_cell(page, 1).get_by_text("Not reviewed yet")).to_be_attached()
    page.evaluate(SYNTHETIC)  # nor a script's click or key
    expect(review(page)).to_have_count(0)

    run_cell(page, 1)
    expect(listed(page)).to_have_count(3)  # one question for the whole notebook
    trust = review(page).get_by_role("button", name="Trust these cells")
    expect(trust).to_be_enabled()
    page.evaluate("() => document.querySelector('[role=dialog] [class*=answers] button:last-child').click()")
    page.evaluate(COVER)
    expect(trust).to_be_disabled()
    page.evaluate("() => document.getElementById('cover').remove()")
    expect(trust).to_be_enabled()
    page.keyboard.press("Escape")
    expect(review(page)).to_have_count(0)
    assert made() == set()

    source(page, 1).click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+Shift+Enter")  # a part of a cell asks as the cell does
    expect(listed(page)).to_have_count(3)
    answer(page, "Cancel")
    assert made() == set()

    runtime_menu(page, "Run all")
    expect(listed(page)).to_have_count(3)
    answer(page, "Run once")
    for position in (1, 2, 3):
        ran(page, position)
    wait_until(lambda: made() == {"one", "two", "three"}, what="what the cells leave")

    runtime_menu(page, "Run all")
    expect(review(page)).to_be_visible()  # once is once
    answer(page, "Trust these cells")
    expect(code_cell(page, 3)).to_contain_text("[6]")
    for mark in made():
        (folder / mark).unlink()
    runtime_menu(page, "Run all")
    wait_until(lambda: made() == {"one", "two", "three"}, what="the cells run again, unasked")
    expect(code_cell(page, 3)).to_contain_text("[9]")  # to its end: a button that changes is deaf for a moment
    type_source(page, 1, leaves("mine"))
    run_cell(page, 1)
    wait_until(lambda: "mine" in made(), what="my own edit runs unasked")
    saved(page)

    wait_until(lambda: "mine" in file.read_text(encoding="utf-8"), what="my edit in the file")
    content = json.loads(file.read_text(encoding="utf-8"))
    content["cells"][1]["source"] = [f"{leaves('two')}\n", leaves("evil")]
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    expect(source(page, 2)).to_contain_text("evil")
    run_cell(page, 3)
    ran(page, 3)
    expect(review(page)).to_have_count(0)  # asked for that cell only
    run_cell(page, 2)
    expect(listed(page)).to_have_count(1)
    expect(listed(page).first).to_contain_text("changed since you trusted it")
    expect(listed(page).first.locator("pre")).to_contain_text(re.compile(r"\+ .*evil"))
    answer(page, "Cancel")
    assert "evil" not in made()

    page.keyboard.press("Escape")
    page.get_by_role("menuitem", name="Tools", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Settings")).first.click()
    page.get_by_role("button", name="Revoke trust in Rain").click()
    expect(page.get_by_text("You have not trusted anybody’s code yet.")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    run_cell(page, 3)
    expect(review(page)).to_be_visible()
    answer(page, "Cancel")

    page.wait_for_timeout(DEAF_MS)
    page.get_by_role("button", name="+ Code").last.click()
    type_source(page, 4, leaves("own"))
    run_cell(page, 4)
    wait_until(lambda: "own" in made(), what="a cell that I typed runs unasked")
    assert "evil" not in made()


def test_a_cell_waits_in_sight_until_it_is_known_whose_code_it_is(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    hub.words = ()
    folder.joinpath("Slow.ipynb").write_text(notebook_text(leaves("slow")), encoding="utf-8")
    made = folder / "slow"
    page = opened(new_context(answers_reviews=False), hub.start(), "Slow")
    connected(page)
    cell = code_cell(page, 1)
    waiting = cell.get_by_role("button", name="Cancel queued run")
    resting = cell.get_by_role("button", name="Run cell")
    asked: list[Route] = []
    hub_is_slow = True
    page.route(re.compile("/trust/look$"), lambda route: asked.append(route) if hub_is_slow else route.continue_())

    def the_hub_answers() -> None:
        nonlocal hub_is_slow
        hub_is_slow = False
        for one in asked:
            one.continue_()
        asked.clear()

    run_cell(page, 1)
    expect(waiting).to_be_visible()
    page.wait_for_timeout(DEAF_MS)
    waiting.click()
    expect(resting).to_be_visible()
    run_cell(page, 1)
    expect(waiting).to_be_visible()
    the_hub_answers()
    expect(listed(page)).to_have_count(1)
    answer(page, "Cancel")
    expect(resting).to_be_visible()
    run_cell(page, 1)
    answer(page, "Run once")
    ran(page, 1)
    assert made.exists()

    made.unlink()
    hub_is_slow = True
    run_cell(page, 1)
    expect(waiting).to_be_visible()
    expect(cell.get_by_text("Finished", exact=True)).to_have_count(0)  # of the run before
    expect(output(page, 1)).to_have_count(0)
    the_hub_answers()
    answer(page, "Cancel")
    ran(page, 1)
    expect(output(page, 1)).to_contain_text("slow")
    assert not made.exists()
