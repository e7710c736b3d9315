"""Open JupyterLab in Chromium, make a notebook, run a cell, say what it printed. Token on standard input."""

from __future__ import annotations

import sys

from playwright.sync_api import sync_playwright


def main(url: str, chromium: str, screenshot: str) -> None:
    token = sys.stdin.read().strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        try:
            page.goto(f"{url}?token={token}", wait_until="domcontentloaded")
            assert "token" not in page.url, page.url
            page.locator(".jp-LauncherCard", has_text="Python 3").first.click(timeout=60_000)
            # JupyterLab forgets what is run before it has its kernel.
            page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
            cell = page.locator(".jp-Notebook .jp-CodeCell .cm-content").first
            cell.click(timeout=30_000)
            page.keyboard.type("print('value', 6*7)")
            page.keyboard.press("Shift+Enter")
            output = page.locator(".jp-OutputArea-output", has_text="value 42")
            output.first.wait_for(timeout=40_000)
            sys.stdout.write(output.first.inner_text())
        finally:
            page.screenshot(path=screenshot)
            browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
