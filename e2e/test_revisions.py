"""File ▸ Revision history: a person names a version, sees what changed since, goes back, and takes that back."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect
from servers import wait_until
from stage import Stage
from steps import output, saved, source, sources_in, type_source


def history(page: Page) -> Locator:
    """The dialog, opened from the menu."""
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name="Revision history", exact=True).click()
    return page.get_by_role("dialog", name="Revision history")


def test_a_version_is_named_compared_restored_and_the_restore_taken_back(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("history")
    file = stage.put(name, "first = 1", "second = 2")
    content = json.loads(file.read_text(encoding="utf-8"))
    content["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["shown then\n"]}]
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    page = stage.open(person(), name)
    expect(output(page, 1)).to_have_text("shown then")
    saved(page)

    dialog = history(page)
    expect(dialog.get_by_role("heading", name="No version is kept yet")).to_be_visible()
    dialog.get_by_role("button", name="Name this moment…").click()
    page.get_by_role("textbox", name="Name of the version").fill("Draft")
    page.get_by_role("button", name="Save", exact=True).click()
    draft = dialog.get_by_role("button", name=re.compile("^Draft"))
    expect(draft).to_be_visible()
    expect(dialog.get_by_role("button", name="Name this moment…")).to_be_focused()  # given back by the other dialog
    expect(dialog.get_by_role("heading", name="No version is kept yet")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    type_source(page, 2, "second = 'changed'")
    saved(page)
    dialog = history(page)
    draft.click()
    dialog.get_by_role("button", name=re.compile("Compare with")).click()
    page.get_by_role("option", name="The notebook as it is now").click()
    expect(dialog.get_by_role("status")).to_have_text("1 changed, 0 added, 0 removed, 0 moved")
    changed = dialog.get_by_role("textbox", name="Source of Code cell 2")
    expect(changed).to_contain_text("second = 2")  # struck out
    expect(changed).to_contain_text("second = 'changed'")
    expect(dialog.get_by_role("region", name="Code cell 1")).to_have_count(0)  # it did not change
    dialog.get_by_role("button", name=re.compile("Compare with")).click()
    page.get_by_role("option", name="Nothing: show the whole version").click()
    expect(dialog.get_by_role("region", name="Output of Code cell 1")).to_have_text("shown then")

    dialog.get_by_role("button", name="Restore this version").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Restore this version").click()
    expect(dialog).to_have_count(0)
    expect(source(page, 2)).to_have_text("second = 2")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("The restore is undone.")).to_be_visible()
    expect(source(page, 2)).to_have_text("second = 'changed'")

    dialog = history(page)
    versions = dialog.get_by_role("list", name="Versions").get_by_role("listitem")
    titles = ("Restored version of", "Restored “Draft”", "Automatic version", "Draft")
    expect(versions).to_have_text([re.compile(f"^{title}") for title in titles])
    wait_until(lambda: sources_in(file) == ["first = 1", "second = 'changed'"], what="the file as before the restore")


def test_a_version_that_somebody_else_keeps_appears_in_an_open_history(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("news")
    stage.put(name, "first = 1")
    one, two = stage.open(person(), name), stage.open(person(), name)
    looked_at = history(one)
    expect(looked_at.get_by_role("heading", name="No version is kept yet")).to_be_visible()
    history(two).get_by_role("button", name="Name this moment…").click()
    two.get_by_role("textbox", name="Name of the version").fill("Draft")
    two.get_by_role("button", name="Save", exact=True).click()
    expect(looked_at.get_by_role("heading", name="Draft")).to_be_visible()
