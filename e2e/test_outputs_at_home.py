"""Outputs stay at home (issue 8): nothing that code prints reaches the hub, its disk or anybody else.

Hub and companion as `runhere` starts them. What the page sends to the hub is listened to; afterwards all that the hub
wrote is searched for the canary, as it is, reversed, in base64, UTF-16 and gzip.
"""

import base64
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect
from servers import Hub, wait_until
from steps import (
    bring_into_view,
    code_cell,
    connected,
    notebook_text,
    open_notebook,
    opened,
    output,
    ran,
    run_cell,
    saved,
    sign_in,
    type_source,
)

CANARY = "CANARY7f3a9"
# Put together at run time: the canary itself must not stand in a source.
PARTS = "c = 'CANARY' + '7f3a9'\n"
SOURCES = (
    f"{PARTS}print('text', c)",
    f"{PARTS}from IPython.display import HTML, Image\ndisplay(HTML(f'<b>{{c}}</b>'))",
    f"{PARTS}open(f'/tmp/{{c}}.csv', 'w').close()\nprint(f'wrote /tmp/{{c}}.csv')\nprint(c * 9000)",
    f"{PARTS}raise ValueError(c)",
)


def disguises() -> list[bytes]:
    plain = CANARY.encode()
    framed = [base64.b64encode(b"x" * n + plain + b"xxx")[4:-8] for n in range(3)]
    return [plain, plain[::-1], CANARY.encode("utf-16-le"), CANARY.encode("utf-16-be"), *framed]


def holds(data: bytes) -> bool:
    if any(one in data for one in disguises()):
        return True
    for found in re.finditer(rb"\x1f\x8b\x08", data):
        try:
            if holds(gzip.decompress(data[found.start() :])):
                return True
        except (OSError, EOFError):
            continue
    return False


def where(*roots: Path) -> list[str]:
    """Files of the hub that hold the canary; the companion keeps its own data elsewhere."""
    files = [path for root in roots for path in sorted(root.rglob("*")) if path.is_file()]
    return [str(path) for path in files if "runtime" not in path.parts and holds(path.read_bytes())]


def listen(page: Page, hub: Hub, told: list[bytes]) -> None:
    """Keep everything that a page tells the hub."""

    def socket(opened_socket: object) -> None:
        if f":{hub.port}/" in opened_socket.url:  # type: ignore[attr-defined]
            opened_socket.on(  # type: ignore[attr-defined]
                "framesent", lambda frame: told.append(frame.encode() if isinstance(frame, str) else bytes(frame))
            )

    page.on("websocket", socket)
    page.on(
        "request",
        lambda request: told.append(request.post_data_buffer or b"") if request.url.startswith(hub.origin) else None,
    )


def notebook_settings(page: Page) -> None:
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.get_by_role("menuitem", name="Notebook settings").click()


def expect_in_output(page: Page, position: int, text: str) -> None:
    bring_into_view(page, position)
    expect(output(page, position)).to_contain_text(text)


def run_everything(page: Page, *positions: int) -> None:
    for position in positions or range(1, len(SOURCES) + 1):
        bring_into_view(page, position)
        run_cell(page, position)
        ran(page, position, "Failed" if position == len(SOURCES) else "Finished")
    expect_in_output(page, 1, f"text {CANARY}")
    expect_in_output(page, 4, CANARY)
    saved(page)


def test_outputs_stay_home_from_the_switch_on_and_come_back_from_the_journal(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext], browser_name: str
) -> None:
    hub.words = ()
    file = folder / "Secret.ipynb"
    file.write_text(notebook_text(*SOURCES), encoding="utf-8")
    context = new_context()
    page = opened(context, hub.start(), "Secret")
    connected(page)
    run_everything(page)
    wait_until(lambda: holds(file.read_bytes()), what="outputs in the file, as long as they are stored")

    notebook_settings(page)
    dialog = page.get_by_role("dialog", name="Notebook settings")
    box = dialog.get_by_role("checkbox", name="Omit code cell output when saving this notebook")
    expect(box).not_to_be_checked()
    dialog.get_by_text("Omit code cell output when saving this notebook").click()
    dialog.get_by_role("button", name="Save").click()
    question = page.get_by_role("alertdialog", name="Delete the stored outputs?")
    expect(question).to_contain_text("4 runs")
    question.get_by_role("button", name="Delete and keep outputs at home").click()
    expect(page.get_by_text("Outputs stay home", exact=True)).to_be_visible()
    expect(page.get_by_text("Outputs of this notebook stay at home now.")).to_be_visible()
    assert where(hub.data, folder) == []
    assert json.loads(file.read_text(encoding="utf-8"))["metadata"]["colab"]["private_outputs"] is True
    expect_in_output(page, 1, f"text {CANARY}")  # the live view keeps what it shows

    told: list[bytes] = []
    listen(page, hub, told)
    page.reload()
    connected(page)
    expect_in_output(page, 1, f"text {CANARY}")  # back from the companion's journal
    expect_in_output(page, 4, CANARY)
    run_everything(page, 2, 4)
    bring_into_view(page, 1)
    type_source(page, 1, SOURCES[0] + "  # edited")
    run_cell(page, 1)
    ran(page, 1)
    saved(page)

    other = new_context().new_page()
    sign_in(other, hub.login_link())
    open_notebook(other, "Secret")
    expect(other.get_by_text("Outputs stay home", exact=True)).to_be_visible()
    expect(code_cell(other, 1).get_by_text("Finished", exact=True)).to_be_attached()

    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Download")).first.click()
    asked = page.get_by_role("dialog", name="Download with outputs?")
    expect(asked.get_by_role("button", name="With outputs", exact=True)).to_be_visible()
    asked.get_by_role("button", name="Close").click()

    wait_until(lambda: "# edited" in file.read_text(encoding="utf-8"), what="the edit in the file")
    hub.stop()
    assert browser_name == "firefox" or len(told) > 3  # its driver does not show what sockets send
    assert not [one[:200] for one in told if holds(one)]
    assert where(hub.data, folder) == []
    assert hub.program is not None
    assert not holds("\n".join(hub.program.lines).encode())
