"""The Jupyter server was started again and has another token: it is asked for, and the notebook stays bound."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect
from servers import jupyter, server_flags
from stage import Stage
from steps import connect, connect_dialog, connected, give_token, output, run_cell

from runhere_hub.testing.ports import free_port

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.


def test_a_server_started_again_asks_for_its_new_token(stage: Stage, person: Callable[[], BrowserContext]) -> None:
    stage.put("Token", "print('x' in globals())\nx = 1")
    page = stage.open(person(), "Token")
    port = free_port()
    flags = server_flags(stage.hub.origin)
    with jupyter("server", stage.hub.folder, *flags, port=port) as stock:
        connect(page, stock.pasted)
        run_cell(page, 1)
        expect(output(page, 1)).to_contain_text("False")
    lost = page.get_by_role("button", name=re.compile("^Connection to .* lost$"))
    expect(lost).to_be_visible()
    with jupyter("server", stage.hub.folder, *flags, port=port) as again:
        asks = page.get_by_role("button", name=f"127.0.0.1:{port} asks for a token")
        expect(asks).to_be_visible(timeout=60_000)
        asks.click()
        expect(connect_dialog(page).get_by_text("The server was started again")).to_be_visible()
        give_token(page, f"{again.url}/?token={again.token}")
        # The old kernel ended with its server: said, and a new one is a click away on the same binding.
        expect(page.get_by_text("its variables are lost").first).to_be_visible()
        ended = page.get_by_role("button", name=re.compile("^Kernel on .* has ended$"))
        ended.or_(page.get_by_role("button", name=re.compile("^Connected to "))).first.wait_for()
        if ended.is_visible():
            page.keyboard.press("Escape")
            ended.click()
            page.get_by_role("button", name="Start a new kernel").click()
        connected(page)
        page.keyboard.press("Escape")
        run_cell(page, 1)
        expect(output(page, 1)).to_contain_text("False")
