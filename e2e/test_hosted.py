"""S8: who is given a shared notebook runs it on the hub's hosted runtime, never on the machine of who shared it.

And where its outputs stay at home, no hosted runtime writes them down.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from people import invitation, join, team_hub
from playwright.sync_api import BrowserContext, Page, expect
from servers import wait_until
from steps import run_cell, source, type_source

from runhere_hub.testing.team import everything_stored

READY_MS = 60_000
CANARY = re.compile(r"canary at /\S+\.")  # to its end: what is printed may come in pieces


OWN_HOSTS = "rt.localhost"  # browsers know by themselves that names below localhost are this machine


@pytest.fixture
def team(tmp_path: Path, browser_name: str) -> Iterator[tuple[str, str]]:
    """A hub with hosted runtimes: its origin, and the link that makes the first administrator.

    In Chromium each runtime has an origin of its own; in Firefox they are below the hub's.
    """
    own = [f'runtime_domain = "*.{OWN_HOSTS}"'] if browser_name == "chromium" else []
    with team_hub(tmp_path, 'hosted_provider = "local"', *own) as hub:
        yield hub.origin, hub.first_link


def reached_runtimes(urls: list[str], origin: str) -> set[str]:
    """Ids of the hosted runtimes that a page asked for something. It asked for nothing but these and the hub."""
    port = origin.rpartition(":")[2]
    own = re.compile(
        rf"(?:http|ws)://([0-9a-f]{{32}})\.{OWN_HOSTS}:{port}/|(?:http|ws){origin[4:]}/rt/([0-9a-f]{{32}})/"
    )
    found = [(url, own.match(url)) for url in urls if not url.startswith("blob:")]
    assert all(match or url.split("://")[1].startswith(origin.split("://")[1]) for url, match in found)
    return {match.group(1) or match.group(2) for _, match in found if match}


def start_and_connect(page: Page) -> None:
    dialog = page.get_by_role("dialog", name="Connect to a hosted runtime")
    expect(dialog.get_by_text("Not running")).to_be_visible()
    dialog.get_by_role("button", name="Start and connect").click()
    expect(page.get_by_role("button", name="Connected to Hosted runtime")).to_be_visible(timeout=READY_MS)


def keep_outputs_home(page: Page) -> None:
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.get_by_role("menuitem", name="Notebook settings").click()
    dialog = page.get_by_role("dialog", name="Notebook settings")
    dialog.get_by_text("Omit code cell output when saving this notebook").click()
    dialog.get_by_role("button", name="Save").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete and keep outputs at home").click()
    expect(page.get_by_text("Outputs stay home", exact=True)).to_be_visible()


def kept_by_runtimes(data: Path) -> list[Path]:
    """Files of all hosted runtimes that hold what the cell printed (its source does not spell it)."""
    found = []
    for path in (data / "hosted").rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # deleted while we look
            if path.is_file() and b"canary at" in path.read_bytes():
                found.append(path)
    return found


def test_the_second_person_runs_the_shared_notebook_on_a_hosted_runtime_of_their_own(
    team: tuple[str, str], new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    origin, first = team
    ada, bob = new_context().new_page(), new_context().new_page()
    join(ada, first, "Ada")
    join(bob, invitation(ada, origin), "Bob")

    ada.goto(origin)
    ada.get_by_role("button", name="New notebook").click()
    type_source(ada, 1, "import os; print('cana' + f'ry at {os.getcwd()}.')")
    expect(ada.get_by_text("All changes saved")).to_be_visible()
    ada.get_by_role("button", name="Connect", exact=True).click()
    start_and_connect(ada)
    run_cell(ada, 1)
    output = ada.get_by_role("region", name="Output of cell 1")
    expect(output).to_contain_text(CANARY, timeout=READY_MS)
    hers = output.inner_text().strip()
    data = tmp_path / "data"
    # What others would be told of this run: that it was on a hosted runtime, not on her machine.
    told = re.compile(r'"kind": ?"hosted"')
    wait_until(lambda: told.search(everything_stored(f"sqlite:///{data / 'hub.db'}")), what="where it ran is recorded")
    wait_until(lambda: kept_by_runtimes(data) != [], what="what was printed stands in the hosted runtime's journal")
    keep_outputs_home(ada)
    wait_until(lambda: kept_by_runtimes(data) == [], what="it is deleted")
    run_cell(ada, 1)
    expect(ada.get_by_role("group", name="Code cell 1")).to_contain_text("[2]", timeout=READY_MS)
    ada.reload()
    expect(output).to_have_text(hers, timeout=READY_MS)  # out of the runtime's memory
    assert kept_by_runtimes(data) == []

    ada.get_by_role("button", name="Share").click()
    sharing = ada.get_by_role("dialog", name="Share notebook")
    sharing.get_by_label("Add a person").fill("bob")
    sharing.get_by_role("button", name="Share", exact=True).click()
    sharing.get_by_role("button", name=re.compile("Role of Bob")).click()
    ada.get_by_role("option", name=re.compile("^Editor")).click()
    expect(sharing.get_by_role("button", name=re.compile("Role of Bob"))).to_contain_text("Editor")

    # Bob has no runtime: running offers the hub's, and that is one of his own.
    reached: list[str] = []
    bob.on("request", lambda request: reached.append(request.url))
    bob.on("websocket", lambda socket: reached.append(socket.url))
    bob.goto(origin)
    bob.get_by_role("link", name=re.compile("Untitled")).click()
    expect(source(bob, 1)).to_contain_text("os.getcwd")
    # Each sees the other's run: who and where. When it was is told nobody where outputs stay at home.
    expect(bob.get_by_text("Run by Ada, on a hosted runtime, time kept at home")).to_be_visible()
    expect(bob.get_by_text("Not reviewed yet")).to_be_attached()
    run_cell(bob, 1)
    start_and_connect(bob)
    expect(bob.get_by_text("Not reviewed yet")).to_have_count(0)  # nothing is asked there
    ran = bob.get_by_role("region", name="Output of cell 1")
    expect(ran).to_contain_text(CANARY, timeout=READY_MS)
    expect(ran).not_to_contain_text(hers, timeout=READY_MS)
    expect(ada.get_by_text("Run by Bob, on a hosted runtime, time kept at home")).to_be_visible()
    expect(bob.get_by_text(re.compile("^Run by"))).to_have_count(0)
    assert len(reached_runtimes(reached, origin)) == 1
    assert len(list((data / "hosted").iterdir())) == 2
    assert kept_by_runtimes(data) == []

    # After a reload the page goes on by itself; Manage sessions ends it.
    bob.reload()
    expect(bob.get_by_role("button", name="Connected to Hosted runtime")).to_be_visible(timeout=READY_MS)
    bob.get_by_role("button", name="Connection options").click()
    bob.get_by_role("menuitem", name="Manage sessions").click()
    sessions = bob.get_by_role("dialog", name="Manage sessions")
    sessions.get_by_role("button", name="Stop").click()
    bob.get_by_role("alertdialog").get_by_role("button", name="Stop").click()
    expect(sessions.get_by_text("Not running")).to_be_visible(timeout=READY_MS)
    ada.keyboard.press("Escape")
    expect(ada.get_by_role("button", name="Connected to Hosted runtime")).to_be_visible()

    # Ada administers the hub: she sees whose there are, and ends Bob's; her own goes on.
    sessions.get_by_role("button", name="Start", exact=True).click()
    expect(sessions.get_by_text("Running", exact=True)).to_be_visible(timeout=READY_MS)
    admin = ada.context.new_page()
    admin.goto(f"{origin}/people")
    listed = admin.get_by_role("region", name="Hosted runtimes")
    bobs = listed.get_by_role("listitem").filter(has_text="Bob")
    expect(bobs).to_contain_text(re.compile("Running · Since .*of memory"))
    expect(bobs).not_to_contain_text(re.compile("127|http|/"))
    listed.get_by_role("button", name="Stop the runtime of Bob").click()
    admin.get_by_role("alertdialog").get_by_role("button", name="Stop").click()
    expect(bobs).to_have_count(0, timeout=READY_MS)
    expect(listed.get_by_role("listitem")).to_have_count(1)
    bob.bring_to_front()
    expect(sessions.get_by_text("Not running")).to_be_visible(timeout=READY_MS)
    ada.bring_to_front()
    expect(ada.get_by_role("button", name="Connected to Hosted runtime")).to_be_visible()

    # Whoever comes back to one that has stopped meanwhile reads that, and not that a kernel failed.
    bob.reload()
    told_of = re.compile("The hosted runtime cannot be reached.*Start it under")
    expect(bob.get_by_text(told_of)).to_be_visible(timeout=READY_MS)
