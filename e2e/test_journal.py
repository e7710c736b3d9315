"""The companion in real browsers: no question is asked, and a closed tab loses nothing.

`runhere` starts hub and companion, prints one link, and the page pairs by it. Other computers, cut cables, a killed hub
and floods need no browser: those stories are in `journal.server.test.ts`.
"""

import json
import re
import sysconfig
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import ipykernel
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from servers import Hub, wait_until
from stage import Stage
from steps import bring_into_view, disconnect, open_notebook, output, run_cell, runtime_menu, sign_in, type_source

from runhere_hub.testing.ports import free_port

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.

CELLS = 20
LINES = 6


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A hub with its companion."""
    root = tmp_path_factory.mktemp("stage")
    (root / "notebooks").mkdir()
    made = Stage(Hub(folder=root / "notebooks", data=root / "data", port=free_port(), words=()))
    made.link = made.hub.start()
    yield made
    made.hub.stop()


def connected(page: Page) -> None:
    """Without a question."""
    expect(page.get_by_role("button", name=re.compile("^Connected to "))).to_be_visible()
    assert page.get_by_role("dialog").count() == 0


def printing(n: int) -> str:
    return f"import time\nfor i in range({LINES}):\n    print({n}, i, flush=True)\n    time.sleep(0.02)"


def printed(n: int) -> str:
    return "".join(f"{n} {i}\n" for i in range(LINES))


def texts(file: Path) -> list[str]:
    """What each cell printed, as it stands in the file."""
    try:
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    except ValueError:  # being written
        return []
    return ["".join("".join(out.get("text", "")) for out in cell["outputs"]) for cell in cells]


def test_every_tab_is_connected_without_a_question_and_closing_them_loses_nothing(
    stage: Stage, new_context: Callable[..., BrowserContext], unique: Callable[[str], str]
) -> None:
    asked = stage.hub.folder / unique("asked")
    ask = f"open({asked.name!r}, 'w').close()\nprint('hello', input('who? '))"
    file = stage.put("Own", *map(printing, range(CELLS)), ask)
    context = new_context()
    page = context.new_page()
    sign_in(page, stage.next_link())
    open_notebook(page, "Own")
    connected(page)
    runtime_menu(page, "Run all")
    expect(output(page, 2)).to_contain_text("1 2")
    address = page.url
    second = context.new_page()
    second.goto(address)
    connected(second)
    page.close()
    # Nobody is there while the rest is printed, and while the question is asked.
    second.goto("about:blank")
    wait_until(asked.exists, what="the question, which nobody hears")
    second.goto(address)
    connected(second)
    expect(output(second, 1)).to_contain_text(f"0 {LINES - 1}")
    bring_into_view(second, CELLS + 1)
    box = output(second, CELLS + 1).get_by_role("textbox")
    expect(box).to_be_visible()
    box.click()
    second.keyboard.type("Ann")
    second.keyboard.press("Enter")
    expect(output(second, CELLS + 1)).to_contain_text("hello Ann")
    whole = [*map(printed, range(CELLS)), "who? Ann\nhello Ann\n"]
    wait_until(lambda: texts(file) == whole, what="every line of every cell, and the answer")
    assert "runhere.notice" not in file.read_text(encoding="utf-8")
    program = stage.hub.program
    assert program
    assert not re.search(r"runhere\.token|[?&]token=", "\n".join(line for line in program.lines if "#" not in line))


def test_every_notebook_is_connected_by_itself_but_not_after_disconnect(
    stage: Stage, new_context: Callable[..., BrowserContext]
) -> None:
    stage.put("One", "'x' in globals()")
    stage.put("Two", "1 + 1")
    context = new_context()
    sign_in(context.new_page(), stage.next_link())
    first = stage.open(context, "One")
    connected(first)
    run_cell(first, 1)
    expect(output(first, 1)).to_contain_text("False")
    second = stage.open(context, "Two")
    connected(second)
    run_cell(second, 1)
    expect(output(second, 1)).to_contain_text("2")
    first.bring_to_front()
    disconnect(first)
    first.reload()
    expect(first.get_by_role("group", name="Code cell 1", exact=True)).to_be_visible()
    expect(first.get_by_role("button", name="Connect", exact=True)).to_be_visible()
    second.reload()
    connected(second)


def test_a_pairing_link_warns_first(
    stage: Stage, new_context: Callable[..., BrowserContext], browser_name: str
) -> None:
    stage.put(f"Paired {browser_name}", "6 * 7")
    page = new_context().new_page()
    sign_in(page, stage.next_link().split("&rt=")[0])
    runtime = parse_qs(urlsplit(stage.hub.login_link()).fragment)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{stage.hub.origin}/connect#rt={runtime['rt'][0]}&pair={runtime['pair'][0]}")
    button = page.get_by_role("button", name="Connect", exact=True)
    expect(button).to_be_visible()
    for consequence in ("read, change and delete your files", "run any command", "send data to anywhere"):
        expect(page.get_by_text(consequence)).to_be_visible()
    assert "pair=" not in page.url
    assert not [url for url in asked if url.startswith(runtime["rt"][0])], (
        "nothing is asked of the runtime before the click"
    )
    button.click()
    open_notebook(page, f"Paired {browser_name}")
    connected(page)
    run_cell(page, 1)
    expect(output(page, 1)).to_contain_text("42")

    # Environments of that machine: one with a kernel is one choice away, one without says what is missing.
    make_environments(stage.hub.folder)
    page.get_by_role("button", name="Connection options").click()
    page.get_by_role("menuitem", name="Kernel").click()
    page.get_by_role("menuitem", name="More environments…").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Connected to "))
    dialog.get_by_role("button", name=re.compile(r"^\d+ environments? without a kernel$")).click()
    expect(dialog.get_by_text(f"{stage.hub.folder}/venv/bin/python -m pip install ipykernel")).to_be_visible()
    dialog.get_by_role("button", name=re.compile("Kernel$")).click()
    page.get_by_role("option", name="Python (notebooks)").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Change kernel").click()
    type_source(page, 1, "import sys; print('in', sys.prefix)")
    run_cell(page, 1)
    expect(output(page, 1)).to_contain_text(f"in {stage.hub.folder}/.venv")


def make_environments(folder: Path) -> None:
    """`.venv` with ipykernel (that of this test run), `venv` without."""
    if (folder / "venv").exists():  # the other browser's story was here
        return
    for name in (".venv", "venv"):
        venv.create(folder / name, with_pip=False, symlinks=True)
    packages = next((folder / ".venv").glob("lib/python3*/site-packages"))
    (packages / "ipykernel").symlink_to(Path(ipykernel.__file__).parent)
    (packages / "what_it_needs.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
