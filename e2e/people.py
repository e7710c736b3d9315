"""A hub for several people, and how people come to it."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect
from servers import Program, start

from runhere_hub.testing import elsewhere
from runhere_hub.testing.ports import free_port

PASSWORD = "a long enough password"
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass
class Team:
    """A hub for several people. `first_link` makes the first administrator."""

    origin: str
    first_link: str
    config: Path
    program: Program


@contextmanager
def team_hub(folder: Path, *settings: str, log_level: str = "warning", port: int | None = None) -> Iterator[Team]:
    """Run one whose data lies in `folder / "data"`; `settings` are further lines of its file."""
    port = port or free_port()
    origin = f"http://127.0.0.1:{port}"
    config = folder / "runhere.toml"
    lines = [f'public_url = "{origin}"', 'data = "data"', f"port = {port}", f'log_level = "{log_level}"', *settings]
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    program = start([sys.executable, "-m", "runhere_hub.cli.main", "serve", "--config", str(config)], cwd=folder)
    try:
        yield Team(origin, program.line_matching(rf"{origin}/join#\S+").group(0), config, program)
    finally:
        program.stop()


def join(page: Page, link: str, name: str, *, shown_as: str | None = None) -> None:
    """Come in by an invitation, with a user name of the same letters."""
    page.goto(link)
    page.get_by_label("Your name").fill(shown_as or name)
    page.get_by_label("User name").fill(name.lower())
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="Notebooks")).to_be_visible()
    assert "#" not in page.url


def invitation(admin: Page, origin: str) -> str:
    """A link by which somebody new comes in."""
    admin.goto(f"{origin}/people")
    admin.get_by_role("button", name="Make an invitation").click()
    return admin.locator("code", has_text="/join#code=").inner_text().replace(" ", "")


def let_edit(page: Page, name: str) -> None:
    """Share the open notebook with somebody who may edit it."""
    page.get_by_role("button", name="Share").click()
    sharing = page.get_by_role("dialog", name="Share notebook")
    sharing.get_by_label("Add a person").fill(name.lower())
    sharing.get_by_role("button", name="Share", exact=True).click()
    sharing.get_by_role("button", name=re.compile(f"Role of {name}")).click()
    page.get_by_role("option", name=re.compile("^Editor")).click()
    expect(sharing.get_by_role("button", name=re.compile(f"Role of {name}"))).to_contain_text("Editor")
    sharing.get_by_role("button", name="Close").last.click()
    expect(sharing).to_have_count(0)


@contextmanager
def identity_provider(hub_origin: str) -> Iterator[str]:
    """A real OpenID Connect provider for a hub at this origin: its address. Anybody signs in there under any name."""
    with elsewhere.identity_provider(f"{hub_origin}/signed-in") as issuer:
        yield issuer


def signs_in_at(issuer: str) -> list[str]:
    """The lines of a hub's settings that let people in from there."""
    lines = ["[oidc]", f'issuer = "{issuer}"', 'client_id = "runhere"', f'client_secret = "{elsewhere.CLIENT_SECRET}"']
    return [*lines, 'name = "the lab\'s account"', "sign_up = true"]


def come_from_elsewhere(page: Page, name: str) -> None:
    """Sign in at the provider, and be sent back."""
    page.get_by_role("button", name="Sign in with the lab's account").click()
    page.get_by_placeholder("Enter any login").fill(name)
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Notebooks")).to_be_visible()
