"""Open a page of its own origin in Chromium and let it work with a runtime; print what came of it as JSON.

    drive_pages.py FOLDER-OF-PAGE PORT-OF-PAGE RUNTIME CHROMIUM PROGRAM < TOKEN

PROGRAM is JavaScript: a function of (runtime's address, token), run in the page. What the page writes to its console
goes to standard error, as it comes.
"""

from __future__ import annotations

import functools
import json
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import sync_playwright


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def main(folder: str, port: str, runtime: str, chromium: str, program: str) -> None:
    token = sys.stdin.read().strip()
    handler = functools.partial(Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", int(port)), handler) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            page = browser.new_page()
            page.on("console", lambda line: sys.stderr.write(f"{line.text}\n"))
            page.set_default_timeout(60_000)
            page.goto(f"http://127.0.0.1:{port}/index.html")
            found = page.evaluate(f"([base, token]) => ({program})(base, token)", [runtime, token])
            sys.stdout.write(json.dumps(found))
        finally:
            browser.close()
            server.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
