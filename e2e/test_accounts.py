"""Coming in and going: an account from elsewhere, tokens of programs, tries that are slowed, out everywhere at once."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from people import PASSWORD, come_from_elsewhere, identity_provider, join, signs_in_at, team_hub
from playwright.sync_api import BrowserContext, Page, expect
from servers import wait_until

from runhere_hub.testing.ports import free_port


def answer_to(origin: str, token: str) -> int:
    """What the API says to a program with this token."""
    request = urllib.request.Request(f"{origin}/api/v1/home", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answered:
            return int(answered.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def guess(origin: str, password: str) -> int:
    """What the hub says to a password for Ada."""
    body = json.dumps({"user_name": "ada", "password": password}).encode()
    headers = {"Origin": origin, "Content-Type": "application/json", "X-Requested-By": "runhere"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"{origin}/api/v1/session/password", body, headers), timeout=60
        ) as answered:
            return int(answered.status)
    except urllib.error.HTTPError as refused:
        return refused.code


@contextmanager
def guessing(origin: str) -> Iterator[None]:
    """Somebody guesses: many at once until that is slowed, and on and on, for a try is allowed again later."""
    is_over = threading.Event()

    def go_on() -> None:
        while not is_over.is_set():
            guess(origin, "guess")

    with ThreadPoolExecutor(20) as at_once:
        assert 429 in list(at_once.map(lambda number: guess(origin, f"guess {number}"), range(40)))
        at_once.submit(go_on)
        try:
            yield
        finally:
            is_over.set()


def try_to_sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_people_come_from_elsewhere_make_tokens_and_go_everywhere_at_once(
    new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with identity_provider(origin) as issuer, team_hub(tmp_path, *signs_in_at(issuer), port=port) as hub:
        ada, guest = new_context().new_page(), new_context().new_page()
        join(ada, hub.first_link, "Ada")

        guest.goto(origin)
        come_from_elsewhere(guest, "grace")
        assert "code=" not in guest.url

        # A token acts for its person until it is taken away.
        ada.goto(f"{origin}/account")
        ada.get_by_label("What it is for").fill("nightly report")
        ada.get_by_role("button", name="Make a token").click()
        token = ada.locator("code", has_text="rh_").inner_text().strip()
        assert answer_to(origin, token) == 200
        ada.get_by_role("button", name="Revoke").click()
        expect(ada.get_by_text("nightly report")).to_have_count(0)
        assert answer_to(origin, token) == 401

        # The log of everybody names people, and nobody's secret.
        ada.goto(f"{origin}/people")
        expect(ada.get_by_text("by grace of elsewhere").first).to_be_visible()
        assert token not in ada.content()
        log = ada.get_by_role("listitem")
        ada.get_by_role("button", name="Make an invitation").click()
        expect(log.filter(has_text="Invitation made")).to_have_count(2)  # the first was hers
        grace = ada.get_by_role("region", name="People").get_by_role("listitem").filter(has_text="grace")
        grace.get_by_role("button", name="Make administrator").click()
        ada.get_by_role("alertdialog").get_by_role("button", name="Make administrator").click()
        expect(grace).to_contain_text("Administrator · ")
        expect(log.filter(has_text="Made an administrator")).to_be_visible()
        guest.goto(f"{origin}/people")
        expect(guest.get_by_role("button", name="Make an invitation")).to_be_visible()
        grace.get_by_role("button", name="Take administration back").click()
        ada.get_by_role("alertdialog").get_by_role("button", name="Take administration back").click()
        expect(log.filter(has_text="Administrator no more")).to_be_visible()
        guest.get_by_role("button", name="Make an invitation").click()
        expect(guest.get_by_text("Only administrators of this hub may do this.")).to_be_visible()
        expect(log.filter(has_text="Invitation made")).to_have_count(2)
        ada.set_viewport_size({"width": 390, "height": 780})
        expect(ada.get_by_role("button", name="Make administrator").first).to_be_visible()
        wait_until(lambda: ada.evaluate("document.documentElement.scrollWidth") <= 390, what="all of it on a phone")

        # Out everywhere, and nobody else is.
        guest.goto(f"{origin}/account")
        guest.get_by_role("button", name="Sign out everywhere").first.click()
        guest.get_by_role("alertdialog").get_by_role("button", name="Sign out everywhere").click()
        expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()
        ada.reload()
        expect(ada.get_by_role("heading", name="People")).to_be_visible()  # she is somebody else

        # Guessing is slowed, and said.
        try_to_sign_in(guest, "ada", "not the password")
        expect(guest.get_by_role("alert")).to_have_text("User name and password do not go together.")
        with guessing(origin):
            try_to_sign_in(guest, "ada", PASSWORD)  # even what is right has to wait now
            expect(guest.get_by_role("alert")).to_contain_text("Too many tries")
    assert not [line for line in hub.program.lines if token in line or PASSWORD in line]
