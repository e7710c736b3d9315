"""Plain Jupyter, and the page goes away while a cell prints: no line is lost, none is doubled, and nothing is marked.

A stock server loses what is on the wire at the very moment when a page leaves, or in a cable that goes dead; the kernel
has kept it (ADR 56). Where the kernel cannot tell, the page says that something is missing.
"""

import contextlib
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from played import cable
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect
from servers import Jupyter, wait_until
from stage import Stage
from steps import (
    bring_into_view,
    code_cell,
    connect,
    connected,
    give_token,
    output,
    ran,
    run_cell,
    runtime_menu,
    saved,
)

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.

MARK = "some output may be missing here"
# In a cell: what the page put into the kernel cannot be asked any more.
CANNOT_TELL = "import builtins\ndel builtins.__runhere_record__\n"


class Printing:
    """A cell that prints ten lines a second until it is told to end: it outlasts each page, however slow."""

    def __init__(self, told: Path) -> None:
        self._told = told
        self.before = ""

    @property
    def source(self) -> str:
        return f"""{self.before}import pathlib, time
told, n = pathlib.Path({str(self._told)!r}), 0
while not told.exists():
    print(f'line {{n}}.', flush=True)
    time.sleep(0.1)
    n += 1
print(f'{{n}} lines in all')"""

    def end(self) -> None:
        self._told.touch()


@pytest.fixture
def printing(tmp_path: Path) -> Iterator[Printing]:
    found = Printing(tmp_path / "told to end")
    yield found
    found.end()


def begun(stage: Stage, stock_url: str, context: BrowserContext, name: str, printing: Printing) -> Page:
    """A page whose only cell has begun to print."""
    stage.put(name, printing.source, "print('alive')")
    page = stage.open(context, name)
    connect(page, stock_url)
    run_cell(page, 1)
    expect(output(page, 1)).to_contain_text("line 5.")
    return page


def lines_in(text: str) -> list[int]:
    return [int(n) for n in re.findall(r"line (\d+)\.", text)]


def hears_more(page: Page) -> None:
    """Lines come that were not there when this page was first looked at."""
    expect(output(page, 1)).to_contain_text("line 5.")
    first = lines_in(output(page, 1).inner_text())[-1]
    wait_until(lambda: lines_in(output(page, 1).inner_text())[-1] >= first + 10, what="ten more lines")


def token_again(page: Page, stock: Jupyter) -> None:
    """A stock server's token lasts as long as the tabs that know it, unless it is to be remembered."""
    page.get_by_role("button", name=re.compile(" asks for a token$")).click()
    give_token(page, stock.token)
    connected(page)


def ends_whole(stage: Stage, page: Page, name: str) -> None:
    """The cell ended as finished; the file holds each line once, in order, and nothing is marked."""
    ran(page, 1)
    expect(output(page, 1)).to_contain_text("lines in all")
    wait_until(lambda: "lines in all" in stage.on_disk(name, 1), what="the last line in the file")
    kept = stage.on_disk(name, 1)
    lines = int(re.findall(r"(\d+) lines in all", kept)[-1])
    assert lines_in(kept) == list(range(lines))
    assert MARK not in kept
    expect(output(page, 1).get_by_text(MARK)).to_have_count(0)


def ends_marked(stage: Stage, page: Page, name: str) -> None:
    ran(page, 1)
    expect(output(page, 1).get_by_text(MARK)).to_be_visible()
    wait_until(lambda: "lines in all" in stage.on_disk(name, 1), what="the last line in the file")
    printed = lines_in(stage.on_disk(name, 1))
    assert printed == sorted(set(printed))
    assert printed != list(range(printed[-1] + 1)), "the mark is no decoration: something is missing"


def test_a_reload_a_second_tab_and_the_end_of_the_first(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], printing: Printing
) -> None:
    context = person()
    page = begun(stage, stock.pasted, context, "Leaving", printing)
    page.reload()
    connected(page)
    hears_more(page)
    second = context.new_page()
    second.goto(page.url)
    connected(second)
    hears_more(second)
    page.close()
    hears_more(second)
    printing.end()
    ends_whole(stage, second, "Leaving")


def kernels(stock: Jupyter) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{stock.url}/api/kernels?token={stock.token}", timeout=20) as answer:
        found: list[dict[str, Any]] = json.load(answer)
        return found


def nobody_listens(stock: Jupyter) -> bool:
    return all(kernel["connections"] == 0 for kernel in kernels(stock))


def kernel_is_idle(stock: Jupyter) -> bool:
    return all(kernel["execution_state"] == "idle" for kernel in kernels(stock))


def test_close_and_reopen_after_the_end(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], printing: Printing
) -> None:
    context = person()
    page = begun(stage, stock.pasted, context, "Closed", printing)
    url = page.url
    page.close()
    wait_until(lambda: nobody_listens(stock), what="the server knows that the page is gone")
    printing.end()
    wait_until(lambda: kernel_is_idle(stock), what="the end of the cell while nobody listens")
    again = context.new_page()
    again.goto(url)
    token_again(again, stock)
    ends_whole(stage, again, "Closed")


def renderers(browser: Browser) -> set[int]:
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return {process["id"] for process in processes if process["type"] == "renderer"}


@pytest.mark.parametrize("browser_name", ["chromium"])  # Firefox does not tell its driver of a process that died
def test_a_renderer_that_is_killed(
    stage: Stage, stock: Jupyter, browser: Browser, person: Callable[[], BrowserContext], printing: Printing
) -> None:
    context = person()
    keeper = context.new_page()
    before = renderers(browser)
    page = begun(stage, stock.pasted, context, "Crash", printing)
    url = page.url
    killed = renderers(browser) - before
    assert killed, "the page has a process of its own"
    for pid in killed:
        with contextlib.suppress(psutil.NoSuchProcess):  # of a page that was left: it was on its way out
            psutil.Process(pid).kill()
    with contextlib.suppress(Error):
        page.close()
    keeper.goto(url)
    token_again(keeper, stock)
    hears_more(keeper)
    printing.end()
    ends_whole(stage, keeper, "Crash")


@pytest.mark.parametrize("browser_name", ["chromium"])  # nothing in it is a browser's; it takes half a minute
@pytest.mark.parametrize("tells", [True, False])
def test_a_cable_that_goes_dead_is_survived_and_its_gap_is_filled_or_marked(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], printing: Printing, *, tells: bool
) -> None:
    printing.before = "" if tells else CANNOT_TELL
    with cable(int(stock.url.rsplit(":", 1)[1])) as line:
        page = begun(stage, f"http://127.0.0.1:{line.port}/?token={stock.token}", person(), "Dead", printing)
        before = lines_in(output(page, 1).inner_text())[-1]
        line.go_dead()
        # Two dozen lines later than the cable could have carried.
        wait_until(lambda: lines_in(output(page, 1).inner_text())[-1] > before + 24, what="lines after the cut")
        hears_more(page)
        printing.end()
        if tells:
            ends_whole(stage, page, "Dead")
        else:
            ends_marked(stage, page, "Dead")
        connected(page)
        bring_into_view(page, 2)
        run_cell(page, 2)
        expect(output(page, 2)).to_contain_text("alive")
        saved(page)


TOO_FAST = "came too fast"
# One print of more than the server lets through in its three seconds (3 MB): it is dropped, however slow the machine.
TOO_MUCH = """print('begun', flush=True)
print('\\n'.join(f'line {n:01000}' for n in range(3200)), flush=True)
print('the end')"""


@pytest.mark.parametrize("tells", [True, False])
def test_what_the_server_drops_because_it_comes_too_fast_is_filled_in_or_marked(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], *, tells: bool
) -> None:
    name = "Fast" if tells else "Fast and marked"
    stage.put(name, TOO_MUCH if tells else CANNOT_TELL + TOO_MUCH)
    page = stage.open(person(), name)
    connect(page, stock.pasted)
    run_cell(page, 1)
    ran(page, 1)
    mark = output(page, 1).get_by_text(TOO_FAST)
    if tells:
        whole = ["begun", *(f"line {n:01000}" for n in range(3200)), "the end"]
        # What came through at once may be in the file before the rest.
        wait_until(lambda: stage.on_disk(name, 1).splitlines() == whole, what="what was dropped in the file")
        expect(mark).to_have_count(0)
    else:
        expect(mark).to_be_visible()
        file = stage.hub.folder / f"{name}.ipynb"
        wait_until(lambda: TOO_FAST in file.read_text(encoding="utf-8"), what="the mark in the file")
        assert "begun" in stage.on_disk(name, 1)
        assert "line 0" not in stage.on_disk(name, 1)


def test_what_was_dropped_before_a_reload_is_filled_in_by_the_page_that_comes_back(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], tmp_path: Path
) -> None:
    told = tmp_path / "told to end"
    wait = f"\nimport os, time\nwhile not os.path.exists({str(told)!r}): time.sleep(0.05)\nprint('the end')"
    stage.put("Fast and away", TOO_MUCH.removesuffix("\nprint('the end')") + wait)
    page = stage.open(person(), "Fast and away")
    connect(page, stock.pasted)
    run_cell(page, 1)
    mark = output(page, 1).get_by_text(TOO_FAST)
    expect(mark).to_be_visible()
    saved(page)
    page.reload()
    connected(page)
    expect(mark).to_be_visible()
    told.touch()
    ran(page, 1)
    whole = ["begun", *(f"line {n:01000}" for n in range(3200)), "the end"]
    wait_until(lambda: stage.on_disk("Fast and away", 1).splitlines() == whole, what="what was dropped in the file")
    expect(mark).to_have_count(0)


def test_cells_that_waited_in_a_closed_page_are_told_of_by_the_tab_that_was_there_before(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], tmp_path: Path, browser_name: str
) -> None:
    told = tmp_path / "told to end"
    wait = f"import os, time\nwhile not os.path.exists({str(told)!r}): time.sleep(0.05)\nprint('the end')"
    name = f"Waited {browser_name}"
    stage.put(name, wait, "print('waited')")
    context = person()
    page = stage.open(context, name)
    connect(page, stock.pasted)
    second = context.new_page()
    second.goto(page.url)
    connected(second)
    runtime_menu(page, "Run all")
    expect(code_cell(page, 1).get_by_role("button", name="Interrupt execution")).to_be_visible()
    waits = code_cell(second, 2).get_by_text("[*]")
    expect(waits).to_be_visible()
    page.close()
    expect(second.get_by_text("1 cell that waited did not run")).to_be_visible()
    expect(waits).to_have_count(0)
    told.touch()
    ran(second, 1)
    expect(output(second, 1)).to_contain_text("the end")
    expect(second.get_by_text("Contact lost")).to_have_count(0)
