"""What a person does in the page, in the page's own names. No test ids: role and accessible name only."""

import contextlib
import json
import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect
from playwright.sync_api import Error as PlaywrightError
from servers import wait_until

MAIN_MODIFIER = "Control"
AXE = Path(__file__).resolve().parent.parent / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
DEAF_MS = 450
# Of the mouse wheel, by 300 pixels each.
MOST_TURNS = 100


def sign_in(page: Page, link: str) -> None:
    """Follow a login link and wait for Home."""
    page.goto(link)
    expect(page.get_by_role("button", name="New notebook")).to_be_visible()


def row(page: Page, name: str) -> Locator:
    """A line of Home's tree: a folder, a notebook, or another file."""
    return page.get_by_role("row", name=name, exact=True)


def open_notebook(page: Page, name: str) -> None:
    """Open a notebook from Home by its name and wait until its first cell can be edited."""
    row(page, name).dblclick()
    expect(page).to_have_url(re.compile(r"/n/[0-9a-f]{32}"))
    expect(page.get_by_role("group", name=re.compile(r"^(Code|Text) cell 1$"))).to_be_visible()


def opened(context: BrowserContext, link: str, name: str) -> Page:
    """A new tab of a browser that signs in by the link and opens a notebook."""
    page = context.new_page()
    sign_in(page, link)
    open_notebook(page, name)
    return page


def code_cell(page: Page, position: int) -> Locator:
    """The code cell at a position among all cells, from 1."""
    return page.get_by_role("group", name=f"Code cell {position}", exact=True)


def text_cell(page: Page, position: int) -> Locator:
    return page.get_by_role("group", name=f"Text cell {position}", exact=True)


def source(page: Page, position: int) -> Locator:
    return page.get_by_role("textbox", name=f"Source of cell {position}", exact=True)


def on_cell(page: Page, position: int) -> None:
    """Select a code cell and leave its text."""
    source(page, position).click()
    page.keyboard.press("Escape")
    expect(code_cell(page, position)).to_be_focused()


def next_picture(page: Page) -> None:
    """Wait until the page has drawn what it was just told: rows come with the picture after the one that scrolled."""
    page.evaluate("async () => { for (let n = 0; n < 3; n += 1) await new Promise(requestAnimationFrame); }")


# Resolves when no frame has moved or changed its size from one picture to the next, three times.
FRAMES_AT_REST = """async () => {
  const frames = () => [...document.querySelectorAll("iframe")];
  const places = () => JSON.stringify(frames().map((one) => one.getBoundingClientRect()));
  for (let same = 0, before = ""; same < 3; ) {
    await new Promise(requestAnimationFrame);
    const now = places();
    same = now === before ? same + 1 : 0;
    before = now;
  }
}"""


def press_inside(target: Locator) -> None:
    """Click what stands in an output's frame, once the page has drawn the frame where and as large as it is.

    A frame is drawn by a process of its own: of one that just grew or moved, Chromium still gives the page the clicks
    on its new part until the next picture, and they are lost.
    """
    wait_until(lambda: came_into_view(target), what="a part of an output in the window")
    target.page.evaluate(FRAMES_AT_REST)
    target.click()


def came_into_view(target: Locator) -> bool:
    """Scroll to it. Not if it keeps moving, or ceases to exist meanwhile: rows near the window come and go."""
    try:
        target.scroll_into_view_if_needed(timeout=5_000)
    except PlaywrightError:
        return False
    return True


def bring_into_view(page: Page, position: int) -> None:
    """Scroll as a person would until the cell is there: the page holds only what is near the window."""
    cell = page.get_by_role("group", name=re.compile(rf"^(Code|Text) cell {position}$"))
    # Outputs that grow above it push it out again: then once more from the top.
    for _ in range(3):
        if cell.count() == 0:
            page.get_by_role("list", name="Cells").hover(position={"x": 5, "y": 5})
            page.mouse.wheel(0, -100_000)
        for _ in range(MOST_TURNS):
            if cell.count() > 0:
                break
            page.mouse.wheel(0, 300)
            next_picture(page)
        if came_into_view(cell):
            return
    raise AssertionError(f"there is no cell {position} however far one scrolls")


def output(page: Page, position: int) -> Locator:
    """What a cell shows, once that is of its last run: for a moment after the press it is still of the one before."""
    region = page.get_by_role("region", name=f"Output of cell {position}", exact=True)
    return region.and_(page.locator(':not([aria-busy="true"])'))


def settled(page: Page, part: Locator) -> Locator:
    """A part of a cell's margin, once it speaks of the cell's last run."""
    return part.and_(page.locator(':not([aria-busy="true"] *)'))


def review(page: Page) -> Locator:
    """The question that stands before code by others runs on this machine."""
    return page.get_by_role("dialog", name="Review before running on your machine")


def trust_what_is_asked(page: Page) -> None:
    """Answer that question as somebody who knows the notebook, whenever it stands in the way of the next step.

    Every page of `new_context` does; a story about the question itself makes its pages with `answers_reviews=False`.
    """
    page.add_locator_handler(review(page), lambda asked: asked.get_by_role("button", name="Trust these cells").click())


def run_cell(page: Page, position: int) -> None:
    """Press a cell's Run button as a person would: not within the 400 ms in which it is deaf after a change.

    A long output that is drawn only now pushes the cells below it out of the page: then scroll to it once more.
    """
    cell = code_cell(page, position)
    button = settled(page, cell.get_by_role("button", name="Run cell"))

    def is_in_sight() -> bool:
        if cell.count() == 0:
            bring_into_view(page, position)
        return button.is_visible()

    wait_until(is_in_sight, what=f"the Run button of cell {position}")
    page.wait_for_timeout(DEAF_MS)
    button.click()


def interrupt(page: Page, position: int) -> None:
    """Press the running cell's Interrupt button, once it listens."""
    button = code_cell(page, position).get_by_role("button", name="Interrupt execution")
    expect(button).to_be_visible()
    page.wait_for_timeout(DEAF_MS)
    button.click()


def type_source(page: Page, position: int, text: str) -> None:
    """Replace a cell's source by typing."""
    box = source(page, position)
    box.click()
    page.keyboard.press(f"{MAIN_MODIFIER}+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def connect(page: Page, pasted: str) -> None:
    """Connect ▸ Connect to a local runtime… ▸ Backend URL ▸ Connect, until it says **Connected to**."""
    try_to_connect(page, pasted)
    connected(page)


def connected(page: Page) -> None:
    expect(page.get_by_role("button", name=re.compile("^Connected to "))).to_be_visible()


def connect_dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Local connection settings")


def try_to_connect(page: Page, pasted: str) -> Locator:
    """Paste an address into the dialog and press Connect. The dialog."""
    page.get_by_role("button", name="Connection options").click()
    page.get_by_role("menuitem", name="Connect to a local runtime…").click()
    dialog = page.get_by_role("dialog", name="Local connection settings")
    dialog.get_by_role("textbox", name="Backend URL").click()
    page.keyboard.type(pasted)
    dialog.get_by_role("button", name="Connect", exact=True).click()
    return dialog


def send_token(page: Page) -> None:
    """Say yes to the question whether the token may go to a server that does not say what it is."""
    connect_dialog(page).get_by_role("button", name="Send the token").click()


def give_token(page: Page, token: str) -> None:
    """Answer the question for a token."""
    dialog = connect_dialog(page)
    dialog.get_by_role("textbox", name="Token, or the whole address with it").click()
    page.keyboard.type(token)
    dialog.get_by_role("button", name="Connect", exact=True).click()


def disconnect(page: Page) -> None:
    page.get_by_role("button", name="Connection options").click()
    page.get_by_role("menuitem", name="Disconnect").click()
    expect(page.get_by_role("button", name="Connect", exact=True)).to_be_visible()


def runtime_menu(page: Page, command: str) -> None:
    """Choose a command of the Runtime menu by the beginning of its name."""
    page.get_by_role("menuitem", name="Runtime", exact=True).click()
    page.get_by_role("menuitem", name=re.compile(f"^{re.escape(command)}")).first.click()


def ran(page: Page, position: int, mark: str = "Finished") -> None:
    """Wait until a cell says how its run ended: Finished, Failed, Interrupted, Cancelled."""
    expect(settled(page, code_cell(page, position).get_by_text(mark, exact=True))).to_be_attached()


def close_menu(page: Page) -> None:
    """Leave an open menu by Escape, once it has the focus: it takes it a moment after it is drawn."""
    expect(page.locator("[role=menu]:focus, [role=menu] :focus")).to_be_attached()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)


def choose_panel(page: Page, name: str) -> Locator:
    """View ▸ the panel. The panel."""
    page.get_by_role("menuitem", name="View", exact=True).click()
    page.get_by_role("menuitemcheckbox", name=name).click()
    return page.get_by_role("region", name=name, exact=True)


def barriers(part: Locator) -> list[str]:
    """What a program can find that keeps people with a screen reader or weak sight out of a part of the page."""
    part.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = part.evaluate(
        "async (part) => (await axe.run(part)).violations.map(v => v.id + ': ' + v.nodes[0].html)"
    )
    return found


def saved(page: Page) -> None:
    """Wait for the page's promise."""
    expect(page.get_by_text("All changes saved")).to_be_visible()


def kept_in_browser(page: Page, position: int, text: str) -> None:
    """Wait until a page without a hub shows the text and says that this browser keeps it."""
    expect(source(page, position)).to_have_text(text)
    expect(page.get_by_text("Offline. Changes are kept in this browser.")).to_be_visible()
    expect(page.get_by_text("All changes saved")).to_have_count(0)


def expect_cells(page: Page, count: int, *, limit_ms: float | None = None) -> None:
    """Wait until the notebook has so many cells, mounted or not, as assistive technology hears it."""
    expect(page.get_by_role("listitem").first).to_have_attribute("aria-setsize", str(count), timeout=limit_ms)


def delete_cell(page: Page, left: int) -> None:
    """Press d twice, until so many cells are left: on a busy machine the second one comes too late for the first."""
    for _ in range(5):
        page.keyboard.press("d")
        page.keyboard.press("d")
        with contextlib.suppress(AssertionError):
            expect_cells(page, left, limit_ms=10_000)
            return
    expect_cells(page, left)


def notebook_text(*sources: str) -> str:
    """A small canonical file of code cells a, b, c …"""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": chr(97 + index),
            "metadata": {},
            "outputs": [],
            "source": text.splitlines(True),
        }
        for index, text in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def sources_in(path: Path) -> list[str]:
    """The sources that stand in a file on the disk."""
    return ["".join(cell["source"]) for cell in json.loads(read(path))["cells"]]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
