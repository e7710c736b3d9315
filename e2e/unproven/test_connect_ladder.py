"""What the page says when a runtime cannot be reached, and that a stranger never hears the token."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import CHROMIUM_FLAGS, Complaints
from played import front, mail_server, nothing, open_web_api, stranger, web_page
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, expect
from servers import free_port, jupyter, server_flags
from stage import Stage
from steps import connected, give_token, open_notebook, output, run_cell, send_token, sign_in, try_to_connect

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.
pytestmark = pytest.mark.timeout(180)

TOKEN = "b1946ac92492d2347c6235b4d2611184"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)


def says(dialog: Locator, title: str, *, line: str | None = None, limit_s: float = 15) -> None:
    """The dialog names exactly this cause, and the line that mends it."""
    expect(dialog.get_by_text(title, exact=True)).to_be_visible(timeout=limit_s * 1000)
    if line is not None:
        expect(dialog.get_by_text(line).first).to_be_visible()


def form_is_back(dialog: Locator, typed: str) -> None:
    """What was typed is still there to be mended."""
    expect(dialog.get_by_role("textbox", name="Backend URL")).to_have_value(typed)


def test_what_is_wrong_with_an_address_is_said_before_anything_is_sent(
    stage: Stage, person: Callable[[], BrowserContext]
) -> None:
    stage.put("Ladder", "1")
    page = stage.open(person(), "Ladder")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    dialog = try_to_connect(page, "http://gpu.lab:8890/?token=abc")
    says(dialog, "gpu.lab is another computer", line="ssh -N -L 127.0.0.1:8890:127.0.0.1:8890 you@gpu.lab")
    field = dialog.get_by_role("textbox", name="Backend URL")
    for typed, title in (
        ("http://10.0.0.5:8888/", "10.0.0.5 is another computer"),
        ("ftp://localhost:8888", "The address begins with ftp:"),
        ("http://me:secret@localhost:8888", "The address holds a user name or password"),
        ("99999", "99999 is not a port"),
    ):
        field.click()
        page.keyboard.press("Control+a")
        page.keyboard.type(typed)
        dialog.get_by_role("button", name="Connect", exact=True).click()
        says(dialog, title)
    assert not [url for url in asked if not url.startswith(stage.hub.origin)]


def test_nothing_listens(stage: Stage, person: Callable[[], BrowserContext]) -> None:
    stage.put("Ladder", "1")
    page = stage.open(person(), "Ladder")
    port = free_port()
    typed = f"http://127.0.0.1:{port}/?token={TOKEN}"
    dialog = try_to_connect(page, typed)
    says(dialog, f"Nothing answers at 127.0.0.1:{port}", line=f"--port={port}")
    form_is_back(dialog, typed)


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        pytest.param(open_web_api, "127.0.0.1:{port} is not a Jupyter server", id="another web server"),
        pytest.param(mail_server, "Nothing answers at 127.0.0.1:{port}", id="not HTTP"),
        pytest.param(nothing, "127.0.0.1:{port} takes the call and says nothing", id="silent"),
    ],
)
def test_a_stranger_on_the_port_is_named_and_never_hears_the_token(
    answer: Callable[[bytes], bytes | None], title: str, stage: Stage, person: Callable[[], BrowserContext]
) -> None:
    stage.put("Ladder", "1")
    page = stage.open(person(), "Ladder")
    with stranger(answer) as other:
        dialog = try_to_connect(page, f"http://127.0.0.1:{other.port}/?token={TOKEN}")
        # Firefox takes whatever answers for old HTTP: then nobody knows what it is, and the person would be asked.
        unknown = dialog.get_by_text(f"127.0.0.1:{other.port} does not say what it is")
        expect(dialog.get_by_text(title.format(port=other.port), exact=True).or_(unknown)).to_be_visible(timeout=40_000)
        assert other.connections > 0
        assert TOKEN.encode() not in other.heard


def test_a_web_page_on_the_port_refuses_like_a_jupyter_for_another_site(
    stage: Stage, person: Callable[[], BrowserContext]
) -> None:
    stage.put("Ladder", "1")
    page = stage.open(person(), "Ladder")
    with stranger(web_page) as other:
        dialog = try_to_connect(page, f"http://127.0.0.1:{other.port}/")
        expect(dialog.get_by_text("Token needed")).to_be_visible(timeout=15_000)
        assert b"token" not in other.heard.lower()
        # With the token at hand it still goes nowhere before the person said so.
        give_token(page, TOKEN)
        expect(dialog.get_by_text(f"127.0.0.1:{other.port} does not say what it is")).to_be_visible()
        dialog.get_by_role("button", name="Cancel").click()
        assert TOKEN.encode() not in other.heard
        try_to_connect(page, f"http://127.0.0.1:{other.port}/?token={TOKEN}")
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
        dialog.get_by_role("textbox", name="Backend URL").click()
        page.keyboard.press("Control+a")
        page.keyboard.type(f"{elsewhere.url}/?token={TOKEN}")
        dialog.get_by_role("button", name="Connect", exact=True).click()
        send_token(page)
        says(dialog, "The server answers and refuses")
        dialog.get_by_role("button", name="Cancel").click()
    with jupyter("server", stage.hub.folder, *server_flags(stage.hub.origin)) as stock:
        dialog = try_to_connect(page, f"{stock.url}/?token={TOKEN}")
        says(dialog, "The token was not accepted")
        give_token(page, stock.token)
        connected(page)


# ── A public hub ─────────────────────────────────────────────────────────────────────────────────────────────────────

PROFILE = {"https://hub.test:443,*": {"setting": 1, "last_modified": "13400000000000000"}}


@pytest.fixture
def public_hub(
    stage: Stage, tmp_path: Path, playwright: Playwright, complaints: Complaints
) -> Iterator[Callable[..., BrowserContext]]:
    """Chromium before the hub at a public address; only Chromium has the flags to play that."""
    contexts: list[BrowserContext] = []
    fronts = []

    def make(
        *, granted: bool = False, user_agent: str | None = None, public: str = "https://hub.test"
    ) -> BrowserContext:
        before = front(tmp_path, public=public, hub_port=stage.hub.port)
        port = before.__enter__().port
        fronts.append(before)
        profile = tmp_path / "profile"
        (profile / "Default").mkdir(parents=True)
        settings = {"loopback_network": PROFILE, "local_network": PROFILE} if granted else {}
        preferences = {"profile": {"content_settings": {"exceptions": settings}}}
        (profile / "Default" / "Preferences").write_text(json.dumps(preferences), encoding="utf-8")
        outside = 443 if public.startswith("https:") else 80
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path="/usr/bin/chromium",
            args=[
                *CHROMIUM_FLAGS,
                f"--host-resolver-rules=MAP hub.test:{outside} 127.0.0.1:{port}",
                f"--ip-address-space-overrides=127.0.0.1:{port}=public",
            ],
            ignore_https_errors=True,
            locale="en-US",
            viewport={"width": 1280, "height": 900},
            **({"user_agent": user_agent} if user_agent else {}),
        )
        context.on("page", complaints.listen)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    for before in fronts:
        before.__exit__(None, None, None)


def opened(stage: Stage, context: BrowserContext, public: str = "https://hub.test") -> Page:
    stage.put("Ladder", "6 * 7")
    page = context.new_page()
    sign_in(page, stage.hub.login_link().replace(stage.hub.origin, public))
    open_notebook(page, "Ladder")
    return page


def test_a_public_hub_explains_the_permission_first_and_says_when_it_is_denied(
    stage: Stage, public_hub: Callable[..., BrowserContext]
) -> None:
    page = opened(stage, public_hub())
    with stranger(nothing) as other:
        dialog = try_to_connect(page, f"http://127.0.0.1:{other.port}/?token={TOKEN}")
        expect(dialog.get_by_text("Your browser will ask you")).to_be_visible()
        assert other.connections == 0
        dialog.get_by_role("button", name="Continue").click()
        says(dialog, "Local access is blocked for this site")
        assert other.heard == b""


def test_a_public_hub_connects_once_the_permission_is_there(
    stage: Stage, public_hub: Callable[..., BrowserContext]
) -> None:
    page = opened(stage, public_hub(granted=True))
    with jupyter("server", stage.hub.folder, *server_flags("https://hub.test")) as stock:
        dialog = try_to_connect(page, f"{stock.url}/?token={TOKEN}")
        says(dialog, "The token was not accepted")
        give_token(page, stock.token)
        connected(page)
        run_cell(page, 1)
        expect(output(page, 1)).to_contain_text("42")


def test_safari_is_told_before_anything_is_tried(stage: Stage, public_hub: Callable[..., BrowserContext]) -> None:
    page = opened(stage, public_hub(granted=True, user_agent=SAFARI))
    with stranger(web_page) as other:
        dialog = try_to_connect(page, f"http://127.0.0.1:{other.port}/?token={TOKEN}")
        says(dialog, "Safari does not allow this")
        assert other.connections == 0


def test_a_hub_on_public_http_says_so_before_anything_is_tried(
    stage: Stage, public_hub: Callable[..., BrowserContext]
) -> None:
    page = opened(stage, public_hub(public="http://hub.test"), "http://hub.test")
    with stranger(web_page) as other:
        dialog = try_to_connect(page, f"http://127.0.0.1:{other.port}/?token={TOKEN}")
        says(dialog, "This hub is served without encryption")
        assert other.connections == 0
