"""What output frames cost: seconds and memory of each, with a widget in it; sixty of them in one notebook.

Usage: python bench/frames.py. Real kernel, real Chromium. Memory is what all of the browser's processes hold for
themselves (private pages), after against before; a frame counts once what it shows is drawn.
"""

import sys
import tempfile
import time
from pathlib import Path

import psutil
from browser import chromium
from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "e2e")]
from servers import Hub, free_port, jupyter, server_flags  # noqa: E402 - the path is set first
from stage import notebook  # noqa: E402
from steps import connect, open_notebook, output, ran, run_cell, sign_in  # noqa: E402

FIRST = "import ipywidgets as w\nw.IntSlider(0)"
PLAIN = "for n in range(15): display({'text/markdown': '# heading'}, raw=True)"
SLIDERS = "for n in range(15): display(w.IntSlider(n))"
SIXTY = "for n in range(60): display(w.IntSlider(n))"
FRAMES = 15


def private_mb(before: set[int]) -> float:
    """Private memory of the processes that this one started since `before`."""
    total = 0
    for child in psutil.Process().children(recursive=True):
        if child.pid not in before:
            try:
                total += child.memory_full_info().uss
            except psutil.Error:
                continue
    return total / 1e6


def settled_mb(before: set[int]) -> float:
    """The same, once three seconds passed in which nothing was asked of the page."""
    time.sleep(3)
    return private_mb(before)


def run_s(page: Page, position: int, last: str) -> float:
    """Seconds from Run to the last output being drawn."""
    begun = time.perf_counter()
    run_cell(page, position)
    ran(page, position)
    if last:
        frames = output(page, position).locator("iframe")
        for number in range(frames.count()):
            expect(frames.nth(number).content_frame.locator(last)).to_be_visible()
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playing:
        folder = Path(name) / "notebooks"
        folder.mkdir()
        (folder / "Frames.ipynb").write_text(notebook(FIRST, PLAIN, SLIDERS, SIXTY), encoding="utf-8")
        hub = Hub(folder=folder, data=Path(name) / "data", port=free_port())
        link = hub.start()
        try:
            with jupyter("server", folder, *server_flags(hub.origin)) as stock:
                before = {child.pid for child in psutil.Process().children(recursive=True)}
                with chromium(playing) as browser:
                    page = browser.page()
                    sign_in(page, link)
                    open_notebook(page, "Frames")
                    connect(page, stock.pasted)
                    first_s = run_s(page, 1, ".widget-readout")
                    plain_s = run_s(page, 2, "")
                    start_mb = settled_mb(before)
                    start_cpu_s = browser.cpu_s()
                    frames_s = run_s(page, 3, ".widget-readout")
                    cpu_s = browser.cpu_s() - start_cpu_s
                    frames_mb = settled_mb(before) - start_mb
                    print(f"the first widget: {first_s:.2f} s")
                    print(f"each further one: {(frames_s - plain_s) / FRAMES:.3f} s, {frames_mb / FRAMES:.1f} MB")
                    print(f"processor time of each: {cpu_s / FRAMES:.3f} s")
                    sixty_s = run_s(page, 4, ".widget-readout")
                    print(
                        f"sixty, those drawn that have room: {sixty_s:.2f} s, {page.locator('iframe').count()} frames"
                    )
                    print(f"all in all then: {settled_mb(before) - start_mb:.0f} MB more than before the frames")
        finally:
            hub.stop()


if __name__ == "__main__":
    main()
