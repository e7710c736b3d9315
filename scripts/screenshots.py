"""`make screenshots`: every view in light and dark, English and Japanese, wide and narrow, into test-results/screenshots/.

Usage: python scripts/screenshots.py [--readme | --team]. `--readme` takes docs/images/notebook.png only; `--team` the views
of a hub for several people only.
"""

# Cells are what a person would type; their lines are as long as they are.
# ruff: noqa: E501
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import setup

E2E = setup.ROOT / "e2e"
TARGET = setup.ROOT / "test-results" / "screenshots"
CONNECT = re.compile("^(Connect|接続)$")
OPTIONS = re.compile("^(Connection options|接続オプション)$")
CONNECTED = re.compile("^Connected to|に接続済み$")
REVIEW = re.compile("^(Review before running on your machine|自分のマシンで実行する前の確認)$")
TRUST = re.compile("^(Trust these cells|これらのセルを信頼)$")
PANELS = ("contents", "comments", "variables", "debugger", "files", "terminal", "resources")  # as in the menu View
FILE, EDIT, VIEW, RUNTIME, HELP = 0, 1, 2, 4, 6  # places in the menu bar
SIZES = {"wide": (1280, 860), "narrow": (390, 780)}
README_IMAGE = setup.ROOT / "docs" / "images" / "notebook.png"

CELLS: tuple[tuple[str, str], ...] = (
    (
        "markdown",
        "# Rain in March\n\nHow much fell each day, and what a *normal* day is: $\\bar{x} = \\frac{1}{n}\\sum_i x_i$.",
    ),
    (
        "code",
        "import random\n\nrandom.seed(3)\n"
        "days = [round(random.gammavariate(2.2, 1.6), 1) for _ in range(31)]\n"
        "print(f'{len(days)} days, {sum(days):.1f} mm')",
    ),
    (
        "code",
        "from IPython.display import SVG\n\n"
        "bars = ''.join(\n"
        '    f\'<rect x="{18 * n + 4}" y="{130 - 13 * mm:.1f}" width="13" height="{13 * mm:.1f}" rx="2" fill="#2b59c3"/>\'\n'
        "    for n, mm in enumerate(days)\n)\n"
        'SVG(f\'<svg xmlns="http://www.w3.org/2000/svg" width="570" height="132">{bars}</svg>\')',
    ),
    ("markdown", "## The wettest days"),
    (
        "code",
        "from IPython.display import HTML\n\n"
        "top = sorted(enumerate(days, 1), key=lambda day: -day[1])[:3]\n"
        "rows = ''.join(f'<tr><th>{day}</th><td>{mm}</td></tr>' for day, mm in top)\n"
        "HTML(f'<table class=\"dataframe\"><thead><tr><th>day</th><th>mm</th></tr></thead><tbody>{rows}</tbody></table>')",
    ),
    ("code", "1 / 0"),
    ("code", "import time\n\ntime.sleep(300)"),
)


def notebook() -> str:
    """The notebook that is shown, never run before."""
    cells: list[dict[str, object]] = []
    for index, (kind, text) in enumerate(CELLS):
        extra = {} if kind == "markdown" else {"execution_count": None, "outputs": []}
        cells.append({"cell_type": kind, "id": f"c{index}", "metadata": {}, "source": text, **extra})
    spec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return (
        json.dumps({"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
        + "\n"
    )


def main() -> int:
    """Take the pictures."""
    setup.python_packages("dev")
    setup.test_programs()
    setup.page()
    if Path(sys.prefix).resolve() != setup.VENV.resolve():  # the test programs are installed there only
        return subprocess.run([setup.python(), __file__, *sys.argv[1:]], check=False).returncode
    sys.path.insert(0, str(E2E))
    from conftest import CHROMIUM_FLAGS  # after the path is set, and only where the test programs are installed
    from playwright.sync_api import sync_playwright
    from screenshots_team import pictures
    from servers import Hub, free_port, jupyter, server_flags

    only_readme, only_team = "--readme" in sys.argv, "--team" in sys.argv
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="runhere-pictures-") as place, sync_playwright() as playing:
        browser = playing.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        if not only_readme:
            pictures(browser, Path(place) / "team", TARGET, list(looks()))
        if only_team:
            browser.close()
            return 0
        folder = Path(place) / "notebooks"
        (folder / "weather").mkdir(parents=True)
        (folder / "Rain in March.ipynb").write_text(notebook(), encoding="utf-8")
        (folder / "weather" / "2025.csv").write_text("day,mm\n", encoding="utf-8")
        hub = Hub(folder=folder, data=Path(place) / "data", port=free_port())
        hub.start()
        try:
            with jupyter("server", folder, *server_flags(hub.origin)) as stock:
                if not only_readme:
                    # Whoever has answered once is not asked again: this comes first.
                    for look in looks():
                        question(browser, hub, stock.pasted, **look)
                readme(browser, hub, stock.pasted)
                if not only_readme:
                    for look in looks():
                        views(browser, hub, stock.pasted, **look)
        finally:
            browser.close()
            hub.stop()
    return 0


def looks() -> Iterator[dict[str, str]]:
    """Every combination of theme, language and width."""
    for theme in ("light", "dark"):
        for language in ("en", "ja"):
            for width in ("wide", "narrow"):
                yield {"theme": theme, "language": language, "width": width}


def entered(  # type: ignore[no-untyped-def] # Playwright's types are not installed where scripts are checked
    browser, hub, *, width: int, height: int, theme: str, language: str, answers: bool = True
):
    """A signed-in page of one look, on Home. It answers the question before code that came from the disk, if `answers`."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="ja-JP" if language == "ja" else "en-US", color_scheme=theme
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    # The notebook came from the disk, so its first run asks.
    if answers:
        trust_what_is_asked(page)
    page.goto(hub.login_link())
    page.get_by_role("row", name="Rain in March", exact=True).wait_for()
    return page


def trust_what_is_asked(page) -> None:  # type: ignore[no-untyped-def]
    asked = page.get_by_role("dialog", name=REVIEW)
    page.add_locator_handler(asked, lambda question: question.get_by_role("button", name=TRUST).click())


def connected(page, pasted: str) -> None:  # type: ignore[no-untyped-def]
    """Connect in whatever language the page has, by the order of things."""
    if page.get_by_role("button", name=CONNECTED).count():
        return
    page.get_by_role("button", name=OPTIONS).click()
    page.get_by_role("menu").get_by_role("menuitem").first.click()
    page.get_by_role("dialog").get_by_role("textbox").first.click()
    page.keyboard.type(pasted)
    page.keyboard.press("Enter")
    page.get_by_role("button", name=CONNECTED).first.wait_for()


def opened(page, pasted: str) -> None:  # type: ignore[no-untyped-def]
    page.get_by_role("row", name="Rain in March", exact=True).dblclick()
    page.locator(".cm-content").first.wait_for()
    connected(page, pasted)


def run(page, index: int) -> None:  # type: ignore[no-untyped-def]
    """Run a code cell by the keyboard and wait for its count."""
    cell = page.locator(f"[data-cell-id=c{index}]")
    cell.locator(".cm-content, .cm-static").first.click()
    page.keyboard.press("Control+Enter")


def readme(browser, hub, pasted: str) -> None:  # type: ignore[no-untyped-def]
    """docs/images/notebook.png: wide, light, English."""
    page = entered(browser, hub, width=1280, height=1060, theme="light", language="en")
    opened(page, pasted)
    for index in (1, 2, 4):
        run(page, index)
        page.locator(f"[data-cell-id=c{index}] [role=region]").first.wait_for()
    page.get_by_role("main").evaluate("(box) => { box.scrollTop = 0; }")
    page.locator("[data-cell-id=c2] img").first.wait_for()
    page.keyboard.press("Escape")
    page.wait_for_timeout(800)  # colours and images settle
    README_IMAGE.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=README_IMAGE)
    page.context.close()


def question(browser, hub, pasted: str, *, theme: str, language: str, width: str) -> None:  # type: ignore[no-untyped-def]
    """What stands before code by others runs: looked at, not answered."""
    size = SIZES[width]
    page = entered(browser, hub, width=size[0], height=size[1], theme=theme, language=language, answers=False)
    opened(page, pasted)
    run(page, 1)
    page.get_by_role("dialog", name=REVIEW).wait_for()
    page.wait_for_timeout(400)  # animations end
    page.screenshot(path=TARGET / f"review-{theme}-{language}-{width}.png")
    page.context.close()


def views(browser, hub, pasted: str, *, theme: str, language: str, width: str) -> None:  # type: ignore[no-untyped-def]  # noqa: PLR0915 - one line after another, as a person would click
    """One look of every view."""
    from playwright.sync_api import Error  # installed with the test programs only

    size = SIZES[width]
    page = entered(browser, hub, width=size[0], height=size[1], theme=theme, language=language)

    def take(name: str) -> None:
        page.wait_for_timeout(400)  # animations end
        page.screenshot(path=TARGET / f"{name}-{theme}-{language}-{width}.png")

    def shown(name: str, open_it: Callable[[], object]) -> None:
        """A dialog or bar: open, take, close. One that does not open is said and passed over."""
        try:
            open_it()
            take(name)
        except Error as error:  # pictures are for people: the next one is still wanted
            print(f"{name} ({theme}, {language}, {width}): {str(error).splitlines()[0]}", flush=True)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")

    take("home")
    shown("trash", lambda: page.get_by_role("button", name=re.compile("Trash|ゴミ箱|ごみ箱")).first.click())
    shown("settings", lambda: page.get_by_role("button", name=re.compile("^(Settings|設定)$")).first.click())
    page.get_by_role("row", name="Rain in March", exact=True).dblclick()
    page.locator(".cm-content").first.wait_for()
    take("notebook")
    shown("connect", lambda: page.get_by_role("button", name=CONNECT).first.click())

    def refused() -> None:
        page.get_by_role("button", name=CONNECT).first.click()
        page.get_by_role("dialog").get_by_role("textbox").first.click()
        page.keyboard.type("http://127.0.0.1:9/?token=none")
        page.keyboard.press("Enter")
        page.wait_for_timeout(3_000)  # the probe's ladder

    shown("failure", refused)

    def asks_for_token() -> None:
        page.get_by_role("button", name=CONNECT).first.click()
        page.get_by_role("dialog").get_by_role("textbox").first.click()
        page.keyboard.type(pasted.split("?")[0])
        page.keyboard.press("Enter")
        page.get_by_role("dialog").get_by_role("textbox", name=re.compile("Token|トークン")).wait_for()

    shown("token", asks_for_token)
    connected(page, pasted)
    for index in (1, 2, 4, 5):
        run(page, index)
        page.locator(f"[data-cell-id=c{index}] [role=region]").first.wait_for()
    take("outputs")
    run(page, 6)
    take("running")
    shown("palette", lambda: page.keyboard.press("Control+Shift+p"))
    shown("find", lambda: page.keyboard.press("Control+h"))

    by_commands(page, shown)
    shown("menu", lambda: page.get_by_role("menubar").get_by_role("menuitem").nth(1).click())
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    page.keyboard.press("i")
    page.context.close()


def by_commands(page, shown: Callable[[str, Callable[[], object]], None]) -> None:  # type: ignore[no-untyped-def]
    """What the menus open: dialogs, hidden code, a cell that is dragged, panels."""

    def command(menu: int, name: str) -> None:
        page.get_by_role("menubar").get_by_role("menuitem").nth(menu).click()
        page.get_by_role("menu").get_by_role("menuitem", name=re.compile(f"^({name})")).click()

    shown("sessions", lambda: command(RUNTIME, "Manage sessions|セッション"))
    shown("history", lambda: command(FILE, "Revision history|変更履歴"))
    shown("notebook-settings", lambda: command(EDIT, "Notebook settings|ノートブックの設定"))
    shown("cell-outputs", lambda: command(EDIT, "Outputs of this cell|このセルの出力"))
    shown("shortcuts", lambda: command(HELP, "Keyboard shortcuts|キーボード"))

    def hidden_code() -> None:
        page.locator("[data-cell-id=c2]").click(position={"x": 3, "y": 3})
        command(VIEW, "Show or hide code|コード")

    shown("hidden-code", hidden_code)
    hidden_code()

    def dragged() -> None:
        """A cell under way; Escape, which ends every view, leaves it where it was."""
        cell = page.locator("[data-cell-id=c2]")
        cell.click(position={"x": 3, "y": 3})
        cell.scroll_into_view_if_needed()
        at = cell.locator("[data-grip]").first.bounding_box()
        assert at
        page.mouse.move(at["x"] + 4, at["y"] + 8)
        page.mouse.down()
        page.mouse.move(at["x"] + 10, at["y"] + 120, steps=8)

    shown("drag", dragged)
    page.mouse.up()

    def panel(place: int) -> None:
        page.get_by_role("menubar").get_by_role("menuitem").nth(VIEW).click()
        page.get_by_role("menuitemcheckbox").nth(place).click()

    for place, name in enumerate(PANELS):
        shown(f"panel-{name}", lambda place=place: panel(place))  # type: ignore[misc]


if __name__ == "__main__":
    sys.exit(setup.guarded(main))
