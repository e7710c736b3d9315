"""Plain Jupyter, and the page goes away while a cell prints: nothing is lost or doubled, or it is marked."""

import contextlib
import re
from collections.abc import Callable

import psutil
import pytest
from played import cable
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect
from servers import Jupyter, wait_until
from stage import Stage
from steps import connect, connected, give_token, output, ran, run_cell, saved

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.
pytestmark = pytest.mark.timeout(180)

LINES = 60
# Ten lines a second: six seconds, long enough for a page to go and come back.
TICKS = f"import time\nfor n in range({LINES}):\n    print(f'line {{n}}.', flush=True)\n    time.sleep(0.1)"
WHOLE = "".join(f"line {n}.\n" for n in range(LINES))


def printing(stage: Stage, stock_url: str, context: BrowserContext, name: str) -> Page:
    """A page whose only cell has begun to print."""
    stage.put(name, TICKS)
    page = stage.open(context, name)
    connect(page, stock_url)
    run_cell(page, 1)
    expect(output(page, 1)).to_contain_text("line 5.")
    return page


def token_again(page: Page, stock: Jupyter) -> None:
    """A stock server's token lasts as long as the tabs that know it, unless it is to be remembered."""
    page.get_by_role("button", name=re.compile(" asks for a token$")).click()
    give_token(page, stock.token)
    connected(page)


def nothing_lost_or_doubled(stage: Stage, page: Page, name: str) -> None:
    """The cell has ended as finished, and the file holds each line once."""
    ran(page, 1)
    expect(output(page, 1)).to_contain_text(f"line {LINES - 1}.")
    expect(page.get_by_text("may be missing")).to_have_count(0)
    wait_until(lambda: f"line {LINES - 1}." in stage.on_disk(name, 1), what="the last line in the file")
    assert stage.on_disk(name, 1) == WHOLE


def test_reload(stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext]) -> None:
    page = printing(stage, stock.pasted, person(), "Reload")
    page.reload()
    connected(page)
    nothing_lost_or_doubled(stage, page, "Reload")


def kernel_is_idle(stock: Jupyter) -> bool:
    import json
    import urllib.request

    with urllib.request.urlopen(f"{stock.url}/api/kernels?token={stock.token}", timeout=5) as answer:
        return all(kernel["execution_state"] == "idle" for kernel in json.load(answer))


def test_close_and_reopen_after_the_end(stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext]) -> None:
    context = person()
    page = printing(stage, stock.pasted, context, "Closed")
    url = page.url
    page.close()
    wait_until(lambda: kernel_is_idle(stock), limit_s=30, what="the end of the cell while nobody listens")
    again = context.new_page()
    again.goto(url)
    token_again(again, stock)
    nothing_lost_or_doubled(stage, again, "Closed")


def test_a_second_tab_shows_it_live_and_takes_over(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext]
) -> None:
    context = person()
    page = printing(stage, stock.pasted, context, "Second")
    second = context.new_page()
    second.goto(page.url)
    connected(second)
    expect(output(second, 1)).to_contain_text("line 15.")
    page.close()
    nothing_lost_or_doubled(stage, second, "Second")


def renderers(browser: Browser) -> set[int]:
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return {process["id"] for process in processes if process["type"] == "renderer"}


@pytest.mark.parametrize("browser_name", ["chromium"])  # Firefox does not tell its driver of a process that died
def test_a_renderer_that_is_killed(
    stage: Stage, stock: Jupyter, browser: Browser, person: Callable[[], BrowserContext]
) -> None:
    context = person()
    keeper = context.new_page()
    before = renderers(browser)
    page = printing(stage, stock.pasted, context, "Crash")
    url = page.url
    killed = renderers(browser) - before
    assert killed, "the page has a process of its own"
    for pid in killed:
        psutil.Process(pid).kill()
    with contextlib.suppress(Error):
        page.close()
    keeper.goto(url)
    token_again(keeper, stock)
    nothing_lost_or_doubled(stage, keeper, "Crash")


def test_a_cable_that_goes_dead_is_survived_and_its_gap_is_marked(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext]
) -> None:
    with cable(int(stock.url.rsplit(":", 1)[1])) as line:
        stage.put("Dead", TICKS.replace(f"range({LINES})", "range(250)"), "print('alive')")
        page = stage.open(person(), "Dead")
        connect(page, f"http://127.0.0.1:{line.port}/?token={stock.token}")
        run_cell(page, 1)
        expect(output(page, 1)).to_contain_text("line 5.")
        line.go_dead()
        expect(
            page.get_by_text("some output may be missing").or_(page.get_by_text("may be missing here"))
        ).to_be_visible(timeout=60_000)
        ran(page, 1)
        connected(page)
        run_cell(page, 2)
        expect(output(page, 2)).to_contain_text("alive")
        saved(page)
        printed = [int(n) for n in re.findall(r"line (\d+)\.", stage.on_disk("Dead", 1))]
        # What is there stands in order and once; the mark is no decoration: something is missing.
        assert printed == sorted(set(printed))
