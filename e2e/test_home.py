"""Home: a person's notebooks, found and put in order. Every change is looked for on the disk, too."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect
from servers import wait_until
from stage import Stage, notebook
from steps import barriers, row, sign_in


def choose(page: Page, name: str, action: str) -> None:
    """An item of a row's menu."""
    row(page, name).get_by_role("button", name=f"Actions for {name}").click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def dialog(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("dialog", name=name)


def test_home_shows_folders_as_a_tree_with_other_files_dimmed(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    folder = stage.hub.folder
    deep, inner, outer, data = unique("deep"), unique("Inner"), unique("Outer"), unique("data.csv")
    (folder / deep).mkdir()
    stage.put(f"{deep}/{inner}", "1")
    stage.put(outer, "2")
    (folder / data).write_text("a,b", encoding="utf-8")
    (folder / ".ipynb_checkpoints").mkdir(exist_ok=True)
    page = stage.home(person())
    expect(row(page, outer)).to_be_visible()
    expect(row(page, data)).to_be_visible()
    expect(row(page, ".ipynb_checkpoints")).to_have_count(0)
    expect(row(page, inner)).to_have_count(0)
    # By keyboard alone: the row has the focus, Right opens it, Down goes in, Enter opens the notebook.
    row(page, deep).focus()
    page.keyboard.press("ArrowRight")
    expect(row(page, inner)).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(row(page, inner)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/n/[0-9a-f]{32}$"))
    expect(page.get_by_role("textbox", name="Notebook name")).to_have_value(inner)
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("region", name="Recent").get_by_role("link", name=re.compile(inner))).to_be_visible()


def test_a_click_for_a_tab_of_its_own_leaves_home_where_it_is(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("Beside")
    stage.put(name, "1")
    page = stage.home(person())
    ways: list[Callable[[], None]] = [
        lambda: row(page, name).click(modifiers=["ControlOrMeta"]),
        lambda: row(page, name).click(button="middle"),
        lambda: choose(page, name, "Open in new tab"),
    ]
    for ask in ways:
        with page.context.expect_page() as opened:
            ask()
        expect(opened.value.get_by_role("textbox", name="Notebook name")).to_have_value(name)
        opened.value.close()
        expect(row(page, name)).to_be_visible()
    row(page, name).click()
    expect(page.get_by_role("textbox", name="Notebook name")).to_have_value(name)


def test_rename_duplicate_move_trash_and_back(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    folder = stage.hub.folder
    sales, taken, archive, better = unique("Sales"), unique("Taken"), unique("archive"), unique("Sales 2026")
    file, better_file, taken_file = (folder / f"{name}.ipynb" for name in (sales, better, taken))
    stage.put(sales, "print('sales')")
    stage.put(taken, "1")
    (folder / archive).mkdir()
    before = file.read_bytes()
    page = stage.home(person())

    choose(page, sales, "Rename…")
    asked = dialog(page, "Rename notebook")
    asked.get_by_role("textbox", name="Name").fill(taken)
    asked.get_by_role("button", name="Rename").click()
    expect(asked.get_by_text(re.compile("Taken|already", re.I)).first).to_be_visible()
    assert file.read_bytes() == before  # refused: nothing happened
    asked.get_by_role("textbox", name="Name").fill(better)
    asked.get_by_role("button", name="Rename").click()
    expect(row(page, better)).to_be_visible()
    assert better_file.read_bytes() == before
    assert not file.exists()

    choose(page, better, "Duplicate")
    wait_until(lambda: len(list(folder.glob(f"{better}*.ipynb"))) == 2, what="a second file")

    choose(page, better, "Move to…")
    asked = dialog(page, re.compile("Move"))
    asked.get_by_role("row", name=archive).click()
    asked.get_by_role("button", name="Move here").click()
    expect(asked).to_have_count(0)
    wait_until((folder / archive / better_file.name).exists, what="the notebook in the folder")
    assert (folder / archive / better_file.name).read_bytes() == before

    choose(page, taken, "Move to trash")
    expect(row(page, taken)).to_have_count(0)
    assert not taken_file.exists()
    page.get_by_role("button", name="Trash", exact=True).click()
    asked = dialog(page, "Trash")
    asked.get_by_role("button", name="Put back").click()
    expect(asked.get_by_text("The trash is empty.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row(page, taken)).to_be_visible()
    assert taken_file.exists()


def test_upload_search_and_download(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str], tmp_path: Path
) -> None:
    folder = stage.hub.folder
    one, two, outside, needle = unique("One"), unique("Two"), unique("From outside"), unique("needle")
    stage.put(one, f"{needle} = 1")
    stage.put(two, "hay")
    upload = tmp_path / f"{outside}.ipynb"
    upload.write_text(notebook(f"another {needle}"), encoding="utf-8")
    wrong = tmp_path / "table.csv"
    wrong.write_text("a,b", encoding="utf-8")
    page = stage.home(person())
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Upload").click()
    chosen.value.set_files([str(upload), str(wrong)])
    expect(row(page, outside)).to_be_visible()
    expect(page.get_by_text(re.compile("“table.csv” is not a notebook"))).to_be_visible()
    assert (folder / upload.name).read_bytes() == upload.read_bytes()
    assert not (folder / "table.csv").exists()

    page.get_by_role("searchbox", name="Search notebooks").fill(needle)
    results = page.get_by_role("region", name="Search results")
    expect(results.get_by_role("status")).to_contain_text("2 notebooks found")
    expect(results.get_by_role("button", name=re.compile("^Two"))).to_have_count(0)
    page.get_by_role("searchbox", name="Search notebooks").press("Escape")

    with page.expect_download() as saved:
        choose(page, one, "Download")
    content = json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))
    assert content["cells"][0]["source"] == [f"{needle} = 1"]


def test_a_broken_file_is_left_alone_when_the_person_says_so(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    folder = stage.hub.folder
    name = unique("Broken")
    broken = folder / f"{name}.ipynb"
    broken.write_text(notebook("print('kept')")[:-30], encoding="utf-8")
    before = broken.read_bytes()
    page = stage.home(person())
    row(page, name).click()
    asked = dialog(page, "This file cannot be opened as it is")
    expect(asked).to_contain_text(re.compile("line|Where"))
    asked.get_by_role("button", name=re.compile("Cancel|Close")).last.click()
    expect(asked).to_have_count(0)
    assert broken.read_bytes() == before
    assert [file.name for file in folder.glob(f"{name}*")] == [broken.name]


def test_signed_out_says_how_to_get_a_link_and_a_used_link_is_refused(
    stage: Stage, new_context: Callable[..., BrowserContext]
) -> None:
    link = stage.next_link()
    first = new_context().new_page()
    sign_in(first, link)
    assert "#" not in first.url
    second = new_context().new_page()
    second.goto(link)
    expect(second.get_by_role("heading", name="This link does not sign you in")).to_be_visible()
    expect(second.get_by_text("runhere login")).to_be_visible()
    assert "#" not in second.url
    # The first browser goes on.
    first.reload()
    expect(first.get_by_role("button", name="New notebook")).to_be_visible()


def test_home_has_no_barrier_that_a_program_can_find(
    stage: Stage, new_context: Callable[..., BrowserContext], unique: Callable[[str], str]
) -> None:
    stage.put(unique("One"), "1")
    for options in ({"color_scheme": "light"}, {"color_scheme": "dark", "locale": "ja-JP"}):
        page = new_context(**options, viewport={"width": 400, "height": 800}).new_page()
        page.goto(stage.next_link())
        expect(page.get_by_role("treegrid")).to_be_visible()
        assert barriers(page.locator("html")) == []
