"""Panels beside the notebook: from the press of their button to what they show, once their code is there. Target: 200 ms.

Usage: python scripts/bench.py panels [--rounds 7]. Ours alone: no peer has these panels in this place.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser import chromium
from playwright.sync_api import Page, sync_playwright
from report import Figure, print_table

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "e2e"), str(ROOT / "scripts")]
from servers import Hub, free_port, jupyter, server_flags  # noqa: E402 - the path is set first
from stage import notebook  # noqa: E402
from steps import connect, open_notebook, ran, run_cell, sign_in  # noqa: E402

# What a panel is there for; the terminal's is the screen of a shell that runs already.
SHOWN = {
    "Table of contents": "p, button:not([aria-label='Close panel'])",
    "Comments": "p, button:not([aria-label='Close panel'])",
    "Variables": "[role=list] [role=listitem], ul li",
    "Debugger": "[role=status]",
    "Files": "[role=treegrid] [role=row]",
    "Terminal": ".xterm-rows",
    "Resources": "[aria-label=Memory] canvas",
}

# From the press to the end of the frame in which it is drawn.
PRESS_AND_WATCH = """async ([name, shown]) => {
  const button = document.querySelector(`[role=toolbar][aria-label=Panels] [aria-label="${name}"]`);
  const from = performance.now();
  button.click();
  for (;;) {
    if (document.querySelector(`section[aria-label="${name}"]`)?.querySelector(shown)) break;
    if (performance.now() - from > 20000) throw new Error(`${name} was not there after 20 s`);
    await new Promise(requestAnimationFrame);
  }
  await new Promise((done) => requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = done; c.port2.postMessage(0); }));
  return performance.now() - from;
}"""


@contextmanager
def opened() -> Iterator[Page]:
    """A notebook in Chromium, connected to a stock server, with some variables, files and a terminal."""
    with tempfile.TemporaryDirectory(prefix="runhere-bench-") as place:
        folder = Path(place) / "notebooks"
        folder.mkdir()
        (folder / "panels.ipynb").write_text(notebook("x = list(range(1000)); y = {'a': x}", "1"), encoding="utf-8")
        for number in range(200):
            (folder / f"file {number}.txt").write_text("text\n", encoding="utf-8")
        hub = Hub(folder=folder, data=Path(place) / "data", port=free_port())
        link = hub.start()
        try:
            with (
                jupyter("server", folder, *server_flags(hub.origin)) as stock,
                sync_playwright() as playwright,
                chromium(playwright) as browser,
            ):
                page = browser.page()
                sign_in(page, link)
                open_notebook(page, "panels")
                connect(page, stock.pasted)
                run_cell(page, 1)
                ran(page, 1)
                yield page
        finally:
            hub.stop()


def toggle(page: Page, name: str) -> float:
    """Open a panel by its button in the rail. Milliseconds until it shows what it is there for."""
    return float(page.evaluate(PRESS_AND_WATCH, [name, SHOWN[name]]))


def close(page: Page, name: str) -> None:
    """Close the open panel, and let the page come to rest."""
    page.get_by_role("region", name=name, exact=True).get_by_role("button", name="Close panel").click()
    page.get_by_role("region", name=name, exact=True).wait_for(state="detached")
    page.evaluate("() => new Promise((done) => requestIdleCallback(done))")


def main() -> int:
    """Each panel: once with its code to be loaded, then as often as asked."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=7)
    chosen = words.parse_args()
    figures: list[Figure] = []
    with opened() as page:
        page.get_by_role("menuitem", name="View", exact=True).click()
        page.get_by_role("menuitemcheckbox", name="Terminal").click()
        page.get_by_role("region", name="Terminal", exact=True).get_by_role("button", name="New terminal").click()
        page.locator(".xterm-rows").wait_for()
        close(page, "Terminal")
        for name in SHOWN:
            first = toggle(page, name)
            close(page, name)
            figures.append(Figure("panels", f"{name}: first time, ms", "runhere", first))
            for _ in range(chosen.rounds):
                figures.append(Figure("panels", f"{name}: once loaded, ms", "runhere", toggle(page, name)))
                close(page, name)
    print_table(figures, ours="runhere")
    return 0


if __name__ == "__main__":
    sys.exit(main())
