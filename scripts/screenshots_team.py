"""The views of a hub for several people, as `make screenshots` takes them: coming in, accounts, sharing, hosted runtimes.

One hub with hosted runtimes and a real identity provider, both on loopback. Everything is found by what a person reads,
in the language of the look.
"""

# ruff: noqa: E501
import re
from collections.abc import Callable
from pathlib import Path

WORDS = {
    "en": {
        "user": "User name",
        "password": "Password",
        "name": "Your name",
        "sign_in": "Sign in",
        "elsewhere": re.compile("^Sign in with"),
        "invite": "Make an invitation",
        "token": "Make a token",
        "purpose": "What it is for",
        "everywhere": "Sign out everywhere",
        "new": "New notebook",
        "share": "Share",
        "person": "Add a person",
        "link": "Make a link",
        "connect": "Connect",
        "options": "Connection options",
        "sessions": re.compile("^Manage sessions"),
        "start": "Start and connect",
    },
    "ja": {
        "user": "ユーザー名",
        "password": "パスワード",
        "name": "表示名",
        "sign_in": "サインイン",
        "elsewhere": re.compile("でサインイン$"),
        "invite": "招待を作る",
        "token": "トークンを作る",
        "purpose": "用途",
        "everywhere": "すべてのブラウザーでサインアウト",
        "new": "新規ノートブック",
        "share": "共有",
        "person": "人を追加",
        "link": "リンクを作る",
        "connect": "接続",
        "options": "接続オプション",
        "sessions": re.compile("^セッション"),
        "start": "起動して接続",
    },
}


def pictures(browser, place: Path, target: Path, looks: list[dict[str, str]]) -> None:  # type: ignore[no-untyped-def]  # Playwright's types are not installed where scripts are checked
    """Every view of every look."""
    from people import identity_provider, join, signs_in_at, team_hub  # after e2e/ is on the path
    from servers import free_port

    place.mkdir()
    port = free_port()
    with identity_provider(f"http://127.0.0.1:{port}") as issuer:
        settings = ['hosted_provider = "local"', *signs_in_at(issuer)]
        with team_hub(place, *settings, port=port) as hub:
            walks = [Walk(browser, target, hub.origin, **look) for look in looks]
            for walk in walks:
                walk.take("team-first", lambda page: page.goto(hub.first_link))
            first = browser.new_context(locale="en-US").new_page()
            join(first, hub.first_link, "Ada")
            for number, walk in enumerate(walks):
                walk.all(number)
            first.context.close()


class Walk:
    """One look of everything, by one administrator more."""

    def __init__(self, browser, target: Path, origin: str, *, theme: str, language: str, width: str) -> None:  # type: ignore[no-untyped-def]
        self._target, self._origin = target, origin
        self._look, self._is_narrow = f"{theme}-{language}-{width}", width == "narrow"
        self._words = WORDS[language]
        width_px, height_px = {"wide": (1280, 860), "narrow": (390, 780)}[width]
        self._new = lambda: browser.new_context(
            viewport={"width": width_px, "height": height_px},
            locale="ja-JP" if language == "ja" else "en-US",
            color_scheme=theme,
        )
        self._page = self._fresh()

    def _fresh(self):  # type: ignore[no-untyped-def]
        context = self._new()
        context.set_default_timeout(15_000)
        return context.new_page()

    def take(self, name: str, do: Callable[..., object], *, closes: bool = False) -> None:
        """Do something and take the picture. What does not work is said and passed over."""
        from playwright.sync_api import Error

        page = self._page
        try:
            do(page)
        except Error as error:
            print(f"{name} ({self._look}): {str(error).splitlines()[0]}", flush=True)
        page.wait_for_timeout(500)  # animations end
        page.screenshot(path=self._target / f"{name}-{self._look}.png")
        if closes:
            page.keyboard.press("Escape")
            page.keyboard.press("Escape")

    def _field(self, page, name: str):  # type: ignore[no-untyped-def]
        return page.get_by_label(self._words[name], exact=isinstance(self._words[name], str)).first

    def _button(self, page, name: str):  # type: ignore[no-untyped-def]
        return page.get_by_role("button", name=self._words[name], exact=isinstance(self._words[name], str)).first

    def _sign_in(self, user: str, password: str) -> None:
        page = self._page
        self._field(page, "user").fill(user)
        self._field(page, "password").fill(password)
        self._button(page, "sign_in").click()

    def all(self, number: int) -> None:
        """Sign in in every way, then look at each page."""
        self._refusals(number)
        link = self._accounts()
        self._sharing()
        self._hosted()
        self._page.context.close()
        self._page = self._fresh()
        self._newcomers(link, number)
        self._page.context.close()

    def _refusals(self, number: int) -> None:
        origin = self._origin
        self.take("team-sign-in", lambda page: page.goto(origin))

        def refused(page) -> None:  # type: ignore[no-untyped-def]
            self._sign_in(f"nobody{number}", "not the password")
            page.get_by_role("alert").first.wait_for()

        self.take("team-wrong-password", refused)

        def throttled(page) -> None:  # type: ignore[no-untyped-def]
            for _ in range(12):
                self._sign_in(f"nobody{number}", "not the password")
                page.wait_for_timeout(300)

        self.take("team-throttled", throttled)

    def _accounts(self) -> str:
        """People and one's own account; a link of an invitation."""
        from people import PASSWORD

        origin, page = self._origin, self._page
        page.goto(origin)
        self._sign_in("ada", PASSWORD)
        self._button(page, "new").wait_for()

        def people(page) -> None:  # type: ignore[no-untyped-def]
            page.goto(f"{origin}/people")
            self._button(page, "invite").click()
            page.locator("code", has_text="/join#code=").wait_for()

        self.take("team-people", people)
        link = page.locator("code", has_text="/join#code=").inner_text().replace(" ", "")
        page.mouse.wheel(0, 900)
        self.take("team-people-log", lambda page: page.wait_for_timeout(300))

        def account(page) -> None:  # type: ignore[no-untyped-def]
            page.goto(f"{origin}/account")
            self._field(page, "purpose").fill("nightly report")
            self._button(page, "token").click()
            page.locator("code", has_text="rh_").wait_for()

        self.take("team-account", account)
        self.take("team-everywhere", lambda page: self._button(page, "everywhere").click(), closes=True)
        return str(link)

    def _sharing(self) -> None:
        page = self._page
        page.goto(self._origin)
        self._button(page, "new").click()
        page.locator(".cm-content").first.wait_for()

        def share(page) -> None:  # type: ignore[no-untyped-def]
            self._button(page, "share").click()
            self._field(page.get_by_role("dialog"), "person").wait_for()

        self.take("team-share", share)
        self.take("team-share-link", lambda page: self._button(page.get_by_role("dialog"), "link").click(), closes=True)

    def _hosted(self) -> None:
        page = self._page
        self.take("team-hosted", lambda page: self._button(page, "connect").click())

        def starting(page) -> None:  # type: ignore[no-untyped-def]
            self._button(page.get_by_role("dialog"), "start").click()
            page.wait_for_timeout(300)

        self.take("team-hosted-starting", starting)
        page.get_by_role("dialog").wait_for(state="detached", timeout=120_000)
        page.wait_for_timeout(2_000)  # a notice, if there is one
        self.take("team-hosted-ready", lambda _page: None)

        def sessions(page) -> None:  # type: ignore[no-untyped-def]
            self._button(page, "options").click()
            page.get_by_role("menuitem", name=self._words["sessions"]).click()
            page.get_by_role("dialog").wait_for()

        self.take("team-sessions", sessions, closes=True)
        ours = {"Origin": self._origin, "X-Requested-By": "runhere"}
        page.request.post(
            f"{self._origin}/api/v1/runtimes/hosted/stop", headers=ours, data={}
        )  # the next look starts it

    def _newcomers(self, link: str, number: int) -> None:
        def invited(page) -> None:  # type: ignore[no-untyped-def]
            page.goto(link)
            self._field(page, "name").wait_for()

        self.take("team-invited", invited)
        self._page.goto(self._origin)

        def elsewhere(page) -> None:  # type: ignore[no-untyped-def]
            self._button(page, "elsewhere").click()
            page.locator("input[name=login]").fill(f"lab{number}")
            page.locator("input[name=password]").fill("any")
            page.locator("button[type=submit]").click()
            page.locator("button[type=submit]").click()
            self._button(page, "new").wait_for()

        self.take("team-from-elsewhere", elsewhere)
