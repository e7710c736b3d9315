"""Several people on one hub: come in by a link, share by name and by link, read without running, lose a role."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from people import PASSWORD, invitation, join, let_edit, team_hub
from playwright.sync_api import BrowserContext, Locator, Page, expect
from servers import jupyter, server_flags, wait_until
from steps import code_cell, connect, connected, give_token, run_cell, saved, source, type_source

HOSTILE = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) https://example.org/a"

COUNT_ROOMS = """
  window.rooms = 0;
  const Plain = WebSocket;
  window.WebSocket = class extends Plain {
    constructor(url, protocols) {
      super(url, protocols);
      if (String(url).endsWith("/room")) window.rooms += 1;
    }
  };
"""


@pytest.fixture
def team(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A hub for several people: its origin, and the link that makes the first administrator."""
    with team_hub(tmp_path) as hub:
        yield hub.origin, hub.first_link


def give(ada: Page, sharing: Locator, role: str) -> None:
    """Ada gives Bob a role in the dialog, which she opens when it is closed."""
    if not sharing.is_visible():
        ada.get_by_role("button", name="Share").click()
    sharing.get_by_role("button", name=re.compile("Role of Bob")).click()
    ada.get_by_role("option", name=re.compile(f"^{role}")).click()


def talk_about_the_cell(ada: Page, bob: Page, give_bob: Callable[[str], None]) -> None:
    """Comments: live for both, read by a viewer, written by a commenter, and run nowhere."""
    ada.bring_to_front()  # Firefox tells a window behind another one nothing of its focus
    ada.get_by_role("dialog").get_by_role("button", name="Close").first.click()
    code_cell(ada, 1).click(position={"x": 5, "y": 5})
    ada.get_by_role("menuitem", name="Insert", exact=True).click()
    ada.get_by_role("menuitem", name=re.compile("^Comment on the cell")).click()
    field = ada.get_by_role("textbox", name="Comment on code cell 1")
    expect(field).to_be_focused()
    ada.keyboard.type(HOSTILE)
    ada.keyboard.press("Control+Enter")
    expect(ada.get_by_role("listitem", name="Comment of Ada on code cell 1")).to_contain_text(HOSTILE)

    # Bob, who reads, is told at once. The text is text: the one link in it is the address, and nothing ran.
    bob.bring_to_front()
    mark = code_cell(bob, 1).get_by_role("button", name="1 open comment on this cell")
    mark.click()
    thread = bob.get_by_role("listitem", name="Comment of Ada on code cell 1")
    expect(thread).to_be_focused()
    expect(thread).to_contain_text(HOSTILE)
    expect(thread.get_by_role("link")).to_have_text(["https://example.org/a"])
    expect(thread.get_by_role("img")).to_have_count(0)
    expect(bob.get_by_text("You may read comments here, not write them.")).to_be_visible()
    expect(bob.get_by_role("region", name="Comments").get_by_role("textbox")).to_have_count(0)

    ada.bring_to_front()
    give_bob("Commenter")
    expect(bob.get_by_text("You can read this notebook and comment on it, not change it.")).to_be_visible()
    bob.bring_to_front()
    reply = thread.get_by_role("textbox", name="Reply to Ada")
    reply.click()
    bob.keyboard.type("Because of Bob")
    bob.keyboard.press("Control+Enter")
    ada.bring_to_front()
    ada.get_by_role("dialog").get_by_role("button", name="Close").first.click()
    answered = ada.get_by_role("listitem", name="Comment of Ada on code cell 1")
    expect(answered).to_contain_text("Because of Bob")
    answered.get_by_role("button", name="Resolve").click()
    expect(mark).to_have_count(0)
    expect(thread).to_have_count(0)


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
    expect(bob.get_by_text("You can read this notebook, not change it.")).to_be_visible()
    run_cell(bob, 1)
    offer = bob.get_by_role("alertdialog")
    expect(offer.get_by_role("button", name="Make a copy")).to_be_visible()
    offer.get_by_role("button", name="Cancel").click()

    talk_about_the_cell(ada, bob, lambda role: give(ada, sharing, role))

    # A role that changes reaches the open page; editing works at once, and ends at once.
    give(ada, sharing, "Editor")
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


def test_the_next_person_in_a_browser_gets_nothing_of_the_last_ones(
    team: tuple[str, str], new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    origin, first = team
    ada, bob = new_context().new_page(), new_context().new_page()
    join(ada, first, "Ada")
    join(bob, invitation(ada, origin), "Bob")
    bob.close()
    ada.goto(origin)
    ada.get_by_role("button", name="New notebook").click()
    type_source(ada, 1, "print('shared')")
    with jupyter("server", tmp_path, *server_flags(origin)) as runtime:
        connect(ada, runtime.pasted)
        saved(ada)
        let_edit(ada, "Bob")
        notebook = ada.url

        def in_the_same_browser(name: str) -> None:
            ada.goto(origin)
            ada.get_by_role("button", name=re.compile("^Account:")).click()
            ada.get_by_role("menuitem", name="Sign out").click()
            ada.get_by_label("User name").fill(name)
            ada.get_by_label("Password").fill(PASSWORD)
            ada.get_by_role("button", name="Sign in").click()
            expect(ada.get_by_role("heading", name="Notebooks")).to_be_visible()
            ada.goto(notebook)
            expect(source(ada, 1)).to_have_text("print('shared')")
            ada.wait_for_load_state("networkidle")  # what connects unasked has begun by now

        in_the_same_browser("bob")
        expect(ada.get_by_role("button", name="Connect", exact=True)).to_be_visible()
        in_the_same_browser("ada")
        # It is her runtime still; the token, which the browser was not told to remember, is asked for.
        asks = ada.get_by_role("button", name=re.compile("asks for a token$"))
        expect(asks).to_be_visible()
        asks.click()
        give_token(ada, runtime.token)
        connected(ada)


def test_other_tabs_go_on_when_the_same_person_signs_in_again_and_show_the_next_one_nothing(
    team: tuple[str, str], new_context: Callable[..., BrowserContext]
) -> None:
    origin, first = team
    context = new_context()
    context.add_init_script(COUNT_ROOMS)
    tab, other = context.new_page(), context.new_page()
    join(tab, first, "Ada")
    bobs = invitation(tab, origin)
    tab.goto(origin)
    tab.get_by_role("button", name="New notebook").click()
    type_source(tab, 1, "first = 1")
    saved(tab)

    # Ada changes her password in another tab: a session begins there, and the one that both had ends.
    other.goto(f"{origin}/account")
    other.get_by_label("Password now").fill(PASSWORD)
    other.get_by_label("New password").fill(f"{PASSWORD} again")
    assert tab.evaluate("rooms") == 1
    other.get_by_role("button", name="Change password").click()
    expect(other.get_by_text("Your password was changed")).to_be_visible()
    wait_until(lambda: tab.evaluate("rooms") > 1, what="another room")  # it was cut, and the tab came again unasked
    tab.bring_to_front()
    type_source(tab, 1, "second = 2")
    saved(tab)
    expect(tab.get_by_text("You are signed out")).to_have_count(0)

    # She signs out there and Bob comes in: nothing of hers is on the screen of the tab that was left open.
    other.bring_to_front()
    other.get_by_role("button", name=re.compile("^Account:")).click()
    other.get_by_role("menuitem", name="Sign out").click()
    expect(other.get_by_role("button", name="Sign in")).to_be_visible()
    join(other, bobs, "Bob")
    tab.bring_to_front()
    expect(tab.get_by_role("heading", name="This notebook is not here any more")).to_be_visible()
    expect(source(tab, 1)).to_have_count(0)
    expect(tab.get_by_text("second = 2")).to_have_count(0)
    tab.get_by_role("button", name="Back to Home").click()
    expect(tab.get_by_role("button", name=re.compile("^Account: Bob"))).to_be_visible()
