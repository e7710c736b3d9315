"""Pages that answer slowly: races that a busy machine loses once in a hundred runs are then lost each time.

`--slow-pages=600`: milliseconds before each answer, in Chromium. Firefox has nothing like it and stays as it is.
"""

import pytest
from playwright.sync_api import Page

# So many times slower than this machine's.
CPU_RATE = 3


def add_option(parser: pytest.Parser) -> None:
    parser.addoption(
        "--slow-pages",
        type=int,
        default=0,
        metavar="MS",
        help=f"milliseconds that Chromium's pages wait for each answer, with a processor {CPU_RATE} times slower",
    )


def slow_down(page: Page, latency_ms: int) -> None:
    """From now on, for as long as the page lives."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    conditions = {"offline": False, "latency": latency_ms, "downloadThroughput": -1, "uploadThroughput": -1}
    devtools.send("Network.emulateNetworkConditions", conditions)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_RATE})
