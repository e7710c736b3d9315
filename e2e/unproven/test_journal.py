"""The companion's journal in real browsers: closed tabs, other computers, cut cables, a killed hub, floods.

`runhere` starts hub and companion, prints one link, and the page pairs by it: nobody is asked anything.
"""

import json
import os
import re
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from servers import Hub, free_port, start, wait_until
from steps import DEAF_MS, open_notebook, output, run_cell, saved, sign_in, source

CELLS = 50
LINES = 6


@pytest.fixture
def hub(folder: Path, tmp_path: Path) -> Iterator[Hub]:
    """A hub with its companion."""
    made = Hub(folder=folder, data=tmp_path / "data", port=free_port(), words=())
    yield made
    made.stop()


def write_notebook(file: Path, sources: list[str]) -> None:
    cells = [
        {"cell_type": "code", "id": f"c{n}", "execution_count": None, "metadata": {}, "outputs": [], "source": text}
        for n, text in enumerate(sources)
    ]
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")


def connected(page: Page) -> None:
    """Without a question."""
    expect(page.get_by_role("button", name=re.compile("^Connected to "))).to_be_visible(timeout=30_000)
    assert page.get_by_role("dialog").count() == 0


def run_all(page: Page) -> None:
    page.get_by_role("menuitem", name="Runtime", exact=True).click()
    page.get_by_role("menuitem", name="Run all", exact=True).click()


def texts(file: Path) -> list[str]:
    """What each code cell printed, as it stands in the file."""
    try:
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    except ValueError:  # being written
        return []
    return ["".join("".join(out.get("text", "")) for out in cell["outputs"]) for cell in cells]


def outputs(file: Path) -> str:
    return json.dumps([cell["outputs"] for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]])


def printing_cells() -> list[str]:
    return [
        f"import time\nfor i in range({LINES}):\n    print({n}, i, flush=True)\n    time.sleep(0.02)"
        for n in range(CELLS)
    ]


def printed(n: int) -> str:
    return "".join(f"{n} {i}\n" for i in range(LINES))


def ticks(count: int, pause_s: float) -> str:
    return f"import time\nfor i in range({count}):\n    print(i, flush=True)\n    time.sleep({pause_s})"


def lines(count: int) -> str:
    return "".join(f"{i}\n" for i in range(count))


class BlackHole:
    """A cable that can swallow everything without a word; what connects after `heal` is whole."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._swallows = False
        self._pairs: list[tuple[socket.socket, socket.socket, threading.Event]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:  # closed
                return
            far = socket.create_connection(("127.0.0.1", self._to_port))
            dead = threading.Event()
            if self._swallows:
                dead.set()
            self._pairs.append((near, far, dead))
            threading.Thread(target=self._pump, args=(near, far, dead), daemon=True).start()

    def _pump(self, near: socket.socket, far: socket.socket, dead: threading.Event) -> None:
        with selectors.DefaultSelector() as both:
            both.register(near, selectors.EVENT_READ, far)
            both.register(far, selectors.EVENT_READ, near)
            try:
                while True:
                    for key, _ in both.select():
                        data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                        if not data:
                            raise ConnectionError
                        if not dead.is_set():
                            key.data.sendall(data)
            except OSError:
                if not dead.is_set():
                    near.close()
                    far.close()

    def swallow(self) -> None:
        self._swallows = True
        for _, _, dead in list(self._pairs):
            dead.set()

    def heal(self) -> None:
        self._swallows = False

    def close(self) -> None:
        self._listener.close()
        for near, far, _ in self._pairs:
            near.close()
            far.close()


@contextmanager
def through(link: str) -> Iterator[tuple[BlackHole, str]]:
    """The sign-in link with its runtime behind a cable of ours."""
    runtime = parse_qs(urlsplit(link).fragment)["rt"][0]
    cable = BlackHole(int(urlsplit(runtime).port or 0))
    try:
        yield cable, link.replace(runtime, f"http://127.0.0.1:{cable.port}")
    finally:
        cable.close()


def opened(new_context: Callable[..., BrowserContext], link: str, name: str) -> Page:
    page = new_context().new_page()
    sign_in(page, link)
    open_notebook(page, name)
    connected(page)
    return page


def test_every_tab_is_connected_without_a_question(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    write_notebook(folder / "Own.ipynb", ["x = 20", "x + 1"])
    page = opened(new_context, hub.start(), "Own")
    run_all(page)
    expect(output(page, 2)).to_contain_text("21")
    page.reload()
    connected(page)
    run_cell(page, 2)
    expect(output(page, 2)).to_contain_text("21")
    second = page.context.new_page()
    second.goto(page.url)
    connected(second)
    second.wait_for_timeout(DEAF_MS)
    run_cell(second, 2)
    expect(output(page, 2)).to_contain_text("21")
    assert hub.program
    heard = "\n".join(hub.program.lines)
    assert not re.search(r"runhere\.token|[?&]token=", heard.replace(hub.program.lines[0], ""))


def test_a_pairing_link_warns_first(hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]) -> None:
    write_notebook(folder / "Own.ipynb", ["6 * 7"])
    link = hub.start()
    page = new_context().new_page()
    sign_in(page, link.split("&rt=")[0])
    runtime = parse_qs(urlsplit(hub.login_link()).fragment)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{hub.origin}/connect#rt={runtime['rt'][0]}&pair={runtime['pair'][0]}")
    button = page.get_by_role("button", name="Connect", exact=True)
    expect(button).to_be_visible()
    assert "pair=" not in page.url
    assert not [url for url in asked if url.startswith(runtime["rt"][0])], (
        "nothing is asked of the runtime before the click"
    )
    button.click()
    open_notebook(page, "Own")
    connected(page)
    run_cell(page, 1)
    expect(output(page, 1)).to_contain_text("42")


def test_a_closed_tab_loses_nothing(hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]) -> None:
    file = folder / "Long.ipynb"
    write_notebook(file, printing_cells())
    page = opened(new_context, hub.start(), "Long")
    address, context = page.url, page.context
    run_all(page)
    expect(output(page, 2)).to_contain_text("1 2")
    page.close()
    away = context.new_page()
    away.goto("about:blank")
    away.wait_for_timeout(int(CELLS * (LINES * 0.02 + 0.05) * 1000))  # the kernel's own time: tomorrow
    away.goto(address)
    connected(away)
    wait_until(lambda: texts(file) == [printed(n) for n in range(CELLS)], limit_s=60, what="every line of every cell")
    expect(output(away, 1)).to_contain_text(f"0 {LINES - 1}")
    assert "runhere.notice" not in outputs(file)


def test_another_computer_takes_over(hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]) -> None:
    file = folder / "Long.ipynb"
    write_notebook(file, printing_cells())
    page = opened(new_context, hub.start(), "Long")
    run_all(page)
    expect(output(page, 2)).to_contain_text("1 2")
    page.context.close()
    other = opened(new_context, hub.login_link(), "Long")
    # The hub lets another browser in half a minute after the first one left.
    wait_until(lambda: texts(file) == [printed(n) for n in range(CELLS)], limit_s=100, what="every line of every cell")
    expect(output(other, 1)).to_contain_text(f"0 {LINES - 1}")


def test_a_black_hole_loses_nothing(hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]) -> None:
    file = folder / "Ticks.ipynb"
    write_notebook(file, [ticks(400, 0.05)])
    with through(hub.start()) as (cable, link):
        page = opened(new_context, link, "Ticks")
        run_cell(page, 1)
        expect(output(page, 1)).to_contain_text("20")
        cable.swallow()
        expect(page.get_by_role("button", name=re.compile("^Connected to "))).to_have_count(0, timeout=30_000)
        cable.heal()
        connected(page)
        wait_until(lambda: texts(file) == [lines(400)], limit_s=60, what="every line once")
        assert "runhere.notice" not in outputs(file)


def test_a_killed_hub_loses_nothing(
    hub: Hub, folder: Path, tmp_path: Path, new_context: Callable[..., BrowserContext]
) -> None:
    file = folder / "Ticks.ipynb"
    write_notebook(file, [ticks(300, 0.05)])
    hub.words = ("--no-runtime",)
    link = hub.start()
    words = [sys.executable, "-m", "runhere_runtime", "--port", "0", "--root", str(folder), "--hub", hub.origin]
    companion = start(words, cwd=folder, env={"RUNHERE_RUNTIME_DATA": str(tmp_path / "runtime")})
    try:
        pairing = companion.line_matching(r"http://\S+/connect#(\S+)").group(1)
        page = opened(new_context, f"{link}&{pairing}", "Ticks")
        run_cell(page, 1)
        expect(output(page, 1)).to_contain_text("20")
        os.kill(int(json.loads((hub.data / "hub.json").read_text())["pid"]), signal.SIGKILL)
        expect(output(page, 1)).to_contain_text("100", timeout=30_000)
        hub.stop()
        hub.start()
        wait_until(lambda: texts(file) == [lines(300)], limit_s=60, what="every line once")
        saved(page)
    finally:
        companion.stop()


def test_a_pending_question_is_asked_again(hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]) -> None:
    file = folder / "Ask.ipynb"
    write_notebook(file, ["print('hello', input('who? '))"])
    page = opened(new_context, hub.start(), "Ask")
    run_cell(page, 1)
    box = output(page, 1).get_by_role("textbox")
    expect(box).to_be_visible()
    page.reload()
    connected(page)
    expect(box).to_be_visible()
    box.click()
    page.keyboard.type("Ann")
    page.keyboard.press("Enter")
    expect(output(page, 1)).to_contain_text("hello Ann")
    wait_until(lambda: texts(file) == ["who? Ann\nhello Ann\n"], what="the answer in the file")


def test_20_000_flushed_prints(hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]) -> None:
    file = folder / "Flood.ipynb"
    write_notebook(file, ["for i in range(20000):\n    print(i, flush=True)", "'end'"])
    page = opened(new_context, hub.start(), "Flood")
    run_all(page)
    expect(output(page, 2)).to_contain_text("end", timeout=60_000)
    saved(page)
    wait_until(lambda: texts(file)[:1] == [lines(20_000)], limit_s=60, what="every line once")
    expect(source(page, 1)).to_be_visible()
