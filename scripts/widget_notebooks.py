"""Run the notebooks of ipywidgets whole on a companion, in a real browser; write the table of the docs.

Usage: python scripts/widget_notebooks.py [notebook …]. Takes them from ../shared/notebooks/ipywidgets (RUNHERE_CORPUS
names another place), installs what they import into the environment of scripts/widget_table.py, and takes minutes: no
part of `make test`. Each cell must end, only cells that are meant to fail may fail, and every widget view must show.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from setup import BUILD, ROOT, say
from widget_table import ENVIRONMENT, Case, install

sys.path.insert(0, str(ROOT / "e2e"))

from playwright.sync_api import Error, Page, sync_playwright
from servers import Hub, free_port, start
from steps import bring_into_view, cell_count, connect, open_notebook, runtime_menu, sign_in, trust_what_is_asked

CORPUS = Path(os.environ.get("RUNHERE_CORPUS", ROOT.parent / "shared" / "notebooks")) / "ipywidgets"
DOCS = ROOT / "docs" / "use" / "widgets.md"
BEGIN, END = "<!-- table: scripts/widget_notebooks.py -->", "<!-- end of notebooks -->"
NEEDS = Case(("ipywidgets", "bqplot", "matplotlib", "scipy", "numpy", "ipykernel"), "", "")
RUN_LIMIT_S = 240
SEE_LIMIT_S = 20
SHOWN = ".jupyter-widgets, .widget-output, .bqplot, canvas"


@dataclass
class Seen:
    """What a person sees of one notebook after Run all."""

    code_cells: int = 0
    failed: int = 0
    views: int = 0
    shown: int = 0
    seconds: float = 0.0
    said: str = ""


def until(condition: Callable[[], bool], limit_s: float, page: Page) -> bool:
    """Whether it came true in time."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except Error:  # a frame went while we looked
            pass
        page.wait_for_timeout(200)
    return False


def look(page: Page, name: str) -> Seen:
    """Run all, then read from the first cell to the last."""
    seen, begun = Seen(), time.monotonic()
    runtime_menu(page, "Run all")
    last = cell_count(page)
    for position in range(1, last + 1):
        bring_into_view(page, position)
        cell = page.get_by_role("group", name=f"Code cell {position}", exact=True)
        if cell.count() == 0:
            continue
        text = cell.get_by_role("textbox").first.inner_text().strip()
        if text == "":
            continue
        seen.code_cells += 1
        ended = cell.get_by_text("Finished", exact=True).or_(cell.get_by_text("Failed", exact=True))
        if not until(lambda mark=ended: mark.count() > 0, RUN_LIMIT_S, page):  # type: ignore[misc]  # bound now
            seen.said += f" cell {position} did not end;"
            return seen
        if cell.get_by_text("Failed", exact=True).count():
            seen.failed += 1
            seen.said += f" cell {position}: {cell.get_by_role('region').inner_text().strip().splitlines()[-1][:120]};"
        frames = cell.get_by_role("region").locator("iframe")
        for number in range(frames.count()):
            seen.views += 1
            inside = frames.nth(number).content_frame.locator(SHOWN)
            if until(lambda what=inside: what.count() > 0, SEE_LIMIT_S, page):  # type: ignore[misc]  # bound now
                seen.shown += 1
            else:
                seen.said += f" cell {position}: view {number + 1} shows nothing;"
    seen.seconds = time.monotonic() - begun
    page.screenshot(path=BUILD / f"widgets-of-{name}.png")
    return seen


def look_at_all(names: list[str], its: Path) -> dict[str, Seen]:
    """Each notebook with a kernel of its own on one companion."""
    results: dict[str, Seen] = {}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playing:
        folder = Path(place) / "notebooks"
        folder.mkdir()
        for name in names:
            text = (CORPUS / f"{name}.ipynb").read_text(encoding="utf-8")
            (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")
        hub = Hub(folder=folder, data=Path(place) / "data", port=free_port())
        link = hub.start()
        words = [sys.executable, "-m", "runhere_runtime", "--hub", hub.origin, "--root", str(folder)]
        companion = start(
            [*words, "--port", str(free_port()), "--kernel-python", str(its)],
            cwd=folder,
            env={
                "RUNHERE_RUNTIME_DATA": str(Path(place) / "runtime"),
                "JUPYTER_RUNTIME_DIR": str(Path(place) / "jupyter"),
            },
        )
        try:
            pasted = companion.line_matching(r"http://127\.0\.0\.1:\d+/\?token=\S+").group(0)
            browser = playing.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 1000}).new_page()
            page.set_default_timeout(60_000)
            trust_what_is_asked(page)
            sign_in(page, link)
            for name in names:
                page.goto(hub.origin)
                open_notebook(page, name)
                if page.get_by_role("button", name="Connect", exact=True).count():
                    connect(page, pasted)
                results[name] = look(page, name)
                say(f"{name}: {results[name]}")
            browser.close()
        finally:
            companion.stop()
            hub.stop()
    return results


def table(results: dict[str, Seen], before: str) -> str:
    """Rows of notebooks that were not run now stay as they were."""
    rows = {row.split(" | ")[0].removeprefix("| "): row for row in before.splitlines() if row.startswith("| ")}
    for name, seen in results.items():
        views = f"{seen.shown} of {seen.views}"
        rows[name] = f"| {name} | {seen.code_cells} | {seen.failed} | {views} | {seen.said.strip(' ;')} |"
    known = [rows[name] for name in sorted(rows) if name not in ("notebook", "---")]
    return "\n".join(["| notebook | code cells | failed | widget views shown | |", "|---|---|---|---|---|", *known])


def main() -> int:
    """Run the named notebooks, or all, and write their rows of the table."""
    every = sorted(path.stem for path in CORPUS.glob("*.ipynb"))
    chosen = [name for name in every if not sys.argv[1:] or name in sys.argv[1:]]
    its = ENVIRONMENT / "bin" / "python" if "--installed" in sys.argv else install({"all": NEEDS})
    results = look_at_all(chosen or every, its)
    text = DOCS.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    old, _, tail = rest.partition(END)
    DOCS.write_text(f"{head}{BEGIN}\n{table(results, old)}\n{END}{tail}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
