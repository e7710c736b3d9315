"""Chromium as a measuring instrument: processor time, heap, frames, key → paint."""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page, Playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--enable-precise-memory-info"]  # fmt: skip

KEY_HELD_S = 0.08

# Runs before any script of the page: notes the first painted editor, and long gaps between frames.
INSTRUMENTS = """
(() => {
  const rh = (window.__bench = { editorAt: null, gaps: [], last: null, watching: false });
  // A promise to await, not a condition to poll: polling evaluates strings, which a strict policy refuses.
  rh.editor = new Promise((resolve) => {
    const look = () => {
      const box = document.querySelector('.cm-content')?.getBoundingClientRect();
      if (!box || box.width <= 50 || box.height <= 5 || box.top >= innerHeight) { requestAnimationFrame(look); return; }
      requestAnimationFrame(() => { rh.editorAt = performance.now(); resolve(rh.editorAt); });
    };
    requestAnimationFrame(look);
  });
  const frame = (now) => { if (rh.watching && rh.last !== null) rh.gaps.push(now - rh.last); rh.last = now; if (rh.watching) requestAnimationFrame(frame); };
  rh.watch = () => { rh.gaps = []; rh.last = null; rh.watching = true; requestAnimationFrame(frame); };
  rh.stop = () => { rh.watching = false; return rh.gaps; };
  rh.keys = [];
  addEventListener('keydown', () => { const from = performance.now(); requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => rh.keys.push(performance.now() - from); c.port2.postMessage(0); }); }, true);
})();
"""


def _trust_what_is_asked(page: Page) -> None:
    """Cells of a notebook from disk ask before they run; the figures are those of somebody who has answered."""
    asked = page.get_by_role("dialog", name="Review before running on your machine")
    page.add_locator_handler(asked, lambda dialog: dialog.get_by_role("button", name="Trust these cells").click())


class Chromium:
    """One browser process tree with a fresh profile."""

    def __init__(self, playwright: Playwright) -> None:
        self._before = {child.pid for child in psutil.Process().children(recursive=True)}
        self.browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        self.context = self.browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        self.context.set_default_timeout(60_000)
        self.context.on("page", _trust_what_is_asked)
        self.context.add_init_script(INSTRUMENTS)

    def page(self) -> Page:
        """A new tab."""
        return self.context.new_page()

    def cpu_s(self) -> float:
        """Processor seconds of all of the browser's processes so far."""
        total = 0.0
        for child in psutil.Process().children(recursive=True):
            if child.pid not in self._before:
                try:
                    total += sum(child.cpu_times()[:2])
                except psutil.Error:
                    continue
        return total

    def close(self) -> None:
        """End the browser."""
        self.browser.close()


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Chromium]:
    """A browser for one measurement."""
    running = Chromium(playwright)
    try:
        yield running
    finally:
        running.close()


def editor_visible_s(page: Page, url: str) -> float:
    """Seconds from navigation to the frame after the first editor was laid out in the window."""
    page.goto(url, wait_until="commit")
    return float(page.evaluate("() => window.__bench.editor")) / 1000


def heap_mb(page: Page) -> float:
    """JavaScript heap after a forced collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return float(used) / 1e6


def hold(page: Page, *keys: str) -> None:
    """Press keys together for as long as fingers do.

    They let go long after the letter is painted, a driver at once; and Chromium puts a page's messages off until the
    frame after a key, the letting go included.
    """
    for key in keys:
        page.keyboard.down(key)
    time.sleep(KEY_HELD_S)
    for key in reversed(keys):
        page.keyboard.up(key)


def key_to_paint_ms(page: Page, *, keys: int = 60) -> tuple[float, float]:
    """p50 and p95 of keydown → the task after the frame, typing into the focused editor."""
    page.evaluate("window.__bench.keys = []")
    for index in range(keys):
        hold(page, "abcdefghij"[index % 10])
        time.sleep(0.02)
    deadline = time.monotonic() + 30
    while page.evaluate("() => window.__bench.keys.length") < keys:
        if time.monotonic() > deadline:
            raise AssertionError("not every key was painted")
        time.sleep(0.05)
    times = sorted(page.evaluate("window.__bench.keys"))[: keys + 1]
    return statistics.median(times), times[int(len(times) * 0.95) - 1]


def scroll(page: Page, selector: str, *, frames: int = 200) -> tuple[float, float]:
    """Scroll 400 px a frame; share of dropped frames (over 1.5 × 16.7 ms) in percent, and the worst frame in ms."""
    script = """async ([selector, frames]) => {
      const box = selector === 'window' ? document.scrollingElement : [...document.querySelectorAll(selector)].find((e) => e.scrollHeight > e.clientHeight + 1000);
      if (!box) throw new Error('nothing scrolls');
      box.scrollTop = 0;
      await new Promise((r) => setTimeout(r, 500));
      const gaps = [];
      let last = performance.now();
      for (let i = 0; i < frames; i++) {
        box.scrollTop += 400;
        await new Promise((r) => requestAnimationFrame(r));
        const now = performance.now(); gaps.push(now - last); last = now;
      }
      return gaps;
    }"""
    gaps: list[float] = page.evaluate(script, [selector, frames])
    return sum(gap > 25 for gap in gaps) / len(gaps) * 100, max(gaps)


@contextmanager
def longest_task(page: Page) -> Iterator[Callable[[], float]]:
    """What a page's main thread does meanwhile; gives, afterwards, the processor time of its longest task, ms.

    A gap between frames also counts the time in which other programs had the processors.
    """
    browser = page.context.browser
    assert browser is not None
    session = browser.new_browser_cdp_session()
    events: list[dict[str, Any]] = []
    ended: list[bool] = []
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda _: ended.append(True))
    categories = ["devtools.timeline", "disabled-by-default-devtools.timeline"]
    session.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": {"includedCategories": categories}})
    longest: list[float] = []
    try:
        yield lambda: longest[0]
    finally:
        session.send("Tracing.end")
        deadline = time.monotonic() + 60
        while not ended and time.monotonic() < deadline:
            page.wait_for_timeout(50)
        session.detach()
        frames = Counter((event["pid"], event["tid"]) for event in events if event["name"] == "FireAnimationFrame")
        main = frames.most_common(1)[0][0]
        tasks = [
            event.get("tdur", 0)
            for event in events
            if event["name"] == "RunTask" and (event["pid"], event["tid"]) == main
        ]
        longest.append(max(tasks, default=0) / 1000)


@dataclass(frozen=True)
class Load:
    """What a page had fetched at one moment: code (scripts and styles) in KB on the wire, and requests of all kinds."""

    code_kb: float
    requests: int


def loaded(page: Page, url: str, *, wait_s: float = 3) -> tuple[Load, Load]:
    """A cold load: what had come when an editor was there, and `wait_s` later."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}

    def response(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]

    def finished(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"]

    session.on("Network.responseReceived", response)
    session.on("Network.loadingFinished", finished)

    def now() -> Load:
        code = sum(size for request, size in sizes.items() if kinds.get(request) in {"Script", "Stylesheet"})
        return Load(code / 1000, len(kinds))

    page.goto(url, wait_until="commit")
    page.evaluate("() => window.__bench.editor")
    before = now()
    time.sleep(wait_s)
    page.evaluate("0")
    return before, now()


BLANK = Path(__file__).resolve().parent / "blank"
