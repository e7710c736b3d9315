"""What the page says when a runtime cannot be reached, and that a stranger never hears the token."""

from collections.abc import Callable

import pytest
from played import mail_server, nothing, open_web_api, stranger, web_page
from playwright.sync_api import BrowserContext, Locator, Page, expect
from servers import jupyter, server_flags
from stage import Stage
from steps import connected, give_token, send_token, try_to_connect

from runhere_hub.testing.ports import free_port

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.

TOKEN = "b1946ac92492d2347c6235b4d2611184"
UNKNOWN = "127.0.0.1:{port} does not say what it is"
TUNNEL = "ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:8890:127.0.0.1:8890 you@gpu.lab"


def says(dialog: Locator, title: str, *, line: str | None = None) -> None:
    """The dialog names exactly this cause, and the line that mends it."""
    expect(dialog.get_by_text(title, exact=True)).to_be_visible()
    if line is not None:
        expect(dialog.get_by_text(line).first).to_be_visible()


def form_is_back(dialog: Locator, typed: str) -> None:
    """What was typed is still there to be mended."""
    expect(dialog.get_by_role("textbox", name="Backend URL")).to_have_value(typed)


def try_another(page: Page, typed: str) -> Locator:
    """Mend what was typed, as the dialog asks one to. The dialog."""
    dialog = page.get_by_role("dialog", name="Local connection settings")
    dialog.get_by_role("textbox", name="Backend URL").click()
    page.keyboard.press("Control+a")
    page.keyboard.type(typed)
    dialog.get_by_role("button", name="Connect", exact=True).click()
    return dialog


def test_what_is_wrong_with_an_address_is_said_before_anything_is_sent_and_that_nothing_listens(
    stage: Stage, person: Callable[[], BrowserContext]
) -> None:
    stage.put("Ladder", "1")
    page = stage.open(person(), "Ladder")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    dialog = try_to_connect(page, "http://gpu.lab:8890/?token=abc")
    says(dialog, "gpu.lab is another computer", line=TUNNEL)
    for typed, title in (
        ("http://10.0.0.5:8888/", "10.0.0.5 is another computer"),
        ("ftp://localhost:8888", "The address begins with ftp:"),
        ("http://me:secret@localhost:8888", "The address holds a user name or password"),
        ("99999", "99999 is not a port"),
    ):
        says(try_another(page, typed), title)
    assert not [url for url in asked if not url.startswith(stage.hub.origin)]
    port = free_port()
    typed = f"http://127.0.0.1:{port}/?token={TOKEN}"
    says(try_another(page, typed), f"Nothing answers at 127.0.0.1:{port}", line=f"--port={port}")
    form_is_back(dialog, typed)


def test_a_stranger_on_the_port_is_named_and_never_hears_the_token(
    stage: Stage, person: Callable[[], BrowserContext], browser_name: str
) -> None:
    stage.put("Ladder", "1")
    page = stage.open(person(), "Ladder")
    dialog = try_to_connect(page, "99999")
    with stranger(open_web_api) as web, stranger(mail_server) as mail, stranger(nothing) as silent:
        for other, title in (
            (web, "127.0.0.1:{port} is not a Jupyter server"),
            (silent, "127.0.0.1:{port} takes the call and says nothing"),
            # Firefox takes whatever answers for old HTTP: nobody knows what it is, and the person is asked.
            (mail, "Nothing answers at 127.0.0.1:{port}" if browser_name == "chromium" else UNKNOWN),
        ):
            try_another(page, f"http://127.0.0.1:{other.port}/?token={TOKEN}")
            says(dialog, title.format(port=other.port))
            assert other.connections > 0
            assert TOKEN.encode() not in other.heard


def test_a_web_page_on_the_port_refuses_like_a_jupyter_for_another_site(
    stage: Stage, person: Callable[[], BrowserContext]
) -> None:
    stage.put("Ladder", "1")
    page = stage.open(person(), "Ladder")
    with stranger(web_page) as other:
        dialog = try_to_connect(page, f"http://127.0.0.1:{other.port}/")
        expect(dialog.get_by_text("Token needed")).to_be_visible()
        assert b"token" not in other.heard.lower()
        # With the token at hand it still goes nowhere before the person said so.
        give_token(page, TOKEN)
        says(dialog, UNKNOWN.format(port=other.port))
        dialog.get_by_role("button", name="Cancel").click()
        assert TOKEN.encode() not in other.heard
        try_another(page, f"http://127.0.0.1:{other.port}/?token={TOKEN}")
        send_token(page)
        says(dialog, "The server answers and refuses")
        assert TOKEN.encode() in other.heard


def test_wrong_token_and_wrong_origin_are_told_apart(stage: Stage, person: Callable[[], BrowserContext]) -> None:
    stage.put("Ladder", "1 + 1")
    page = stage.open(person(), "Ladder")
    with jupyter("server", stage.hub.folder, "--ServerApp.allow_origin=https://other.example") as elsewhere:
        dialog = try_to_connect(page, elsewhere.pasted)
        send_token(page)
        says(dialog, "The server allows another site only", line=f"allow_origin='{stage.hub.origin}'")
        try_another(page, f"{elsewhere.url}/?token={TOKEN}")
        send_token(page)
        says(dialog, "The server answers and refuses")
        dialog.get_by_role("button", name="Cancel").click()
    with jupyter("server", stage.hub.folder, *server_flags(stage.hub.origin)) as stock:
        dialog = try_to_connect(page, f"{stock.url}/?token={TOKEN}")
        says(dialog, "The token was not accepted")
        give_token(page, stock.token)
        connected(page)


@pytest.mark.parametrize("width", [320, 768])
def test_every_way_to_start_a_runtime_is_in_sight_on_a_narrow_screen(
    stage: Stage, person: Callable[[], BrowserContext], width: int
) -> None:
    stage.put("Narrow", "1")
    page = stage.open(person(), "Narrow")
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_role("button", name="Connection options").click()
    page.get_by_role("menuitem", name="Connect to a local runtime…").click()
    dialog = page.get_by_role("dialog", name="Local connection settings")
    how = dialog.get_by_role("button", name="How do I start a runtime?")
    if how.get_attribute("aria-expanded") == "false":
        how.click()
    tabs = dialog.get_by_role("tab")
    expect(tabs).to_have_count(5)
    # What is scrolled out of its list has a box, too, so the list is looked at.
    is_whole = "list => list.scrollWidth <= list.clientWidth"
    assert dialog.get_by_role("tablist").evaluate(is_whole)
    tabs.last.click()
    expect(dialog.get_by_text("ssh -N", exact=False).first).to_be_visible()
