"""Several people on one hub: come in by a link, share by name and by link, read without running, lose a role."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from servers import free_port, start
from steps import source, type_source

PASSWORD = "a long enough password"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A hub for several people: its origin, and the link that makes the first administrator."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    config = tmp_path / "runhere.toml"
    config.write_text(
        f'public_url = "{origin}"\ndata = "data"\nport = {port}\nlog_level = "warning"\n', encoding="utf-8"
    )
    hub = start([sys.executable, "-m", "runhere_hub.cli.main", "serve", "--config", str(config)], cwd=tmp_path)
    yield origin, hub.line_matching(rf"{origin}/join#\S+").group(0)
    hub.stop()


def join(page: Page, link: str, name: str) -> None:
    page.goto(link)
    page.get_by_label("Your name").fill(name)
    page.get_by_label("User name").fill(name.lower())
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="Notebooks")).to_be_visible()
    assert "#" not in page.url


def invitation(admin: Page, origin: str) -> str:
    admin.goto(f"{origin}/people")
    admin.get_by_role("button", name="Make an invitation").click()
    return admin.locator("code", has_text="/join#code=").inner_text().replace(" ", "")


@pytest.mark.timeout(180)
def test_people_share_by_name_and_link_and_a_viewer_is_offered_a_copy(
    team: tuple[str, str], new_context: Callable[..., BrowserContext]
) -> None:
    origin, first = team
    ada, bob = new_context().new_page(), new_context().new_page()
    join(ada, first, "Ada")
    join(bob, invitation(ada, origin), "Bob")

    ada.goto(origin)
    ada.get_by_role("button", name="New notebook").click()
    type_source(ada, 1, "print('shared')")
    expect(ada.get_by_text("All changes saved")).to_be_visible()
    ada.get_by_role("button", name="Share").click()
    sharing = ada.get_by_role("dialog", name="Share notebook")
    expect(sharing.get_by_text("Nobody runs code on your machine")).to_be_visible()
    sharing.get_by_label("Add a person").fill("bob")
    sharing.get_by_role("button", name="Share", exact=True).click()
    expect(sharing.get_by_role("button", name="Remove Bob")).to_be_visible()

    bob.reload()
    bob.get_by_role("link", name=re.compile("Untitled")).click()
    expect(source(bob, 1)).to_have_text("print('shared')")
    expect(source(bob, 1)).to_have_attribute("aria-readonly", "true")
    bob.get_by_role("button", name="Run cell").click()
    offer = bob.get_by_role("alertdialog")
    expect(offer.get_by_role("button", name="Make a copy")).to_be_visible()
    offer.get_by_role("button", name="Cancel").click()

    # A role that changes reaches the open page; editing works at once, and ends at once.
    sharing.get_by_role("button", name=re.compile("Role of Bob")).click()
    ada.get_by_role("option", name=re.compile("^Editor")).click()
    expect(source(bob, 1)).not_to_have_attribute("aria-readonly", "true")
    type_source(bob, 1, "by_bob = 1")
    expect(source(ada, 1)).to_have_text("by_bob = 1")
    sharing.get_by_role("button", name="Remove Bob").click()
    expect(bob.get_by_text("is not shared with you any more")).to_be_visible()

    # By link: whoever is signed out signs in first and then arrives.
    sharing.get_by_role("button", name="Make a link").click()
    url = sharing.locator("code", has_text="/s/").inner_text().replace(" ", "")
    visitor = new_context().new_page()
    visitor.goto(url)
    visitor.get_by_label("User name").fill("bob")
    visitor.get_by_label("Password").fill(PASSWORD)
    visitor.get_by_role("button", name="Sign in").click()
    expect(source(visitor, 1)).to_have_text("by_bob = 1")
    assert "#" not in visitor.url
