"""A large file to the runtime's disk and back through the Files panel: does memory grow with the file?

Usage: .venv/bin/python bench/transfers.py [--gib 2] [--server stock|companion] [--download-only]. Not one of the suites that all run: 2 GiB go four times over the disk.

Told: seconds, and how much more memory than before was in use at most: the tab (its renderer), the browser's other processes, the server.
Memory is what the processes have to themselves (USS); what the browser puts on the disk is not in it.
"""

import argparse
import contextlib
import hashlib
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from browser import FLAGS
from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "e2e"), str(ROOT / "scripts")]
from servers import Hub, Jupyter, free_port, jupyter, server_flags, start  # noqa: E402 - the path is set first
from stage import notebook  # noqa: E402
from steps import choose_panel, connect, open_notebook, sign_in  # noqa: E402

BLOCK = 2**20


def make(path: Path, size: int) -> str:
    """A file that does not compress. Its SHA-256."""
    seed = hashlib.sha256(b"runhere").digest()
    block = b"".join(hashlib.sha256(seed + n.to_bytes(4, "big")).digest() for n in range(BLOCK // 32))
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for number in range(size // BLOCK):
            piece = number.to_bytes(8, "big") + block[8:]
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class MemoryWatch:
    """The most memory that groups of processes had, in MB, read once a second."""

    def __init__(self, groups: dict[str, Callable[[], list[psutil.Process]]]) -> None:
        self._groups = groups
        self._ended = threading.Event()
        self.before = self._read()
        self.most = dict(self.before)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _read(self) -> dict[str, float]:
        now = {}
        for name, processes in self._groups.items():
            total = 0
            for process in processes():
                with contextlib.suppress(psutil.Error):
                    total += process.memory_full_info().uss
            now[name] = total / 1e6
        return now

    def _run(self) -> None:
        while not self._ended.wait(1):
            for name, value in self._read().items():
                self.most[name] = max(self.most[name], value)

    def end(self) -> str:
        """Stop. How much each group grew, in words."""
        self._ended.set()
        self._thread.join()
        return ", ".join(
            f"{name} {self.before[name]:.0f} → {self.most[name]:.0f} MB (+{self.most[name] - self.before[name]:.0f})"
            for name in self._groups
        )


@contextmanager
def companion(root: Path, origin: str) -> Iterator[Jupyter]:
    """A companion runtime for a hub's page."""
    home = {name: str(root.parent / "home") for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    words = [sys.executable, "-m", "runhere_runtime", "--port", str(free_port()), "--root", str(root), "--hub", origin]
    program = start(words, cwd=root, env=home)
    try:
        found = program.line_matching(r"(http://127\.0\.0\.1:\d+)/\?token=(\S+)")
        yield Jupyter(found.group(1), found.group(2), root, program)
    finally:
        program.stop()


@dataclass(frozen=True)
class Stand:
    """A notebook in Chromium, its Files panel on a server's empty folder, and the processes to be watched."""

    page: Page
    panel: Locator
    far: Path
    groups: dict[str, Callable[[], list[psutil.Process]]]


@contextmanager
def opened(place: Path, server: str) -> Iterator[Stand]:
    """Hub, server and browser, with the panel open."""
    near, far = place / "near", place / "far"
    near.mkdir()
    far.mkdir()
    (near / "transfers.ipynb").write_text(notebook("1"), encoding="utf-8")
    hub = Hub(folder=near, data=place / "data", port=free_port())
    link = hub.start()
    flags = server_flags(hub.origin)
    serving = companion(far, hub.origin) if server == "companion" else jupyter("server", far, *flags)
    try:
        with serving as running, sync_playwright() as playwright:
            # A profile on the disk: a private window would keep in memory what a page puts there.
            browser = playwright.chromium.launch_persistent_context(
                place / "profile", executable_path="/usr/bin/chromium", args=FLAGS, locale="en-US"
            )
            page = browser.new_page()
            page.set_default_timeout(3_600_000)
            sign_in(page, link)
            open_notebook(page, "transfers")
            connect(page, running.pasted)
            panel = choose_panel(page, "Files")
            panel.get_by_role("button", name="Upload…").wait_for()
            groups = {
                "tab": lambda: browser_processes(are_tabs=True),
                "rest of the browser": lambda: browser_processes(are_tabs=False),
                "server": lambda: [psutil.Process(running.program.process.pid)],
            }
            yield Stand(page, panel, far, groups)
            browser.close()
    finally:
        hub.stop()


def browser_processes(*, are_tabs: bool) -> list[psutil.Process]:
    """Chromium's renderers, or all its other processes."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            words = " ".join(child.cmdline())
            if "chromium" in words and ("--type=renderer" in words) == are_tabs:
                found.append(child)
    return found


def upload(stand: Stand, file: Path) -> None:
    """As a person does it, until the file stands in the list."""
    with stand.page.expect_file_chooser() as chooser:
        stand.panel.get_by_role("button", name="Upload…").click()
    chooser.value.set_files(file)
    stand.panel.get_by_role("row", name=re.compile(r"^big\.bin$")).wait_for()


def download(stand: Stand) -> Path:
    """The file where the browser put it."""
    stand.panel.get_by_role("button", name="Actions for big.bin").click()
    with stand.page.expect_download() as fetched:
        stand.page.get_by_role("menuitem", name="Download", exact=True).click()
    return Path(fetched.value.path())


def main() -> int:
    """Upload, compare, download, compare."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--gib", type=float, default=2)
    words.add_argument("--download-only", action="store_true", help="put the file on that disk by hand")
    words.add_argument("--server", choices=("stock", "companion"), default="stock")
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="runhere-bench-") as place:
        big = Path(place) / "big.bin"
        digest = make(big, int(chosen.gib * 1024) * BLOCK)
        with opened(Path(place), chosen.server) as stand:
            if chosen.download_only:
                big.rename(stand.far / "big.bin")
                stand.panel.get_by_role("button", name="Refresh").click()
            else:
                watch, began = MemoryWatch(stand.groups), time.monotonic()
                upload(stand, big)
                print(f"upload: {time.monotonic() - began:.0f} s; {watch.end()}", flush=True)
            if digest_of(stand.far / "big.bin") != digest:
                raise AssertionError("what arrived is something else")
            watch, began = MemoryWatch(stand.groups), time.monotonic()
            path = download(stand)
            print(f"download: {time.monotonic() - began:.0f} s; {watch.end()}", flush=True)
            if digest_of(path) != digest:
                raise AssertionError("what came back is something else")
    return 0


if __name__ == "__main__":
    sys.exit(main())
