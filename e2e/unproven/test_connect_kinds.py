"""Every kind of Jupyter server that a person may have, and every form in which they paste its address."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Request, expect
from servers import Hub, Jupyter, documented_flags, jupyter, server_flags
from stage import Stage
from steps import connect, connected, disconnect, give_token, output, ran, run_cell, send_token, try_to_connect

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.
pytestmark = pytest.mark.timeout(180)

KINDS = {
    "notebook": documented_flags,
    "lab": server_flags,
    "server": server_flags,
    "nbclassic": documented_flags,
}


@pytest.fixture(scope="module")
def server_of(stage: Stage) -> Iterator[Callable[[str], Jupyter]]:
    """A server of a kind with its documented flags, started once."""
    running: dict[str, Jupyter] = {}
    with ExitStack() as stack:

        def get(kind: str) -> Jupyter:
            if kind not in running:
                flags = KINDS[kind](stage.hub.origin)
                running[kind] = stack.enter_context(jupyter(kind, stage.hub.folder, *flags))
            return running[kind]

        yield get


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_documented_server_runs_cells_in_the_notebooks_folder(
    kind: str, stage: Stage, server_of: Callable[[str], Jupyter], person: Callable[[], BrowserContext]
) -> None:
    stage.put("Kinds", "import os; print('in', os.getcwd())")
    page = stage.open(person(), "Kinds")
    connect(page, server_of(kind).pasted)
    run_cell(page, 1)
    expect(output(page, 1)).to_contain_text(f"in {stage.hub.folder}")
    ran(page, 1)


def test_a_server_without_any_flag_works_by_query_token_and_says_what_would_be_better(
    stage: Stage, person: Callable[[], BrowserContext]
) -> None:
    stage.put("Flagless", "6 * 7", "import time; time.sleep(60)")
    page = stage.open(person(), "Flagless")
    with jupyter("server", stage.hub.folder) as stock:
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
        page.get_by_role("button", name="Interrupt execution").wait_for()
        page.wait_for_timeout(450)
        page.get_by_role("button", name="Interrupt execution").click()
        ran(page, 2, "Interrupted")
        page.get_by_role("button", name=re.compile("^Connected to ")).click()
        details = page.get_by_role("dialog", name=re.compile("^Connected to "))
        expect(details.get_by_text(f"--ServerApp.allow_origin='{stage.hub.origin}'")).to_be_visible()


def test_a_server_that_somebody_else_started_elsewhere_says_where_the_kernel_began(
    stage: Stage, tmp_path: Path, person: Callable[[], BrowserContext]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    stage.put("Elsewhere", "import os; print('in', os.getcwd())")
    page = stage.open(person(), "Elsewhere")
    with jupyter("lab", elsewhere, *server_flags(stage.hub.origin)) as stock:
        connect(page, stock.pasted)
        expect(page.get_by_text("The kernel started in the runtime’s own folder")).to_be_visible()
        run_cell(page, 1)
        expect(output(page, 1)).to_contain_text(f"in {elsewhere}")
        page.get_by_role("button", name=re.compile("^Connected to ")).click()
        details = page.get_by_role("dialog", name=re.compile("^Connected to "))
        expect(details.get_by_text("the runtime’s root folder")).to_be_visible()


def test_every_pasted_form_connects(
    stage: Stage, server_of: Callable[[str], Jupyter], person: Callable[[], BrowserContext]
) -> None:
    stage.put("Forms", "1")
    page = stage.open(person(), "Forms")
    stock = server_of("server")
    port = stock.url.rsplit(":", 1)[1]

    # A bare port: nothing is known but where, so the token is asked for.
    dialog = try_to_connect(page, port)
    expect(dialog.get_by_text("The server wants a token").or_(dialog.get_by_text("Token needed"))).to_be_visible()
    give_token(page, stock.token)
    connected(page)
    disconnect(page)

    for pasted in (
        f"http://localhost:{port}/tree?token={stock.token}",
        f"http://127.0.0.1:{port}/lab/tree/Forms.ipynb?token={stock.token}",
        f"127.0.0.1:{port}/?token={stock.token}",
        f"localhost:{port}",
        f"http://localhost:{port}/?token={stock.token} :: {stage.hub.folder}",
        f"[I 2026-11-21 12:00:00.000 ServerApp]     http://127.0.0.1:{port}/lab?token={stock.token}",
    ):
        connect(page, pasted)
        disconnect(page)


def test_a_disconnect_is_remembered_until_one_connects_again(
    stage: Stage, server_of: Callable[[str], Jupyter], person: Callable[[], BrowserContext]
) -> None:
    stage.put("Left", "1")
    page = stage.open(person(), "Left")
    connect(page, server_of("server").pasted)
    page.reload()
    connected(page)
    disconnect(page)
    page.reload()
    expect(page.get_by_role("group", name="Code cell 1", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Connect", exact=True)).to_be_visible()
    connect(page, server_of("server").pasted)
    page.reload()
    connected(page)


def test_runhere_connects_every_notebook_by_itself_but_not_after_disconnect(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    one_person = Stage(hub)
    one_person.put("One", "'x' in globals()")
    one_person.put("Two", "1 + 1")
    hub.words = ()
    link = hub.start()
    context = new_context()
    page = context.new_page()
    page.goto(link)
    expect(page.get_by_role("button", name="New notebook")).to_be_visible()
    first = one_person.open(context, "One")
    connected(first)
    run_cell(first, 1)
    expect(output(first, 1)).to_contain_text("False")
    second = one_person.open(context, "Two")
    connected(second)
    run_cell(second, 1)
    expect(output(second, 1)).to_contain_text("2")
    first.bring_to_front()
    disconnect(first)
    first.reload()
    expect(first.get_by_role("group", name="Code cell 1", exact=True)).to_be_visible()
    expect(first.get_by_role("button", name="Connect", exact=True)).to_be_visible()
    second.reload()
    connected(second)
