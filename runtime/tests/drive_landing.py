"""Open a runtime's printed URL at the port where it really is, in Chromium; print what the page shows as JSON.

drive_landing.py ADDRESS CHROMIUM SCREENSHOT < TOKEN
"""

from __future__ import annotations

import json
import sys

from playwright.sync_api import expect, sync_playwright


def main(address: str, chromium: str, screenshot: str) -> None:
    token = sys.stdin.read().strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(60_000)
        try:
            page.goto(f"{address}/?token={token}")
            link = page.get_by_role("textbox")
            expect(link).to_have_value(f"{address}/?token={token}", timeout=60_000)
            page.get_by_role("button").click()
            expect(page.get_by_role("status")).not_to_be_empty(timeout=60_000)
            sys.stdout.write(json.dumps({"address": page.url, "told": page.get_by_role("status").inner_text()}))
        finally:
            page.screenshot(path=screenshot)
            browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
