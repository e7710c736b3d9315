"""The hub at a public address, and a runtime of this machine: permission, policy, Safari, plain http."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import CHROMIUM_FLAGS, Complaints
from played import front, nothing, stranger, web_page
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, expect
from servers import jupyter, server_flags
from stage import Stage
from steps import connected, give_token, open_notebook, output, run_cell, sign_in, trust_what_is_asked, try_to_connect

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.

TOKEN = "b1946ac92492d2347c6235b4d2611184"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)


def says(dialog: Locator, title: str) -> None:
    """The dialog names exactly this cause."""
    expect(dialog.get_by_text(title, exact=True)).to_be_visible()


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
        context.on("page", trust_what_is_asked)
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
