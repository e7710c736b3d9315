"""Files as people have them: old, broken, with outputs, in another folder, dragged from the desktop."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from servers import wait_until
from stage import Stage
from steps import notebook_text, read, row, sign_in, source, sources_in

# What Firefox carries when a file of the desktop is dragged.
TRANSFER = """([name, text]) => {
  const transfer = new DataTransfer();
  transfer.effectAllowed = 'all';
  transfer.items.add(new File([text], name, { type: 'application/x-ipynb+json' }));
  return transfer; }"""


@pytest.fixture
def home(stage: Stage, person: Callable[[], BrowserContext]) -> Callable[[], Page]:
    """Home of somebody who is signed in. Called after the story's files are there."""
    return lambda: stage.home(person())


def choose(page: Page, name: str, action: str) -> None:
    row(page, name).get_by_role("button", name=f"Actions for {name}").click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def dragging(page: Page, target: Locator, file: Path) -> Callable[[str], object]:
    """What sends one event of a file dragged over an element: in Chromium the system's own, in Firefox the page's."""
    box = target.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    if page.context.browser and page.context.browser.browser_type.name == "firefox":
        transfer = page.evaluate_handle(TRANSFER, [file.name, read(file)])
        at = {"dataTransfer": transfer, "clientX": x, "clientY": y}
        return lambda kind: target.dispatch_event(kind.lower(), at)
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
    return lambda kind: devtools.send("Input.dispatchDragEvent", {"type": kind, "data": data, "x": x, "y": y})


def drop(page: Page, target: Locator, file: Path) -> None:
    """Drop a file of the desktop on an element, once the element shows that it would take it, as a person does."""
    send = dragging(page, target, file)

    def taken() -> bool:
        send("dragOver")
        return target.get_attribute("data-drop-target") is not None

    send("dragEnter")
    wait_until(taken, what="the row says that it takes the file")
    send("drop")


def first_cell(page: Page) -> Locator:
    return page.get_by_role("group", name=re.compile(r"^(Code|Text) cell 1$"))


@pytest.mark.parametrize("version", [3, 2])
def test_an_old_format_is_upgraded_on_request(
    version: int, stage: Stage, home: Callable[[], Page], unique: Callable[[str], str], corpus: Path
) -> None:
    name = unique(f"Old {version}")
    file = stage.hub.folder / f"{name}.ipynb"
    file.write_bytes((corpus / "nbformat" / f"test{version}.ipynb").read_bytes())
    before = file.read_bytes()
    page = home()
    row(page, name).dblclick()
    asked = page.get_by_role("dialog", name="Upgrade this notebook?")
    expect(asked).to_contain_text(f"format {version}")
    asked.get_by_role("button", name="Cancel").click()
    expect(asked).to_have_count(0)
    assert file.read_bytes() == before  # refused: nothing happened
    expect(row(page, name)).to_be_focused()
    page.keyboard.press("Enter")
    asked.get_by_role("button", name="Upgrade and open").click()
    # The first conversion of a hub's life loads nbformat and its schemas.
    expect(first_cell(page)).to_be_visible()
    assert json.loads(read(file))["nbformat"] == 4


def test_a_broken_file_names_the_place_and_what_can_be_read_is_a_copy(
    stage: Stage, home: Callable[[], Page], unique: Callable[[str], str]
) -> None:
    name = unique("Broken")
    file = stage.hub.folder / f"{name}.ipynb"
    file.write_text(notebook_text("kept = 1", "lost = 2")[:-40], encoding="utf-8")
    before = file.read_bytes()
    page = home()
    row(page, name).dblclick()
    asked = page.get_by_role("dialog", name="This file cannot be opened as it is")
    expect(asked).to_contain_text(re.compile(r"line \d+, column \d+"))
    asked.get_by_role("button", name="Open what can be read").click()
    expect(source(page, 1)).to_have_text("kept = 1")
    expect(page.get_by_role("textbox", name="Notebook name")).to_have_value(f"{name} (recovered)")
    assert file.read_bytes() == before
    assert sources_in(stage.hub.folder / f"{name} (recovered).ipynb")[0] == "kept = 1"


def test_a_file_that_is_invalid_in_a_cell_names_the_cell(
    stage: Stage, home: Callable[[], Page], unique: Callable[[str], str], corpus: Path
) -> None:
    name = unique("Invalid")
    file = stage.hub.folder / f"{name}.ipynb"
    file.write_bytes((corpus / "nbformat" / "invalid.ipynb").read_bytes())
    before = file.read_bytes()
    page = home()
    row(page, name).dblclick()
    asked = page.get_by_role("dialog", name="This file cannot be opened as it is")
    expect(asked).to_contain_text("cell 1")
    expect(asked).to_contain_text("source is missing")
    asked.get_by_role("button", name=re.compile("Cancel|Close")).last.click()
    assert file.read_bytes() == before


def test_other_files_are_dimmed_and_do_not_open(
    stage: Stage, home: Callable[[], Page], unique: Callable[[str], str]
) -> None:
    name, other = unique("Plain"), f"{unique('table')}.csv"
    (stage.hub.folder / f"{name}.ipynb").write_text(notebook_text("1"), encoding="utf-8")
    (stage.hub.folder / other).write_text("a,b", encoding="utf-8")
    page = home()
    colour = "text => getComputedStyle(text).color"
    dimmed, plain = (row(page, one).get_by_text(one).first.evaluate(colour) for one in (other, name))
    assert dimmed != plain
    row(page, other).dblclick()
    expect(row(page, other)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/$"))
    row(page, name).dblclick()
    expect(page).to_have_url(re.compile(r"/n/"))


def test_a_file_dropped_on_a_folder_is_uploaded_there(
    stage: Stage, home: Callable[[], Page], tmp_path: Path, unique: Callable[[str], str]
) -> None:
    folder, name = unique("target"), unique("Dropped")
    (stage.hub.folder / folder).mkdir()
    desktop = tmp_path
    (desktop / f"{name}.ipynb").write_text(notebook_text("dropped = 1"), encoding="utf-8")
    (desktop / "table.csv").write_text("a,b", encoding="utf-8")
    page = home()
    landed = stage.hub.folder / folder / f"{name}.ipynb"
    drop(page, row(page, folder), desktop / f"{name}.ipynb")
    wait_until(landed.exists, what="the uploaded file")
    assert read(landed) == notebook_text("dropped = 1")
    page = home()
    drop(page, row(page, folder), desktop / "table.csv")
    expect(page.get_by_text("“table.csv” is not a notebook")).to_be_visible()
    assert [file.name for file in (stage.hub.folder / folder).iterdir()] == [landed.name]


def test_a_notebook_dragged_to_a_folder_moves(
    stage: Stage, home: Callable[[], Page], browser_name: str, unique: Callable[[str], str]
) -> None:
    if browser_name == "firefox":
        pytest.skip("Firefox's driver moves the mouse but starts no drag of the browser's")
    folder, name = unique("into"), unique("Dragged")
    (stage.hub.folder / folder).mkdir()
    file = stage.hub.folder / f"{name}.ipynb"
    file.write_text(notebook_text("moved = 1"), encoding="utf-8")
    page = home()
    moved = stage.hub.folder / folder / file.name
    row(page, name).drag_to(row(page, folder))
    # It has its new name before it loses the old one.
    wait_until(lambda: moved.exists() and not file.exists(), what="the notebook in the folder")
    expect(row(page, name)).to_have_count(0)


def test_download_with_and_without_outputs(
    stage: Stage, home: Callable[[], Page], unique: Callable[[str], str]
) -> None:
    name = unique("Result")
    made = json.loads(notebook_text("print('seen')"))
    made["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["seen\n"]}]
    made["cells"][0]["execution_count"] = 7
    (stage.hub.folder / f"{name}.ipynb").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    page = home()
    got = {}
    for action in ("Download", "Download without outputs"):
        with page.expect_download() as download:
            choose(page, name, action)
        # Firefox itself counts files of one name.
        assert re.fullmatch(rf"{name}(\(\d\))?\.ipynb", download.value.suggested_filename)
        got[action] = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["cells"][0]
    assert got["Download"] == made["cells"][0]
    assert got["Download without outputs"] == {**made["cells"][0], "outputs": [], "execution_count": None}


def test_search_finds_names_and_text(stage: Stage, home: Callable[[], Page], unique: Callable[[str], str]) -> None:
    named, holding = unique("Zebra"), unique("Plainly")
    (stage.hub.folder / f"{named}.ipynb").write_text(notebook_text("1"), encoding="utf-8")
    (stage.hub.folder / f"{holding}.ipynb").write_text(notebook_text(f"# {named} inside"), encoding="utf-8")
    page = home()
    page.get_by_role("searchbox", name="Search notebooks").fill(named)
    results = page.get_by_role("region", name="Search results")
    expect(results.get_by_role("status")).to_contain_text("2 notebooks found")
    results.get_by_role("button", name=re.compile(f"^{holding}")).click()
    expect(source(page, 1)).to_have_text(f"# {named} inside")


def test_a_second_runhere_binds_its_folder_in_the_running_hub(
    stage: Stage,
    home: Callable[[], Page],
    tmp_path: Path,
    unique: Callable[[str], str],
    new_context: Callable[..., BrowserContext],
) -> None:
    second = tmp_path / unique("second")
    second.mkdir()
    name = unique("Elsewhere")
    (second / f"{name}.ipynb").write_text(notebook_text("elsewhere = 1"), encoding="utf-8")
    page = home()
    expect(row(page, second.name)).to_have_count(0)
    link = stage.hub.bind(second)
    assert link.startswith(stage.hub.origin)
    page.get_by_role("button", name="Refresh").click()
    expect(row(page, second.name)).to_be_visible()
    other = new_context().new_page()
    sign_in(other, link)
    line = row(other, second.name)
    expect(line).to_be_visible()
    if line.get_attribute("aria-expanded") == "false":
        line.get_by_role("button", name=f"Expand {second.name}").click()
    row(other, name).dblclick()
    expect(source(other, 1)).to_have_text("elsewhere = 1")
