"""Run the notebooks of ipywidgets whole on a companion, in a real browser; write their table of the docs.

Usage: python scripts/widget_notebooks.py [notebook …]. Takes them from ../shared/notebooks/ipywidgets (RUNHERE_CORPUS
names another place), installs what they import into the environment of scripts/widget_table.py, and takes minutes: no
part of `make test`. Each cell must end as it does on the kernel alone; no output's frame may stay empty, and none may
say that something is missing. Pictures of what was seen are left in .build/.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from setup import BUILD, ROOT, say
from widget_table import Case, install, write_table

sys.path.insert(0, str(ROOT / "e2e"))

from playwright.sync_api import Error, Locator, Page, sync_playwright
from servers import Hub, free_port
from steps import bring_into_view, code_cell, connected, open_notebook, output, review, runtime_menu, sign_in

CORPUS = Path(os.environ.get("RUNHERE_CORPUS", ROOT.parent / "shared" / "notebooks")) / "ipywidgets"
BEGIN, END = "<!-- table: scripts/widget_notebooks.py -->", "<!-- end of notebooks -->"
NEEDS = Case(("ipywidgets", "bqplot", "matplotlib", "scipy", "numpy"), "", "")
# What the notebooks read from the disk and the corpus lacks; any picture will do.
PICTURE = ROOT / "docs" / "images" / "notebook.png"
PICTURES = ("WidgetArch.png", "images/WidgetArch.png", "images/WidgetModelView.png", "images/applayout-weather.png")
RUN_LIMIT_MS = 240_000
SEE_LIMIT_MS = 15_000
CLOSED = "Nobody has this widget any more"
FAR = r"tried to load from (\S+)\."
SHOWS = """() => document.querySelector(".jupyter-widgets-error-widget") === null &&
  [...document.querySelectorAll("#output *")].some((one) => {
    const box = one.getBoundingClientRect();
    return (box.width > 4 && box.height > 4 && one.checkVisibility()) || one.matches(".jp-OutputArea:empty");
  })"""
ALONE = """import json, sys
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel()
failed = []
for position, cell in enumerate(json.load(open(sys.argv[1]))["cells"], 1):
    if cell["cell_type"] == "code":
        reply = client.execute("".join(cell["source"]), reply=True, timeout=240, stop_on_error=False)
        failed += [position] if reply["content"]["status"] == "error" else []
manager.shutdown_kernel(now=True)
print(json.dumps(failed))"""


@dataclass
class Seen:
    """What a person sees of one notebook after Run all.

    Attributes:
        closed: Views of widgets that the notebook's own code closed.
        far: Hosts that an output would load from, had it a network.
        wrong: What JupyterLab would show and the page does not.
    """

    cells: int = 0
    frames: int = 0
    closed: int = 0
    far: list[str] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def until(page: Page, limit_ms: int, condition: Callable[[], bool]) -> bool:
    """Whether it came true in time."""
    for _ in range(0, limit_ms, 200):
        try:
            if condition():
                return True
        except Error:  # a frame went while we looked
            pass
        page.wait_for_timeout(200)
    return False


def look(page: Page, cells: list[dict[str, object]], pictures: Path) -> Seen:
    """Run all, then read from the first cell to the last."""
    seen = Seen()
    runtime_menu(page, "Run all")
    review(page).get_by_role("button", name="Trust these cells").click()  # it came from the disk
    for position, cell in enumerate(cells, 1):
        source = cell["source"]
        if cell["cell_type"] != "code" or not isinstance(source, list | str) or not "".join(source).strip():
            continue
        seen.cells += 1
        bring_into_view(page, position)
        state = code_cell(page, position)
        if not until(page, RUN_LIMIT_MS, partial(has_ended, page, position)):
            seen.wrong.append(f"cell {position} does not end")
            return seen
        if state.get_by_text("Failed", exact=True).count():
            seen.failed.append(position)
        look_at_output(page, position, seen)
        page.screenshot(path=pictures / f"{position:03}.png")
    return seen


def has_ended(page: Page, position: int) -> bool:
    """Whether the cell's run is over, however."""
    cell = code_cell(page, position)
    return any(cell.get_by_text(word, exact=True).count() for word in ("Finished", "Failed"))


def look_at_output(page: Page, position: int, seen: Seen) -> None:
    """What stands in the frames of one cell's output, and below them."""
    area = output(page, position)
    if area.count() == 0:
        return
    frames = area.locator("iframe")
    for number in range(frames.count()):
        frames.nth(number).scroll_into_view_if_needed()
        seen.frames += 1
        if not until(page, SEE_LIMIT_MS, partial(shows, area, number)):
            seen.wrong.append(f"cell {position}: frame {number + 1} stays empty")
    for said in area.locator(".output-frame-problem").all_inner_texts():
        if said.startswith(CLOSED):
            seen.closed += 1
        elif (far := re.search(FAR, said)) is not None:
            seen.far.append(far.group(1))
        else:
            seen.wrong.append(f"cell {position}: {said}")


def shows(area: Locator, number: int) -> bool:
    """Whether something with a size stands in the frame, and none of it is ipywidgets' word for what it cannot show.

    An `Output` widget that nothing was printed into shows nothing anywhere. A frame that went says why below its place.
    """
    if area.locator("iframe").count() <= number:
        return True
    handle = area.locator("iframe").nth(number).element_handle()
    inside = handle.content_frame() if handle else None
    return inside is not None and bool(inside.evaluate(SHOWS))


def look_at_all(paths: list[Path], its: Path) -> dict[str, Seen]:
    """Each notebook with a kernel of its own, on the companion that the hub starts."""
    results: dict[str, Seen] = {}
    os.environ["RUNHERE_KERNEL_PYTHON"] = str(its)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playing:
        folder = Path(place) / "notebooks"
        folder.mkdir()
        (folder / "images").mkdir()
        for picture in PICTURES:
            (folder / picture).write_bytes(PICTURE.read_bytes())
        for path in paths:
            (folder / path.name).write_bytes(path.read_bytes())
        hub = Hub(folder=folder, data=Path(place) / "data", port=free_port(), words=())
        link = hub.start()
        try:
            browser = playing.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 1000}).new_page()
            page.set_default_timeout(60_000)
            sign_in(page, link)
            for path in paths:
                pictures = BUILD / "widget-notebooks" / path.stem
                pictures.mkdir(parents=True, exist_ok=True)
                page.goto(hub.origin)
                open_notebook(page, path.stem)
                connected(page)
                seen = look(page, json.loads(path.read_text(encoding="utf-8"))["cells"], pictures)
                seen.wrong += [f"cell {one} fails" for one in sorted(set(seen.failed) - fails_alone(path, its))]
                results[path.stem] = seen
                say(f"{path.stem}: {seen}")
            browser.close()
        finally:
            hub.stop()
    return results


def fails_alone(path: Path, its: Path) -> set[int]:
    """Positions of the cells that fail on a kernel without any page: on purpose, or for want of something here."""
    ran = subprocess.run([its, "-c", ALONE, path], capture_output=True, text=True, check=True, timeout=600)
    return set(json.loads(ran.stdout.splitlines()[-1]))


def row(seen: Seen) -> tuple[str, ...]:
    """Its cells in the table."""
    notes = [f"{seen.closed} views of a widget that a later cell closes say so"] if seen.closed else []
    notes += [f"{host} needs the network (`RUNHERE_OUTPUT_NETWORK=open`)" for host in seen.far]
    notes += [f"cell {position} fails on purpose" for position in seen.failed]
    return str(seen.cells), str(seen.frames), "no" if seen.wrong else "yes", "; ".join([*seen.wrong, *notes])


def main() -> int:
    """Run the named notebooks, or all, and write their rows of the table. 1: something is not as in JupyterLab."""
    paths = [path for path in sorted(CORPUS.glob("*.ipynb")) if not sys.argv[1:] or path.stem in sys.argv[1:]]
    results = look_at_all(paths, install({"all": NEEDS}))
    rows = {name: row(seen) for name, seen in results.items()}
    head = ("notebook", "code cells", "frames", "whole", "")
    write_table(BEGIN, END, head, rows, order=sorted(path.stem for path in CORPUS.glob("*.ipynb")))
    return 1 if any(seen.wrong for seen in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
