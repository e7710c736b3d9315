"""The page: the same notebooks in ours and in JupyterLab, one Chromium, one run, as ratios.

Usage: python scripts/bench.py page [--rounds 3] [--peers jupyterlab|none] [--quick] [--only PHASE…].

`--quick`: one round of both that ends within nine minutes: no 45 s of idle CPU unless `idle` is named, half of the keys, and a flood that has
not ended after 45 s is given up. Phases: `load`, `sizes`, `idle`, `run`, `all`. Each figure is printed as it is measured, the table at the end.
"""

import argparse
import http.server
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from browser import (
    BLANK,
    Chromium,
    chromium,
    editor_visible_s,
    heap_mb,
    hold,
    key_to_paint_ms,
    loaded,
    longest_task,
    scroll,
)
from playwright.sync_api import Page, Playwright, sync_playwright
from report import Figure, print_table

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "e2e"), str(ROOT / "scripts")]
import setup  # noqa: E402 - the path is set first
from servers import Hub, free_port, jupyter, server_flags  # noqa: E402

SIZES = (10, 1000, 5000)


def notebook_text(count: int) -> str:
    """¾ code, ¼ markdown, outputs on half of the code."""
    cells: list[dict[str, object]] = []
    for index in range(count):
        if index % 4 == 3:
            cells.append(
                {
                    "cell_type": "markdown",
                    "id": f"m{index}",
                    "metadata": {},
                    "source": f"## Section {index}\n\nSome *text* about it.",
                }
            )
            continue
        outputs = [{"name": "stdout", "output_type": "stream", "text": f"value {index}\n" * 4}] if index % 2 else []
        source = f"def f_{index}(x):\n    return [x * {index} for _ in range(10)]\n\nprint(f_{index}(2))"
        cells.append(
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"c{index}",
                "metadata": {},
                "outputs": outputs,
                "source": source,
            }
        )
    spec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return (
        json.dumps({"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
        + "\n"
    )


@dataclass
class Product:
    """A running product: how a browser gets in, where a notebook is, what scrolls."""

    name: str
    enter: Callable[[Page], None]
    url: Callable[[int], str]
    scroller: str
    run_first: Callable[[Page], None]
    run_all: Callable[[Page], None]
    stock: str | None = None
    """Pasted URL of the stock server behind it, to be asked without the product; None: there is nothing between."""

    def url_of_server(self) -> tuple[str, str]:
        """Base URL and token of `stock`."""
        base, _, token = (self.stock or "").partition("/?token=")
        return base, token


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    quick: bool
    phases: frozenset[str]

    @property
    def keys(self) -> int:
        return 30 if self.quick else 60

    @property
    def flood_limit_s(self) -> int:
        return 45 if self.quick else 120


PHASES = ("load", "sizes", "idle", "run", "all")


@contextmanager
def ours(place: Path) -> Iterator[Product]:
    """Our hub, and a stock Jupyter server that the page connects to."""
    folder = place / "ours"
    folder.mkdir()
    for count in SIZES:
        (folder / f"n{count}.ipynb").write_text(notebook_text(count), encoding="utf-8")
    hub = Hub(folder=folder, data=place / "ours-data", port=free_port())
    hub.start()
    urls: dict[int, str] = {}

    def enter(page: Page) -> None:
        page.goto(hub.login_link())
        page.get_by_role("button", name="New notebook").wait_for()
        script = """async (count) => {
          const home = await (await fetch('/api/v1/home')).json();
          const body = JSON.stringify({ folder_id: home.folders[0].id, path: `n${count}.ipynb`, accept: 'as_is' });
          const answer = await fetch('/api/v1/notebooks/open', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
          return (await answer.json()).id;
        }"""
        for count in SIZES:
            urls[count] = f"{hub.origin}/n/{page.evaluate(script, count)}"

    with jupyter("server", folder, *server_flags(hub.origin)) as stock:

        def connect(page: Page) -> None:
            # the steps import Playwright's assertions, which only this needs
            from steps import connect as connecting
            from steps import trust_what_is_asked

            trust_what_is_asked(page)
            if not page.get_by_role("button", name=re.compile("^Connected to ")).is_visible():
                connecting(page, stock.pasted)

        def run_all(page: Page) -> None:
            from steps import ran

            page.keyboard.press("Control+F9")
            # Whatever is waited for, the review is answered meanwhile.
            ran(page, 1)

        try:
            yield Product(
                "runhere",
                enter,
                lambda count: urls[count],
                "main, main *, [role=list], [role=list] *",
                connect,
                run_all,
                stock.pasted,
            )
        finally:
            hub.stop()


@contextmanager
def jupyterlab(place: Path) -> Iterator[Product]:
    """JupyterLab with its own server."""
    folder = place / "lab"
    folder.mkdir()
    for count in SIZES:
        (folder / f"n{count}.ipynb").write_text(notebook_text(count), encoding="utf-8")
    with jupyter(
        "lab", folder, "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"
    ) as lab:

        def enter(page: Page) -> None:
            page.goto(f"{lab.url}/lab?token={lab.token}", wait_until="commit")
            page.wait_for_selector("#jp-top-panel", state="attached")

        def url(count: int) -> str:
            return f"{lab.url}/lab/workspaces/w{count}-{time.time_ns()}/tree/n{count}.ipynb?token={lab.token}"

        def ready(page: Page) -> None:
            page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")

        def run_all(page: Page) -> None:
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

        yield Product("jupyterlab 4.6", enter, url, ".jp-WindowedPanel-outer", ready, run_all)


@contextmanager
def blank_page() -> Iterator[str]:
    """The stick: CodeMirror alone, built with the page's own packages; gives its URL."""
    target = ROOT / ".build" / "blank"
    words = setup.node(
        "node_modules/vite/bin/vite.js",
        "build",
        str(BLANK),
        "--outDir",
        str(target),
        "--emptyOutDir",
        "--base",
        "./",
        "--logLevel",
        "error",
    )
    link = BLANK / "node_modules"
    if not link.exists():
        link.symlink_to(setup.FRONTEND / "node_modules")
    try:
        subprocess.run([str(word) for word in words], cwd=setup.FRONTEND, check=True)
    finally:
        link.unlink()
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(target))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def measured(playwright: Playwright, product: Product, plan: Plan) -> Iterator[tuple[str, float]]:
    """The figures of one product, one after the other."""
    if "load" in plan.phases:
        yield from first_load(playwright, product)
    if "sizes" in plan.phases:
        for count in SIZES:
            with chromium(playwright) as browser:
                yield from one_size(browser, product, count, plan)
    if "idle" in plan.phases:
        yield from untouched(playwright, product)
    if "run" in plan.phases:
        yield from running(playwright, product, plan)
    if "all" in plan.phases:
        yield from running_all(playwright, product)


def entered(browser: Chromium, product: Product) -> Page:
    """A fresh page of a browser that is signed in."""
    page = browser.page()
    product.enter(page)
    page.close()
    return browser.page()


def first_load(playwright: Playwright, product: Product) -> Iterator[tuple[str, float]]:
    """What a cold browser fetches."""
    with chromium(playwright) as browser:
        cold = entered(browser, product)
        before, after = loaded(cold, product.url(10))
        cold.close()
        yield "first load: code before an editor is there, KB on the wire", before.code_kb
        yield "first load: requests before an editor is there", float(before.requests)
        yield "code 3 s later, KB on the wire", after.code_kb
        yield "requests 3 s later", float(after.requests)


def one_size(browser: Chromium, product: Product, count: int, plan: Plan) -> Iterator[tuple[str, float]]:
    """Editor visible, heap, scrolling, typing for one notebook."""
    page = entered(browser, product)
    yield f"editor visible, {count:,} cells, s", editor_visible_s(page, product.url(count))
    time.sleep(5)
    if count > 10:
        yield f"JS heap, {count:,} cells, MB", heap_mb(page)
    page.locator(".cm-content").first.click()
    p50, p95 = key_to_paint_ms(page, keys=plan.keys)
    yield f"key → paint p50, {count:,} cells, ms", p50
    yield f"key → paint p95, {count:,} cells, ms", p95
    if count == 1000:
        dropped, worst = scroll(page, product.scroller)
        yield "scrolling 1,000 cells: dropped frames, %", dropped
        yield "scrolling 1,000 cells: worst frame, ms", worst
    page.close()


def untouched(playwright: Playwright, product: Product) -> Iterator[tuple[str, float]]:
    """What a browser computes while nobody touches a notebook that it has just opened."""
    with chromium(playwright) as browser:
        page = entered(browser, product)
        editor_visible_s(page, product.url(1000))
        before = browser.cpu_s()
        time.sleep(45)
        yield "Chromium CPU in the 45 s after opening 1,000 cells, s", browser.cpu_s() - before


# From the moment that the browser had the key, not from that of asking for it: two answers of the driver lie between.
RUN_AND_WATCH = """async ([marker]) => {
  const start = await new Promise((resolve) => {
    const look = (event) => { if (event.key === 'Enter') { removeEventListener('keydown', look, true); resolve(event.timeStamp); } };
    addEventListener('keydown', look, true);
  });
  return await new Promise((resolve) => {
    const look = () => {
      const found = [...document.querySelectorAll('[role=region], .jp-OutputArea-output, pre')].some((e) => e.textContent?.includes(marker));
      if (found) resolve(performance.now() - start); else requestAnimationFrame(look);
    };
    look();
  });
}"""


# The same question without the product: a bare WebSocket in the same browser, its answer painted as text.
ASK_BARE = """async ([base, token, rounds]) => {
  const query = `token=${token}`;
  const kernel = await (await fetch(`${base}/api/kernels?${query}`, { method: 'POST', body: '{}' })).json();
  const session = crypto.randomUUID();
  const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/api/kernels/${kernel.id}/channels?session_id=${session}&${query}`);
  await new Promise((resolve) => { socket.onopen = resolve; });
  const host = document.createElement('pre');
  document.body.append(host);
  const ask = (code) => new Promise((resolve) => {
    const id = crypto.randomUUID();
    const from = performance.now();
    socket.onmessage = ({ data }) => {
      const { parent_header: parent, header, content } = JSON.parse(data);
      if (parent.msg_id !== id || header.msg_type !== 'execute_result') return;
      host.textContent = content.data['text/plain'];
      requestAnimationFrame(() => resolve(performance.now() - from));
    };
    const head = { msg_id: id, session, username: '', date: new Date().toISOString(), msg_type: 'execute_request', version: '5.3' };
    const wish = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false, stop_on_error: true };
    socket.send(JSON.stringify({ channel: 'shell', header: head, parent_header: {}, metadata: {}, content: wish, buffers: [] }));
  });
  const times = [];
  for (let index = 0; index < rounds; index++) {
    times.push(await ask(`${index} + 1`));
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  socket.close();
  await fetch(`${base}/api/kernels/${kernel.id}?${query}`, { method: 'DELETE' });
  return times;
}"""


def running(playwright: Playwright, product: Product, plan: Plan) -> Iterator[tuple[str, float]]:
    """`1+1` from Shift+Enter to its output on the screen; 100,000 lines printed."""
    with chromium(playwright) as browser:
        page = browser.page()
        product.enter(page)
        page.goto(product.url(10), wait_until="commit")
        page.locator(".cm-content").first.wait_for()
        product.run_first(page)
        times = []
        for index in range(12):
            expression = f"{index} + 700000"
            replace_first_source(page, "")
            page.keyboard.type(expression)
            watching = page.evaluate_handle(f"() => {{ window.__seen = ({RUN_AND_WATCH})(['{700000 + index}']); }}")
            hold(page, "Shift", "Enter")
            times.append(float(page.evaluate("() => window.__seen")))
            watching.dispose()
        yield "1+1: Shift+Enter → output painted, ms", statistics.median(times[2:])
        if product.stock is not None:
            bare: list[float] = page.evaluate(ASK_BARE, [*product.url_of_server(), 12])
            yield "1+1: the same server by a bare WebSocket, ms", statistics.median(bare[2:])
        for flush, name in (("", "no flush"), (", flush=True", "with flush")):
            end = f"the end {name}"
            replace_first_source(page, f"for n in range(100000): print('line', n{flush})\nprint('the' + {end[3:]!r})")
            with longest_task(page) as longest:
                page.evaluate("window.__bench.watch()")
                page.evaluate(f"() => {{ window.__seen = ({RUN_AND_WATCH})([{end!r}]); }}")
                hold(page, "Shift", "Enter")
                script = "(ms) => Promise.race([window.__seen, new Promise((r) => setTimeout(() => r(ms), ms))])"
                took = float(page.evaluate(script, plan.flood_limit_s * 1000))
                gaps = page.evaluate("window.__bench.stop()")
            if took < plan.flood_limit_s * 1000:
                yield f"100,000 lines, {name}: done, s", took / 1000
            yield f"100,000 lines, {name}: longest block, ms", max(gaps)
            yield f"100,000 lines, {name}: longest task, ms of processor time", longest()


def running_all(playwright: Playwright, product: Product) -> Iterator[tuple[str, float]]:
    """How long the page stands still once thousands of cells are asked for; the first half minute of their run."""
    with chromium(playwright) as browser:
        page = entered(browser, product)
        editor_visible_s(page, product.url(5000))
        product.run_first(page)
        time.sleep(3)
        with longest_task(page) as longest:
            page.evaluate("window.__bench.watch()")
            product.run_all(page)
            time.sleep(30)
            gaps = page.evaluate("window.__bench.stop()")
        yield "run all of 5,000 cells: longest block in 30 s, ms", max(gaps)
        yield "run all of 5,000 cells: longest task in 30 s, ms of processor time", longest()


def replace_first_source(page: Page, text: str) -> None:
    """Put `text` into the first code cell by the keyboard."""
    page.locator(".cm-content").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    if text:
        page.keyboard.insert_text(text)


def blank_figures(playwright: Playwright, url: str, plan: Plan) -> Iterator[tuple[str, float]]:
    """What typing costs with CodeMirror and nothing else."""
    for count in SIZES:
        with chromium(playwright) as browser:
            page = browser.page()
            yield f"editor visible, {count:,} cells, s", editor_visible_s(page, f"{url}?cells={count}")
            time.sleep(2)
            page.locator(".cm-content").first.click()
            p50, p95 = key_to_paint_ms(page, keys=plan.keys)
            yield f"key → paint p50, {count:,} cells, ms", p50
            yield f"key → paint p95, {count:,} cells, ms", p95
    with chromium(playwright) as browser:
        page = browser.page()
        editor_visible_s(page, f"{url}?cells=1000&colours")
        time.sleep(2)
        page.locator(".cm-content").first.click()
        yield "key → paint p50, 1,000 cells, with our colours and text, ms", key_to_paint_ms(page, keys=plan.keys)[0]


def main() -> int:
    """Interleave, repeat, print medians and ratios."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int)
    words.add_argument("--quick", action="store_true")
    words.add_argument("--peers", choices=["jupyterlab", "none"], default="jupyterlab")
    words.add_argument("--only", nargs="+", choices=PHASES)
    chosen = words.parse_args()
    unnamed = set(PHASES) - ({"idle"} if chosen.quick else set())
    plan = Plan(chosen.quick, frozenset(chosen.only or unnamed))
    figures: list[Figure] = []

    def note(server: str, found: Iterator[tuple[str, float]]) -> None:
        for name, value in found:
            print(f"{server}: {name}: {value:.5g}", flush=True)
            figures.append(Figure("page", name, server, value))

    products = [ours] if chosen.peers == "none" else [ours, jupyterlab]
    with sync_playwright() as playwright, blank_page() as blank:
        for _ in range(chosen.rounds or (1 if chosen.quick else 3)):
            if "sizes" in plan.phases:
                note("blank codemirror", blank_figures(playwright, blank, plan))
            for begin in products:
                with tempfile.TemporaryDirectory(prefix="runhere-bench-") as place, begin(Path(place)) as product:
                    note(product.name, measured(playwright, product, plan))
    print_table(figures, ours="runhere")
    return 0


if __name__ == "__main__":
    sys.exit(main())
