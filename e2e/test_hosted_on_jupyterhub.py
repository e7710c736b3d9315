"""Hosted runtimes on a real JupyterHub, as a person has them: started, used, started again, and ended by others."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from people import REPOSITORY, join, team_hub
from playwright.sync_api import BrowserContext, Locator, Page, expect
from steps import output, ran, run_cell, type_source

from runhere_hub.providers.jupyterhub import JupyterHubOptions
from runhere_hub.testing import jupyterhub

CONFIG = REPOSITORY / "hub" / "tests" / "providers" / "jupyterhub_config.py"
READY_MS = 90_000

pytestmark = pytest.mark.skipif(not jupyterhub.is_installed(), reason=jupyterhub.NOT_INSTALLED)


@pytest.fixture(scope="module")
def jupyter_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterHubOptions]:
    with jupyterhub.running(tmp_path_factory.mktemp("jupyterhub"), CONFIG) as options:
        yield options


def ended_there(options: JupyterHubOptions) -> int:
    """End every server of people of our hubs, as JupyterHub's idle culler would; how many there were."""
    with httpx.Client(base_url=f"{options.url}hub/api/", trust_env=False, timeout=30) as admin:
        admin.headers["Authorization"] = f"token {options.token}"
        running = [user["name"] for user in admin.get("users").raise_for_status().json() if user["servers"]]
        for name in running:
            admin.delete(f"users/{name}/servers/{options.server_name}").raise_for_status()
    return len(running)


# Notes what progress bars said: each word of it is gone again a moment later.
HEAR_PROGRESS = """() => {
  window.progress = [];
  new MutationObserver(() => {
    for (const bar of document.querySelectorAll("[role=progressbar][aria-valuenow]"))
      window.progress.push([bar.ariaLabel, Number(bar.getAttribute("aria-valuenow")), bar.parentElement.innerText]);
  }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
}"""


def connect_dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Connect to a hosted runtime")


def is_connected(page: Page) -> Locator:
    return page.get_by_role("button", name="Connected to Hosted runtime")


def has_ended(page: Page) -> Locator:
    """Also behind an open dialog."""
    return page.get_by_role("button", name="Kernel on Hosted runtime has ended", include_hidden=True)


def start_again(page: Page) -> None:
    """Manage sessions ▸ Restart, and on with a new kernel."""
    page.get_by_role("button", name="Connection options").click()
    page.get_by_role("menuitem", name="Manage sessions").click()
    sessions = page.get_by_role("dialog", name="Manage sessions")
    kernel = sessions.get_by_role("listitem").filter(has_text="this notebook")
    expect(kernel).to_be_visible()
    sessions.get_by_role("button", name="Restart").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Restart").click()
    # Its kernel ended with it, and the page says so without being asked.
    expect(has_ended(page)).to_be_attached(timeout=READY_MS)
    expect(kernel).to_have_count(0, timeout=READY_MS)  # JupyterHub takes its time to end a server
    running = sessions.get_by_role("status").filter(has_text=re.compile("^Running$"))
    expect(running).to_be_visible(timeout=READY_MS)
    sessions.get_by_role("button", name="Close").last.click()
    run_cell(page, 1)
    connect_dialog(page).get_by_role("button", name="Connect", exact=True).click()
    expect(is_connected(page)).to_be_visible(timeout=READY_MS)
    ran(page, 1)


def test_a_server_of_jupyterhub_is_started_used_and_ended_from_the_page(
    jupyter_hub: JupyterHubOptions, new_context: Callable[..., BrowserContext], browser_name: str, tmp_path: Path
) -> None:
    there = ["[hosted]", f'url = "{jupyter_hub.url}"', f'token = "{jupyter_hub.token}"']
    with team_hub(tmp_path, 'hosted_provider = "jupyterhub"', *there) as hub:
        page = new_context().new_page()
        join(page, hub.first_link, "Ada")
        page.goto(hub.origin)
        page.get_by_role("button", name="New notebook").click()
        type_source(page, 1, "print(6 * 7)")

        page.get_by_role("button", name="Connection options").click()
        page.get_by_role("menuitem", name="Connect to a hosted runtime").click()
        dialog = connect_dialog(page)
        expect(dialog.get_by_role("status")).to_have_text("Not running")
        page.evaluate(HEAR_PROGRESS)
        dialog.get_by_role("button", name="Start and connect").click()
        expect(is_connected(page)).to_be_visible(timeout=READY_MS)
        # How far it was, in JupyterHub's own number and words.
        told = page.evaluate("() => window.progress")
        assert [said for said in told if said[0] == "Starting…" and said[1] > 0 and "Spawning server" in said[2]], told
        run_cell(page, 1)
        ran(page, 1)
        expect(output(page, 1)).to_have_text("42")

        if browser_name == "chromium":  # the same words of the hub's and of the page's in every browser
            start_again(page)

        assert ended_there(jupyter_hub) == 1
        expect(has_ended(page)).to_be_visible(timeout=READY_MS)
        expect(page.get_by_text("The kernel is gone: its variables are lost.").last).to_be_visible()
        expect(output(page, 1)).to_have_text("42")
        has_ended(page).click()
        expect(dialog.get_by_role("status")).to_have_text("Not running", timeout=READY_MS)
        expect(dialog.get_by_role("button", name="Start and connect")).to_be_enabled()
