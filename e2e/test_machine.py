"""The machine at hand (issue 5): debugger, variables, resources, terminals and files of a stock Jupyter server."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Route, expect
from servers import Jupyter, jupyter, server_flags, wait_until
from stage import Stage
from steps import (
    DEAF_MS,
    barriers,
    bring_into_view,
    choose_panel,
    code_cell,
    connect,
    connected,
    interrupt,
    output,
    ran,
    read,
    row,
    run_cell,
    runtime_menu,
    source,
    sources_in,
)

FUNCTION = "def area(width, height):\n    size = width * height\n    return size"
CALL = "total = 0\nfor side in (2, 3):\n    total = total + area(side, 10)\nprint('total', total)"


def test_a_cell_is_debugged_from_a_breakpoint_to_its_output_and_again_after_a_restart(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("debug")
    stage.put(name, FUNCTION, CALL)
    page = stage.open(person(), name)
    connect(page, stock.pasted)
    panel = choose_panel(page, "Debugger")
    expect(panel.get_by_text("None yet.")).to_be_visible()

    # A breakpoint by its key; it follows what is typed above it.
    source(page, 1).click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("F9")
    points = panel.get_by_role("list", name="Breakpoints")
    expect(points.get_by_role("button", name=re.compile(r"^size = .* cell 1, line 2$"))).to_be_visible()
    page.keyboard.press("Control+Home")
    page.keyboard.insert_text("# how much\n")
    expect(points.get_by_role("button", name=re.compile(r"^size = .* cell 1, line 3$"))).to_be_visible()

    run_cell(page, 1)
    ran(page, 1)
    debug_cell(page, 2)
    # No breakpoint of its own: it stops in its first line.
    state = panel.get_by_role("status")
    expect(state).to_have_text("Stopped at a breakpoint")
    frames = panel.get_by_role("list", name="Call stack").get_by_role("button")
    expect(frames.first).to_have_text(re.compile(r"cell 2, line 1$"))
    run_cell(page, 1)
    expect(page.get_by_text("Cell 2 stands still in the debugger: what you run waits")).to_be_visible()
    waiting = code_cell(page, 1).get_by_role("button", name="Cancel queued run")
    expect(waiting).to_be_visible()
    page.wait_for_timeout(DEAF_MS)
    waiting.click()
    expect(code_cell(page, 1).get_by_role("button", name="Run cell")).to_be_visible()
    page.keyboard.press("F8")
    expect(frames.first).to_have_text(re.compile(r"^area.*cell 1, line 3$"))
    variables = panel.get_by_role("region", name="Variables").get_by_role("listitem")
    expect(variables.filter(has_text="width")).to_have_text(re.compile(r"width ?int ?2"))
    panel.get_by_role("button", name="Step over").click()
    expect(frames.first).to_have_text(re.compile(r"cell 1, line 4$"))
    expect(variables.filter(has_text="size")).to_have_text(re.compile(r"size ?int ?20"))
    frames.nth(1).click()
    expect(frames.nth(1)).to_have_attribute("aria-current", "true")
    expect(variables.filter(has_text="side")).to_have_text(re.compile(r"side ?int ?2"))
    assert barriers(panel) == []

    page.reload()
    expect(frames.first).to_have_text(re.compile(r"^area.*cell 1, line 4$"))
    panel.get_by_role("button", name="Remove all").click()
    expect(panel.get_by_text("None yet.")).to_be_visible()
    panel.get_by_role("button", name="Continue").click()
    expect(output(page, 2)).to_contain_text("total 50")
    expect(state).to_have_text(re.compile("^On"))

    # What is asked for while the kernel is restarted stops in the new process: the server hears of it when both are.
    restarts: list[Route] = []
    page.route(re.compile("/restart"), lambda route: restarts.append(route), times=1)
    runtime_menu(page, "Restart runtime…")
    page.get_by_role("alertdialog").get_by_role("button", name="Restart").click()
    source(page, 1).click()
    page.keyboard.press("Control+End")
    page.keyboard.press("F9")
    run_cell(page, 1)
    run_cell(page, 2)
    restarts[0].continue_()
    expect(frames.first).to_have_text(re.compile(r"^area.*cell 1, line 4$"))
    panel.get_by_text("Stop at breakpoints").click()
    expect(state).to_have_text(re.compile("^Off"))
    expect(output(page, 2)).to_contain_text("total 50")


def debug_cell(page: Page, position: int) -> None:
    """Runtime ▸ Debug cell, on a cell that is chosen first."""
    bring_into_view(page, position)
    code_cell(page, position).click(position={"x": 3, "y": 16})
    runtime_menu(page, "Debug cell")


TABLE = """import pandas as pd
rain = pd.DataFrame({'day': range(120), 'mm': [0.5] * 120})
def add(a, b): return a + b"""
LONG = "import time\nduring = [3, [4]]\nwhile True: time.sleep(0.1)"


def test_variables_are_told_and_opened_also_while_a_cell_runs_and_resources_are_shown(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("values")
    stage.put(name, TABLE, LONG)
    page = stage.open(person(), name)
    connect(page, stock.pasted)
    panel = choose_panel(page, "Variables")
    run_cell(page, 1)
    ran(page, 1)
    listed = panel.get_by_role("list", name="Variables")
    expect(listed.get_by_role("button", name=re.compile(r"^rain.*DataFrame · 120 × 2"))).to_be_visible()
    expect(listed.get_by_text("add", exact=True)).to_have_count(0)
    panel.get_by_text("Modules, functions and classes").click()
    expect(listed.get_by_text("add", exact=True)).to_be_visible()

    assert barriers(panel) == []
    run_cell(page, 2)
    listed.get_by_role("button", name=re.compile("^during")).click()
    expect(listed.get_by_role("button", name=re.compile("^1 ?list"))).to_be_visible()
    listed.get_by_role("button", name=re.compile("^rain")).click()
    table = page.get_by_role("dialog", name="rain")
    table.get_by_role("button", name="Next rows").click()
    expect(table.get_by_text("Rows 51–100 of 120")).to_be_visible()
    expect(table.get_by_role("rowheader", name="50", exact=True)).to_be_visible()
    assert barriers(table) == []
    page.keyboard.press("Escape")
    expect(table).to_have_count(0)
    interrupt(page, 2)
    ran(page, 2, "Interrupted")

    panel = choose_panel(page, "Resources")
    expect(panel.get_by_role("region", name="Memory")).to_contain_text(" used")
    expect(panel.get_by_role("row", name=re.compile("^This notebook"))).to_be_visible()
    expect(panel.get_by_text("when the companion")).to_be_visible()
    assert barriers(panel) == []
    page.get_by_role("button", name=re.compile("^Resources: ")).click()
    expect(panel).to_have_count(0)


SCREEN = ".xterm-rows"


def test_terminals_come_back_and_files_are_edited_without_losing_others_changes(
    stage: Stage,
    stock: Jupyter,
    person: Callable[[], BrowserContext],
    unique: Callable[[str], str],
    browser_name: str,
) -> None:
    name = unique("shell")
    stage.put(name, "1")
    folder = stock.root / f"{name} 日本"
    folder.mkdir()
    (folder / "rain.csv").write_text('day,mm\n1,"2,5"\n', encoding="utf-8")
    (folder / "note.txt").write_text("first\n", encoding="utf-8")
    context = person()
    # As on a hub over plain http: there browsers keep this from the page.
    context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page = stage.open(context, name)
    connect(page, stock.pasted)
    panel = choose_panel(page, "Terminal")
    # Terminals are the server's, and this one's server is shared with other stories: only ours is looked at.
    panel.get_by_role("button", name="New terminal").click()
    tab = panel.get_by_role("tab", selected=True)
    expect(tab).to_be_visible()
    label = tab.inner_text()
    screen = panel.locator(SCREEN).last
    expect(screen).to_contain_text(re.compile(r"[#$]"))
    page.keyboard.type("printf 'sum-%s \\346\\227\\245\\346\\234\\254\\n' $((6*7))\n")
    expect(screen).to_contain_text("sum-42 日本")
    assert barriers(panel) == []
    page.keyboard.type("clear; echo copied$((6*6))\n")
    line = screen.locator("> div").filter(has_text=re.compile(r"^copied36"))
    expect(line).to_be_visible()
    box = line.bounding_box()
    assert box
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()
    page.keyboard.press("Control+c")
    page.keyboard.type("echo and-")
    page.keyboard.press("Control+v")
    page.keyboard.press("Enter")
    expect(screen).to_contain_text("and-copied36")
    page.keyboard.type("clear; echo sum-$((6*7))\n")
    # What is typed before the screen is cleared is cleared with it.
    expect(screen).to_have_text(re.compile(r"^sum-42"))
    # Escape is the program's, not the panel's. As long as the shell edits its line, it would take it itself.
    page.keyboard.type("echo begun-$((6*6)); cat -v\n")
    expect(screen).to_contain_text("begun-36")
    page.keyboard.press("Escape")
    expect(screen).to_contain_text("^[")
    page.keyboard.press("Control+c")
    expect(screen).to_contain_text("^C")
    page.keyboard.press("Shift+Escape")
    expect(tab).to_be_focused()
    page.reload()
    expect(panel.get_by_role("tab", name=label, exact=True)).to_have_attribute("aria-selected", "true")
    expect(screen).to_contain_text("sum-42")
    panel.locator(".xterm-screen").last.click()
    page.keyboard.type("echo still-$((40+2))\n")
    expect(screen).to_contain_text("still-42")
    panel.get_by_role("button", name="Terminal actions").click()
    page.get_by_role("menuitem", name="End terminal…").click()
    page.get_by_role("alertdialog").get_by_role("button", name="End terminal").click()
    expect(panel.get_by_role("tab", name=label, exact=True)).to_have_count(0)

    panel = choose_panel(page, "Files")
    # By the keyboard alone: into the folder, down to the table, and back from it.
    panel.get_by_role("row", name=folder.name, exact=True).focus()
    page.keyboard.press("ArrowRight")
    expect(panel.get_by_role("row", name="rain.csv")).to_be_visible()
    assert barriers(panel) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(panel.get_by_role("row", name="rain.csv")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("cell", name="2,5")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel.get_by_role("row", name="rain.csv")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Text of note.txt").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("mine")
    (folder / "note.txt").write_text("theirs, and longer\n", encoding="utf-8")
    page.keyboard.press("Control+s")
    question = page.get_by_role("alertdialog", name="note.txt was changed meanwhile")
    expect(question).to_be_visible()
    assert (folder / "note.txt").read_text(encoding="utf-8") == "theirs, and longer\n"
    question.get_by_role("button", name="Save mine").click()
    wait_until(lambda: (folder / "note.txt").read_text(encoding="utf-8") == "first\nmine", what="my text")
    expect(page.get_by_role("dialog", name="note.txt").get_by_text("Saved", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    content = bytes(range(256)) * 16_000
    panel.get_by_role("button", name=f"Actions for {folder.name}").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("menuitem", name="Upload…").click()
    chooser.value.set_files([{"name": "big é.bin", "mimeType": "", "buffer": content}])
    expect(panel.get_by_role("row", name="big é.bin", exact=True)).to_be_visible()
    wait_until(lambda: (folder / "big é.bin").read_bytes() == content, what="the whole file")  # it grows in the list
    panel.get_by_role("button", name="Actions for big é.bin").click()
    if browser_name == "chromium":
        with page.expect_download() as fetched:
            page.get_by_role("menuitem", name="Download", exact=True).click()
        assert Path(fetched.value.path()).read_bytes() == content
        return
    # Firefox does not tell its driver of a download that the page made itself: what it is handed is looked at.
    page.evaluate(HEAR_HANDED)
    page.get_by_role("menuitem", name="Download", exact=True).click()
    wait_until(lambda: page.evaluate("() => window.handed"), what="the whole file, handed to the browser")
    assert page.evaluate("() => window.handed") == hashlib.sha256(content).hexdigest()


HEAR_HANDED = """() => {
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    void (async () => {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
      window.handed = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    })();
    return make.call(URL, blob);
  };
}"""


def far_notebook(*sources: str) -> str:
    """As another program writes it: its own indent, and metadata that we do not know."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"far-{n}",
            "metadata": {"theirs": n},
            "outputs": [],
            "source": [text],
        }
        for n, text in enumerate(sources)
    ]
    content = {"cells": cells, "metadata": {"strange": {"kept": [1, 2]}}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=3) + "\n"


def cells_on(file: Path) -> list[str]:
    """The sources in a file that a server may be writing just now."""
    try:
        return sources_in(file)
    except json.JSONDecodeError:
        return []


def test_a_notebook_of_the_runtimes_disk_is_live_and_saved_back_there(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str], tmp_path: Path
) -> None:
    start, root = unique("near"), tmp_path / "far"
    stage.put(start, "1")
    (root / "deep 1#").mkdir(parents=True)
    file = root / "deep 1#" / "rain.ipynb"
    file.write_text(far_notebook("import os; print('in', os.path.basename(os.getcwd()))", "x = 1"), encoding="utf-8")
    before = read(file)
    flags = server_flags(stage.hub.origin)
    with jupyter("server", root, *flags) as far:
        place = f"{far.url.removeprefix('http://')}:deep 1#/rain.ipynb"
        page = stage.open(person(), start)
        connect(page, far.pasted)
        panel = choose_panel(page, "Files")
        panel.get_by_role("row", name="deep 1#", exact=True).click()
        panel.get_by_role("row", name="rain.ipynb").click()
        status = page.get_by_role("button", name=place)
        expect(source(page, 2)).to_have_text("x = 1")
        expect(status).to_have_text(f"Saved to {place}")
        assert read(file) == before

        source(page, 2).click()
        page.keyboard.press("Control+End")
        page.keyboard.type("234")
        wait_until(lambda: read(file) == before.replace("x = 1", "x = 1234"), what="one changed line on that disk")
        expect(status).to_have_text(f"Saved to {place}")

        # Its kernel starts beside the file, and what it puts out is in the file.
        connected(page)
        run_cell(page, 1)
        ran(page, 1)
        expect(output(page, 1)).to_contain_text("in deep 1#")
        wait_until(lambda: '"in deep 1#\\n"' in read(file), what="the output in the file")

        expect(status).to_have_text(f"Saved to {place}")
        others = json.loads(read(file))
        others["cells"].append({**others["cells"][1], "id": "added", "source": ["y = 5"]})
        file.write_text(json.dumps(others, indent=3) + "\n", encoding="utf-8")
        expect(source(page, 3)).to_have_text("y = 5")
        address = page.url
        port, token = int(far.url.rsplit(":", 1)[1]), far.token

    source(page, 3).click()
    page.keyboard.press("Control+End")
    page.keyboard.type("67")
    expect(status).to_have_text(f"Not saved to {place} yet")
    assert cells_on(file)[2] == "y = 5"
    with jupyter("server", root, *flags, port=port, token=token):
        wait_until(lambda: cells_on(file)[2:] == ["y = 567"], what="what was typed while the runtime was away")
        expect(status).to_have_text(f"Saved to {place}")
        # Opened once more, it is the same notebook.
        page.goto(stage.hub.origin)
        row(page, start).dblclick()
        connected(page)
        panel.get_by_role("row", name="deep 1#", exact=True).click()
        panel.get_by_role("row", name="rain.ipynb").click()
        expect(page).to_have_url(address)
