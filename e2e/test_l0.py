"""Plain Jupyter, and the page goes away while a cell prints: no line is doubled, none is lost without a mark.

A stock server loses what is on the wire at the very moment when a page leaves. So a line may be missing where the page
says so. That nothing is lost where a page leaves between two lines, and that long printing survives, needs no browser:
`run-driver.server.test.ts`.
"""

import contextlib
import json
import re
import urllib.request
from collections.abc import Callable

import psutil
import pytest
from played import cable
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect
from servers import Jupyter, wait_until
from stage import Stage
from steps import connect, connected, give_token, output, ran, run_cell, saved

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.

MARK = "some output may be missing here"


def ticks(lines: int) -> str:
    """Ten lines a second."""
    return f"import time\nfor n in range({lines}):\n    print(f'line {{n}}.', flush=True)\n    time.sleep(0.1)"


def printing(stage: Stage, stock_url: str, context: BrowserContext, name: str, lines: int) -> Page:
    """A page whose only cell has begun to print."""
    stage.put(name, ticks(lines), "print('alive')")
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


def ends_whole_or_marked(stage: Stage, page: Page, name: str, lines: int, *, leavings: int = 1) -> None:
    """The cell ended as finished; the file holds each line once, in order. What is missing is marked and little."""
    ran(page, 1)
    expect(output(page, 1)).to_contain_text(f"line {lines - 1}.")
    wait_until(lambda: f"line {lines - 1}." in stage.on_disk(name, 1), what="the last line in the file")
    printed = [int(n) for n in re.findall(r"line (\d+)\.", stage.on_disk(name, 1))]
    assert printed == sorted(set(printed)), "in order, and once"
    missing = sorted(set(range(lines)) - set(printed))
    if missing:
        expect(output(page, 1).get_by_text(MARK).first).to_be_visible()
        assert len(missing) <= 3 * leavings, missing


def test_a_reload_a_second_tab_and_the_end_of_the_first(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext]
) -> None:
    context = person()
    page = printing(stage, stock.pasted, context, "Leaving", 80)
    page.reload()
    connected(page)
    expect(output(page, 1)).to_contain_text("line 25.")
    second = context.new_page()
    second.goto(page.url)
    connected(second)
    expect(output(second, 1)).to_contain_text("line 45.")
    page.close()
    ends_whole_or_marked(stage, second, "Leaving", 80, leavings=2)


def kernel_is_idle(stock: Jupyter) -> bool:
    with urllib.request.urlopen(f"{stock.url}/api/kernels?token={stock.token}", timeout=5) as answer:
        return all(kernel["execution_state"] == "idle" for kernel in json.load(answer))


def test_close_and_reopen_after_the_end(stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext]) -> None:
    context = person()
    page = printing(stage, stock.pasted, context, "Closed", 25)
    url = page.url
    page.close()
    wait_until(lambda: kernel_is_idle(stock), limit_s=30, what="the end of the cell while nobody listens")
    again = context.new_page()
    again.goto(url)
    token_again(again, stock)
    ends_whole_or_marked(stage, again, "Closed", 25)


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
    page = printing(stage, stock.pasted, context, "Crash", 40)
    url = page.url
    killed = renderers(browser) - before
    assert killed, "the page has a process of its own"
    for pid in killed:
        psutil.Process(pid).kill()
    with contextlib.suppress(Error):
        page.close()
    keeper.goto(url)
    token_again(keeper, stock)
    ends_whole_or_marked(stage, keeper, "Crash", 40, leavings=2)


@pytest.mark.parametrize("browser_name", ["chromium"])  # nothing in it is a browser's; it takes half a minute
def test_a_cable_that_goes_dead_is_survived_and_its_gap_is_marked(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext]
) -> None:
    with cable(int(stock.url.rsplit(":", 1)[1])) as line:
        page = printing(stage, f"http://127.0.0.1:{line.port}/?token={stock.token}", person(), "Dead", 250)
        line.go_dead()
        expect(output(page, 1).get_by_text(MARK)).to_be_visible(timeout=60_000)
        ran(page, 1)
        connected(page)
        run_cell(page, 2)
        expect(output(page, 2)).to_contain_text("alive")
        saved(page)
        wait_until(lambda: "line 249." in stage.on_disk("Dead", 1), what="the last line in the file")
        printed = [int(n) for n in re.findall(r"line (\d+)\.", stage.on_disk("Dead", 1))]
        assert printed == sorted(set(printed))
        assert printed != list(range(250)), "the mark is no decoration: something is missing"
