"""Every kind of Jupyter server that a person may have, and every form in which they paste its address."""

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Request, expect
from servers import Jupyter, documented_flags, jupyter, server_flags
from stage import Stage
from steps import (
    connect,
    connected,
    disconnect,
    give_token,
    interrupt,
    output,
    ran,
    run_cell,
    send_token,
    try_to_connect,
    type_source,
)
from tunnel import jupyter_over_there
from two_hosts import why_not

NO_HOSTS = why_not()

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.

# `jupyter notebook` is the main job's (test_main_job.py).
KINDS = {
    "lab": server_flags,
    "server": server_flags,
    "nbclassic": documented_flags,
}


@pytest.fixture(scope="module")
def server(stage: Stage) -> Iterator[Callable[[str], Jupyter]]:
    """A server of each kind, and one that knows of no hub; once for all browsers."""
    words = {kind: (kind, stage.hub.folder, *flags(stage.hub.origin)) for kind, flags in KINDS.items()}
    words |= {"flagless": ("lab", stage.hub.folder)}
    with ExitStack() as running:
        yield functools.cache(lambda which: running.enter_context(jupyter(*words[which])))


def test_every_documented_server_runs_cells_in_the_notebooks_folder(
    stage: Stage, server: Callable[[str], Jupyter], person: Callable[[], BrowserContext]
) -> None:
    stage.put("Kinds", "1")
    page = stage.open(person(), "Kinds")
    for kind in KINDS:
        connect(page, server(kind).pasted)
        type_source(page, 1, f"import os; print('{kind} in', os.getcwd())")
        run_cell(page, 1)
        expect(output(page, 1)).to_contain_text(f"{kind} in {stage.hub.folder}")
        ran(page, 1)
        disconnect(page)


def test_a_server_without_any_flag_works_by_query_token_and_says_what_would_be_better(
    stage: Stage, server: Callable[[str], Jupyter], person: Callable[[], BrowserContext]
) -> None:
    stage.put("Flagless", "6 * 7", "import time\nwhile True: time.sleep(0.1)")
    page = stage.open(person(), "Flagless")
    stock = server("flagless")
    to_stock: list[Request] = []
    page.on("request", lambda request: to_stock.append(request) if request.url.startswith(stock.url) else None)
    dialog = try_to_connect(page, stock.pasted)
    expect(dialog.get_by_text(re.compile("does not say what it is"))).to_be_visible()
    assert not [one.url for one in to_stock if stock.token in one.url]
    send_token(page)
    connected(page)
    run_cell(page, 1)
    expect(output(page, 1)).to_contain_text("42")
    # Simple requests only: a preflight would be refused.
    assert not [one.url for one in to_stock if one.method == "OPTIONS" or "authorization" in one.headers]
    run_cell(page, 2)
    interrupt(page, 2)
    ran(page, 2, "Interrupted")
    page.get_by_role("button", name=re.compile("^Connected to ")).click()
    details = page.get_by_role("dialog", name=re.compile("^Connected to "))
    expect(details.get_by_text(f"--ServerApp.allow_origin='{stage.hub.origin}'")).to_be_visible()


@pytest.mark.skipif(NO_HOSTS is not None, reason=str(NO_HOSTS))
def test_a_jupyter_that_was_there_is_reached_through_plain_ssh_and_says_where_the_kernel_began(
    stage: Stage, tmp_path: Path, person: Callable[[], BrowserContext]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    stage.put("Elsewhere", "import os; print('in', os.getcwd())")
    page = stage.open(person(), "Elsewhere")
    with jupyter_over_there(elsewhere, stage.hub.origin, tmp_path) as listed:
        connect(page, listed)
        expect(page.get_by_text("The kernel started in the runtime’s own folder")).to_be_visible()
        run_cell(page, 1)
        expect(output(page, 1)).to_contain_text(f"in {elsewhere}")
        page.get_by_role("button", name=re.compile("^Connected to ")).click()
        details = page.get_by_role("dialog", name=re.compile("^Connected to "))
        expect(details.get_by_text("the runtime’s root folder")).to_be_visible()


def test_what_is_pasted_connects_and_a_disconnect_is_remembered_until_one_connects_again(
    stage: Stage, server: Callable[[str], Jupyter], person: Callable[[], BrowserContext]
) -> None:
    stock = server("server")
    stage.put("Forms", "1")
    page = stage.open(person(), "Forms")
    port = stock.url.rsplit(":", 1)[1]

    # A bare port: nothing is known but where, so the token is asked for.
    dialog = try_to_connect(page, port)
    expect(dialog.get_by_text("Token needed")).to_be_visible()
    give_token(page, stock.token)
    connected(page)
    page.reload()
    connected(page)
    disconnect(page)
    page.reload()
    expect(page.get_by_role("group", name="Code cell 1", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Connect", exact=True)).to_be_visible()
    # A whole line of the terminal; each other form has a case in backend-url.test.ts.
    connect(page, f"[I 2026-11-21 12:00:00.000 ServerApp]     http://localhost:{port}/lab?token={stock.token}")
    page.reload()
    connected(page)
