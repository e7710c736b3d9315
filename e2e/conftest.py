"""Fixtures of the end-to-end tests: real hub, real Jupyter, real browsers.

Everything in the page is found by role and accessible name (ADR 13). After each test the page must have shown no
script error and no violation of its content security policy.
"""

import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

import slow_pages
import stutter
from servers import Hub, Jupyter, jupyter, server_flags
from stage import Stage
from steps import sign_in, trust_what_is_asked

from runhere_hub.testing.ports import free_port

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
CORPUS = Path(os.environ.get("RUNHERE_CORPUS", REPOSITORY.parent / "shared" / "notebooks"))
# What Playwright switches off (the last list given is the one that counts), and the address bar's popups: each new page
# would start a process for them that takes a second of the processor, for a bar that no headless browser has.
NOT_NEEDED = (
    "AimEnabled AutoDeElevate AvoidCorsURLLoaderRestartOnRedirect AvoidUnnecessaryBeforeUnloadCheckSync "
    "BlockOriginHeaderModificationOnRedirect DestroyProfileOnBrowserClose DialMediaRouteProvider GlobalMediaControls "
    "HttpsUpgrades LensOverlay MediaRouter NetworkTimeServiceQuerying OptimizationHints PaintHolding "
    "ThirdPartyStoragePartitioning Translate WebUIOmniboxPopup WebUIOmniboxFullPopup WebUIOmniboxAimPopup"
)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(NOT_NEEDED.split())}",
]
BROWSERS = ("chromium", "firefox")
# Only how long a red story waits: a machine that does other things besides is slow, not wrong.
LIMIT_MS = 45_000
expect.set_options(timeout=LIMIT_MS)
STORY_LIMIT_S = 400


def pytest_addoption(parser: pytest.Parser) -> None:
    slow_pages.add_option(parser)
    stutter.add_option(parser)


def pytest_configure() -> None:
    """Hear Ctrl+C, whoever started the tests.

    A shell lets its background jobs ignore it, and every program that they start inherits that: servers that are to
    end, and shells in terminals.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A story starts servers and browsers; one that needs longer than most says so itself."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(STORY_LIMIT_S))


@pytest.fixture(scope="session", autouse=True)
def pace(pytestconfig: pytest.Config) -> Iterator[None]:
    """Stops servers, kernels or what draws the pages now and then, where that is asked for."""
    with stutter.stuttering(pytestconfig):
        yield


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playing:
        yield playing


def launch(playwright: Playwright, name: str) -> Browser:
    """Debian's Chromium by its path; Debian's Firefox over WebDriver BiDi."""
    if name == "chromium":
        path = shutil.which("chromium") or shutil.which("google-chrome")
        return playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    return playwright.firefox.launch(channel="moz-firefox", executable_path=path)


@pytest.fixture(scope="session")
def browsers(playwright: Playwright) -> Iterator[Callable[[str], Browser]]:
    """A browser by name, started once."""
    running: dict[str, Browser] = {}

    def get(name: str) -> Browser:
        if name not in running or not running[name].is_connected():
            running[name] = launch(playwright, name)
        return running[name]

    yield get
    for browser in running.values():
        browser.close()


@pytest.fixture(params=BROWSERS)
def browser_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def browser(browsers: Callable[[str], Browser], browser_name: str) -> Browser:
    return browsers(browser_name)


# What Firefox tells of a hub that died, or of a probe that was refused: network messages, which its driver hands on as
# if a script had thrown them.
NETWORK_MESSAGE = re.compile(
    r"Firefox can’t establish a connection|^The connection to \S+ was interrupted|^The Same Origin Policy disallows"
)


class Complaints(list[str]):
    """Script errors and policy violations that a page reported."""

    def __init__(self) -> None:
        super().__init__()
        self._expected: list[re.Pattern[str]] = []

    def expect(self, pattern: str) -> None:
        """Let pass what matches, also when the browser tells of it late."""
        self._expected.append(re.compile(pattern, re.DOTALL))

    def unexpected(self) -> list[str]:
        return [one for one in self if not any(pattern.search(one) for pattern in self._expected)]

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._script(str(error)))
        page.on("console", self._console)

    def _script(self, text: str) -> None:
        if not NETWORK_MESSAGE.search(text):
            self.append(f"script error: {text}")

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
        if "Content Security Policy" in text or "Content-Security-Policy" in text or "TrustedHTML" in text:
            self.append(f"policy: {text}")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    found = Complaints()
    yield found
    assert found.unexpected() == [], "\n".join(found)


@pytest.fixture
def new_context(
    browser: Browser, complaints: Complaints, pytestconfig: pytest.Config
) -> Iterator[Callable[..., BrowserContext]]:
    """A new person's browser, so to speak: own cookies and storage. English unless said otherwise.

    Asked before cells of a notebook from disk run, it answers *Trust these cells*, unless `answers_reviews=False`.
    """
    contexts: list[BrowserContext] = []
    latency_ms = pytestconfig.getoption("--slow-pages")
    is_slow = latency_ms > 0 and browser.browser_type.name == "chromium"

    def make(*, answers_reviews: bool = True, **options: object) -> BrowserContext:
        context = browser.new_context(**{"locale": "en-US", "viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(LIMIT_MS)
        context.on("page", complaints.listen)
        if is_slow:
            context.on("page", lambda page: slow_pages.slow_down(page, latency_ms))
        if answers_reviews:
            context.on("page", trust_what_is_asked)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of notebooks."""
    made = tmp_path / "notebooks"
    made.mkdir()
    return made


@pytest.fixture
def hub(folder: Path, tmp_path: Path) -> Iterator[Hub]:
    """A hub on `folder`, not yet started: tests put their files there first, then call `hub.start()`."""
    made = Hub(folder=folder, data=tmp_path / "data", port=free_port())
    yield made
    made.stop()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A running hub for all tests of a file, on a folder that they fill."""
    root = tmp_path_factory.mktemp("stage")
    folder = root / "notebooks"
    folder.mkdir()
    made = Stage(Hub(folder=folder, data=root / "data", port=free_port()))
    made.link = made.hub.start()
    yield made
    made.hub.stop()


@pytest.fixture(scope="module")
def stock(stage: Stage) -> Iterator[Jupyter]:
    """A stock Jupyter server for all tests of a file, which knows the hub's origin and has the same folder."""
    with jupyter("server", stage.hub.folder, *server_flags(stage.hub.origin)) as running:
        yield running


@pytest.fixture
def person(stage: Stage, new_context: Callable[..., BrowserContext], browser_name: str) -> Callable[[], BrowserContext]:
    """A new browser of somebody who is signed in to the stage's hub."""

    def make() -> BrowserContext:
        if browser_name not in stage.signed_in:
            first = new_context()
            sign_in(first.new_page(), stage.next_link())
            stage.signed_in[browser_name] = first.storage_state()
            return first
        return new_context(storage_state=stage.signed_in[browser_name])

    return make


@pytest.fixture
def corpus() -> Path:
    """Real notebooks that nobody here wrote."""
    if not CORPUS.is_dir():
        pytest.skip(f"the corpus of notebooks is not there: set RUNHERE_CORPUS (looked in {CORPUS})")
    return CORPUS


@pytest.fixture
def unique(request: pytest.FixtureRequest, browser_name: str) -> Callable[[str], str]:
    """A name that no other story of the file takes."""
    story = request.node.originalname.removeprefix("test_")
    return lambda name: f"{name} {browser_name} {crc32(story.encode()) % 1_000_000}"
