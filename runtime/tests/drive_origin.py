"""Be a page of somebody else's site in Chromium and let it work with a runtime; print what came of it as JSON.

    drive_origin.py ORIGIN RUNTIME CHROMIUM PROGRAM < TOKEN

The site itself is never asked: its page is an empty one, under its origin. The person has allowed it to reach apps on
this device, which Chromium asks of every site in the net; without a window the question would be denied. PROGRAM is
JavaScript: a function of (runtime's address, token), run in the page. With what it found goes the browser's own log of
requests and answers.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

EMPTY = "<!doctype html><title>A page</title>"


def allow_this_device(profile: Path, origin: str) -> None:
    allowed = {f"{origin}:443,*": {"setting": 1, "last_modified": "13400000000000000"}}
    settings = {"loopback_network": allowed, "local_network": allowed}
    (profile / "Default").mkdir(parents=True)
    preferences = {"profile": {"content_settings": {"exceptions": settings}}}
    (profile / "Default" / "Preferences").write_text(json.dumps(preferences), encoding="utf-8")


def main(origin: str, runtime: str, chromium: str, program: str) -> None:
    token = sys.stdin.read().strip()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        allow_this_device(Path(profile), origin)
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=["--no-sandbox"]
        )
        try:
            page = browser.new_page()
            page.set_default_timeout(60_000)
            page.route(f"{origin}/**", lambda route: route.fulfill(body=EMPTY, content_type="text/html"))
            trace: list[dict[str, object]] = []
            log = page.context.new_cdp_session(page)
            log.send("Network.enable")
            log.on("Network.requestWillBeSentExtraInfo", lambda told: trace.append({"sent": told["headers"]}))
            log.on("Network.responseReceivedExtraInfo", lambda told: trace.append({"status": told["statusCode"]}))
            page.goto(f"{origin}/")
            page.unroute_all()  # while anything is intercepted, Playwright answers preflights itself
            found = page.evaluate(f"([base, token]) => ({program})(base, token)", [runtime, token])
            sys.stdout.write(json.dumps({"found": found, "trace": trace}))
        finally:
            browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
