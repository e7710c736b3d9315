"""The hub dies, comes back, or has no room: what was acknowledged is there, and the rest is not lost in silence."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from servers import Hub, wait_until
from steps import (
    MAIN_MODIFIER,
    close_menu,
    kept_in_browser,
    notebook_text,
    opened,
    saved,
    source,
    sources_in,
    type_source,
)

from runhere_hub.testing.ports import free_port


def type_at_end(page: Page, position: int, text: str) -> None:
    source(page, position).click()
    page.keyboard.press(f"{MAIN_MODIFIER}+End")
    page.keyboard.type(text)


def test_offline_edits_of_two_browsers_merge(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    file = folder / "Apart.ipynb"
    file.write_text(notebook_text("shared", "one", "two"), encoding="utf-8")
    one = opened(new_context(), hub.start(), "Apart")
    two = opened(new_context(), hub.login_link(), "Apart")
    hub.kill()
    type_at_end(one, 1, "_by_one")
    type_at_end(two, 1, "_by_two")
    type_source(one, 2, "one alone")
    type_source(two, 3, "two alone")
    two.keyboard.press("Escape")
    two.keyboard.press("Alt+ArrowUp")  # and moves it above the cell that the other changes
    kept_in_browser(one, 2, "one alone")
    kept_in_browser(two, 2, "two alone")
    hub.start()
    for page in (one, two):
        page.get_by_role("button", name="Try now").or_(page.get_by_text("All changes saved")).first.click()
        expect(source(page, 2)).to_have_text("two alone")
        expect(source(page, 3)).to_have_text("one alone")
        expect(source(page, 1)).to_contain_text("_by_one")
        expect(source(page, 1)).to_contain_text("_by_two")
        saved(page)
    expect(source(two, 1)).to_have_text(source(one, 1).inner_text().strip())
    wait_until(lambda: sources_in(file)[1:] == ["two alone", "one alone"], what="both in the file")
    assert len(sources_in(file)[0]) == len("shared_by_one_by_two")


def test_acknowledged_text_survives_every_kill(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    (folder / "Kills.ipynb").write_text(notebook_text("start"), encoding="utf-8")
    context = new_context()
    page = opened(context, hub.start(), "Kills")
    written = "start"
    for round_ in range(3):
        type_at_end(page, 1, f"_kept{round_}")
        saved(page)
        page.keyboard.type(f"_typing{round_}")  # some of it on its way, some of it not
        hub.kill()
        page.keyboard.type(f"_dead{round_}")
        written += f"_kept{round_}_typing{round_}_dead{round_}"
        hub.start()
        page.get_by_role("button", name="Try now").or_(page.get_by_text("All changes saved")).first.click()
        saved(page)
        expect(source(page, 1)).to_have_text(written)
    type_at_end(page, 1, "_last")
    saved(page)
    hub.kill()
    context.close()  # nobody is left who could send anything again
    stranger = opened(new_context(), hub.start(), "Kills")
    expect(source(stranger, 1)).to_have_text(f"{written}_last")


def test_menus_and_dialogs_open_without_the_hub(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    (folder / "Menus.ipynb").write_text(notebook_text("x = 1"), encoding="utf-8")
    page = opened(new_context(), hub.start(), "Menus")
    saved(page)
    last = "performance.getEntriesByType('resource').some(({ name }) => name.includes('/notebook-history-'))"
    wait_until(lambda: page.evaluate(last), what="the last part of the page, which is fetched when the rest is there")
    hub.kill()
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    close_menu(page)
    page.get_by_role("button", name="Connection options").click()
    page.get_by_role("menuitem", name="Connect to a local runtime…").click()
    dialog = page.get_by_role("dialog", name="Local connection settings")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    type_source(page, 1, "y = 2")
    kept_in_browser(page, 1, "y = 2")


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB."""
    mounted = tmp_path / "tiny"
    mounted.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(mounted)]
    try:
        done = subprocess.run(words, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("this machine has no `mount`")
    if done.returncode:
        pytest.skip("a small disk needs the right to mount one")
    yield mounted
    subprocess.run(["umount", "-l", str(mounted)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all that is left."""
    ballast = disk / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)
    except OSError:
        return ballast


def test_a_full_disk_is_told_and_typing_goes_on(
    tiny_disk: Path, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    file = folder / "Full.ipynb"
    file.write_text(notebook_text("before = 0"), encoding="utf-8")
    hub = Hub(folder=folder, data=tiny_disk / "data", port=free_port())
    try:
        page = opened(new_context(), hub.start(), "Full")
        type_source(page, 1, "room = 1")
        saved(page)
        ballast = fill(tiny_disk)
        long = "x" * 8192  # more than what is left in pages that the database has already
        type_source(page, 1, f"full = '{long}'")
        expect(page.get_by_text("Not saved", exact=True)).to_be_visible()
        expect(page.get_by_text("Your changes are not saved yet")).to_contain_text("full")
        expect(page.get_by_text("All changes saved")).to_have_count(0)
        type_source(page, 1, "typed_on = 2")
        expect(source(page, 1)).to_have_text("typed_on = 2")
        ballast.unlink()
        saved(page)
        expect(page.get_by_text("Your changes are not saved yet")).to_have_count(0)
        wait_until(lambda: sources_in(file) == ["typed_on = 2"], what="the edit in the file")
        hub.kill()
        again = opened(new_context(), hub.start(), "Full")
        expect(source(again, 1)).to_have_text("typed_on = 2")
    finally:
        hub.stop()
